-- SPDX-License-Identifier: MIT
-- Measures our codecs on the ten most used messages: moontower run tests/bench/codec.lua FOLDER
--
-- Writes the messages into FOLDER for the peer, peer.c, and prints "protocol, name, what, messages a second".
-- A decoding begins with the bytes from the wire and ends when a script has read every field; an encoding begins with
-- the script's table and ends with bytes for the wire.

local answers = require "mbim.answers"
local basic = require "mbim.basic_connect"
local dms, nas, wds = require "qmi.dms", require "qmi.nas", require "qmi.wds"
local mbim, qmi = require "core.mbim", require "core.qmi"

local SECONDS, BATCH = 0.05, 200 -- of CPU time for each measurement; how many messages between looks at the clock

-- What the simulated modem answers, or more: so every kind of field is there.
local messages = {
  {
    protocol = "MBIM", name = "Device Caps", message = basic.device_caps,
    answer = {
      device_type = "embedded", cellular_class = { "gsm" }, voice_class = "no-voice", sim_class = { "removable" },
      data_class = { "umts", "hsdpa", "hsupa", "lte" }, sms_caps = { "pdu-receive", "pdu-send" },
      control_caps = { "manual-registration", "hardware-radio-switch" }, max_sessions = 8,
      device_id = "359072060000011", firmware = "SWI9X30C_02.24.05.06", hardware = "MC7455",
    },
    read = function(v)
      return v.device_type, v.cellular_class, v.voice_class, v.sim_class, v.data_class, v.sms_caps, v.control_caps,
        v.max_sessions, v.custom_data_class, v.device_id, v.firmware, v.hardware
    end,
  },
  {
    protocol = "MBIM", name = "Subscriber Ready Status", message = basic.subscriber_ready_status,
    answer = {
      state = "initialized", imsi = "310120000000123", iccid = "89011200000123456781",
      telephone_numbers = { "15550100123" },
    },
    read = function(v) return v.state, v.imsi, v.iccid, v.ready_info, v.telephone_numbers[1] end,
  },
  {
    protocol = "MBIM", name = "Register State", message = basic.register_state,
    values = function() return { provider_id = "310120", action = "manual", data_class = { lte = true } } end,
    set = true,
    answer = {
      state = "home", mode = "automatic", available_data_classes = { "lte" }, cellular_class = { "gsm" },
      provider_id = "310120", provider_name = "Sprint", flags = { "automatic-attach" },
    },
    read = function(v)
      return v.nw_error, v.state, v.mode, v.available_data_classes, v.cellular_class, v.provider_id, v.provider_name,
        v.roaming_text, v.flags
    end,
  },
  {
    protocol = "MBIM", name = "Connect", message = basic.connect,
    values = function()
      return {
        session = 0, command = "activate", apn = "r.ispsn", user = "user", password = "secret", auth = "chap",
        ip_type = "ipv4v6", context_type = basic.context_types.internet,
      }
    end,
    set = true,
    answer = { session = 0, state = "activated", ip_type = "ipv4v6", context_type = basic.context_types.internet },
    read = function(v) return v.session, v.state, v.voice_call_state, v.ip_type, v.context_type, v.nw_error end,
  },
  {
    protocol = "MBIM", name = "IP Configuration", message = basic.ip_configuration,
    values = function() return { session = 0 } end,
    answer = {
      session = 0, ipv4_available = { "address", "gateway", "dns", "mtu" },
      ipv6_available = { "address", "gateway", "dns", "mtu" },
      ipv4_addresses = { { prefix_length = 30, address = "184.250.142.38" } },
      ipv6_addresses = { { prefix_length = 64, address = "2600:100e:b02d:1::2" } },
      ipv4_gateway = "184.250.142.37", ipv6_gateway = "fe80::1",
      ipv4_dns = { "68.28.50.11", "68.28.58.11" }, ipv6_dns = { "2001:4860:4860::8888" },
      ipv4_mtu = 1500, ipv6_mtu = 1500,
    },
    read = function(v)
      local ipv4, ipv6 = v.ipv4_addresses[1], v.ipv6_addresses[1]
      return v.session, v.ipv4_available, v.ipv6_available, ipv4.address, ipv4.prefix_length, ipv6.address,
        ipv6.prefix_length, v.ipv4_gateway, v.ipv6_gateway, v.ipv4_dns[1], v.ipv4_dns[2], v.ipv6_dns[1], v.ipv4_mtu,
        v.ipv6_mtu
    end,
  },
  {
    protocol = "QMI", name = "Get IDs", message = dms.get_ids,
    answer = { esn = "0", imei = "359072060000011", meid = "35907206000001", imei_software_version = "61" },
    read = function(v) return v.esn, v.imei, v.meid, v.imei_software_version end,
  },
  {
    protocol = "QMI", name = "Get Serving System", message = nas.get_serving_system,
    answer = {
      serving_system = {
        registration_state = "registered", cs_attach_state = "attached", ps_attach_state = "attached",
        selected_network = "3gpp", radio_interfaces = { "lte" },
      },
      roaming_indicator = "off", roaming_indicator_list = { { radio_interface = "lte", roaming_indicator = "off" } },
      data_service_capability = { "lte" }, current_plmn = { mcc = 310, mnc = 120, description = "Sprint" },
      mnc_pcs_digit_include_status = { mcc = 310, mnc = 120, includes_pcs_digit = true },
      cid_3gpp = 0x0a3b2c01, lte_tac = 0x2f01,
      detailed_service_status = {
        status = "available", capability = "cs-ps", hdr_status = "none", hdr_hybrid = false, forbidden = false,
      },
    },
    read = function(v)
      local serving, plmn, status = v.serving_system, v.current_plmn, v.detailed_service_status
      local roaming, digits = v.roaming_indicator_list[1], v.mnc_pcs_digit_include_status
      return serving.registration_state, serving.cs_attach_state, serving.ps_attach_state, serving.selected_network,
        serving.radio_interfaces[1], v.roaming_indicator, v.data_service_capability[1], plmn.mcc, plmn.mnc,
        plmn.description, v.cdma_system_id, v.cdma_base_station_info, roaming.radio_interface,
        roaming.roaming_indicator, v.default_roaming_indicator, v.time_zone_3gpp2, v.cdma_p_rev, v.time_zone_3gpp,
        v.daylight_saving_time_adjustment_3gpp, v.lac_3gpp, v.cid_3gpp, v.concurrent_service_info_3gpp2,
        v.prl_indicator_3gpp2, v.dtm_support, status.status, status.capability, status.hdr_status, status.hdr_hybrid,
        status.forbidden, v.cdma_system_info, v.hdr_personality, v.lte_tac, v.call_barring_status,
        v.umts_primary_scrambling_code, digits.mcc, digits.mnc, digits.includes_pcs_digit, v.network_name_source
    end,
  },
  {
    protocol = "QMI", name = "Get Signal Info", message = nas.get_signal_info,
    answer = { lte = { rssi = -71, rsrq = -10, rsrp = -98, snr = 124 } },
    read = function(v)
      local lte = v.lte
      return v.cdma, v.hdr, v.gsm, v.wcdma, lte.rssi, lte.rsrq, lte.rsrp, lte.snr, v.tdma, v.tdma_extended, v.nr5g,
        v.nr5g_rsrq, v.wcdma_rscp
    end,
  },
  {
    protocol = "QMI", name = "Start Network", message = wds.start_network,
    values = function()
      return {
        apn = "r.ispsn", authentication_preference = { chap = true }, username = "user", password = "secret",
        ip_family_preference = "ipv4",
      }
    end,
    answer = { packet_data_handle = 0x83df5a20 },
    read = function(v) return v.packet_data_handle, v.call_end_reason, v.verbose_call_end_reason end,
  },
  {
    protocol = "QMI", name = "Get Current Settings", message = wds.get_current_settings,
    values = function()
      return { requested_settings = { "dns-address", "ip-address", "gateway-info", "mtu", "ip-family" } }
    end,
    answer = {
      pdp_type = "ipv4-or-ipv6", apn_name = "r.ispsn", primary_ipv4_dns_address = "68.28.50.11",
      secondary_ipv4_dns_address = "68.28.58.11", ipv4_address = "184.250.142.38",
      profile_identifier = { profile_type = "3gpp", profile_index = 1 }, ipv4_gateway_address = "184.250.142.37",
      ipv4_gateway_subnet_mask = "255.255.255.252", mtu = 1500, ip_family = "ipv4",
    },
    read = function(v)
      local profile = v.profile_identifier
      return v.profile_name, v.pdp_type, v.apn_name, v.primary_ipv4_dns_address, v.secondary_ipv4_dns_address,
        v.umts_granted_qos, v.gprs_granted_qos, v.username, v.authentication, v.ipv4_address, profile.profile_type,
        profile.profile_index, v.ipv4_gateway_address, v.ipv4_gateway_subnet_mask, v.pcscf_address_using_pco,
        v.pcscf_server_address_list, v.pcscf_domain_name_list, v.ipv6_address, v.ipv6_gateway_address,
        v.ipv6_primary_dns_address, v.ipv6_secondary_dns_address, v.mtu, v.domain_name_list, v.ip_family,
        v.imcn_flag, v.extended_technology_preference, v.operator_reserved_pco
    end,
  },
}

-- As a script that asks without any.
local function no_values() end

local device = {} -- one of MBIM: which version it speaks is not known

-- The twins: `answer` is the modem's bytes; decode() and encode() are measured, and do what mbim/device and qmi/device
-- do, from the bytes that an exchange returns and to those that it takes.
local twins = {}

function twins.MBIM(case)
  local command, read, values, set = case.message, case.read, case.values or no_values, case.set or false
  local codec, response = command[set and "set" or "query"], command.response
  local service, cid = command.service_uuid, command.cid
  return {
    answer = mbim.build {
      type = "command-done", transaction = 7, service = service, cid = cid,
      info = assert(response:encode(case.answer)),
    },
    decode = function(bytes) return read(answers.read(device, command, bytes)) end,
    encode = function()
      return mbim.encode(codec, values(), service, cid, set, 7)
    end,
  }
end

function twins.QMI(case)
  local declared, read, values = case.message, case.read, case.values or no_values
  local request, response, service, id = declared.request, declared.response, declared.service_id, declared.id
  case.answer.result = { status = 0, error = 0 }
  return {
    answer = qmi.build {
      type = "response", from_modem = true, service = service, client = 3, transaction = 7,
      id = id, tlvs = assert(response:encode(case.answer)),
    },
    decode = function(bytes)
      local reply = qmi.decode(response, bytes, id)
      assert(reply.result.status == 0)
      return read(reply)
    end,
    encode = function()
      return qmi.encode(request, values(), service, 3, id, 7)
    end,
  }
end

local function write(folder, name, bytes)
  local file <close> = assert(io.open(("%s/%s"):format(folder, name), "wb"))
  assert(file:write(bytes))
end

-- CPU time: what else the machine does is left out, and collecting our garbage is not.
local function measure(fn, bytes)
  local count, start = 0, os.clock()
  local seconds
  repeat
    for _ = 1, BATCH do
      fn(bytes)
    end
    count, seconds = count + BATCH, os.clock() - start
  until seconds >= SECONDS
  return count / seconds
end

local folder = assert(arg[1], "codec.lua FOLDER")
for _, case in ipairs(messages) do
  local twin = twins[case.protocol](case)
  write(folder, case.name .. ".answer", twin.answer)
  write(folder, case.name .. ".request", twin.encode())
  for _, what in ipairs { "decode", "encode" } do
    print(("%s\t%s\t%s\t%.0f"):format(case.protocol, case.name, what, measure(twin[what], twin.answer)))
  end
end
