-- SPDX-License-Identifier: MIT
-- What must hold before a modem can connect: a SIM, a radio that is on, a network that takes it, packet service.

local lazy = require "base.lazy"
local network_wait = lazy "modem.network_wait"
local radio_switch = lazy "modem.radio_switch"
local registrations = require "modem.registration"
local report = lazy "modem.report"
local sim_start = lazy "modem.sim_start"

-- Seconds: a search through all bands takes minutes, but mostly ends in one.
local M = { NETWORK_TIME = 90 }

---@param radio modem.radio
---@return boolean
function M.is_on(radio) return radio.hardware ~= "off" and radio.software == "on" end

---Attaches the modem to the packet service, unless it is. Where the modem does not say, connecting shows.
---@param modem modem.modem
---@param packet modem.packet_service as it is now
---@param watcher up.watcher
---@return modem.packet_service? packet
---@return moontower.error? err
function M.attach(modem, packet, watcher)
  if packet.state == "attached" then
    return packet
  end
  return network_wait.attach(modem, packet, watcher)
end

-- The SIM's own network: the modem tells, or the first digits of the IMSI do. North American MNCs have three.
local function home_network(modem, home, sim)
  if home then
    return home.id
  end
  local imsi = sim.imsi or not sim.numbers and not sim.err and (modem:sim() or {}).imsi or ""
  return imsi:match("^3[01]%d%d%d%d") or imsi:match("^%d%d%d%d%d") or "unknown operator"
end

---Shows the SIM, and what else has to be asked for it.
---@param modem modem.modem
---@param sim modem.sim? as far as it is known
---@param watcher up.watcher
function M.show_sim(modem, sim, watcher)
  local must_ask = not sim or watcher.is_full and not sim.numbers
  local names = { "home", must_ask and (watcher.is_full and "sim" or "sim_state") or nil }
  watcher:later(names, function(told, to)
    local now = told.sim or sim
    report.sim(now, home_network(modem, told.home, now), to)
  end)
end

-- What the registration implies is not asked. A network that has just been found may take its time over this.
local function packet_service(modem, now, registration, watcher)
  if not now.packet and registration == now.registration then
    return nil
  end
  local packet, err = now.packet, nil
  if not packet then
    packet, err = modem:packet_service()
  end
  if not packet then
    return nil, err
  end
  return M.attach(modem, packet, watcher)
end

local function ready_sim(modem, now, watcher, undo, options)
  local sim, err = now.sim, nil
  if sim.state == "missing" and not M.is_on(now.radio) then
    sim, err = radio_switch.seen_sim(modem, now, watcher, undo, options)
    now.sim = sim or now.sim
  end
  if not sim or sim.state == "ready" then
    return sim, err
  end
  return sim_start.ready(modem, now, watcher, options.pin or {})
end

---Waits for, or brings about, all that a connection needs.
---@param modem modem.modem
---@param now modem.snapshot what the modem said of itself; `registration` and `packet` are then as they are afterwards.
--- Packet service that is not told is not asked for: connecting shows
---@param options { carrier: carrier.carrier, wait: number?, pin: pin.options?, watcher: up.watcher,
--- fcc_unlock: boolean? } wait: seconds for a network, or 90; fcc_unlock: the owner allows it
---@param undo table `radio` is set in it when the radio had to be switched on
---@return true? ok
---@return moontower.error? err
function M.wait(modem, now, options, undo)
  local watcher = options.watcher
  local sim, err = ready_sim(modem, now, watcher, undo, options)
  if not sim then
    return nil, err
  end
  M.show_sim(modem, sim, watcher)
  local on, registration, allowed, packet
  on, err = M.is_on(now.radio), nil
  if not on then
    on, err = radio_switch.on(modem, now.radio, watcher, undo, options)
  end
  if on then
    registration = now.registration
    if not registrations.is_registered(registration) then
      registration, err = network_wait.for_network(modem, registration, watcher, options.wait or M.NETWORK_TIME,
        options.carrier)
    end
  end
  if registration then
    allowed, err = registrations.may_use(registration, options.carrier.roaming)
  end
  if not allowed then
    return nil, err
  end
  packet, err = packet_service(modem, now, registration, watcher)
  if not packet and err then
    return nil, err
  end
  now.registration, now.packet = registration, packet
  return true
end

return M
