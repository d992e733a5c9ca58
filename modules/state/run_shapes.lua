-- SPDX-License-Identifier: MIT
-- The kinds of state files that are gone at boot, and that connecting does not need: see shapes.lua.

local inet = require "core.inet"
local validate = require "base.validate"

local text, any_text, flag, record, whole =
  validate.text, validate.any_text, validate.flag, validate.record, validate.whole
local function list_of(entry) return validate.list_of(entry, "a list") end
local address = { function(value) return type(value) == "string" and inet.family(value) ~= nil end, "an IP address" }
local family = validate.one_of { "ipv4", "ipv6" }
local count = whole(0, 0x7fffffffffffffff)
local index = whole(0, 0x7fffffff)
local u32 = whole(0, 0xffffffff)
local protocol = whole(0, 255)
-- A damaged file must not name anything else.
local terminal = { function(value)
  return type(value) == "string" and value:find "^/dev/pts/%d+$" ~= nil
end, "a terminal" }
local owner = record({ pid = index }, { start = count })

---@type table<string, fun(): state.shape>
local declared = {}

function declared.at_ports() return {
  version = 1, required = {},
  optional = { owner = owner, owed = list_of(record({ is_probe = flag }, { mark = whole(0, 255) })) },
} end

function declared.ptys() return {
  version = 1, required = { owner = owner, terminal = terminal },
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

function declared.multipath() return {
  version = 1,
  required = {
    things = list_of(record({ kind = validate.one_of { "nexthop", "route", "rule" } }, {
      id = whole(1, 0xffffffff), family = family, link = text, gateway = address, onlink = flag, protocol = protocol,
      table = u32, metric = u32, destination = text, from = text, source = address, priority = u32, nexthop = u32,
      group = list_of(record({ id = whole(1, 0xffffffff) }, { weight = whole(1, 65536) })),
      hops = list_of(record({ link = text }, { gateway = address, onlink = flag, weight = whole(1, 256) })),
      balanced = flag, replace = flag,
    })),
  },
  optional = { key = text, owner = owner },
} end

return declared
