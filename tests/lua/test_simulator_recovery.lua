-- SPDX-License-Identifier: MIT
-- The faults that recovery is judged by: reported and ended alike over MBIM, over QMI and over QMI inside MBIM.

local lu = require "luaunit"
local faults = require "simulator.faults"
local find = require("modem").find
local mc7455 = require "simulator.models.mc7455"
local new_simulated = require("simulator.modem").new
local packets = require "simulator.packets"
local ports = require "core.port"
local sim_network = require "simulator.network"
local state = require "state"
local task = require "task"
local tier1 = require "simulator.tier1"

local T = {}

local ways = {
  { name = "mbim", composition = "mbim" },
  { name = "qmi", composition = "qmi" },
  { name = "qmi_inside_mbim", composition = "mbim", options = { protocol = "qmi" } },
}

local entered, refused = tier1.enter()
local eq = lu.assertEquals

local function fault(sim, name, argument)
  assert(faults.apply(sim, name, { argument }))
end

local function fails(code, value, err)
  lu.assertNil(value)
  eq(err.code, code, tostring(err))
  return err
end

local function connect(modem)
  return assert(modem:connect { apn = "r.ispsn" })
end

-- Does 8.8.8.8 answer in a session?
local function is_alive(sim, number)
  local answered = false
  local network = sim_network.new(sim, { send = function() answered = true end })
  local session = sim.sessions[number or 0]
  network:receive(number or 0, packets.build(packets.with_icmp({
    family = "ipv4", source = session and session.ipv4.address or "10.0.0.1", target = "8.8.8.8",
    protocol = packets.ICMP,
  }, { type = 8, body = "\1\2\0\1" })))
  return answered
end

-- Waits for an event of the modem that reads like this.
local function hears(events, name, wanted)
  assert(task.timeout(60, function()
    while true do
      local event = assert(events:next())
      local is_wanted = event.name == name
      for key, value in pairs(wanted) do
        is_wanted = is_wanted and event.value[key] == value
      end
      if is_wanted then
        return true
      end
    end
  end))
end

-- How many there are until none has come for a while.
local function count(events)
  local number = 0
  while task.timeout(0.05, events.next, events) do
    number = number + 1
  end
  return number
end

local function in_force(sim)
  local names = {}
  for name in pairs(sim.faults) do
    names[#names + 1] = name
  end
  return names
end

-- Waits for what the simulated modem does.
local function await(sim, wanted, act)
  local queue = task.queue(8)
  sim:listen(function(event)
    if event == wanted then
      queue:push(event)
    end
  end)
  act()
  assert(task.timeout(60, queue.pop, queue))
end

local recovery = {}

function recovery.disconnect_silent(modem, sim)
  local events <close> = modem:events("session")
  connect(modem)
  count(events)
  lu.assertTrue(is_alive(sim))
  fault(sim, "disconnect-silent")
  lu.assertFalse(is_alive(sim))
  eq(modem:session(0).state, "deactivated")
  eq(count(events), 0)
  connect(modem)
  eq(modem:session(0).state, "activated")
  lu.assertTrue(is_alive(sim))
  fault(sim, "disconnect") -- whose end is told, as before
  hears(events, "session", { state = "deactivated" })
end

function recovery.network_drop(modem, sim)
  local events <close> = modem:events("registration", "packet", "session")
  connect(modem)
  fault(sim, "network-drop", "0.05")
  hears(events, "registration", { state = "searching" })
  hears(events, "packet", { state = "detached" })
  hears(events, "session", { state = "deactivated" })
  hears(events, "registration", { state = "home" })
  hears(events, "packet", { state = "attached" })
  connect(modem)
  lu.assertTrue(is_alive(sim))
end

function recovery.detach(modem, sim)
  local events <close> = modem:events("packet", "session")
  connect(modem)
  fault(sim, "detach")
  hears(events, "packet", { state = "detached" })
  hears(events, "session", { state = "deactivated" })
  assert(modem:attach())
  connect(modem)
end

function recovery.blackhole_until_reconnect(modem, sim)
  local bearer = connect(modem)
  fault(sim, "blackhole-until", "reconnect")
  lu.assertFalse(is_alive(sim))
  eq(modem:session(0).state, "activated")
  eq(in_force(sim), { "blackhole-until" })
  assert(bearer:disconnect())
  eq(in_force(sim), {})
  connect(modem)
  lu.assertTrue(is_alive(sim))
end

function recovery.blackhole_of_the_next_session(modem, sim)
  fault(sim, "blackhole-until")
  local bearer = connect(modem)
  lu.assertFalse(is_alive(sim))
  assert(bearer:disconnect())
  connect(modem)
  lu.assertTrue(is_alive(sim))
end

local function reconnect(modem, bearer)
  bearer:disconnect()
  return connect(modem)
end

local function reattach(modem)
  eq(assert(modem:detach()).state, "detached")
  assert(modem:attach())
  return connect(modem)
end

local function radio_off_and_on(modem)
  local events <close> = modem:events("packet")
  assert(modem:set_radio(false))
  assert(modem:set_radio(true))
  hears(events, "packet", { state = "attached" })
  return connect(modem)
end

function recovery.blackhole_until_attach(modem, sim)
  local bearer = connect(modem)
  fault(sim, "blackhole-until", "attach")
  bearer = reconnect(modem, bearer)
  lu.assertFalse(is_alive(sim))
  eq(bearer.ipv4.addresses[1].address, "184.250.142.38")
  reattach(modem)
  lu.assertTrue(is_alive(sim))
end

function recovery.blackhole_until_radio(modem, sim)
  local bearer = connect(modem)
  fault(sim, "blackhole-until", "radio")
  reconnect(modem, bearer)
  lu.assertFalse(is_alive(sim))
  reattach(modem)
  lu.assertFalse(is_alive(sim))
  radio_off_and_on(modem)
  lu.assertTrue(is_alive(sim))
end

function recovery.more_than_was_needed(modem, sim)
  connect(modem)
  fault(sim, "blackhole-until", "attach")
  lu.assertFalse(is_alive(sim))
  radio_off_and_on(modem)
  lu.assertTrue(is_alive(sim))
end

function recovery.blackhole_until_reset(modem, sim)
  connect(modem)
  fault(sim, "blackhole-until", "reset")
  radio_off_and_on(modem)
  lu.assertFalse(is_alive(sim))
  await(sim, "plugged", function() assert(modem:reset()) end)
  assert(sim:connect(0, { ip_type = "ipv4" }))
  lu.assertTrue(is_alive(sim))
end

function recovery.stall(modem, sim)
  connect(modem)
  local before = sim.statistics.out_packets
  fault(sim, "stall")
  lu.assertFalse(is_alive(sim))
  eq(sim.statistics.out_packets, before)
  radio_off_and_on(modem)
  lu.assertFalse(is_alive(sim))
  fault(sim, "usb-reset")
  assert(sim:connect(0, { ip_type = "ipv4" }))
  lu.assertTrue(is_alive(sim))
  fault(sim, "blackhole")
  lu.assertFalse(is_alive(sim))
  eq(sim.statistics.out_packets, before + 2) -- a blackhole is further away
end

function recovery.throttle(modem, sim)
  fault(sim, "throttle", "1000")
  local err = fails("connect-refused", modem:connect { apn = "r.ispsn", ip = "ipv4" })
  eq(err.detail.nw_error, 27)
  for _ = 1, 2 do
    err = fails("connect-refused", modem:connect { apn = "r.ispsn", ip = "ipv4" })
    lu.assertNil(err.detail.nw_error)
  end
  sim.network.throttle.seconds = 0
  connect(modem)
  lu.assertNil(sim.network.throttle)
end

function recovery.refusals(modem, sim)
  for name, cause in pairs { ["refuse-apn"] = 27, ["refuse-auth"] = 29 } do
    fault(sim, name)
    eq(fails("connect-refused", modem:connect { apn = "r.ispsn" }).detail.nw_error, cause)
  end
  fault(sim, "refuse-apn", "8")
  eq(fails("connect-refused", modem:connect { apn = "r.ispsn" }).detail.nw_error, 8)
  fault(sim, "none")
  connect(modem)
end

function recovery.sim_removed_and_inserted(modem, sim)
  local events <close> = modem:events("sim", "registration")
  fault(sim, "sim-remove")
  hears(events, "sim", { state = "missing" })
  hears(events, "registration", { state = "deregistered" })
  fault(sim, "sim-insert")
  hears(events, "sim", { state = "ready" })
  hears(events, "registration", { state = "home" })
end

for name, run in pairs(recovery) do
  for _, way in ipairs(ways) do
    T[("test_%s_over_%s"):format(name, way.name)] = function()
      if not entered then
        lu.skip("no world of our own here: " .. tostring(refused))
      end
      local group <close> = task.group()
      local sim = new_simulated(mc7455, group)
      sim:compose(way.composition)
      sim.latency, sim.search_time, sim.reset_time = 0, 0.02, 0.02
      assert(tier1.start(sim, group))
      local _ <close> = task.finally(function()
        sim:unplug()
        state.remove("qmi", "simulated")
      end)
      local modem <close> = assert(find(nil, way.options))
      run(modem, sim)
    end
  end
end

-- Firmware that hangs -------------------------------------------------------------------------------------------------

local at_client = require "support.at_client"
local basic = require "mbim.basic_connect"
local core_qmi = require "core.qmi"
local ctl = require "qmi.ctl"
local dms = require "qmi.dms"
local ext_qmux = require "mbim.ext_qmux"
local extensions = require "mbim.ms_basic_connect_extensions"
local mbim_client = require "support.mbim_client"
local nas = require "qmi.nas"
local qmi_client = require "support.qmi_client"

-- What happens to a modem, but for news.
local function bus_events(modem)
  local list = {}
  modem:listen(function(event)
    if event == "unplugged" or event == "plugged" then
      list[#list + 1] = event
    end
  end)
  return list
end

local restarted = { "unplugged", "plugged" }
local reset_mode = assert(dms.set_operating_mode.request:encode { mode = "reset" })

function T.test_hang_obeys_an_order_to_reset_by_mbim()
  local host = mbim_client.new()
  host:open()
  local events = bus_events(host.modem)
  fault(host.modem, "hang")
  host:send_command(basic.radio_state, "set", { state = "off" })
  eq(host:answers(), {})
  eq(host.modem.radio.software, "on")
  host:send_command(extensions.device_reset, "set")
  eq({ host:answers(), events, in_force(host.modem) }, { {}, restarted, {} })
  lu.assertTrue(host:open())
end

function T.test_hang_obeys_an_order_to_reset_by_qmi_inside_mbim()
  local host = mbim_client.new()
  host:open()
  local events = bus_events(host.modem)
  fault(host.modem, "hang")
  local client = host.fn.qmi.clients:allocate(dms.set_operating_mode.service_id)
  local function send(tlvs)
    host:send_command(ext_qmux.message, "set", { qmux = core_qmi.build {
      type = "request", service = client.service, client = client.id, id = dms.set_operating_mode.id, tlvs = tlvs,
      transaction = 1,
    } })
  end
  send(assert(dms.set_operating_mode.request:encode { mode = "low-power" }))
  eq({ host.modem.radio.software, events }, { "on", {} })
  send(reset_mode)
  eq({ host:answers(), events, in_force(host.modem) }, { {}, restarted, {} })
end

function T.test_hang_obeys_an_order_to_reset_by_qmi()
  local host = qmi_client.new()
  host:ask(nas.get_signal_info)
  local id = host:allocate "dms"
  local events = bus_events(host.modem)
  fault(host.modem, "hang")
  host:send(dms.set_operating_mode.service_id, id, dms.set_operating_mode.id, reset_mode)
  eq({ host:answers(), events, in_force(host.modem) }, { {}, restarted, {} })
  eq(host:ask(dms.get_model, {}, host:allocate "dms").model, "MC7455")
end

function T.test_hang_obeys_an_order_to_reset_by_at()
  for _, command in ipairs { "AT!RESET", "at+cfun=1,1" } do
    local host = at_client.new()
    local events = bus_events(host.modem)
    fault(host.modem, "hang")
    eq({ host:ask "AT+CFUN=0", host.modem.radio.software }, { "", "on" })
    eq({ host:ask(command), events, in_force(host.modem) }, { "", restarted, {} }, command)
    lu.assertStrContains(host:ask "AT", "OK")
  end
end

function T.test_hang_hard_obeys_nothing()
  local host = mbim_client.new()
  host:open()
  local at = at_client.new { modem = host.modem }
  local events = bus_events(host.modem)
  fault(host.modem, "hang-hard")
  host:send_command(extensions.device_reset, "set")
  eq({ host:answers(), at:ask "AT!RESET", events }, { {}, "", {} })
  fault(host.modem, "usb-reset")
  lu.assertTrue(host:open())
  fault(host.modem, "hang-hard")
  fault(host.modem, "unplug")
  fault(host.modem, "replug")
  lu.assertTrue(host:open())
end

function T.test_open_dead_over_qmi()
  local host = qmi_client.new()
  host:ask(nas.get_signal_info)
  fault(host.modem, "open-dead")
  eq(host:ask(nas.get_signal_info).lte.rssi, -71) -- who is there already is served
  host:send(0, 0, ctl.allocate_cid.id, assert(ctl.allocate_cid.request:encode { service = "dms" }))
  eq(host:answers(), {})
  host.modem:restart()
  lu.assertNotNil(host:allocate "dms")
end

-- Gone for some time --------------------------------------------------------------------------------------------------

function T.test_unplugged_for_a_while()
  if not entered then
    lu.skip("no world of our own here: " .. tostring(refused))
  end
  local group <close> = task.group()
  local sim = new_simulated(mc7455, group)
  assert(tier1.start(sim, group))
  await(sim, "plugged", function() fault(sim, "unplug", "0.02") end)
  local port = assert(ports.open(tier1.sockets.mbim))
  port:close()
  sim:unplug()
end

return T
