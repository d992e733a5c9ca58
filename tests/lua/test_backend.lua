-- SPDX-License-Identifier: MIT
-- The contract of a modem's back ends: which verbs each one has, and that an editor shows the same ones.

local backend = require "modem.backend"
local fs = require "core.fs"
local lu = require "luaunit"

local T = {}

local eq = lu.assertEquals

local function whole()
  local found = {}
  for _, verb in ipairs(backend.verbs) do found[verb] = function() end end
  return found
end

function T.test_all_back_ends_have_all_verbs()
  for _, name in ipairs { "mbim", "qmi", "by_at", "at_only" } do
    local found = require("modem." .. name)
    eq(backend.check(found, name), found)
  end
end

function T.test_a_back_end_that_lacks_a_verb_is_refused_by_its_name()
  for _, verb in ipairs(backend.verbs) do
    local found = whole()
    found[verb] = nil
    local ok, err = pcall(backend.check, found, "modules/modem/new")
    eq(ok, false)
    lu.assertStrContains(err, ("the back end modules/modem/new lacks `%s`"):format(verb))
  end
end

-- What an editor shows is in comments.
function T.test_the_annotations_name_the_same_verbs()
  local text = assert(fs.read(package.searchpath("modem.backend", package.path)))
  local class, annotated, listed = text:match "%-%-%-@class modem%.backend\n(.-)\nlocal M", {}, {}
  for verb in class:gmatch "%-%-%-@field ([%w_]+) " do annotated[#annotated + 1] = verb end
  for i, verb in ipairs(backend.verbs) do listed[i] = verb end
  table.sort(annotated)
  table.sort(listed)
  eq(annotated, listed)
end

-- A modem in another mode: what it cannot do says how it gets out of that.
function T.test_verbs_that_take_mbim_or_qmi()
  local modem = {
    description = { usb = "1-1", control = "1-1", mode = { lacks = { role = "mbim", interface = 12 } } },
  }
  local at_only = require "modem.at_only"
  for _, verb in ipairs { "signal", "sim", "activate", "start", "channel", "cells" } do
    local value, err = at_only[verb](modem)
    eq({ value, err.code }, { nil, "wrong-mode" }, verb)
  end
  local queue = require("task").queue(1)
  at_only.listen(modem, queue, "sim")
  eq(select(2, queue:pop()).code, "wrong-mode")
end

return T
