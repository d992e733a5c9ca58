-- SPDX-License-Identifier: MIT
-- A modem that is closed, opened again, forgets or is pulled out.

local faults = require "simulator.faults"
local find = require("modem").find
local lu = require "luaunit"
local task = require "task"
local tools = require "support.behaviours.tools"

local attached, ipv4, ipv6, up, down, eq, gives, fails, fault, connected, has, hears, clients_of, again =
  tools.attached, tools.ipv4, tools.ipv6, tools.up, tools.down, tools.eq, tools.gives, tools.fails, tools.fault,
  tools.connected, tools.has, tools.hears, tools.clients_of, tools.again

local behaviours = {}

local VERBS = {
  "identity", "sim", "pin", "radio", "registration", "packet_service", "signal", "home_provider", "register", "attach",
  "detach",
}

-- The modem has forgotten that it was opened: its sessions are over, and it is opened again when it is needed.
function behaviours.the_control_channel_starts_anew(modem, sim)
  connected(modem)
  fault(sim, "forget")
  eq(modem:session(0).state, "deactivated")
  assert(modem:ensure_started())
  has(connected(modem), "ipv4v6", ipv4, ipv6)
end

-- Whatever is under way when the modem is closed, and whatever is asked of it afterwards: it is gone, and no task
-- waits.
function behaviours.closed_in_every_state(first, sim)
  local options = first.options
  first:close()
  sim.latency = 0.002
  local calls = {
    function(modem) return modem:start() end, function(modem) return modem:started() end,
    function(modem) return modem:ensure_started() end, function(modem) return modem:connect { apn = "r.ispsn" } end,
    function(modem) return modem:session(0) end, function(modem) return modem:ip_configuration(0) end,
    function(modem) return modem:deactivate(0) end, function(modem) return modem:set_radio(true) end,
    function(modem) return modem.qmi:request(require("qmi.dms").get_ids) end,
    function(modem) return modem.qmi:client("nas"):allocate() end,
    function(modem) return modem:up() end,
    function(modem)
      local events <close> = modem:events("registration", "session", "sim")
      return events:next()
    end,
    function(modem)
      return modem:wait_for("sim", function() return modem:sim() end, function() return false end, math.huge)
    end,
  }
  for i, verb in ipairs(VERBS) do
    calls[#calls + i] = function(modem) return modem[verb](modem) end
  end
  for moment = 0, 12 do
    local modem = assert(find(nil, options))
    local tasks, group <close> = {}, task.group()
    for i, call in ipairs(calls) do
      tasks[i] = group:spawn(call, modem)
    end
    task.sleep(moment * 0.001)
    modem:close()
    local function ends_well(number, ok, value, err)
      lu.assertTrue(ok, ("call %d at %d ms: %s"):format(number, moment, value))
      lu.assertTrue(value ~= nil or err and err.code ~= "raised", ("call %d at %d ms: %s"):format(number, moment, err))
    end
    for i, running in ipairs(tasks) do
      ends_well(i, running:join())
    end
    for i, call in ipairs(calls) do
      local ok, value, err = task.timeout(60, pcall, call, modem)
      ends_well(i, ok, value, err)
      eq(value == nil and err.code or nil, "gone", "call " .. i)
    end
    sim:disconnect_all()
    sim.packet.wanted = true
    sim:settle()
  end
end

-- What an answer lacks is nil; only a verb that is about just that fails, and says so.
function behaviours.answers_that_lack_what_they_should_have(modem, sim)
  connected(modem)
  for _, kind in ipairs { "tlv-missing", "short" } do
    local is_ours = (kind == "short") == (modem.mbim ~= nil and modem.options.protocol ~= "qmi")
    if is_ours then
      fault(sim, kind)
      for _, verb in ipairs(VERBS) do
        local value, err = modem[verb](modem)
        lu.assertTrue(value ~= nil or err.code == "malformed" or err.code == "unsupported", verb)
      end
      for _, call in ipairs {
        function() return modem:set_radio(true) end, function() return modem:session(0) end,
        function() return modem:ip_configuration(0) end, function() return modem:connect { apn = "r.ispsn" } end,
        function() return modem:deactivate(0) end,
      } do
        local value, err = call()
        lu.assertTrue(value ~= nil or type(err.code) == "string")
      end
      assert(faults.apply(sim, "none", {}))
      gives(attached, modem:attach())
      has(connected(modem), "ipv4v6", ipv4, ipv6)
    end
  end
end

function behaviours.two_modems_in_a_row(modem, sim)
  fails("busy", find(nil, modem.options))
  connected(modem)
  for _ = 1, 2 do
    modem = again(modem)
    gives(up, modem:session(0)) -- it has not been ended
  end
  modem:deactivate(0)
  modem:close()
  eq(clients_of(sim), {})
end

function behaviours.adoption(modem, sim)
  connected(modem)
  modem = again(modem)
  gives(up, modem:session(0))
  local bearer = assert(modem:bearer { session = 0, apn = "r.ispsn", ip = "ipv4v6" })
  has(bearer, "ipv4v6", ipv4, ipv6)
  local events <close> = modem:events("session")
  fault(sim, "disconnect")
  hears(events, "session", { session = 0, state = "deactivated", ip = "default", nw_error = 36 })
  has(connected(modem), "ipv4v6", ipv4, ipv6)
  modem = again(modem)
  gives(true, modem:deactivate(0))
  eq(sim.sessions, {})
  modem:close()
end

-- A list of events may have none to come: a session's, while there is no session.
function behaviours.events_end_when_the_modem_is_pulled_out(modem, sim)
  local lists = {}
  for i, names in ipairs { { "registration" }, { "session" }, { "sim", "radio", "ip" } } do
    lists[i] = modem:events(table.unpack(names))
  end
  sim:unplug()
  for _, events in ipairs(lists) do
    local event, err = task.timeout(60, function()
      local next_event, why
      repeat
        next_event, why = events:next()
      until not next_event
      return nil, why
    end)
    fails("gone", event, err)
    events:close()
  end
end

function behaviours.pulled_out(modem, sim)
  sim:unplug()
  for _, verb in ipairs {
    "identity", "sim", "pin", "radio", "registration", "packet_service", "signal", "home_provider", "register",
    "attach",
  } do
    fails("gone", modem[verb](modem))
  end
  fails("gone", modem:set_radio(true))
  fails("gone", modem:session(0))
  fails("gone", modem:ip_configuration(0))
  fails("gone", modem:deactivate(0))
  fails("gone", modem:connect { apn = "r.ispsn" })
  local value, err = modem:wait_for("registration", function() return modem:registration() end, function() end, 1)
  fails("gone", value, err)
  local options = modem.options
  modem:close()
  fails("no-modem", find(nil, options))
end

function behaviours.pulled_out_while_it_connects(modem, sim)
  sim.latency = 0.1
  sim:after(0.25, function() sim:unplug() end)
  fails("gone", modem:connect { apn = "r.ispsn" })
end

function behaviours.given_up_while_it_connects(modem, sim)
  sim.latency = 0.05
  fails("timeout", task.timeout(0.12, modem.connect, modem, { apn = "r.ispsn" }))
  sim.latency = 0
  eq(sim.sessions, {})
  gives(down, modem:session(0))
end

return behaviours
