-- SPDX-License-Identifier: MIT
-- The QMI declarations of nas, wds and loc against bytes, every declared codec there and back, and call-end reasons.

local dump = require "support.hex"
local lu = require "luaunit"
local schema = require "schema"

-- Every declaration passes here on its way to its codec: kept, to make up values for all that it has.
local declared = {} -- [codec] = fields by tag
local compile_tlvs = schema.compile_tlvs
schema.compile_tlvs = function(name, fields, ...)
  local codec = compile_tlvs(name, fields, ...)
  declared[codec] = fields
  return codec
end

local dsd = require "qmi.dsd"
local nas = require "qmi.nas"
local wds = require "qmi.wds"
local loc = require "qmi.loc"
local call_end = require "qmi.call_end"
local cause = require "cause"
local qmi = require "qmi"

-- Each is compiled when it is first read.
for _, message in ipairs(require "qmi.messages") do
  local _, _, _ = message.request, message.response, message.indication
end

schema.compile_tlvs = compile_tlvs

local T = {}

-- TLVs only, without any header.
local both_ways, bytes = dump.both_ways, dump.bytes

local function set(...)
  local result = {}
  for _, name in ipairs { ... } do
    result[name] = true
  end
  return result
end

local ok = { status = 0, error = 0 }

-- As both_ways, but with unknown TLVs at the end.
local function known_part(codec, listing, values)
  local decoded = assert(codec:decode(bytes(listing)))
  lu.assertNil(decoded.malformed)
  decoded.unknown = nil
  lu.assertEquals(decoded, values)
end

-- WDS ----------------------------------------------------------------------------------------------------------------

function T.test_start_network()
  both_ways(wds.start_network.request, [[
    140700 "r.ispsn"
    160100 03
    170100 "u"
    180200 "pw"
    190100 04
    310100 02
    330100 00
  ]], {
    apn = "r.ispsn", authentication_preference = set("pap", "chap"), username = "u", password = "pw",
    ip_family_preference = "ipv4", profile_index_3gpp = 2, enable_autoconnect = false,
  })
  both_ways(wds.start_network.response, "010400 407ea8e2  020400 00000000", {
    result = ok, packet_data_handle = 0xe2a87e40,
  })
  lu.assertEquals(wds.start_network.secrets, set "password")
  lu.assertEquals(wds.create_profile.secrets, set "password")
  lu.assertEquals(wds.get_profile_settings.secrets, set "password")
end

function T.test_start_network_refused()
  both_ways(wds.start_network.response, "020400 01000e00  100200 f503  110400 0600 1b00", {
    result = { status = 1, error = 14 }, call_end_reason = 1013,
    verbose_call_end_reason = { type = "3gpp", reason = 27 },
  })
end

function T.test_stop_network()
  both_ways(wds.stop_network.request, "010400 ffffffff  100100 01", {
    packet_data_handle = 0xffffffff, disable_autoconnect = true,
  })
end

function T.test_packet_service_status()
  both_ways(wds.get_packet_service_status.response, "010100 02  020400 00000000", {
    result = ok, connection_status = "connected",
  })
  both_ways(wds.get_packet_service_status.indication, [[
    010200 01 00
    100200 0500
    110400 0200 ca00
    120100 06
  ]], {
    connection_status = { status = "disconnected", reconfiguration_required = false }, call_end_reason = 5,
    verbose_call_end_reason = { type = "internal", reason = 202 }, ip_family = "ipv6",
  })
  both_ways(wds.get_packet_service_status.indication, "010100 02", { connection_status = { status = "connected" } })
end

-- The bytes of an IPv4 address come in the order of a little-endian number, those of an IPv6 address do not.
function T.test_current_settings()
  both_ways(wds.get_current_settings.request, "100400 10e30000", {
    requested_settings = set("dns-address", "ip-address", "gateway-info", "mtu", "domain-name-list", "ip-family"),
  })
  both_ways(wds.get_current_settings.response, [[
    020400 00000000
    110100 00
    150400 2200b10a
    160400 d200b10a
    1e0400 dbc9f61c
    1f0200 0001
    200400 dcc9f61c
    210400 f8ffffff
    251100 2607fb90643b281f1dffbf3dc5c848ad 40
    261100 2607fb90643b281ffdf780f4e399984a 40
    271000 fd00976a000000000000000000000009
    290400 dc050000
    2a0800 01 0500 "a.net"
    2b0100 04
  ]], {
    result = ok, pdp_type = "ipv4", primary_ipv4_dns_address = "10.177.0.34",
    secondary_ipv4_dns_address = "10.177.0.210", ipv4_address = "28.246.201.219",
    profile_identifier = { profile_type = "3gpp", profile_index = 1 }, ipv4_gateway_address = "28.246.201.220",
    ipv4_gateway_subnet_mask = "255.255.255.248",
    ipv6_address = { address = "2607:fb90:643b:281f:1dff:bf3d:c5c8:48ad", prefix_length = 64 },
    ipv6_gateway_address = { address = "2607:fb90:643b:281f:fdf7:80f4:e399:984a", prefix_length = 64 },
    ipv6_primary_dns_address = "fd00:976a::9", mtu = 1500, domain_name_list = { "a.net" }, ip_family = "ipv4",
  })
end

function T.test_binding()
  both_ways(wds.set_ip_family.request, "010100 06", { preference = "ipv6" })
  both_ways(wds.bind_mux_data_port.request, "100800 02000000 08000000  110100 01  130400 01000000", {
    endpoint_info = { type = "hsusb", interface_number = 8 }, mux_id = 1, client_type = "tethered",
  })
end

function T.test_profile_list()
  both_ways(wds.get_profile_list.response, [[
    011200 02 00 01 08 "internet" 00 02 03 "ims"
    020400 00000000
  ]], {
    result = ok, profile_list = {
      { profile_type = "3gpp", profile_index = 1, profile_name = "internet" },
      { profile_type = "3gpp", profile_index = 2, profile_name = "ims" },
    },
  })
end

-- NAS ----------------------------------------------------------------------------------------------------------------

function T.test_serving_system()
  known_part(nas.get_serving_system.response, [[
    020400 00000000
    010600 01 01 01 02 01 05
    100100 01
    110400 03 030405
    120a00 de00 3200 05 49763a4c06
    150300 01 05 01
    1b0100 00
    1c0200 b45f
    1d0400 cf5a1301
    210500 02 03 00 00 00
    250800 03000000 03000000
    260200 2201
    270500 de00 3200 00
    280100 00 -- unknown
  ]], {
    result = ok,
    serving_system = {
      registration_state = "registered", cs_attach_state = "attached", ps_attach_state = "attached",
      selected_network = "3gpp", radio_interfaces = { "umts" },
    },
    roaming_indicator = "off", data_service_capability = { "hsdpa", "hsupa", "wcdma" },
    current_plmn = { mcc = 222, mnc = 50, description = "Iv:L\6" },
    roaming_indicator_list = { { radio_interface = "umts", roaming_indicator = "off" } },
    daylight_saving_time_adjustment_3gpp = 0, lac_3gpp = 0x5fb4, cid_3gpp = 0x01135acf,
    detailed_service_status = {
      status = "available", capability = "cs-ps", hdr_status = "none", hdr_hybrid = false, forbidden = false,
    },
    call_barring_status = { cs_status = "all-calls", ps_status = "all-calls" },
    umts_primary_scrambling_code = 0x122,
    mnc_pcs_digit_include_status = { mcc = 222, mnc = 50, includes_pcs_digit = false },
  })
end

-- Of an old modem, which leaves out whether the network is forbidden: libqmi's test of a TLV that is too short for it.
function T.test_serving_system_of_an_old_modem()
  known_part(nas.get_serving_system.response, [[
    010600 01 01 01 02 01 05
    020400 00000000
    210400 02 03 00 00
  ]], {
    result = ok,
    serving_system = {
      registration_state = "registered", cs_attach_state = "attached", ps_attach_state = "attached",
      selected_network = "3gpp", radio_interfaces = { "umts" },
    },
    detailed_service_status = { status = "available", capability = "cs-ps", hdr_status = "none", hdr_hybrid = false },
  })
end

local lte = {
  domain_valid = true, domain = "cs-ps", service_capability_valid = true, service_capability = "cs-ps",
  roaming_status_valid = true, roaming_status = "off", forbidden_valid = true, forbidden = false,
  lac_valid = false, lac = 0xffff, cell_id_valid = true, cell_id = 0x18a905,
  registration_reject_info_valid = false, registration_reject_domain = "none", registration_reject_cause = 0,
  network_id_valid = true, mcc = "530", mnc = "24", tac_valid = true, tac = 0xf619,
}

function T.test_system_info()
  local none = { service_status = "none", true_service_status = "none", preferred_data_path = false }
  known_part(nas.get_system_info.response, [[
    020400 00000000
    120300 000000
    130300 000000
    140300 020200
    191d00 01 03 01 03 01 00 01 00 00 ffff 01 05a91800 00 00 00 01 "530" "24" ff 01 19f6
    1e0200 ffff
    210100 01
    260100 00
    270400 01000000
    290100 00
    2a0400 03000000
    2f0400 00000000
    310400 00000000
    340200 ffff
    380400 03000000
    440400 03000000
  ]], {
    result = ok, gsm_service_status = none, wcdma_service_status = none,
    lte_service_status = {
      service_status = "available", true_service_status = "available", preferred_data_path = false,
    },
    lte_system_info = lte, additional_lte_system_info = { geo_system_index = 0xffff }, lte_voice_support = true,
    lte_embms_coverage_info_support = false, sim_reject_info = "available", ims_voice_support = false,
    lte_voice_domain = "3gpp", network_selection_registration_restriction = "unrestricted",
    lte_registration_domain = "not-applicable", lte_embms_coverage_info_trace_id = 0xffff,
    lte_sms_domain = "3gpp", lte_cell_access_status = "all-calls",
  })
end

-- In the indication 5G has other tags.
function T.test_system_info_indication()
  both_ways(nas.system_info.indication, [[
    191d00 01 03 01 03 01 00 01 00 00 ffff 01 05a91800 00 00 00 01 "530" "24" ff 01 19f6
    240100 01
    4c0300 020201
    520300 00f619
  ]], {
    lte_system_info = lte, plmn_not_changed_indication = true, nr5g_tracking_area_code = "\0\xf6\x19",
    nr5g_service_status = {
      service_status = "available", true_service_status = "available", preferred_data_path = true,
    },
  })
end

-- Of a telephone: its MNC of two digits is filled up with 0xff; the numbers of area and cell are others here.
function T.test_system_info_of_a_telephone()
  local values = assert(nas.system_info.indication:decode(bytes [[
    100200 0000  110200 0000  120300 000000  130300 000000  140300 020200
    191d00 0103 0103 0100 0100 00ffff 0103020100 000000 01 "262" "02" ff 01 3412
    1e0200 ffff  210100 01  270100 00  280400 01000000  2a0100 01  2b0400 01000000  300400 00000000  320400 00000000
    350200 ffff  390400 01000000  3a0400 01000000  3f0400 00000000  450400 03000000  470400 04000000
    4c0300 000000  500100 01  510100 00  570100 01  5d0400 00000000
  ]]))
  lu.assertEquals({ values.lte_system_info.mcc, values.lte_system_info.mnc }, { "262", "02" })
  lu.assertEquals({ values.ims_voice_support, values.lte_voice_domain, values.lte_sms_domain }, { true, "ims", "ims" })
  lu.assertEquals({ values.network_selection_registration_restriction, values.lte_cell_access_status },
    { "unrestricted", "all-calls" })
  lu.assertEquals({ values.lte_emergency_bearer_support, values.lte_emergency_access_barred }, { "yes", "no" })
  lu.assertEquals({ values.nr5g_service_status.service_status, values.eutra_with_nr5g_availability }, { "none", true })
  local unknown = {}
  for tag in pairs(values.unknown) do unknown[#unknown + 1] = tag end
  lu.assertItemsEquals(unknown, { 0x47, 0x57, 0x5d })
end

function T.test_registration_rejected()
  local value = assert(nas.system_info.indication:decode(bytes [[
    191d00 01 04 01 02 01 00 01 00 00 0000 01 0cf6e702 01 02 0f 00 000000 000000 01 4dbe
  ]]))
  local info = value.lte_system_info
  lu.assertEquals({ info.domain, info.registration_reject_domain, info.registration_reject_cause },
    { "camped", "ps", 15 })
  lu.assertEquals({ info.network_id_valid, info.mcc, info.mnc }, { false, "", "" })
  both_ways(nas.network_reject.indication, "010100 08  020100 02  030100 0b  100500 3601 0400 01", {
    radio_interface = "lte", service_domain = "ps", reject_cause = 11,
    plmn = { mcc = 310, mnc = 4, includes_pcs_digit = true },
  })
end

function T.test_signal_info()
  both_ways(nas.get_signal_info.response, "020400 00000000  140600 c5 f5 9dff a000  170400 a6ff ceff  180200 f4ff", {
    result = ok, lte = { rssi = -59, rsrq = -11, rsrp = -99, snr = 160 }, nr5g = { rsrp = -90, snr = -50 },
    nr5g_rsrq = -12,
  })
  both_ways(nas.config_signal_info_v2.request, "280900 04 e4fbb0fb7cfb18fb  2a0200 0000  360200 0a00", {
    lte_rsrp_threshold_list = { -1052, -1104, -1156, -1256 }, lte_report = { rate = 0, average_period = 0 },
    nr5g_rsrp_delta = 10,
  })
end

-- Which systems carry data, the preferred one first; libqmi's data file has the fields.
function T.test_system_status()
  local systems = "102100 02 00000000 06000000 00000000000b0000 00000000 03000000 0020000000000000"
  local value = { available_systems = {
    { network_type = "3gpp", technology = "5gnr", service_options = set("5g-nsa", "5g-tdd", "5g-sub-6-ghz") },
    { network_type = "3gpp", technology = "lte", service_options = set "lte-tdd" },
  } }
  both_ways(dsd.system_status.indication, systems, value)
  value.result = ok
  both_ways(dsd.get_system_status.response, "020400 00000000 " .. systems, value)
  both_ways(dsd.system_status_change.request, "110100 01", { system_status = true })
end

-- Since MNCs of two and of three digits can be the same number, another list says which is which.
function T.test_network_scan()
  both_ways(nas.network_scan.response, [[
    020400 00000000
    101b00 0200 d600 0300 aa 06 "Orange" d600 0100 a9 07 "voda ES"
    110c00 0200 d600 0300 04 d600 0100 05
    120c00 0200 d600 0300 00 d600 0100 00
    130400 00000000
  ]], {
    result = ok,
    network_information = {
      { mcc = 214, mnc = 3, network_status = set("available", "roaming", "not-forbidden", "not-preferred"),
        description = "Orange" },
      { mcc = 214, mnc = 1, network_status = set("current-serving", "roaming", "not-forbidden", "not-preferred"),
        description = "voda ES" },
    },
    radio_access_technology = {
      { mcc = 214, mnc = 3, radio_interface = "gsm" }, { mcc = 214, mnc = 1, radio_interface = "umts" },
    },
    mnc_pcs_digit_include_status = {
      { mcc = 214, mnc = 3, includes_pcs_digit = false }, { mcc = 214, mnc = 1, includes_pcs_digit = false },
    },
    network_scan_result = "success",
  })
end

function T.test_cells_of_lte()
  known_part(nas.get_cell_location_info.response, [[
    020400 00000000
    131d00 01 99f904 9900 01c20100 7ea9 0000 01 3e 28 3e 01 0000 bdff 19fc 23fd 1e00
    140200 01 00
    150200 01 00
    160200 01 00
    1e0400 ffffffff
    260200 4600 -- unknown, as are the others
    270400 7ea90000
  ]], {
    result = ok,
    intrafrequency_lte_info = {
      ue_in_idle = true, plmn = "\x99\xf9\x04", tracking_area_code = 0x99, global_cell_id = 0x1c201,
      eutra_absolute_rf_channel_number = 0xa97e, serving_cell_id = 0, cell_reselection_priority = 1,
      s_non_intra_search_threshold = 0x3e, serving_cell_low_threshold = 0x28, s_intra_search_threshold = 0x3e,
      cell = {
        { physical_cell_id = 0, rsrq = -67, rsrp = -999, rssi = -733, cell_selection_rx_level = 30 },
      },
    },
    interfrequency_lte_info = { ue_in_idle = true, frequency = {} },
    lte_info_neighboring_gsm = { ue_in_idle = true, frequency = {} },
    lte_info_neighboring_wcdma = { ue_in_idle = true, frequency = {} },
    lte_info_timing_advance = 0xffffffff,
  })
end

function T.test_cells_of_gsm()
  local value = assert(nas.get_cell_location_info.response:decode(bytes [[
    020400 00000000
    103d00 00000000 000000 0000 0000 00 ffffffff 2800 03
      7d6f0000 32f451 b300 4d00 11 2a00
      8a3c0000 32f451 b300 6300 30 1400
      893c0000 32f451 b300 5900 11 0d00
  ]]))
  lu.assertEquals(#value.geran_info.cell, 3)
  lu.assertEquals(value.geran_info.cell[3], {
    cell_id = 0x3c89, plmn = "\x32\xf4\x51", lac = 0xb3, geran_absolute_rf_channel_number = 0x59,
    base_station_identity_code = 0x11, rx_level = 13,
  })
end

function T.test_operator_list_with_odd_digits()
  lu.assertEquals(nas.get_operator_name.response:decode(bytes [[
    020400 00000000
    110d00 0100 3533ff 3234ff 3412 7856 05
  ]]).operator_plmn_list, {
    { mcc = "53", mnc = "24", lac1 = 0x1234, lac2 = 0x5678, plmn_name_record_identifier = 5 },
  })
end

function T.test_sierra_status()
  both_ways(require("makers.sierra.qmi").get_status.response, [[
    010500 fb 05 09 00 00
    020400 00000000
    100900 08 01 fc0d ffff 02 00 00
  ]], {
    result = ok,
    common_info = {
      temperature = -5, modem_mode = "online", system_mode = "lte", ims_registration_state = "no-service",
      packet_service_state = "attached",
    },
    lte_info = {
      band = "bc-8", bandwidth = "3", rx_channel = 0xdfc, tx_channel = 0xffff, emm_state = "registered",
      emm_sub_state = 0, emm_connection_state = "rrc-idle",
    },
  })
end

function T.test_bands()
  both_ways(nas.set_system_selection_preference.request, [[
    110200 5000
    150800 0200080000000000
    160500 00 0000 0000
    170100 01
    242000 0200080000000000 0200000000000000 0000000000000000 0000000000000000
  ]], {
    mode_preference = set("lte", "5gnr"), lte_band_preference = nas.band_masks({ 2, 20 }, 1)[1],
    network_selection_preference = { mode = "automatic", mcc = 0, mnc = 0 }, change_duration = "permanent",
    extended_lte_band_preference = nas.band_masks({ 2, 20, 66 }, 4),
  })
  lu.assertEquals(nas.bands(nas.band_masks({ 1, 64, 71, 257, 512 }, 8)), { 1, 64, 71, 257, 512 })
  lu.assertErrorMsgContains("no room for band 65", nas.band_masks, { 65 }, 1)
  lu.assertErrorMsgContains("no room for band 0", nas.band_masks, { 0 }, 1)
  both_ways(nas.get_rf_band_information.response, "010600 01 08 8900 f202  020400 00000000", {
    result = ok, list = { { radio_interface = "lte", active_band_class = "lte-35", active_channel = 754 } },
  })
end

-- LOC ----------------------------------------------------------------------------------------------------------------

function T.test_nmea()
  both_ways(loc.nmea.indication, '011e00 "$GPGSA,A,1,,,,,,,,,,,,,,,*1E" 0d0a', {
    nmea_string = "$GPGSA,A,1,,,,,,,,,,,,,,,*1E\r\n",
  })
end

function T.test_position_report()
  both_ways(loc.position_report.indication, [[
    010400 00000000
    020100 10
    100800 0000000000404a40
    120400 0000a040
    230400 01000000
    240c00 0000803f 00000040 00004040
    250800 00e40b5402000000
  ]], {
    session_status = "success", session_id = 16, latitude = 52.5, horizontal_uncertainty_circular = 5.0,
    technology_used = set "satellite", dop = { pdop = 1.0, hdop = 2.0, vdop = 3.0 }, utc_timestamp = 10000000000,
  })
end

function T.test_answer_in_an_indication()
  lu.assertEquals(loc.get_operation_mode.response:decode(bytes "020400 00000000"), { result = ok })
  both_ways(loc.get_operation_mode.indication, "010400 00000000  100400 04000000", {
    indication_status = "success", operation_mode = "standalone",
  })
end

-- Everything ---------------------------------------------------------------------------------------------------------

local sample

local function sample_of_fields(fields)
  local values = {}
  for _, field in pairs(fields) do
    values[field.name] = sample(field.type)
  end
  return values
end

local samples = {
  uint = function(t)
    local name, value = next(t.values or {})
    if t.style == "enum" then
      return name
    elseif t.style == "flags" then
      return { [name] = value ~= 0 }
    end
    return t.style == "bool" or 0x5a
  end,
  int = function() return -3 end,
  float = function() return 0.5 end,
  string = function(t) return ("x"):rep(t.size or 4) end,
  bytes = function(t) return ("\xa5"):rep(t.size or 5) end,
  rest = function() return "\xa5" end,
  ipv4 = function() return "192.0.2.1" end,
  ipv6 = function() return "2001:db8::1" end,
  struct = function(t) return sample_of_fields(t.fields) end,
  list = function(t)
    local values = {}
    for i = 1, t.size or 2 do
      values[i] = sample(t.of)
    end
    return values
  end,
}

function sample(t)
  return samples[t.kind](t)
end

-- Each TLV of each message, filled with something.
function T.test_every_codec_round_trips()
  local count = 0
  for codec, fields in pairs(declared) do
    local values = sample_of_fields(fields)
    local decoded = assert(codec:decode(assert(codec:encode(values))))
    lu.assertEquals(decoded, values, tostring(codec))
    count = count + 1
  end
  lu.assertTrue(count > 200, count)
end

-- A failure has no more than its result; a success has what is mandatory.
function T.test_every_failure()
  for _, module in ipairs { nas, wds, loc } do
    for key, message in pairs(module) do
      local response = type(message) == "table" and message.response
      if response then
        local body = bytes "020400 01000300"
        lu.assertEquals(response:decode(body), { result = { status = 1, error = 3 } }, key)
        lu.assertEquals(response:encode { result = { status = 1, error = 3 } }, body, key)
        lu.assertEquals(qmi.lookup(message.service_id, message.id), message)
      end
    end
  end
end

-- Call-end reasons ---------------------------------------------------------------------------------------------------

local function words(verbose, reason) return call_end.verdict(verbose, reason).words end

function T.test_call_end_of_the_network()
  lu.assertEquals(call_end.cause { type = "3gpp", reason = 27 }, 27)
  lu.assertEquals(words({ type = "3gpp", reason = 27 }), cause.verdict(27, "session").words)
  lu.assertNil(call_end.cause { type = "3gpp", reason = 115 })
  lu.assertEquals(words({ type = "3gpp", reason = 115 }), "access barred by the network")
  lu.assertNil(call_end.cause(nil))
  lu.assertEquals(call_end.cause(nil, 1013), 27)
  lu.assertEquals(words(nil, 1013), cause.verdict(27, "session").words)
  lu.assertNil(call_end.cause({ type = "internal", reason = 239 }, 1013))
end

function T.test_call_end_of_the_modem()
  lu.assertEquals(words({ type = "internal", reason = 239 }), "APN not allowed while roaming")
  lu.assertEquals(words({ type = "cm", reason = 2504 }), "SIM is not ready")
  lu.assertEquals(words({ type = "cm", reason = 1500 }), "connection denied: network busy")
  lu.assertEquals(words({ type = "cm", reason = 1010 }), cause.verdict(11, "registration").words)
  lu.assertEquals(words({ type = "ipv6", reason = 1 }), "network gave no IPv6 prefix")
  lu.assertEquals(words(nil, 3), "no service")
end

function T.test_call_end_unknown()
  lu.assertEquals(words({ type = "internal", reason = 999 }), "call-end reason internal 999")
  lu.assertEquals(words({ type = "handoff", reason = 1 }), "call-end reason handoff 1")
  lu.assertEquals(words({ type = 10, reason = 1 }), "call-end reason 10 1")
  lu.assertEquals(words(nil, 12345), "call-end reason 12345")
  lu.assertEquals(words({ type = "cm", reason = 9999 }), "call-end reason cm 9999")
end

return T
