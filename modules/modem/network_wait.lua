-- SPDX-License-Identifier: MIT
-- Waiting for a network that takes the modem, and for its packet service; and how it reads where neither comes.

local lazy = require "base.lazy"
local attach_apn = lazy "modem.attach_apn"
local errors = require "errors"
local radio_words = lazy "radio.words"
local registrations = require "modem.registration"
local task = require "task"

local M = {}

local ATTACH_TIME, MEND_TIME = 60, 20

-- Causes with which every network refuses, until the card or the modem is another one (3GPP TS 24.008, 24.301): unknown
-- SIM, illegal SIM, IMEI not accepted, illegal modem, no data service, no service at all. All others are one network's,
-- one area's, or a moment's: the modem goes on to look for another cell that takes it.
local final = { [2] = true, [3] = true, [5] = true, [6] = true, [7] = true, [8] = true }

local function is_settled(registration)
  return registrations.is_registered(registration) or registration.state == "denied" and final[registration.nw_error]
end

local function why(registration, technology)
  local number = registration.nw_error
  local found = number and require("cause").verdict(number, "registration", technology)
  return found and (": %s (cause %d)"):format(found.words, number) or "", found and found.hint
end

---A network that refuses the modem.
---@param registration modem.registration
---@param technology string? of the network, where it is known: modem.refused_in
---@return nil
---@return moontower.error
function M.denied(registration, technology)
  local cause, hint = why(registration, technology)
  return errors.fail {
    code = "registration-denied", source = "modem", message = "the network refuses this SIM" .. cause,
    hint = hint or "Is the SIM activated, and paid for?",
    detail = { nw_error = registration.nw_error, who = "network" },
  }
end

---A modem that finds no network.
---@param message string
---@return nil
---@return moontower.error
function M.not_registered(message)
  return errors.fail {
    code = "not-registered", source = "modem", message = message,
    hint = "Antennas connected? Is there coverage? Does the modem's radio access (4G, 3G) suit the network?",
  }
end

---A modem that names no cell. One that is in a network hears some, whether it tells that or not.
---@param registration modem.registration? nil: it could not be asked
---@return nil
---@return moontower.error
function M.no_cells(registration)
  if registration and registrations.is_registered(registration) then
    return errors.fail {
      code = "unsupported", source = "modem", message = "the modem does not tell its cells",
      hint = ("It is in a network: %s."):format(radio_words.network(registration.provider) or "one without a name"),
    }
  end
  return errors.fail {
    code = "not-registered", source = "modem", message = "the modem hears no cell",
    hint = "Is its radio on (`moontower radio`)? Are its antennas connected?",
  }
end

-- The network refuses the registration for the APN that the modem attaches with.
local function is_refused_for_apn(registration)
  return registration.state == "denied" and attach_apn.is_refused(registration)
end

-- Asks for what is not there yet, then waits for it, so that nothing is missed between the two. A refusal that is about
-- the attach APN ends the wait where that may be changed.
local function registered(modem, registration, watcher, seconds, may_mend)
  if registration.state == "deregistered" then
    watcher:doing("network", "registering")
    modem:register() -- its outcome comes as an event
  end
  local now, err, shown = registration, nil, nil
  local function settled(value)
    if not is_settled(value) and value.state ~= shown then
      local is_denied = value.state == "denied"
      watcher:doing("network", is_denied and "refused" .. why(value, modem.refused_in) .. "; looking for another"
        or "searching")
      shown = value.state
    end
    return is_settled(value) or may_mend and is_refused_for_apn(value)
  end
  if not settled(registration) then
    now, err = watcher:during(function()
      return modem:wait_for("registration", function()
        local network, refused = modem:network()
        return network and network.registration, refused
      end, settled, seconds)
    end)
  end
  if not now then
    return nil, err
  elseif may_mend and is_refused_for_apn(now) then
    return now
  elseif now.state == "denied" then
    return M.denied(now, modem.refused_in)
  elseif not registrations.is_registered(now) then
    local cause = why(now, modem.refused_in)
    return M.not_registered(("no network after %g seconds of searching"):format(seconds) .. cause)
  end
  return now
end

-- The network refuses the registration for the APN that the modem attaches with: another one is tried, once, and what
-- was there before comes back if that is refused as well.
local function mended(modem, refused, carrier, watcher, seconds)
  local wanted, err = attach_apn.try(modem, carrier)
  if not wanted then
    if err then
      watcher:done("network", ("the attach APN cannot be changed: %s"):format(err))
    end
    return registered(modem, refused, watcher, seconds)
  end
  local name = wanted.apn ~= "" and wanted.apn or "the network's choice"
  watcher:done("network", ("refused for the attach APN (cause %d); trying %s"):format(refused.nw_error, name),
    { attach = wanted })
  local undo <close> = task.undo(function() task.shield(MEND_TIME, attach_apn.settle, modem) end)
  local network
  network, err = modem:network()
  local now
  if network then
    now, err = registered(modem, network.registration, watcher, seconds)
  end
  if now then
    undo.finished = true
    attach_apn.keep(modem)
  end
  return now, err
end

---Waits until the modem, which is in no network, is in one. What a killed run has left half done is put right first.
---@param modem modem.modem
---@param registration modem.registration as it is now
---@param watcher up.watcher
---@param seconds number
---@param carrier carrier.carrier
---@return modem.registration?
---@return moontower.error? err
function M.for_network(modem, registration, watcher, seconds, carrier)
  if attach_apn.settle(modem) then
    local network, gone = modem:network()
    if not network then
      return nil, gone
    end
    registration = network.registration
  end
  local now, err = registered(modem, registration, watcher, seconds, true)
  if now and is_refused_for_apn(now) then
    return mended(modem, now, carrier, watcher, seconds)
  end
  return now, err
end

---A network that gives no packet service.
---@param packet modem.packet_service
---@param technology string? of the network, where it is known: modem.refused_in
---@return nil
---@return moontower.error
function M.detached(packet, technology)
  local words, hint = why(packet, technology)
  return errors.fail {
    code = "attach-failed", source = "modem", message = "the network gives no packet service" .. words,
    hint = hint or "Does the plan include data? Try again later, or in another network.",
    detail = { nw_error = packet.nw_error, who = "network" },
  }
end

local on_its_way = { attaching = true, detaching = true }

-- A modem that has begun to attach may still say that it is detached when it is asked at once.
local function look_after(modem, begun)
  return function()
    local now, err = modem:packet_service()
    local is_outdated = begun and now and now.state == "detached" and not now.nw_error
    now, begun = is_outdated and begun or now, nil
    return now, err
  end
end

---Attaches the modem to the packet service, where it is not. Where the modem does not say, connecting shows.
---@param modem modem.modem
---@param packet modem.packet_service as it is now
---@param watcher up.watcher
---@return modem.packet_service? packet
---@return moontower.error? err
function M.attach(modem, packet, watcher)
  watcher:doing("network", "attaching")
  local now, err = watcher:during(function()
    local begun, failure = modem:attach()
    if not begun and failure.code == "unsupported" and packet.state == "detached" then
      begun = { state = "attaching" } -- it attaches by itself alone
    end
    if not begun or not on_its_way[begun.state] then
      return begun, failure
    end
    return modem:wait_for("packet", look_after(modem, begun), function(value)
      return not on_its_way[value.state]
    end, ATTACH_TIME)
  end)
  if not now and err.code == "unsupported" and packet.state == "unknown" then
    return packet
  elseif now and (now.state == "detached" or on_its_way[now.state]) then
    return M.detached(now, modem.refused_in)
  end
  return now, err
end

return M
