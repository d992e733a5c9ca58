-- SPDX-License-Identifier: MIT
-- The simulated modem's QMI function: the control service, the card, the network, and calls.

local core = require "core.qmi"
local ctl = require "qmi.ctl"
local dms = require "qmi.dms"
local faults = require "simulator.faults"
local lu = require "luaunit"
local nas = require "qmi.nas"
local qmi_client = require "support.qmi_client"
local sierra = require "makers.sierra.qmi"
local task = require "task"
local uim = require "qmi.uim"
local wda = require "qmi.wda"
local wds = require "qmi.wds"

local T = {}

local DMS, WDS, NOBODY = 2, 1, 77

local function apply(host, name, ...)
  assert(faults.apply(host.modem, name, { ... }))
end

local function failed(wanted, _, err)
  lu.assertEquals(err, wanted)
end

-- A client of its own for one family, as hosts have it.
local function data_client(host, family, session)
  local client = host:allocate "wds"
  if session then
    host:ask(wds.bind_mux_data_port, { mux_id = session }, client)
  end
  host:ask(wds.set_ip_family, { preference = family }, client)
  return client
end

local function start(host, client, apn)
  return host:ask(wds.start_network, { apn = apn or "r.ispsn" }, client)
end

-- The control service -----------------------------------------------------------------------------------------------

function T.test_versions()
  local host = qmi_client.new()
  local names = {}
  for i, entry in ipairs(host:ask(ctl.get_version_info).service_list) do
    names[i] = entry.service
  end
  lu.assertEquals(names, { "ctl", "wds", "dms", "nas", "wms", "voice", "uim", "loc", "wda", "pdc", "dsd" })
end

function T.test_client_ids()
  local host = qmi_client.new()
  local first, second = host:allocate "dms", host:allocate "dms"
  lu.assertEquals({ first, second }, { 1, 2 })
  lu.assertEquals(host:ask(dms.get_model, nil, second).model, "MC7455")
  host:ask(ctl.release_cid, { release_info = { service = "dms", cid = second } })
  failed("invalid-client-id", host:ask(dms.get_model, nil, second))
  failed("invalid-client-id", host:ask(ctl.release_cid, { release_info = { service = "dms", cid = second } }))
  lu.assertEquals(host:allocate "dms", 3) -- an old id is not used again at once
  failed("invalid-service-type", host:ask(ctl.allocate_cid, { service = "pbm" }))
  failed("invalid-service-type", host:ask(ctl.allocate_cid, { service = "ctl" }))
  for _ = 3, 16 do
    host:allocate "dms"
  end
  failed("client-ids-exhausted", host:ask(ctl.allocate_cid, { service = "dms" }))
end

function T.test_sync_releases_everything()
  local host = qmi_client.new()
  local client = data_client(host, "ipv4")
  start(host, client)
  host:ask(ctl.sync)
  failed("invalid-client-id", host:ask(wds.get_packet_service_status, nil, client))
  lu.assertEquals(host.modem.sessions, {})
end

function T.test_bad_requests()
  local host = qmi_client.new()
  local client = host:allocate "dms"
  local function answer(service, id, message, tlvs)
    host:send(service, id, message, tlvs)
    local reply = host:answers()[1]
    return reply and select(1, require("qmi").status(dms.reset.response:decode(reply.tlvs).result.error))
  end
  lu.assertEquals(answer(DMS, client, 0x7777, ""), "invalid-qmi-command")
  lu.assertEquals(answer(DMS, NOBODY, dms.get_ids.id, ""), "invalid-client-id")
  lu.assertEquals(answer(DMS, client, dms.set_operating_mode.id, ""), "missing-argument")
  lu.assertEquals(answer(DMS, client, dms.set_operating_mode.id, "\1\9\0\1"), "malformed-message")
  lu.assertEquals(answer(DMS, client, dms.set_operating_mode.id, "\1\0\0"), "malformed-message")
  lu.assertEquals(answer(0x42, 1, 1, ""), "invalid-client-id")
end

-- Every byte that a host may send wrongly: the modem stays alive.
function T.test_noise_is_survived()
  local host = qmi_client.new()
  local client = data_client(host, "ipv4")
  math.randomseed(1)
  local frame = core.build {
    type = "request", transaction = 1, service = WDS, client = client, id = wds.start_network.id,
    tlvs = wds.start_network.request:encode { apn = "r.ispsn", ip_family_preference = "ipv4" },
  }
  for _ = 1, 2000 do
    local at = math.random(#frame)
    local noise = frame:sub(1, at - 1) .. string.char(math.random(0, 255)) .. frame:sub(at + 1)
    host.fn:receive(noise:sub(1, math.random(#noise)))
    host.fn:receive(noise)
  end
  host.fn:reset()
  host:answers()
  host.ids = { ctl = 0 }
  lu.assertEquals(host:ask(dms.get_model).model, "MC7455")
end

function T.test_latency_overlaps_and_keeps_order()
  local group <close> = task.group()
  local host = qmi_client.new(group)
  host.modem.latency = 0.05
  local first = host:send(0, 0, ctl.get_version_info.id, "")
  host.modem.latency = 0
  local second = host:send(0, 0, ctl.sync.id, "")
  lu.assertEquals(#host:answers(), 0)
  local answers = host:answers(2)
  lu.assertEquals({ answers[1].transaction, answers[2].transaction }, { first, second })
end

-- All that needs no values: each is answered with something that decodes.
function T.test_every_simple_request()
  local host = qmi_client.new()
  for _, message in ipairs(require "qmi.messages") do
    local service = host.fn.services[message.service_id]
    local tlvs = message.request and pcall(message.request.encode, message.request, {})
    if tlvs and service and service.handlers[message.id] and message ~= ctl.sync then
      local reply, err = host:ask(message)
      lu.assertTrue(reply.result.status == 0 or err == "out-of-call" or err == "not-supported" or err == "no-effect",
        tostring(message) .. ": " .. tostring(err))
    end
  end
end

-- The device and its card -------------------------------------------------------------------------------------------

function T.test_identity()
  local host = qmi_client.new()
  lu.assertEquals(host:ask(dms.get_ids).imei, "359072060000011")
  lu.assertEquals(host:ask(dms.get_manufacturer).manufacturer, "Sierra Wireless, Incorporated")
  lu.assertEquals(host:ask(dms.get_revision).revision, "SWI9X30C_02.24.05.06")
  lu.assertEquals(host:ask(dms.get_msisdn).msisdn, "15550100123")
  lu.assertEquals(host:ask(sierra.get_current_firmware).carrier, "SPRINT")
end

function T.test_operating_mode()
  local host = qmi_client.new()
  host:ask(dms.set_event_report, { operating_mode_reporting = true })
  host:ask(dms.set_operating_mode, { mode = "low-power" })
  lu.assertEquals(host:indicated(dms.set_event_report)[1].operating_mode, "low-power")
  lu.assertEquals(host:ask(dms.get_operating_mode).mode, "low-power")
  lu.assertEquals(host:ask(nas.get_serving_system).serving_system.registration_state, "not-registered")
  host:ask(dms.set_operating_mode, { mode = "online" })
  lu.assertEquals(host:ask(nas.get_serving_system).serving_system.registration_state, "registered")
  apply(host, "radio-off")
  local mode = host:ask(dms.get_operating_mode)
  lu.assertEquals({ mode.mode, mode.hardware_restricted_mode }, { "low-power", true })
  host:ask(dms.set_operating_mode, { mode = "offline" })
  failed("invalid-transition", host:ask(dms.set_operating_mode, { mode = "online" }))
  host:ask(dms.set_operating_mode, { mode = "reset" })
  host.ids = { ctl = 0 }
  lu.assertEquals(host:ask(dms.get_operating_mode).mode, "low-power") -- the switch is still off
end

function T.test_locked_radio()
  local host = qmi_client.new()
  apply(host, "fcc-lock")
  host.ids = { ctl = 0 }
  lu.assertEquals(host:ask(dms.get_operating_mode).mode, "low-power")
  failed("invalid-transition", host:ask(dms.set_operating_mode, { mode = "online" }))
  host:ask(dms.set_fcc_authentication)
  host:ask(dms.set_operating_mode, { mode = "online" })
  lu.assertEquals(host:ask(nas.get_serving_system).serving_system.registration_state, "registered")
  host.modem:restart()
  host.ids = { ctl = 0 }
  lu.assertEquals(host:ask(dms.get_operating_mode).mode, "low-power")
end

function T.test_composition()
  local host = qmi_client.new()
  local composition = host:ask(sierra.get_usb_composition)
  lu.assertEquals({ composition.current, composition.supported[1], #composition.supported }, { 6, 6, 17 })
  failed("invalid-argument", host:ask(sierra.set_usb_composition, { current = 99 }))
  host:ask(sierra.set_usb_composition, { current = 8 })
  lu.assertEquals(host.modem.composition, "qmi")
  host:ask(dms.set_operating_mode, { mode = "reset" })
  lu.assertEquals(host.modem.composition, "mbim")
end

local function application(host)
  return host:ask(uim.get_card_status).card_status.cards[1].applications[1]
end

local function verify(host, pin)
  return host:ask(uim.verify_pin, {
    session = { session_type = "primary-gw-provisioning", application_id = "" },
    info = { pin_id = "pin1", pin_value = pin },
  })
end

function T.test_pin()
  local host = qmi_client.new()
  failed("no-effect", verify(host, "1234"))
  host:ask(uim.register_events, { event_registration_mask = { "card-status" } })
  apply(host, "pin-lock")
  lu.assertEquals(#host:indicated(uim.card_status), 1)
  lu.assertEquals(application(host).state, "pin1-or-upin-pin-required")
  local reply, err = verify(host, "9999")
  lu.assertEquals(err, "incorrect-pin")
  lu.assertEquals(reply.retries_remaining, { verify_retries_left = 2, unblock_retries_left = 10 })
  lu.assertEquals({ application(host).pin1_state, application(host).pin1_retries }, { "enabled-not-verified", 2 })
  lu.assertNil(select(2, verify(host, "1234")))
  lu.assertEquals({ application(host).state, application(host).pin1_state }, { "ready", "enabled-verified" })
  lu.assertEquals(host:ask(dms.uim_get_pin_status).pin1_status, {
    current_status = "enabled-verified", verify_retries_left = 3, unblock_retries_left = 10,
  })
end

function T.test_puk()
  local host = qmi_client.new()
  apply(host, "puk")
  lu.assertEquals(application(host).state, "puk1-or-upin-puk-required")
  failed("pin-blocked", verify(host, "1234"))
  local function unblock(puk)
    return host:ask(uim.unblock_pin, {
      session = { session_type = "primary-gw-provisioning", application_id = "" },
      info = { pin_id = "pin1", puk = puk, new_pin = "4321" },
    })
  end
  local reply, err = unblock("00000000")
  lu.assertEquals({ err, reply.retries_remaining.unblock_retries_left }, { "incorrect-pin", 9 })
  lu.assertNil(select(2, unblock("12345678")))
  lu.assertEquals(application(host).state, "ready")
end

local function read_file(host, id)
  return host:ask(uim.read_transparent, {
    session = { session_type = "primary-gw-provisioning", application_id = "" },
    file = { file_id = id, file_path = "\0\63" }, read_information = { offset = 0, length = 0 },
  })
end

function T.test_files_and_power()
  local host = qmi_client.new()
  lu.assertEquals(read_file(host, 0x2fe2).read_result, "\x98\x10\x21\x00\x00\x10\x32\x54\x76\x18")
  lu.assertEquals(read_file(host, 0x6f07).read_result, "\8\x39\x01\x21\x00\x00\x00\x10\x32")
  failed("sim-file-not-found", read_file(host, 0x6f99))
  host:ask(uim.power_off_sim, { slot = 1 })
  lu.assertEquals(host:ask(uim.get_card_status).card_status.cards[1].error, "power-down")
  failed("no-sim", read_file(host, 0x2fe2))
  host:ask(uim.power_on_sim, { slot = 1 })
  lu.assertEquals(application(host).state, "ready")
  apply(host, "sim-remove")
  lu.assertEquals(host:ask(uim.get_card_status).card_status.cards[1].state, "absent")
  failed("uim-uninitialized", host:ask(dms.uim_get_iccid))
end

-- The network -------------------------------------------------------------------------------------------------------

function T.test_serving_system()
  local host = qmi_client.new()
  local reply = host:ask(nas.get_serving_system)
  lu.assertEquals(reply.serving_system, {
    registration_state = "registered", cs_attach_state = "attached", ps_attach_state = "attached",
    selected_network = "3gpp", radio_interfaces = { "lte" },
  })
  lu.assertEquals(reply.current_plmn, { mcc = 310, mnc = 120, description = "Sprint" })
  lu.assertEquals(host:ask(nas.get_home_network).home_network.mnc, 120)
  apply(host, "roam")
  lu.assertEquals(host:ask(nas.get_serving_system).roaming_indicator, "on")
end

function T.test_indications()
  local host = qmi_client.new()
  local client, other = host:allocate "nas", host:allocate "nas"
  host:ask(nas.register_indications, {
    serving_system_events = true, system_info = true, signal_info = true,
    network_reject_information = { enable_network_reject_indications = true },
  }, client)
  apply(host, "deny", "7")
  local news = host:indicated(nas.get_serving_system, client)
  lu.assertEquals(news[1].serving_system.registration_state, "registration-denied")
  local info = host:indicated(nas.system_info, client)[1].lte_system_info
  lu.assertEquals({ info.registration_reject_info_valid, info.registration_reject_cause }, { true, 7 })
  lu.assertEquals(host:indicated(nas.network_reject, client)[1].reject_cause, 7)
  host.modem:set_signal(11)
  lu.assertEquals(host:indicated(nas.signal_info, client)[1].lte, { rssi = -91, rsrq = -10, rsrp = -118, snr = 124 })
  lu.assertEquals(#host:indicated(nas.signal_info, other), 0)
end

function T.test_selection()
  local host = qmi_client.new()
  lu.assertEquals(#host:ask(nas.network_scan).network_information, 3)
  failed("no-effect", host:ask(nas.initiate_network_register, { action = "automatic" }))
  host:ask(nas.initiate_network_register, {
    action = "manual", manual_registration_info_3gpp = { mcc = 311, mnc = 480, radio_interface = "lte" },
  })
  lu.assertEquals(host:ask(nas.get_serving_system).serving_system.registration_state, "registration-denied")
  host:ask(nas.initiate_network_register, { action = "automatic" })
  lu.assertEquals(host:ask(nas.get_serving_system).serving_system.registration_state, "registered")
  host:ask(nas.attach_detach, { action = "detach" })
  lu.assertEquals(host:ask(nas.get_serving_system).serving_system.ps_attach_state, "detached")
  host:ask(nas.attach_detach, { action = "attach" })
  local preference = host:ask(nas.get_system_selection_preference)
  lu.assertEquals(nas.bands { preference.lte_band_preference }, host.modem.personality.lte_bands)
  host:ask(nas.set_system_selection_preference, { mode_preference = { "umts" } })
  lu.assertEquals(host:ask(nas.get_serving_system).serving_system.registration_state, "not-registered-searching")
  host:ask(nas.set_system_selection_preference, { mode_preference = { "umts", "lte" }, lte_band_preference = 1 << 40 })
  lu.assertEquals(host:ask(nas.get_serving_system).serving_system.registration_state, "not-registered-searching")
  host:ask(nas.set_system_selection_preference, { lte_band_preference = 1 << 24 })
  lu.assertEquals(host:ask(nas.get_serving_system).serving_system.registration_state, "registered")
end

-- Calls -------------------------------------------------------------------------------------------------------------

function T.test_two_families()
  local host = qmi_client.new()
  local four, six = data_client(host, "ipv4"), data_client(host, "ipv6")
  failed("out-of-call", host:ask(wds.get_current_settings, {}, four))
  local handle = start(host, four).packet_data_handle
  lu.assertEquals(host:indicated(wds.get_packet_service_status, four)[1].connection_status, {
    status = "connected", reconfiguration_required = false,
  })
  failed("no-effect", start(host, four))
  lu.assertEquals(host:ask(wds.get_packet_service_status, nil, six).connection_status, "disconnected")
  start(host, six)
  lu.assertEquals(host.modem.sessions[0].ip_type, "ipv4v6")
  local settings = host:ask(wds.get_current_settings, {}, four)
  lu.assertEquals({ settings.ipv4_address, settings.ipv4_gateway_address, settings.ipv4_gateway_subnet_mask },
    { "184.250.142.38", "184.250.142.37", "255.255.255.252" })
  lu.assertEquals({ settings.primary_ipv4_dns_address, settings.mtu, settings.ip_family, settings.ipv6_address },
    { "68.28.50.11", 1500, "ipv4" })
  settings = host:ask(wds.get_current_settings, {}, six)
  lu.assertEquals(settings.ipv6_address, { address = "2600:100e:b02d:1::2", prefix_length = 64 })
  settings = host:ask(wds.get_current_settings, { requested_settings = { "mtu" } }, six)
  lu.assertEquals({ settings.mtu, settings.ipv6_address }, { 1500 })
  failed("invalid-handle", host:ask(wds.stop_network, { packet_data_handle = handle + 1 }, four))
  host:ask(wds.stop_network, { packet_data_handle = handle }, four)
  local news = host:indicated(wds.get_packet_service_status, four)
  lu.assertEquals({ news[1].connection_status.status, news[1].call_end_reason }, { "disconnected", 2 })
  lu.assertEquals(host.modem.sessions[0].ip_type, "ipv6")
  host:ask(ctl.release_cid, { release_info = { service = "wds", cid = six } })
  lu.assertNil(host.modem.sessions[0])
end

function T.test_refusals()
  local host = qmi_client.new()
  local client = data_client(host, "ipv4")
  local reply, err = start(host, client, "internet")
  lu.assertEquals({ err, reply.call_end_reason }, { "call-failed", 1018 })
  lu.assertEquals(reply.verbose_call_end_reason, { type = "3gpp", reason = 33 })
  apply(host, "refuse", "51")
  lu.assertEquals(start(host, client).verbose_call_end_reason.reason, 51)
  apply(host, "none")
  apply(host, "downgrade", "ipv6")
  lu.assertEquals(start(host, client).verbose_call_end_reason.reason, 51)
  apply(host, "none")
  apply(host, "network-drop")
  lu.assertEquals(start(host, client).verbose_call_end_reason, { type = "cm", reason = 2001 })
end

function T.test_the_network_ends_a_call()
  local host = qmi_client.new()
  local client = data_client(host, "ipv4")
  start(host, client)
  host:indicated(wds.get_packet_service_status)
  apply(host, "renumber")
  lu.assertTrue(host:indicated(wds.get_packet_service_status, client)[1].connection_status.reconfiguration_required)
  apply(host, "disconnect", "36")
  local news = host:indicated(wds.get_packet_service_status, client)[1]
  lu.assertEquals({ news.connection_status.status, news.call_end_reason }, { "disconnected", 1008 })
  lu.assertEquals(news.verbose_call_end_reason, { type = "3gpp", reason = 36 })
  failed("no-effect", host:ask(wds.stop_network, { packet_data_handle = 1 }, client))
end

-- A host that has lost its client finds the call by the session's family, and may end it.
function T.test_another_client_sees_the_call()
  local host = qmi_client.new()
  start(host, data_client(host, "ipv4"))
  local other = data_client(host, "ipv4")
  lu.assertEquals(host:ask(wds.get_packet_service_status, nil, other).connection_status, "connected")
  lu.assertEquals(host:ask(wds.get_current_settings, {}, other).ipv4_address, "184.250.142.38")
  host:ask(wds.stop_network, { packet_data_handle = 0xffffffff, disable_autoconnect = true }, other)
  lu.assertNil(host.modem.sessions[0])
end

function T.test_sessions()
  local host = qmi_client.new()
  start(host, data_client(host, "ipv4"))
  local second = data_client(host, "ipv4", 2)
  lu.assertEquals(start(host, second).verbose_call_end_reason.reason, 55) -- two for one APN and family
  start(host, second, "ims")
  lu.assertEquals(host:ask(wds.get_current_settings, {}, second).ipv4_address, "184.250.142.46")
end

function T.test_odd_networks()
  local host = qmi_client.new()
  local client = data_client(host, "ipv4")
  apply(host, "slash32")
  apply(host, "no-servers")
  start(host, client)
  local settings = host:ask(wds.get_current_settings, {}, client)
  lu.assertEquals({ settings.ipv4_gateway_subnet_mask, settings.ipv4_gateway_address },
    { "255.255.255.255", "10.64.64.64" })
  lu.assertNil(settings.primary_ipv4_dns_address)
end

function T.test_data_format()
  local host = qmi_client.new()
  lu.assertEquals(host:ask(wda.get_data_format, {}).link_layer_protocol, "802.3")
  local format = host:ask(wda.set_data_format, {
    link_layer_protocol = "raw-ip", uplink_data_aggregation_protocol = "qmap",
    downlink_data_aggregation_protocol = "qmapv3", downlink_data_aggregation_max_datagrams = 1000,
  })
  lu.assertEquals({
    format.link_layer_protocol, format.uplink_data_aggregation_protocol, format.downlink_data_aggregation_protocol,
  }, { "raw-ip", "qmap", "disabled" })
  format = host:ask(wda.set_data_format, {
    uplink_data_aggregation_protocol = "qmapv5", downlink_data_aggregation_protocol = "qmapv5",
    downlink_data_aggregation_max_size = 65536,
  })
  lu.assertEquals({
    format.uplink_data_aggregation_protocol, format.downlink_data_aggregation_protocol,
    format.downlink_data_aggregation_max_datagrams, format.downlink_data_aggregation_max_size,
    format.uplink_data_aggregation_max_size,
  }, { "qmapv5", "qmapv5", 32, 16384, 16384 })
  host.fn:reset()
  lu.assertEquals(host.fn.data_format.link, "802.3")
end

return T
