-- SPDX-License-Identifier: MIT
-- What a modem tells by itself, and waiting for it.

local lu = require "luaunit"
local task = require "task"
local tools = require "support.behaviours.tools"

local nobody, at_home, roaming, searching, attached, detached, ready_sim, locked_sim, ipv4, ipv6, down, eq, gives,
  fails, fault, connected, has, hears, wait_ready, strength, no_sim, without_details = tools.nobody, tools.at_home,
  tools.roaming, tools.searching, tools.attached, tools.detached, tools.ready_sim, tools.locked_sim, tools.ipv4,
  tools.ipv6, tools.down, tools.eq, tools.gives, tools.fails, tools.fault, tools.connected, tools.has, tools.hears,
  tools.wait_ready, tools.strength, tools.no_sim, tools.without_details

local behaviours = {}

function behaviours.registration_events(modem, sim)
  local events <close> = modem:events("registration", "packet")
  fault(sim, "roam")
  hears(events, "registration", roaming)
  fault(sim, "network-drop")
  hears(events, "registration", searching)
  hears(events, "packet", detached)
  fault(sim, "none")
  hears(events, "registration", at_home)
  hears(events, "packet", attached)
  fault(sim, "deny", "7")
  hears(events, "registration", { state = "denied", provider = nobody, nw_error = 7 })
end

function behaviours.radio_events(modem, sim)
  local events <close> = modem:events("radio")
  sim:set_radio("software", "off")
  hears(events, "radio", { hardware = "on", software = "off" })
  sim:set_radio("software", "on")
  hears(events, "radio", { hardware = "on", software = "on" })
end

function behaviours.sim_events(modem, sim)
  local events <close> = modem:events("sim")
  fault(sim, "sim-remove")
  hears(events, "sim", no_sim)
  fault(sim, "pin-lock")
  hears(events, "sim", locked_sim)
  fault(sim, "sim-insert")
  hears(events, "sim", ready_sim)
end

function behaviours.signal_events(modem, sim)
  local events <close> = modem:events("signal")
  modem:signal "protocol" -- which agrees on a version of MBIMEx
  for _, rssi in ipairs { 10, 31, 99 } do
    sim:set_signal(rssi)
    hears(events, "signal", strength(modem, sim))
  end
end

function behaviours.cell_events(modem, sim)
  local events <close> = modem:events("cell")
  local function next_cells()
    local event, err = task.timeout(60, events.next, events)
    lu.assertNotNil(event, tostring(err))
    return event.value
  end
  sim:hand_over(2)
  eq(next_cells().serving[1].pci, 87)
  sim:emit "registration" -- which is no news
  fault(sim, "network-drop")
  eq(next_cells(), { serving = {}, neighbours = {} })
end

function behaviours.session_events(modem, sim)
  local events <close> = modem:events("session")
  connected(modem)
  fault(sim, "disconnect")
  hears(events, "session", { session = 0, state = "deactivated", ip = "default", nw_error = 36 })
  eq(modem:session(0).state, "deactivated")
  has(connected(modem), "ipv4v6", ipv4, ipv6) -- and again
  fault(sim, "disconnect", "26")
  hears(events, "session", { session = 0, state = "deactivated", ip = "default", nw_error = 26 })
end

function behaviours.the_network_goes_while_connected(modem, sim)
  local events <close> = modem:events("session", "registration")
  connected(modem)
  fault(sim, "network-drop")
  hears(events, "registration", searching)
  hears(events, "session", down)
end

function behaviours.ip_events(modem, sim)
  connected(modem)
  local events <close> = modem:events("ip", "session")
  fault(sim, "renumber")
  local expected = {
    session = 0,
    ipv4 = {
      addresses = { { address = "184.250.143.38", prefix_length = 30 } }, gateway = "184.250.143.37",
      dns = ipv4.dns, mtu = 1500,
    },
    ipv6 = {
      addresses = { { address = "2600:100e:b02e:1::2", prefix_length = 64 } }, gateway = "fe80::1", dns = {},
      mtu = 1500,
    },
  }
  hears(events, "ip", expected)
  gives(expected, modem:ip_configuration(0))
end

-- One change is one event, however many were asked for: the next one of its name tells the next change.
function behaviours.no_event_twice(modem, sim)
  local events <close> = modem:events("signal", "registration", "packet", "session", "ip")
  local told = { signal = {}, registration = {} }
  local function until_told(count)
    assert(task.timeout(60, function()
      while #told.signal < count or #told.registration < count do
        local event = assert(events:next())
        table.insert(told[event.name] or {}, without_details(event.value))
      end
      return true
    end))
  end
  modem:signal "protocol" -- which agrees on a version of MBIMEx
  sim:set_signal(10)
  local weak = strength(modem, sim)
  fault(sim, "roam")
  until_told(1)
  sim:set_signal(31)
  fault(sim, "none")
  until_told(2)
  eq(told, { signal = { weak, strength(modem, sim) }, registration = { roaming, at_home } })
end

function behaviours.an_unknown_event_is_a_mistake(modem)
  lu.assertErrorMsgContains("there is no event 'weather'", modem.events, modem, "weather")
end

function behaviours.wait_for(modem, sim)
  local function look() return modem:registration() end
  local function is_registered(value) return value.state == "home" end
  gives(at_home, modem:wait_for("registration", look, is_registered, 1))
  fault(sim, "network-drop", "0.05")
  gives(at_home, modem:wait_for("registration", look, is_registered, 2))
  task.sleep(0.02) -- until what was told about that has been read
  fault(sim, "network-drop")
  local value, err = modem:wait_for("registration", look, is_registered, 0.05)
  eq({ value, err.code }, { searching, "timeout" })
end

-- A change without an indication is noticed at the next look: now and then, and before a wait ends in vain.
function behaviours.wait_for_what_is_not_told(modem, sim)
  local function look() return modem:registration() end
  local function is_registered(value) return value.state == "home" end
  fault(sim, "no-news")
  fault(sim, "network-drop", "0.05")
  gives(at_home, modem:wait_for("registration", look, is_registered, 0.2))
  fault(sim, "busy", "1")
  local asked = 0
  gives(at_home, modem:wait_for("registration", function()
    asked = asked + 1
    return modem:registration()
  end, is_registered, 60))
  eq(asked, 2)
  local looks, seen = 0, nil
  modem:wait_for("sim", function()
    looks = looks + 1
    seen = modem:sim().state
    if looks == 1 then
      fault(sim, "sim-remove")
    end
    return { state = seen }
  end, function(value) return value.state == "missing" end, 60)
  eq({ looks, seen }, { 2, "missing" })
end

-- A cause of one network, one area or one moment leaves room for another; one that holds everywhere ends the wait.
function behaviours.a_network_that_refuses_for_a_moment(modem, sim)
  for _, cause in ipairs { 9, 11, 12, 13, 14, 15, 17, 22 } do
    fault(sim, "deny", tostring(cause))
    sim:after(0.01, function()
      sim.network.denied = nil
      sim:settle()
    end)
    gives("home", (assert(wait_ready(modem, 60))).state)
  end
  fault(sim, "deny", "15")
  eq(fails("registration-denied", wait_ready(modem, 0.05)).detail.nw_error, 15)
  for _, cause in ipairs { 2, 3, 5, 6, 7, 8 } do
    fault(sim, "deny", tostring(cause))
    eq(fails("registration-denied", wait_ready(modem, math.huge)).detail.nw_error, cause)
  end
end

return behaviours
