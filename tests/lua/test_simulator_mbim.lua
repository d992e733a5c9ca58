-- SPDX-License-Identifier: MIT
-- The simulated modem's MBIM function: what it answers to a host, command by command.

local basic = require "mbim.basic_connect"
local core = require "core.mbim"
local extensions = require "mbim.ms_basic_connect_extensions"
local faults = require "simulator.faults"
local lu = require "luaunit"
local mbim_client = require "support.mbim_client"
local task = require "task"

local T = {}

local OK, FAILURE, SIM_NOT_INSERTED, PIN_REQUIRED, NO_DEVICE_SUPPORT = 0, 2, 3, 5, 9
local CONTEXT_NOT_ACTIVATED, INVALID_PARAMETERS = 16, 21
local internet = basic.context_types.internet

local function opened()
  local host = mbim_client.new()
  assert(host:open())
  host:query(basic.subscriber_ready_status)
  return host
end

local function connect(host, values)
  values = values or {}
  return host:set(basic.connect, {
    session = values.session or 0, command = "activate", apn = values.apn or "r.ispsn",
    ip_type = values.ip_type or "ipv4v6", context_type = internet,
  })
end

local function apply(host, name, ...)
  assert(faults.apply(host.modem, name, { ... }))
end

-- The channel --------------------------------------------------------------------------------------------------------

function T.test_not_opened()
  local host = mbim_client.new()
  local transaction = host:send_command(basic.device_caps, "query")
  local answer = host:answers()[1]
  lu.assertEquals({ answer.type, answer.transaction, answer.status }, { "function-error", transaction, 5 })
  host:send { type = "close" }
  lu.assertEquals(host:answers()[1].type, "function-error")
end

function T.test_open_close()
  local host = opened()
  lu.assertEquals(connect(host).state, "activated")
  host:send { type = "close" }
  lu.assertEquals(host:answers()[1].type, "close-done")
  lu.assertTrue(host:open())
  lu.assertEquals(host:query(basic.connect, { session = 0 }).state, "deactivated")
end

function T.test_open_again_ends_sessions()
  local host = opened()
  connect(host)
  lu.assertTrue(host:open())
  lu.assertEquals(host:query(basic.connect, { session = 0 }).state, "deactivated")
end

function T.test_answers_in_fragments()
  local host = mbim_client.new()
  lu.assertTrue(host:open(64))
  host:send_command(basic.device_caps, "query")
  lu.assertTrue(#host.transfers > 3)
  for _, transfer in ipairs(host.transfers) do
    lu.assertTrue(#transfer <= 64)
  end
  lu.assertEquals(basic.device_caps.response:decode(host:answers()[1].info).hardware, "MC7455")
end

function T.test_commands_in_fragments()
  local host = opened()
  host:send_command(basic.connect, "set", {
    session = 0, command = "activate", apn = "r.ispsn", ip_type = "ipv4", context_type = internet,
  }, 64)
  lu.assertEquals(host:answers()[1].status, OK)
end

function T.test_fragments_out_of_order()
  local host = opened()
  local message = core.build {
    type = "command", transaction = 9, service = basic.connect.service_uuid, cid = 12, set = true,
    info = ("\0"):rep(200),
  }
  local list = core.split(message, 64)
  host.fn:receive(list[1])
  host.fn:receive(list[3])
  local answer = host:answers()[1]
  lu.assertEquals({ answer.type, answer.transaction, answer.status }, { "function-error", 9, 2 })
end

function T.test_unknown_commands()
  local host = opened()
  for _, command in ipairs {
    { service = basic.connect.service_uuid, cid = 17 },
    { service = "00112233-4455-6677-8899-aabbccddeeff", cid = 1 },
    { service = basic.device_caps.service_uuid, cid = 1, set = true },
  } do
    command.type = "command"
    host:send(command)
    lu.assertEquals(host:answers()[1].status, NO_DEVICE_SUPPORT)
  end
end

function T.test_query_too_short()
  local host = opened()
  host:send { type = "command", service = basic.ip_configuration.service_uuid, cid = basic.ip_configuration.cid }
  lu.assertEquals(host:answers()[1].status, INVALID_PARAMETERS)
end

-- Every byte that a host may send wrongly: the modem stays alive.
function T.test_noise_is_survived()
  local host = opened()
  math.randomseed(1)
  local message = core.build {
    type = "command", transaction = 1, service = basic.connect.service_uuid, cid = 12, set = true,
    info = basic.connect.set:encode { apn = "r.ispsn", context_type = internet },
  }
  for _ = 1, 2000 do
    local at = math.random(#message)
    local noise = message:sub(1, at - 1) .. string.char(math.random(0, 255)) .. message:sub(at + 1)
    host.fn:receive(noise:sub(1, math.random(#noise)))
    host.fn:receive(noise)
  end
  host.fn:reset()
  host:answers()
  lu.assertTrue(host:open())
end

function T.test_latency_overlaps_and_keeps_order()
  local group <close> = task.group()
  local host = mbim_client.new(group)
  host.modem.latency = 0
  lu.assertTrue(host:open())
  host.modem.latency = 0.05
  local first = host:send_command(basic.device_caps, "query")
  host.modem.latency = 0
  local second = host:send_command(basic.radio_state, "query")
  lu.assertEquals(#host:answers(), 0)
  local answers = host:answers(2)
  lu.assertEquals({ answers[1].transaction, answers[2].transaction }, { first, second })
end

-- The device and its SIM ---------------------------------------------------------------------------------------------

function T.test_device_caps()
  local host = opened()
  local caps = host:query(basic.device_caps)
  lu.assertEquals(caps.device_id, "359072060000011")
  lu.assertEquals(caps.firmware, "SWI9X30C_02.24.05.06")
  lu.assertTrue(caps.data_class.lte)
  lu.assertEquals(host:query(extensions.device_caps).hardware, "MC7455")
  lu.assertEquals(host:query(extensions.version, { mbim = 0x100, mbimex = 0x300 }), { mbim = 0x100, mbimex = 0x100 })
end

function T.test_device_services()
  local services = opened():query(basic.device_services).services
  lu.assertEquals(services[1].service, basic.connect.service_uuid)
  lu.assertItemsEquals(services[1].cids, { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 15, 16, 19, 20, 21, 22 })
end

function T.test_subscriber()
  local host = opened()
  local subscriber = host:query(basic.subscriber_ready_status)
  lu.assertEquals({ subscriber.state, subscriber.imsi }, { "initialized", "310120000000123" })
  apply(host, "sim-remove")
  lu.assertEquals(host:indicated(basic.subscriber_ready_status)[1].state, "sim-not-inserted")
  lu.assertEquals(host:query(basic.register_state).state, "deregistered")
  local _, status = host:query(basic.pin)
  lu.assertEquals(status, SIM_NOT_INSERTED)
end

local function pin(host, operation, first, second)
  return host:set(basic.pin, { type = "pin1", operation = operation, pin = first, new_pin = second })
end

function T.test_pin()
  local host = opened()
  lu.assertEquals(host:query(basic.pin).type, "pin2") -- as these modems say while they want none
  apply(host, "pin-lock")
  lu.assertEquals(host:query(basic.pin), { type = "pin1", state = "locked", remaining_attempts = 3 })
  lu.assertEquals(host:query(basic.subscriber_ready_status).state, "device-locked")
  local _, status = connect(host)
  lu.assertEquals(status, PIN_REQUIRED)
  local state
  state, status = pin(host, "enter", "9999")
  lu.assertEquals(status, FAILURE)
  lu.assertEquals(state, { type = "pin1", state = "locked", remaining_attempts = 2 })
  state, status = pin(host, "enter", "1234")
  lu.assertEquals(status, OK)
  lu.assertEquals(state, { type = "pin1", state = "unlocked", remaining_attempts = 3 })
  lu.assertEquals(host:query(basic.register_state).state, "home")
  lu.assertEquals(select(2, pin(host, "change", "1234", "4321")), OK)
  lu.assertEquals(select(2, pin(host, "disable", "4321")), OK)
  lu.assertEquals(host:query(basic.pin_list).pin1.mode, "disabled")
  lu.assertEquals(select(2, pin(host, "enable", "4321")), OK)
  lu.assertEquals(host:query(basic.pin_list).pin1.mode, "enabled")
end

function T.test_puk()
  local host = opened()
  apply(host, "pin-lock")
  for _ = 1, 3 do
    pin(host, "enter", "9999")
  end
  lu.assertEquals(host:query(basic.pin), { type = "puk1", state = "locked", remaining_attempts = 10 })
  lu.assertEquals(select(2, pin(host, "enter", "1234")), FAILURE) -- too late
  local function unblock(puk)
    return host:set(basic.pin, { type = "puk1", operation = "enter", pin = puk, new_pin = "1111" })
  end
  local state, status = unblock("00000000")
  lu.assertEquals({ status, state.remaining_attempts }, { FAILURE, 9 })
  lu.assertEquals(select(2, unblock("12345678")), OK)
  lu.assertEquals(host:query(basic.subscriber_ready_status).state, "initialized")
end

-- The network --------------------------------------------------------------------------------------------------------

function T.test_registration()
  local host = opened()
  local state = host:query(basic.register_state)
  lu.assertEquals({ state.state, state.provider_id, state.provider_name }, { "home", "310120", "Sprint" })
  lu.assertEquals(host:query(basic.packet_service).state, "attached")
  lu.assertEquals(host:query(basic.signal_state).rssi, 21)
  lu.assertEquals(#host:query(basic.visible_providers, {}).providers, 3)
  state = host:set(basic.register_state, { provider_id = "311480", action = "manual" })
  lu.assertEquals({ state.state, state.nw_error }, { "denied", 11 })
  state = host:set(basic.register_state, { action = "automatic" })
  lu.assertEquals(state.state, "home")
end

function T.test_radio()
  local host = opened()
  connect(host)
  host:answers()
  lu.assertEquals(host:set(basic.radio_state, { state = "off" }), { hardware = "on", software = "off" })
  lu.assertEquals(#host:indicated(basic.radio_state), 0) -- the host knows
  lu.assertEquals(host:indicated(basic.register_state)[1].state, "deregistered")
  lu.assertEquals(host:indicated(basic.packet_service)[1].state, "detached")
  lu.assertEquals(host:indicated(basic.connect)[1].state, "deactivated")
  host:set(basic.radio_state, { state = "on" })
  lu.assertEquals(host:query(basic.register_state).state, "home")
  apply(host, "radio-off")
  lu.assertEquals(host:indicated(basic.radio_state)[1].hardware, "off")
end

function T.test_network_drop_and_return()
  local group <close> = task.group()
  local host = mbim_client.new(group)
  host.modem.latency, host.modem.search_time = 0, 0.05
  host:open()
  host:query(basic.subscriber_ready_status)
  connect(host)
  apply(host, "network-drop", "0.05")
  lu.assertEquals(host:indicated(basic.register_state)[1].state, "searching")
  lu.assertEquals(host:indicated(basic.connect)[1].state, "deactivated")
  lu.assertEquals(host:await(basic.register_state)[1].state, "home")
  lu.assertEquals(host:indicated(basic.packet_service)[2].state, "attached")
end

function T.test_subscriptions()
  local host = opened()
  host:set(basic.device_service_subscribe_list, {
    services = { { service = basic.connect.service_uuid, cids = { basic.connect.cid } } },
  })
  connect(host)
  apply(host, "deny", "7")
  lu.assertEquals(#host:indicated(basic.register_state), 0)
  lu.assertEquals(#host:indicated(basic.connect), 1)
  lu.assertEquals(host:query(basic.register_state).nw_error, 7)
end

-- Sessions -----------------------------------------------------------------------------------------------------------

function T.test_connect()
  local host = opened()
  local state, status = connect(host)
  lu.assertEquals(status, OK)
  lu.assertEquals(state, {
    session = 0, state = "activated", voice_call_state = "none", ip_type = "ipv4v6", context_type = internet,
    nw_error = 0,
  })
  local config = host:query(basic.ip_configuration, { session = 0 })
  lu.assertEquals(config.ipv4_addresses, { { prefix_length = 30, address = "184.250.142.38" } })
  lu.assertEquals(config.ipv4_gateway, "184.250.142.37")
  lu.assertEquals(config.ipv4_dns, { "68.28.50.11", "68.28.58.11" })
  lu.assertEquals(config.ipv6_addresses, { { prefix_length = 64, address = "2600:100e:b02d:1::2" } })
  lu.assertEquals(config.ipv6_gateway, "fe80::1")
  lu.assertEquals(host:set(basic.connect, { session = 0, command = "deactivate" }).state, "deactivated")
  lu.assertEquals(select(2, host:query(basic.ip_configuration, { session = 0 })), CONTEXT_NOT_ACTIVATED)
  lu.assertEquals(select(2, host:set(basic.connect, { session = 0, command = "deactivate" })), CONTEXT_NOT_ACTIVATED)
end

function T.test_connect_before_the_subscriber_is_asked()
  local host = mbim_client.new()
  host:open()
  lu.assertEquals(select(2, connect(host)), FAILURE)
end

function T.test_wrong_apn()
  local host = opened()
  local state, status = connect(host, { apn = "internet" })
  lu.assertEquals({ status, state.state, state.nw_error }, { FAILURE, "deactivated", 33 })
  lu.assertEquals(select(2, connect(host, { apn = "" })), OK)
end

function T.test_dual_stack_refused()
  local host = opened()
  apply(host, "refuse", "52")
  local state, status = connect(host)
  lu.assertEquals({ status, state.nw_error }, { FAILURE, 52 })
  lu.assertEquals(select(2, connect(host, { ip_type = "ipv4" })), OK)
  lu.assertEquals(select(2, connect(host, { ip_type = "ipv6", session = 1 })), OK)
  lu.assertEquals(connect(host, { ip_type = "ipv4", session = 2 }).nw_error, 55) -- two for one APN and family
  apply(host, "none")
  apply(host, "refuse", "50")
  lu.assertEquals(connect(host, { ip_type = "ipv6", session = 3 }).nw_error, 50)
end

function T.test_downgrade()
  local host = opened()
  apply(host, "downgrade", "ipv4")
  local state, status = connect(host)
  lu.assertEquals({ status, state.ip_type, state.nw_error }, { OK, "ipv4", 50 })
  lu.assertEquals(host:query(basic.ip_configuration, { session = 0 }).ipv6_addresses, {})
end

function T.test_renumber()
  local host = opened()
  connect(host)
  host:answers()
  apply(host, "renumber")
  local config = host:indicated(basic.ip_configuration)[1]
  lu.assertEquals(config.ipv4_addresses[1].address, "184.250.143.38")
  lu.assertEquals(config.ipv6_addresses[1].address, "2600:100e:b02e:1::2")
end

function T.test_network_ends_the_session()
  local host = opened()
  connect(host)
  apply(host, "disconnect", "36")
  local state = host:indicated(basic.connect)[1]
  lu.assertEquals({ state.state, state.nw_error }, { "deactivated", 36 })
end

-- All the rest: each query that needs nothing is answered with something that decodes.
function T.test_every_simple_query()
  local host = opened()
  for _, command in ipairs(require "mbim.messages") do
    local handlers = host.fn.handlers[command.service_uuid] or {}
    if command ~= basic.ip_configuration and command.query and (handlers[command.cid] or {}).query then
      local values, status = host:query(command)
      lu.assertEquals(status, OK, tostring(command))
      lu.assertNotNil(values, tostring(command))
    end
  end
end

function T.test_device_reset()
  local group <close> = task.group()
  local host = mbim_client.new(group)
  host.modem.latency = 0
  host:open()
  local events = task.queue(8)
  host.modem:listen(function(event) events:push(event) end)
  host.modem.reset_time = 0.05
  lu.assertEquals(select(2, host:set(extensions.device_reset)), OK)
  lu.assertEquals(events:pop(), "unplugged")
  repeat until events:pop() == "plugged"
  lu.assertTrue(host:open())
end

return T
