-- SPDX-License-Identifier: MIT
-- The kinds of state files that are kept from boot to boot: see shapes.lua.

local validate = require "base.validate"

local text, any_text, flag, record, whole =
  validate.text, validate.any_text, validate.flag, validate.record, validate.whole
local function list_of(entry) return validate.list_of(entry, "a list") end
local count = whole(0, 0x7fffffffffffffff)
local bytes = whole(0, 1 << 53)
local index = whole(0, 0x7fffffff)
local octet = whole(0, 255)

---@type table<string, fun(): state.shape>
local declared = {}

function declared.pins() return {
  version = 1, is_precious = true,
  required = { salt = text, sent = validate.map_of(text, any_text, "dates by hash") },
} end

function declared.usage() return {
  version = 1,
  required = { since = text, bytes = bytes },
  optional = {
    counter = text, total = bytes, before = record { since = text, bytes = bytes },
    months = list_of(record { since = text, bytes = bytes }),
    behind = record { since = text, next = text, bytes = bytes, counts = flag },
  },
} end

function declared.sms_sent() return {
  version = 1,
  required = { sent = list_of(record({ number = text, reference = octet, text = any_text, time = text },
    { part = octet, count = octet })) },
} end

function declared.sms() return {
  version = 1,
  required = {
    iccid = text, received = count, status = validate.one_of { "unread", "read" },
    pdus = validate.list_of(text, "a list of PDUs", 1),
  },
  optional = { key = text, count = whole(2, 255), place = text, is_told = flag },
} end

local function report(trial) return {
  version = 1,
  required = {
    key = text, trial = trial,
    entries = list_of(record({ name = text, title = text, state = validate.one_of { "begun", "done", "failed" } },
      { before = any_text, wanted = any_text, how = any_text, back_how = any_text, err = any_text, undone = flag })),
  },
  optional = { carrier = any_text, modem = any_text, date = any_text, restart = any_text, finished = flag },
} end

function declared.setup() return report() end

-- While there is one, a change is on trial: see ../trial.
function declared.trials()
  return report(record({
    within = validate.finite, deadline = count, modem = text, command = any_text,
    was = validate.one_of { "online", "registered", "offline" },
  }, { confirm = flag }))
end

-- A profile of an eSIM that is enabled on trial, by the EID: see ../esim/switch.lua.
function declared.esims() return {
  version = 1,
  required = { modem = text, wanted = validate.digits, command = any_text },
  optional = { before = validate.digits, was = validate.one_of { "online", "registered", "offline" } },
} end

function declared.sockets() return { version = 1, required = {}, optional = { imei = text, iccid = text } } end

function declared.ladders() return {
  version = 1,
  required = {},
  optional = { position = index, imei = text, used = validate.map_of(text, validate.finite, "times by rung") },
} end

function declared.sim_switches() return {
  version = 1, required = { times = list_of(count) },
} end

function declared.aggregation() return {
  version = 1,
  required = { modem = any_text, verdict = validate.one_of { "proven", "refused", "undecided" } },
  optional = { kernel = text, incarnation = text, protocol = validate.one_of { "qmapv4", "qmapv5" } },
} end

-- By a hash of the ICCID: see modem/apn_search.lua. Passwords are looked up again where they came from.
function declared.apns() return {
  version = 1,
  required = {},
  optional = {
    worked = record({ apn = text }, {
      ip = validate.one_of { "ipv4", "ipv6", "ipv4v6" }, user = text, from = text, source = any_text, time = count,
    }),
    refused = validate.map_of(any_text, record({ time = count, times = whole(1, 1000) },
      { nw_error = whole(0, 0xffffffff), why = any_text }), "refusals by access point"),
  },
} end

-- See modem/attach_apn.lua.
function declared.attach()
  local point = record { apn = any_text, ip = validate.one_of { "ipv4", "ipv6", "ipv4v6" } }
  return {
    version = 1, required = { before = point, wanted = point, time = count }, optional = { trying = flag, imei = text },
  }
end

-- See modem/by_at/context.lua.
function declared.contexts()
  local definition = record { apn = any_text, ip = validate.one_of { "ipv4", "ipv6", "ipv4v6" } }
  return {
    version = 1, required = { wanted = definition, context = octet },
    optional = { before = definition, login = flag, imei = text },
  }
end

function declared.providers() return {
  version = 1,
  required = {
    path = text, size = count, changed = count, -- milliseconds
    places = validate.map_of(text, list_of(count), "places by network"),
  },
} end

-- Rows as survey/init.lua has them.
function declared.surveys()
  local number = validate.finite
  local figure = record({ mean = number, least = number, most = number, count = count })
  return {
    version = 1, optional = { date = any_text },
    required = {
      finished = flag,
      rows = list_of(record({ name = text }, {
        problem = any_text, speed_problem = any_text, technology = any_text, band = any_text, channel = count,
        pci = count, bandwidth = number, speed = number, signal = validate.map_of(text, figure, "figures by name"),
        round_trips = record({ lost = count, count = count }, { median = number }),
      })),
    },
  }
end

-- The lines are those of history/record.lua.
function declared.history() return {
  version = 1, required = { started = count, modems = validate.map_of(text, any_text, "lines by modem") },
} end

return declared
