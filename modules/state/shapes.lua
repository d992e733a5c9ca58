-- SPDX-License-Identifier: MIT
-- Every kind of state file: its version and its fields. Those of connections are in link_shapes.lua, others that are
-- gone at boot in run_shapes.lua, and those that are kept from boot to boot in kept_shapes.lua.
--
-- Fields in neither list are not checked. A change in the meaning of a file raises its version, so that an older
-- moontower does not misread a newer file, nor a newer one an older file.

local lazy = require "base.lazy"
local validate = require "base.validate"

local text, flag, record, whole = validate.text, validate.flag, validate.record, validate.whole
local protocol = whole(0, 255)
-- Each file of them by itself: a run needs one or two.
local others = {
  lazy "state.link_shapes", lazy "state.run_shapes", lazy "state.kept_shapes",
}

---@class state.shape
---@field version integer
---@field required table<string, validate.kind>
---@field optional table<string, validate.kind>?
---@field check (fun(values: any): boolean, string?)? of both; made when it is first needed
---@field is_precious boolean? a damaged one stays where it is: what it forbids must not be allowed by moving it

-- A kind is declared by a function, which is called when the kind is first read: a run needs few of them.
---@type table<string, fun(): state.shape>
local declared = {}

function declared.qmi() return {
  version = 2,
  required = {
    clients = validate.list_of(record({ service = protocol, client = protocol }, { persistent = validate.table }),
      "a list"),
  },
  optional = { incarnation = text, allocating = flag },
} end

function declared.channels() return {
  version = 1, required = {}, optional = { incarnation = text, mbimex = whole(0x0100, 0xffff) },
} end

local Shapes = {}

function Shapes.__index(shapes, kind)
  local declare = declared[kind] or others[1][kind] or others[2][kind] or others[3][kind]
  shapes[kind] = declare and declare()
  return rawget(shapes, kind)
end

---All of them are made first.
function Shapes.__pairs(shapes)
  for _, kinds in ipairs {
    declared, (require "state.link_shapes"), (require "state.run_shapes"), (require "state.kept_shapes"),
  } do
    for kind in pairs(kinds) do local _ = shapes[kind] end
  end
  return next, shapes
end

---@type table<string, state.shape>
return setmetatable({}, Shapes)
