-- SPDX-License-Identifier: MIT
-- What a modem says of itself, its SIM and its network.

local attach_apn = require "modem.attach_apn"
local lu = require "luaunit"
local tools = require "support.behaviours.tools"

local sprint, nobody, at_home, roaming, searching, attached, detached, ready_sim, locked_sim, ipv4, ipv6, down, eq,
  gives, fails, fault, connected, has, hears, wait_ready, strength, no_sim, not_registered = tools.sprint, tools.nobody,
  tools.at_home, tools.roaming, tools.searching, tools.attached, tools.detached, tools.ready_sim, tools.locked_sim,
  tools.ipv4, tools.ipv6, tools.down, tools.eq, tools.gives, tools.fails, tools.fault, tools.connected, tools.has,
  tools.hears, tools.wait_ready, tools.strength, tools.no_sim, tools.not_registered

local behaviours = {}

function behaviours.identity(modem, sim)
  local is = sim.personality
  gives({ imei = is.imei, firmware = is.firmware, hardware = is.hardware }, modem:identity())
end

function behaviours.sim_ready(modem)
  gives(ready_sim, modem:sim())
  gives({ type = "pin1", locked = false }, modem:pin())
end

function behaviours.sim_locked(modem, sim)
  fault(sim, "pin-lock")
  gives(locked_sim, modem:sim())
  gives({ type = "pin1", locked = true, tries = 3 }, modem:pin())
end

function behaviours.sim_wants_its_puk(modem, sim)
  fault(sim, "puk")
  gives(locked_sim, modem:sim())
  gives({ type = "puk1", locked = true, tries = 10 }, modem:pin())
end

function behaviours.a_modem_that_takes_other_sims_only(modem, sim)
  for lock, words in pairs {
    ["network-pin"] = "SIMs of one operator, and this SIM is another (network lock)",
    ["network-subset-pin"] = "network subset lock", ["service-provider-pin"] = "service provider lock",
    ["corporate-pin"] = "corporate lock", ["device-sim-pin"] = "lock to a SIM",
    ["network-puk"] = "unblocking key", ["network-subset-puk"] = "unblocking key",
    ["service-provider-puk"] = "unblocking key", ["corporate-puk"] = "unblocking key",
  } do
    fault(sim, "network-lock", lock)
    gives(locked_sim, modem:sim())
    gives({ type = lock, locked = true, tries = 10 }, modem:pin())
    local err = fails("modem-locked", wait_ready(modem, 1, { pin = "1234" }))
    lu.assertStrContains(err.message, words)
    lu.assertStrContains(err.hint, "Tries left: 10")
  end
  eq(sim.card.tries, 3)
end

function behaviours.sim_missing(modem, sim)
  fault(sim, "sim-remove")
  gives(no_sim, modem:sim())
  fails("sim-missing", modem:pin())
end

function behaviours.radio(modem, sim)
  gives({ hardware = "on", software = "on" }, modem:radio())
  gives({ hardware = "on", software = "off" }, modem:set_radio(false))
  gives({ hardware = "on", software = "off" }, modem:radio())
  gives(not_registered, modem:registration())
  gives({ hardware = "on", software = "on" }, modem:set_radio(true))
  gives({ hardware = "on", software = "on" }, modem:set_radio(true))
  fault(sim, "radio-off")
  eq(modem:radio().hardware, "off")
end

function behaviours.the_apn_that_it_attaches_with(modem, sim)
  gives({ apn = "r.ispsn", ip = "ipv4v6" }, attach_apn.get(modem))
  assert(attach_apn.set(modem, { apn = "", ip = "ipv4" }))
  gives({ apn = "", ip = "ipv4" }, attach_apn.get(modem))
  eq({ sim:attach_apn(), sim.profiles[1].pdp_type }, { "", "ipv4" })
end

function behaviours.registration(modem, sim)
  gives(at_home, modem:registration())
  gives(attached, modem:packet_service())
  fault(sim, "roam")
  gives(roaming, modem:registration())
  gives(attached, modem:packet_service())
end

function behaviours.no_network(modem, sim)
  fault(sim, "network-drop")
  gives(searching, modem:registration())
  gives(detached, modem:packet_service())
  gives({}, modem:signal "protocol")
end

function behaviours.registration_denied(modem, sim)
  fault(sim, "deny", "11")
  gives({ state = "denied", provider = nobody, nw_error = 11 }, modem:registration())
  gives({ state = "denied", provider = nobody, nw_error = 11 }, modem:register())
  gives(detached, modem:packet_service())
end

function behaviours.register_and_attach(modem, sim)
  gives(at_home, modem:register())
  gives(attached, modem:attach())
  sim.packet.wanted = false
  sim:settle()
  gives(detached, modem:packet_service())
  gives(attached, modem:attach())
end

function behaviours.attach_without_a_network(modem, sim)
  fault(sim, "network-drop")
  fails("not-registered", modem:attach())
  modem:set_radio(false)
  fails("radio-off", modem:attach())
end

function behaviours.detach(modem, sim)
  local events <close> = modem:events("session")
  connected(modem)
  gives(detached, modem:detach())
  hears(events, "session", down)
  gives(detached, modem:packet_service())
  gives(at_home, modem:registration())
  gives(detached, modem:detach()) -- as it is already
  fails("attach-failed", modem:connect { apn = "r.ispsn" })
  gives(attached, modem:attach())
  has(connected(modem), "ipv4v6", ipv4, ipv6)
  fault(sim, "unplug")
  fails("gone", modem:detach())
end

function behaviours.signal(modem, sim)
  for _, rssi in ipairs { 21, 5, 99 } do
    sim:set_signal(rssi)
    local value, err = modem:signal "protocol"
    gives(strength(modem, sim), value, err)
  end
end

function behaviours.home_provider(modem, sim)
  gives(sprint, modem:home_provider())
  fault(sim, "roam")
  gives(sprint, modem:home_provider())
  fault(sim, "pin-lock")
  fails("sim-locked", modem:home_provider())
  fault(sim, "sim-remove")
  fails("sim-missing", modem:home_provider())
end

-- Sierra's: the carrier's, which is for a version; others': the package.
function behaviours.images(modem, sim)
  local is, active = sim.personality, {}
  for _, image in ipairs(assert(modem:images())) do
    active[image.kind] = active[image.kind] or image.is_active and image.version or nil
  end
  eq(active.carrier or active.modem, is.package or ("%s_%s"):format(is.image.version, is.image.carrier))
end

function behaviours.counters(modem, sim)
  connected(modem)
  local before = assert(modem:counters())
  sim:count("in", "\x45" .. ("x"):rep(999))
  sim:count("in", "\x60" .. ("x"):rep(99))
  sim:count("out", "\x60" .. ("x"):rep(49))
  local after, difference = assert(modem:counters()), {}
  for name, number in pairs(after) do difference[name] = number - before[name] end
  eq(difference, {
    received = 1100, sent = 50, received_packets = 2, sent_packets = 1, received_errors = 0, sent_errors = 0,
  })
end

return behaviours
