-- SPDX-License-Identifier: MIT
-- Every kind of state file: its version and its fields. Those of connections are in link_shapes.lua, and those that are
-- kept from boot to boot in kept_shapes.lua.
--
-- Fields in neither list are not checked. A change in the meaning of a file raises its version, so that an older
-- moontower does not misread a newer file, nor a newer one an older file.

local lazy = require "base.lazy"
local validate = require "base.validate"

local text, flag, record, whole = validate.text, validate.flag, validate.record, validate.whole
local function list_of(entry) return validate.list_of(entry, "a list") end
local any_text = validate.any_text
local count = whole(0, 0x7fffffffffffffff)
local index = whole(0, 0x7fffffff)
local protocol = whole(0, 255)
-- A damaged file must not name anything else.
local terminal = { function(value)
  return type(value) == "string" and value:find "^/dev/pts/%d+$" ~= nil
end, "a terminal" }
local owner = record({ pid = index }, { start = count })
-- Each file of them by itself: a run needs one or two.
local others = {
  lazy "state.link_shapes", lazy "state.kept_shapes",
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

function declared.at_ports() return {
  version = 1, required = {},
  optional = { owner = owner, owed = list_of(record({ is_probe = flag }, { mark = whole(0, 255) })) },
} end

function declared.ptys() return {
  version = 1, required = { owner = owner, terminal = terminal },
} end

function declared.qmi() return {
  version = 2,
  required = { clients = list_of(record({ service = protocol, client = protocol }, { persistent = validate.table })) },
  optional = { incarnation = text, allocating = flag },
} end

function declared.channels() return {
  version = 1, required = {}, optional = { incarnation = text, mbimex = whole(0x0100, 0xffff) },
} end

-- To an application on the card: open now, or left open.
function declared.card_channels() return {
  version = 1, required = { number = whole(1, 19), way = validate.one_of { "mbim", "qmi", "at" } },
  optional = { incarnation = text },
} end

function declared.gnss() return {
  version = 1, required = {}, optional = { incarnation = text, client = whole(1, 254), commands = list_of(text) },
} end

-- A program updates a modem's firmware: see modem/update_hold.lua.
function declared.updates() return {
  version = 1, required = { modem = text, pid = index, start = count, command = any_text },
} end

function declared.usb() return { version = 1, required = { on = list_of(record { path = text, text = any_text }) } } end

function declared.taken() return {
  version = 1, required = { name = text, folder = text, ports = text },
  optional = { applied = flag },
} end

local hold = record { command = text, time = text }
function declared.orders() return {
  version = 1, required = {}, optional = { modem = text, offline = hold, radio = hold },
} end

function declared.failures() return {
  version = 1, required = { time = count, code = text, message = any_text },
  optional = { hint = any_text, nw_error = index, incarnation = text },
} end

-- Read by modem/devices/files.lua, also where others have written it: see there.
function declared.devices() return { version = 1, required = { name = text } } end

function declared.kernel() return { version = 1, required = { present = flag } } end

local Shapes = {}

function Shapes.__index(shapes, kind)
  local declare = declared[kind] or others[1][kind] or others[2][kind]
  shapes[kind] = declare and declare()
  return rawget(shapes, kind)
end

---All of them are made first.
function Shapes.__pairs(shapes)
  for _, kinds in ipairs { declared, (require "state.link_shapes"), (require "state.kept_shapes") } do
    for kind in pairs(kinds) do local _ = shapes[kind] end
  end
  return next, shapes
end

---@type table<string, state.shape>
return setmetatable({}, Shapes)
