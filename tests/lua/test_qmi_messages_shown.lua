-- SPDX-License-Identifier: MIT
-- The QMI declarations of services that only traces show: calls, IMS, quality of service, phone books, and so on.
-- Layouts as libqmi 1.38 has them.

local at = require "qmi.at"
local dpm = require "qmi.dpm"
local dsd = require "qmi.dsd"
local dump = require "support.hex"
local foxconn = require "makers.foxconn.qmi"
local ims = require "qmi.ims"
local imsa = require "qmi.imsa"
local imsp = require "qmi.imsp"
local lu = require "luaunit"
local oma = require "qmi.oma"
local pbm = require "qmi.pbm"
local pdc = require "qmi.pdc"
local pds = require "qmi.pds"
local qos = require "qmi.qos"
local sar = require "qmi.sar"
local sierra = require "makers.sierra.qmi"
local telit = require "makers.telit.qmi"
local voice = require "qmi.voice"
local wms = require "qmi.wms"

local T = {}

local both_ways, bytes = dump.both_ways, dump.bytes

local OK = "020400 00000000 "
local ok = { status = 0, error = 0 }

function T.test_calls()
  both_ways(voice.dial_call.request, '010700 "5550100"', { number = "5550100" })
  both_ways(voice.end_call.response, OK .. "100100 01", { result = ok, call_id = 1 })
  local call = {
    call_id = 1, state = "incoming", call_type = "voice", direction = "incoming", mode = "lte", in_multiparty = false,
    line = "line-1",
  }
  both_ways(voice.all_call_status.indication, '010800 01 01 02 00 02 04 00 00 100b00 01 01 00 07 "5550100"', {
    calls = { call }, remote_party_numbers = { { call_id = 1, presentation = "allowed", number = "5550100" } },
  })
  both_ways(voice.get_all_call_info.response, OK .. "100800 01 01 02 00 02 04 00 00 130300 01 01 00", {
    result = ok, calls = { call }, alerting = { { call_id = 1, plays_tone = "network" } },
  })
  both_ways(voice.manage_calls.request, "010100 09 100100 01", { action = "release-one", call_id = 1 })
  both_ways(voice.set_supplementary_service.request, "010200 01 0f", {
    supplementary_service = { action = "activate", service = "call-waiting" },
  })
  lu.assertEquals(voice.dial_call.secrets, { number = true })
  lu.assertEquals(voice.burst_dtmf.secrets, { digits = true })
  lu.assertEquals(voice.all_call_status.secrets, { number = true })
end

-- The response has its tags one later than the indication.
function T.test_ims_registration()
  both_ways(imsa.get_registration_status.response, OK .. '100100 01 110200 0000 120400 02000000 140400 01000000', {
    result = ok, is_registered = true, registration_error = 0, registration_status = "registered",
    registration_technology = "wwan",
  })
  both_ways(imsa.registration_status_changed.indication, '010100 00 100200 9301 110400 00000000 120900 "Forbidden"', {
    is_registered = false, registration_error = 403, registration_status = "not-registered",
    registration_error_message = "Forbidden",
  })
  both_ways(imsa.get_services_status.response, OK .. "100400 02000000 110400 02000000 140400 01000000", {
    result = ok, sms_status = "available", voice_status = "available", voice_technology = "wwan",
  })
end

function T.test_ims_settings()
  both_ways(ims.get_services_enabled.response, OK .. "110100 01 150100 00 180100 01 1a0100 01", {
    result = ok, voice_over_lte_enabled = true, voice_over_wifi_enabled = false, registration_enabled = true,
    sms_enabled = true,
  })
  both_ways(ims.set_services_enabled.request, "100100 01 150100 05", {
    voice_over_lte_enabled = true, call_mode_preference = "ims",
  })
  both_ways(ims.get_policy_manager_settings.response,
    OK .. '150100 01 180100 04 190800 0300000000000000 1a0900 03 "ims" 00 00 00 00 00', {
      result = ok, acs_priority = 1, pco_priority = 4, service_mask = 3, apns = { "ims", "", "", "", "", "" },
    })
  both_ways(imsp.get_enabler_state.response, OK .. "100400 04000000", { result = ok, enabler_state = "registered" })
end

function T.test_flows()
  both_ways(qos.get_flow_status.indication, "010600 07000000 01 04", {
    flow = { qos_id = 7, status = "activated", event = "modify-accepted" },
  })
  both_ways(qos.get_network_status.indication, "010100 01", { qos_supported = true })
  both_ways(qos.bind_mux_data_port.request, "100800 02000000 04000000 110100 81", {
    endpoint = { type = "hsusb", interface_number = 4 }, mux_id = 0x81,
  })
  lu.assertEquals(sierra.read_data_stats.response:decode(bytes(OK .. [[
    032800 01000000 02000000 03000000 04000000 0500000000000000 0600000000000000 0700000000000000
  ]])).apn.rx_bytes, 7)
end

function T.test_phone_books()
  both_ways(pbm.get_capabilities.response, OK .. "100900 00 0100 0300 fa00 14 0e 140100 14", {
    result = ok, second_names = { max_name_length = 20 },
    basic = {
      session_type = "primary-gw-provisioning", phonebook = { contacts = true }, used_records = 3, max_records = 250,
      max_number_length = 20, max_name_length = 14,
    },
  })
  both_ways(pbm.get_all_capabilities.response, OK .. "100b00 01 00 01 0200 0000 0a00 14 0e 150300 01 00 01", {
    result = ok, hidden_records = { { session_type = "primary-gw-provisioning", supported = true } },
    basic = { {
      session_type = "primary-gw-provisioning",
      phonebooks = { {
        phonebook = { ["fixed-dialing"] = true }, used_records = 0, max_records = 10, max_number_length = 20,
        max_name_length = 14,
      } },
    } },
  })
  both_ways(pbm.get_emergency_list.response, OK .. '100900 02 03 "112" 03 "911" 120800 01 00 01 03 03 "110"', {
    result = ok, hardcoded_numbers = { "112", "911" },
    card_numbers = { {
      session_type = "primary-gw-provisioning",
      numbers = { { category = { police = true, ambulance = true }, number = "110" } },
    } },
  })
end

function T.test_positions_before_loc()
  both_ways(pds.set_event_report.indication, '100700 "$GPGSV" 0a 110a00 00 0700 "$GPGGA," 120100 01', {
    nmea_string = "$GPGSV\n", extended_nmea_position = { operation_mode = "standalone", nmea_string = "$GPGGA," },
    position_session_status = "in-progress",
  })
  lu.assertEquals(pds.set_event_report.secrets, { nmea_string = true })
  both_ways(pds.get_agps_config.response, OK .. '100800 c0000201 6c1c0000 110600 05 "a.com"', {
    result = ok, server = { ipv4 = "192.0.2.1", ipv4_port = 7276 }, server_url = "a.com",
  })
  both_ways(pds.get_default_tracking_session.response, "010a00 01 1e e8030000 32000000 " .. OK, {
    result = ok,
    tracking_session = { operation = "ms-based", position_timeout = 30, interval = 1000, accuracy_threshold = 50 },
  })
end

function T.test_ports()
  both_ways(dpm.open_port.request, '101400 01 0a "DATA5_CNTL" 02000000 08000000', {
    control_ports = { { port_name = "DATA5_CNTL", endpoint = { type = "hsusb", interface_number = 8 } } },
  })
end

function T.test_others()
  both_ways(sar.rf_get_state.response, OK .. "100400 03000000", { result = ok, power_level = 3 })
  both_ways(oma.set_event_report.indication, "100300 05 0700 110100 02 120100 03", {
    network_initiated_alert = { session_type = "network-device-configure", session_id = 7 }, session_state = "failed",
    failure = "authentication-failed",
  })
  both_ways(dsd.get_apn_info.request, "010400 01000000", { apn_type = "ims" })
  both_ways(dsd.set_apn_type.request, '010c00 03 "ims" 0200000000000000', {
    apn = { apn_name = "ims", types = { ims = true } },
  })
  both_ways(pdc.refresh.indication, "010400 01000000 100400 00000000", { event = "complete", subscription = 0 })
  both_ways(pdc.load_config.request, "010e00 01000000 01 a5 02000000 0200 abcd 100400 01000000", {
    part = { type = "software", id = "\xa5", size = 2, chunk = "\xab\xcd" }, token = 1,
  })
  both_ways(at.send.request, '010500 0300 "ATI"', { line = "ATI" })
  lu.assertEquals(at.received.secrets, { line = true })
end

function T.test_makers()
  both_ways(telit.get_firmware_list.response, '010100 01 ' .. OK .. '100e00 00 03 "GEN" 03 "1.0" 04 "PRI1"', {
    result = ok, listing = "all",
    firmware_1 = { slot = 0, carrier = "GEN", version = "1.0", pri_revision = "PRI1" },
  })
  both_ways(telit.get_usb_composition.response, OK .. "030400 10100000 070100 01", {
    result = ok, composition = 0x1010, restarts = true,
  })
  both_ways(foxconn.set_fcc_authentication.request, "010100 00", { value = "\0" })
  both_ways(foxconn.set_fcc_authentication.request, '010400 "foxc" 020100 00', { value = "foxc", number = 0 })
  both_ways(foxconn.get_firmware_version_of_fox.request, "010100 01", { kind = "firmware-mcfg-apps" })
end

-- A modem's cell broadcast, as the-modem-distro's firmware keeps one for its tests: the text is a warning's test.
function T.test_cell_broadcast()
  both_ways(wms.set_event_report.indication, [[
    112700 00 ffffffff 07 1f00 4000 111c 00 66 6550d80d4aa2e56537e85896efe96574593ea797d9ecb2dcd5 160100 00
  ]], {
    transfer_route_mt_message = {
      ack_indicator = "send", transaction_id = 0xffffffff, format = "gsm-wcdma-broadcast",
      raw_data = bytes "4000 111c 00 66 6550d80d4aa2e56537e85896efe96574593ea797d9ecb2dcd5",
    },
    sms_on_ims = false,
  })
end

return T
