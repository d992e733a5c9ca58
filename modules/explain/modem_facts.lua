-- SPDX-License-Identifier: MIT
-- What a modem says of its card, its radio, its network and its connection, as plain values. It is asked, and ordered
-- to do nothing; no PIN is sent.

local connections = require "modem.connection"
local daemon = require "daemon"
local day = require "history.day"
local history = require "history"
local hosts = require "explain.host"
local last_failure = require "modem.last_failure"
local orders = require "daemon.orders"
local pins = require "modem.pin"
local prerequisites = require "modem.prerequisites"
local registrations = require "modem.registration"
local settings = require "settings"
local snapshot = require "modem.snapshot"
local status = require "status"
local task = require "task"
local unpowered = require "explain.unpowered"

local SIGNAL_TIME = 5
local LATELY = 3600
local SEARCH_TIME = 10 -- seconds; a search through all bands takes minutes, but mostly ends in one of the first
local SETTINGS_TIME = 10 -- seconds for a modem to tell what it may use, by AT commands or QMI

---@class explain.modem_facts
---@field silence { code: string, message: string }? it has stopped to answer, so that nothing else is known
---@field sim { state: string, reason: string? } here and below: `problem` is why the modem did not tell
---@field pin modem.pin?
---@field pin_from string? where a PIN for it is configured
---@field slots { number: integer, state: string, in_use: boolean }[]? of a modem whose card is missing
---@field radio modem.radio
---@field rfkill string? the folder of what keeps modems off by a program's order, where a switch is off
---@field registration modem.registration
---@field refused_in string? technology of the network that refuses
---@field packet modem.packet_service
---@field signal modem.signal
---@field cell modem.cell?
---@field home modem.provider?
---@field settings table<string, { now: string, choices: string? }>? what it may use: "rat", "bands", "lock"
---@field session modem.session
---@field connection modem.connection? what `up` has written down
---@field wanted { ip: string, clat: boolean? }? what was asked for; clat: false where IPv4 is not to be translated
---@field failure modem.failure? why the last `up` failed
---@field held string? the order that keeps it offline, in words
---@field held_radio boolean? that order is about its radio
---@field believed { state: string, reason: string }? by the daemon
---@field outages_count integer? in the last hour, as the daemon has seen them; nil: none has run
---@field roams boolean? its carrier allows roaming; nil: not known

local M = {}

-- Errors, methods and what other modules keep in it are left out.
local function plain(value)
  if type(value) ~= "table" then
    return value
  end
  local copy = {}
  for key, inner in pairs(value) do
    local kind = type(inner)
    if key == "err" then
      copy.problem = tostring(inner)
    elseif key ~= "essential" and (kind ~= "table" or not getmetatable(inner)) and kind ~= "function" then
      copy[key] = plain(inner)
    end
  end
  return copy
end

-- Only where there is no network: it takes the modem's AT port, and seconds.
local function settings_of(modem)
  local told = {}
  task.timeout(SETTINGS_TIME, function()
    local found = settings.for_modem(modem, { rat = true, bands = true, lock = true })
    for _, name in ipairs { "rat", "bands", "lock" } do
      local one = found and found[name]
      local now = one and one:read(modem)
      told[name] = now and { now = one:show(now), choices = one:choices() } or nil
    end
  end)
  return told
end

local function of_card(facts, modem, now)
  facts.sim = { state = now.sim.state, reason = now.sim.reason, problem = now.sim.err and tostring(now.sim.err) }
  if now.sim.state == "locked" then
    facts.pin = modem:pin() or {}
    local found, err = pins.find(now.sim.iccid, {})
    facts.pin_from = found and found.from or err and tostring(err) or nil
    facts.pin_refused = found and pins.refusal(modem, now.sim, facts.pin, found) or nil
  elseif now.sim.state == "missing" then
    facts.slots = {}
    for i, slot in ipairs(modem:slots() or {}) do
      facts.slots[i] = { number = slot.number, state = slot.state, in_use = slot.in_use }
    end
  end
end

-- How often the daemon has lost its connection lately.
local function outages_of(name)
  local recorder, now = daemon.running and daemon.running.history, os.time()
  local modem = (history.read(recorder and recorder:latest(), now - LATELY, now, name) or {})[1]
  return modem and #day.outages(day.spans(modem.records, recorder ~= nil))
end

local function of_connection(facts, modem)
  local name = modem.description.name
  facts.connection, facts.failure = plain(modem:connection()), last_failure.load(modem.description)
  local record = connections.record(modem.description)
  facts.wanted = record and { ip = record.ip, clat = (record.options or {}).clat }
  facts.held, facts.held_radio = orders.why_held(modem)
  facts.outages_count = outages_of(name)
  local believed = status.all()[name]
  facts.believed = believed and { state = believed.state, reason = believed.reason }
  local carrier = modem.profile and modem.profile.carrier
  facts.roams = carrier and (carrier.roaming or false)
  if not carrier then
    facts.roams = record and record.roaming
  end
end

-- What the network has given, where it has given something.
local function bearer_of(modem, facts)
  if facts.session.state ~= "activated" then
    return nil
  end
  local written = facts.connection
  local bearer, err = modem:bearer(written and written.complete and modem:connection()
    or { session = 0, apn = written and written.apn or "", ip = facts.session.ip })
  facts.session.problem = err and tostring(err)
  return bearer
end

local QUESTIONS = { "sim", "radio", "registration", "packet", "signal", "cells", "session", "home" }

-- A modem may lose an answer, which is asked for once more. One that answers nothing else either has fallen silent.
local function ask(modem)
  local now, err = snapshot.ask(modem, QUESTIONS)
  local lost = now and now.lost[1]
  if not lost then
    return now, err
  end
  local again, why = snapshot.ask(modem, { lost, "radio" })
  if not again or again.lost[1] and again.radio.err and again.radio.err.code == "timeout" then
    return nil, why or again.lost_err
  end
  now[lost] = again[lost]
  return now
end

-- A modem that was plugged in a moment ago still searches, and nothing is wrong with it: what it says before it is
-- through counts for nothing.
local function settled(modem)
  local now, err = ask(modem)
  if now and now.registration.state == "searching" and now.sim.state == "ready" then
    local found = modem:wait_for("registration", function() return modem:registration() end,
      function(value) return value.state ~= "searching" end, SEARCH_TIME)
    if found then
      now, err = ask(modem)
    end
  end
  return now or snapshot.usual(QUESTIONS, err), not now and err or nil
end

local function blocked_by(radio)
  local folder, is_hard = unpowered.rfkill(hosts.new())
  return radio.hardware == "off" and not is_hard and folder or nil
end

---@param modem modem.modem that is started
---@return explain.modem_facts
---@return modem.bearer? bearer nil: it is not connected
function M.ask(modem)
  local now, silence = settled(modem)
  -- With what only the AT port tells, such as RSRP.
  local signal = not silence and task.timeout(SIGNAL_TIME, modem.signal, modem)
  local facts = {
    silence = silence and { code = silence.code, message = tostring(silence) },
    radio = plain(now.radio), rfkill = blocked_by(now.radio), registration = plain(now.registration),
    packet = plain(now.packet),
    signal = plain(signal or now.signal), cell = plain((now.cells.serving or {})[1]), session = plain(now.session),
    home = plain(now.home), refused_in = modem.refused_in,
  }
  of_card(facts, modem, now)
  of_connection(facts, modem)
  local may_search = now.sim.state == "ready" and prerequisites.is_on(now.radio)
  if may_search and not registrations.is_registered(now.registration) then
    facts.settings = settings_of(modem)
  end
  return facts, bearer_of(modem, facts)
end

return M
