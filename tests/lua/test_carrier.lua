-- SPDX-License-Identifier: MIT
-- Carrier files: what they may say, and what they can't do.

local carrier = require "carrier"
local fs = require "core.fs"
local lu = require "luaunit"

local T = {}

local function load_text(text)
  local path = os.tmpname()
  assert(fs.write(path, text))
  local values, err = carrier.load(path)
  os.remove(path)
  return values, err
end

local function refused(text, words)
  local values, err = load_text(text)
  lu.assertNil(values)
  lu.assertEquals(err.code, "carrier-invalid")
  lu.assertStrContains(tostring(err), words)
end

local HEAD = 'local carrier = require "carrier"\n'

function T.test_those_we_ship()
  for _, name in ipairs(carrier.list()) do
    local values = assert(carrier.load(name))
    lu.assertIsString(values.name)
    lu.assertIsTable(values.bearers[1])
  end
  lu.assertEquals(assert(carrier.load("calyx-sprint")).bearers[1].apn, "r.ispsn")
end

function T.test_default_takes_its_apn_from_the_command_line()
  local values = assert(carrier.load("default", { apn = "internet", ip = "ipv4" }))
  lu.assertEquals(values.bearers, { { apn = "internet", ip = "ipv4" } })
end

function T.test_unknown()
  local values, err = carrier.load("nobody")
  lu.assertNil(values)
  lu.assertEquals(err.code, "carrier-unknown")
  lu.assertStrContains(err.hint, "calyx-sprint")
end

function T.test_mistakes_are_named_with_their_line()
  refused(HEAD .. "return carrier { name = 'x', bearers = { { apn = 'y' } } ", ":2: '}' expected")
  refused(HEAD .. "return carrier { name = 'x' }", "a carrier needs a 'bearers'")
  refused(HEAD .. "return carrier { name = 'x', bearer = {} }", "a carrier has no 'bearer'")
  refused(HEAD .. "return carrier { name = 'x', bearers = { { apn = 'y', ip = 'ipv5' } } }",
    "bearers[1]: 'ip' should be one of ipv4, ipv6, ipv4v6")
  refused(HEAD .. "return carrier { name = 'x', bearers = { { apn = 'a\\nb' } } }", "'apn' should be a text")
  refused("return 5", "returns no carrier")
end

function T.test_endless_loops_end()
  refused("while true do end", "runs for too long")
  refused("local function f() return f() end f()", "runs for too long")
  refused("local t = {} for i = 1, 1e9 do t[i] = i end", "")
  -- Few steps, but long ones.
  refused("local s = 'x' for i = 1, 19 do s = s .. s end for i = 1, 1e9 do s:lower() end", "runs for too long")
  refused("table.insert({}, 1, 1)", "field 'insert'")
end

function T.test_there_is_an_end_to_bearers()
  refused(HEAD .. "local b = {} for i = 1, 99 do b[i] = { apn = 'x' } end return carrier { name = 'x', bearers = b }",
    "more than 16 bearers")
end

function T.test_only_files_are_read()
  local values, err = carrier.load("/dev/zero")
  lu.assertNil(values)
  lu.assertEquals(err.code, "carrier-unknown")
end

function T.test_memory_is_bounded()
  refused("local s = 'x' while true do s = s .. s end", "not enough memory")
  refused("return ('x'):rep(1 << 40)", "method 'rep'")
  refused("return ('x'):find(('a-'))", "method 'find'")
end

function T.test_nothing_of_the_system_is_in_reach()
  for _, name in ipairs { "os", "io", "debug", "load", "loadfile", "dofile", "package", "coroutine", "setmetatable",
    "getmetatable", "rawset", "collectgarbage", "pcall", "_G" } do
    refused(("return %s.x"):format(name), "global '" .. name .. "'")
  end
  refused("require 'core.process'", "a carrier file can't require 'core.process'")
  refused("\27Lua", "attempt to load a binary chunk")
end

function T.test_strings_are_whole_again_afterwards()
  load_text("error 'x'")
  lu.assertEquals(("abc"):rep(2), "abcabc")
end

return T
