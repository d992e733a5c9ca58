-- SPDX-License-Identifier: MIT
-- The MBIM declarations against bytes: known messages decode as expected, and every codec survives a round trip.

local basic = require "mbim.basic_connect"
local cause = require "cause"
local dump = require "support.hex"
local extensions = require "mbim.ms_basic_connect_extensions"
local lu = require "luaunit"
local mbim = require "mbim"
local messages = require "mbim.messages"

local T = {}

-- MBIM's text is UTF-16LE.
local function bytes(text) return dump.bytes(text, "%02x00") end

local hex = dump.hex

local function set(...)
  local result = {}
  for _, name in ipairs { ... } do
    result[name] = true
  end
  return result
end

local internet = basic.context_types.internet

-- Known bytes --------------------------------------------------------------------------------------------------------

function T.test_connect_set_bytes()
  local encoded = assert(basic.connect.set:encode {
    session = 0, command = "activate", apn = "r.ispsn", auth = "none", ip_type = "ipv4v6", context_type = internet,
  })
  lu.assertEquals(hex(encoded), hex(bytes [[
    00000000 01000000
    3c000000 0e000000 -- apn
    00000000 00000000 -- user
    00000000 00000000 -- password
    00000000 00000000 03000000
    7e5e2a7e 4e6f 7272 736b 656e7e5e2a7e
    "r.ispsn" 0000    -- 14 bytes and their padding
  ]]))
end

function T.test_connect_response()
  local body = bytes [[
    00000000 01000000 00000000 01000000 7e5e2a7e 4e6f 7272 736b 656e7e5e2a7e 32000000
  ]]
  lu.assertEquals(basic.connect.response:decode(body), {
    session = 0, state = "activated", voice_call_state = "none", ip_type = "ipv4", context_type = internet,
    nw_error = 50,
  })
end

function T.test_connect_response_cut_short()
  local value, err = basic.connect.response:decode(bytes "00000000 01000000 00000000")
  lu.assertNil(value)
  lu.assertEquals(err.code, "malformed")
  lu.assertStrContains(err.message, "Connect.ip_type")
end

function T.test_unknown_values_stay_numbers()
  local value = assert(basic.packet_service.response:decode(bytes [[
    00000000 09000000 20010000 80f0fa0200000000 00a3e11100000000
  ]]))
  lu.assertEquals(value, {
    nw_error = 0, state = 9, highest_data_class = { lte = true, [0x100] = true }, uplink_speed = 50000000,
    downlink_speed = 300000000,
  })
end

-- One message of libmbim's src/libmbim-glib/test/test-message-parser.c; and one that is sent, as MBIM 1.0 has it.
function T.test_sms()
  local sms = require "mbim.sms"
  lu.assertEquals(sms.read.response:decode(bytes [[
    00000000 01000000 10000000 20000000
    07000000 03000000 10000000 10000000 01020304 05060708 090a0b0c 0d0e0f00
  ]]), { format = "pdu", messages = {
    { index = 7, status = "sent", pdu = "\1\2\3\4\5\6\7\8\9\10\11\12\13\14\15\0" },
  } })
  lu.assertEquals(hex(assert(sms.send.set:encode { format = "pdu", message = { pdu = "\0\1\0\1" } })),
    hex(bytes "00000000 08000000 04000000 00010001"))
end

-- "*100#", and the network's menu, as MBIM 1.0 has them.
function T.test_ussd()
  local ussd = require "mbim.ussd"
  lu.assertEquals(hex(assert(ussd.ussd.set:encode {
    action = "initiate", scheme = 15, payload = bytes "aa180c36 02",
  })), hex(bytes "00000000 0f000000 10000000 05000000 aa180c36 02000000"))
  lu.assertEquals(ussd.ussd.indication:decode(bytes "01000000 01000000 48000000 14000000 04000000 043f0440"),
    { response = "action-required", session_state = "existing", scheme = 0x48, payload = bytes "043f0440" })
end

-- What a ZTE MF823 tells without being asked.
function T.test_phonebook_configuration()
  lu.assertEquals(require("mbim.phonebook").configuration.indication:decode(
    bytes "01000000 f4010000 0a000000 50000000 12000000"),
    { state = "initialized", max_entries = 500, used_entries = 10, max_number_length = 80, max_name_length = 18 })
end

function T.test_stk_proactive_command()
  lu.assertEquals(require("mbim.stk").pac.indication:decode(bytes "00000000 d0098103 01250082 028182 00"),
    { type = "proactive-command", command = "\xd0\9\x81\3\1\x25\0\x82\2\x81\x82\0" })
end

function T.test_firmware_id()
  local firmware_id = require "mbim.ms_firmware_id"
  lu.assertEquals(firmware_id.get.response:decode(bytes "4e967e0b 1f9c4a0d 9f2d5e1a 5c8a9071"),
    { id = "4e967e0b-1f9c-4a0d-9f2d-5e1a5c8a9071" })
end

-- The size comes first, unlike everywhere else; the command is EnableProfile's first half.
function T.test_uicc_channel()
  local uicc = require "mbim.ms_uicc_low_level_access"
  lu.assertEquals(hex(assert(uicc.open_channel.set:encode {
    aid = bytes "a0000005 591010ff ffffff89 00000100", group = 1,
  })), hex(bytes "10000000 10000000 00000000 01000000 a0000005 591010ff ffffff89 00000100"))
  lu.assertEquals(uicc.open_channel.response:decode(bytes "90000000 01000000 02000000 10000000 6f000000"),
    { status = { sw1 = 0x90, sw2 = 0, unused = 0 }, channel = 1, response = "\x6f\0" })
  lu.assertEquals(hex(assert(uicc.apdu.set:encode { channel = 1, class = "extended", command = "\x81\xe2\x91\0\3" })),
    hex(bytes "01000000 00000000 01000000 05000000 14000000 81e29100 03000000"))
  lu.assertEquals(uicc.apdu.response:decode(bytes "61130000 00000000 00000000"),
    { status = { sw1 = 0x61, sw2 = 0x13, unused = 0 }, response = "" })
end

-- Of libmbim's src/libmbim-glib/test/test-message-builder.c: offset, then size here.
function T.test_uicc_terminal_capability()
  local uicc = require "mbim.ms_uicc_low_level_access"
  lu.assertEquals(hex(assert(uicc.terminal_capability.set:encode { capabilities = { "\1\2\3\4", "\5\6\7\8" } })),
    hex(bytes "02000000 14000000 04000000 18000000 04000000 01020304 05060708"))
end

-- Of libmbim's src/libmbim-glib/test/test-message-parser.c.
function T.test_uicc_application_list()
  local uicc = require "mbim.ms_uicc_low_level_access"
  lu.assertEquals(uicc.application_list.response:decode(bytes [[
    01000000 01000000 00000000 3c000000 18000000 3c000000
    04000000 20000000 10000000 30000000 08000000 02000000 38000000 02000000
    a0000000871002ff34ff0789312e30ff 4d6f766973746172 01810000
  ]]), { version = 1, active_index = 0, size = 60, applications = { {
    type = "usim", aid = "\xa0\0\0\0\x87\x10\2\xff\x34\xff\7\x89\x31\x2e\x30\xff", label = "Movistar",
    pin_reference_count = 2, pin_references = "\1\x81",
  } } })
end

-- A modem is free to store its strings in any order: this one has the telephone numbers first.
function T.test_subscriber_ready_status()
  local body = bytes [[
    01000000
    4c000000 1e000000 -- imsi
    6c000000 28000000 -- iccid
    00000000
    02000000 2c000000 0c000000 38000000 12000000
    "+12025"
    "202555014" 0000
    "310120000000042" 0000
    "89011203000000000421"
  ]]
  lu.assertEquals(basic.subscriber_ready_status.response:decode(body), {
    state = "initialized", imsi = "310120000000042", iccid = "89011203000000000421", ready_info = {},
    telephone_numbers = { "+12025", "202555014" },
  })
end

function T.test_device_caps()
  local body = bytes [[
    02000000 01000000 01000000 02000000 1f000080 03000000 01000000 01000000
    40000000 0a000000 4c000000 1e000000 6c000000 1e000000 8c000000 12000000
    "HSPA+" 0000 "359072060000042" 0000 "11.810.09.00.00" 0000 "CP1E367UM" 0000
  ]]
  lu.assertEquals(basic.device_caps.response:decode(body), {
    device_type = "removable", cellular_class = set "gsm", voice_class = "no-voice", sim_class = set "removable",
    data_class = set("gprs", "edge", "umts", "hsdpa", "hsupa", "custom"),
    sms_caps = set("pdu-receive", "pdu-send"), control_caps = set "manual-registration", max_sessions = 1,
    custom_data_class = "HSPA+", device_id = "359072060000042", firmware = "11.810.09.00.00",
    hardware = "CP1E367UM",
  })
end

-- The references of a provider start at the provider, not at the message.
function T.test_visible_providers()
  local body = bytes [[
    02000000 14000000 38000000 4c000000 38000000
    20000000 0a000000 08000000 2c000000 0c000000 01000000 0b000000 00000000 "21403" 0000 "Orange"
    20000000 0a000000 19000000 2c000000 0c000000 01000000 0b000000 63000000 "21401" 0000 "Movist"
  ]]
  lu.assertEquals(basic.visible_providers.response:decode(body), { providers = {
    { id = "21403", state = set "visible", name = "Orange", cellular_class = set "gsm", rssi = 11, error_rate = 0 },
    { id = "21401", state = set("home", "visible", "registered"), name = "Movist", cellular_class = set "gsm",
      rssi = 11, error_rate = 99 },
  } })
end

function T.test_register_state()
  local body = bytes [[
    00000000 03000000 01000000 1c000000 01000000
    30000000 0a000000 00000000 00000000 00000000 00000000 02000000
    "26006" 0000
  ]]
  lu.assertEquals(basic.register_state.response:decode(body), {
    nw_error = 0, state = "home", mode = "automatic", available_data_classes = set("umts", "hsdpa", "hsupa"),
    cellular_class = set "gsm", provider_id = "26006", provider_name = "", roaming_text = "",
    flags = set "automatic-attach",
  })
end

local ip_configuration = {
  session = 0,
  ipv4_available = set("address", "gateway", "dns", "mtu"),
  ipv6_available = set("address", "gateway", "dns", "mtu"),
  ipv4_addresses = { { prefix_length = 29, address = "28.246.201.219" } },
  ipv6_addresses = { { prefix_length = 64, address = "2607:fb90:643b:281f:1dff:bf3d:c5c8:48ad" } },
  ipv4_gateway = "28.246.201.220",
  ipv6_gateway = "2607:fb90:643b:281f:fdf7:80f4:e399:984a",
  ipv4_dns = { "10.177.0.34", "10.177.0.210" },
  ipv6_dns = { "fd00:976a::9", "fd00:976a::10" },
  ipv4_mtu = 1500,
  ipv6_mtu = 1500,
}

-- Offsets in no order: addresses of both kinds, gateways and name servers share one run of bytes.
function T.test_ip_configuration()
  local body = bytes [[
    00000000 0f000000 0f000000
    01000000 3c000000 01000000 50000000 44000000 64000000
    02000000 48000000 02000000 74000000 dc050000 dc050000
    1d000000 1cf6c9db 1cf6c9dc 0ab10022 0ab100d2
    40000000 2607fb90643b281f1dffbf3dc5c848ad
    2607fb90643b281ffdf780f4e399984a
    fd00976a000000000000000000000009 fd00976a000000000000000000000010
  ]]
  lu.assertEquals(basic.ip_configuration.response:decode(body), ip_configuration)
end

function T.test_ip_configuration_query_is_the_whole_structure()
  lu.assertEquals(#assert(basic.ip_configuration.query:encode { session = 3 }), 60)
end

function T.test_ip_configuration_without_ipv6()
  local body = bytes [[
    00000000 0f000000 00000000
    01000000 3c000000 00000000 00000000 44000000 00000000
    02000000 48000000 00000000 00000000 dc050000 00000000
    1c000000 d44922f8 d44922f1 d4a6d250 d4492043
  ]]
  local value = assert(basic.ip_configuration.response:decode(body))
  lu.assertEquals(value.ipv4_addresses, { { prefix_length = 28, address = "212.73.34.248" } })
  lu.assertEquals(value.ipv4_dns, { "212.166.210.80", "212.73.32.67" })
  lu.assertEquals(value.ipv6_addresses, {})
  lu.assertNil(value.ipv6_gateway)
end

function T.test_device_services()
  local body = bytes [[
    02000000 00000000 18000000 28000000 40000000 20000000
    a289cc33 bcbb 8b4f b6b0 133ec2aae6df 00000000 00000000 03000000 01000000 02000000 0c000000
    d1a30bc2 f97a 6e43 bf65 c7e24fb0f0d3 00000000 00000000 01000000 01000000
  ]]
  local value = assert(basic.device_services.response:decode(body))
  lu.assertEquals(#value.services, 2)
  lu.assertEquals(mbim.services[value.services[1].service], "basic-connect")
  lu.assertEquals(value.services[1].cids, { 1, 2, 12 })
  lu.assertEquals(mbim.services[value.services[2].service], "ext-qmux")
end

function T.test_packet_filter()
  local body = bytes [[
    01000000 01000000 10000000 1c000000
    08000000 0c000000 14000000 01020304 05060708 f1f2f3f4 f5f6f7f8
  ]]
  local filter = basic.packet_filter("\1\2\3\4\5\6\7\8", "\xf1\xf2\xf3\xf4\xf5\xf6\xf7\xf8")
  local value = { session = 1, filters = { filter } }
  lu.assertEquals(basic.ip_packet_filters.response:decode(body), value)
  lu.assertEquals(hex(assert(basic.ip_packet_filters.set:encode(value))), hex(body))
end

-- The last size counts a string without its padding.
function T.test_base_stations_info()
  local body = bytes [[
    60000000
    00000000 00000000 00000000 00000000 00000000 00000000 4c000000 2e000000
    a0000000 04000000 a4000000 04000000 00000000 00000000 7c000000 24000000 00000000 00000000
    24000000 0a000000 1fcd6504 00190000 36010000 fe6f0000 99ffffff f4ffffff ffffffff "21407" 0000
    01000000 00000000 00000000 ffffffff ffffffff 36010000 ffffffff 99ffffff f4ffffff
    00000000
    00000000
  ]]
  local value = assert(extensions.base_stations_info.response:decode(body))
  lu.assertEquals(value.system_type, set("lte", "5g-nsa"))
  lu.assertEquals(value.lte_serving, {
    provider_id = "21407", cell_id = 0x0465cd1f, earfcn = 6400, pci = 310, tac = 0x6ffe, rsrp = -103, rsrq = -12,
    timing_advance = 0xffffffff,
  })
  lu.assertEquals(#value.lte_neighbours.cells, 1)
  lu.assertEquals(value.lte_neighbours.cells[1].rsrp, -103)
  lu.assertEquals(value.gsm_neighbours.cells, {})
  lu.assertNil(value.gsm_serving)
end

-- Round trips --------------------------------------------------------------------------------------------------------

local function with(more, fields)
  for key, value in pairs(fields) do
    more[key] = value
  end
  return more
end

local caps = {
  device_type = "embedded", cellular_class = set("gsm", "cdma"), voice_class = "simultaneous-voice-and-data",
  sim_class = set("logical", "removable"), data_class = set("umts", "lte", "5g-nsa", "5g-sa", "1xrtt", "custom"),
  sms_caps = set("text-receive", "text-send"), control_caps = set("hardware-radio-switch", "sim-hot-swap"),
  max_sessions = 16, custom_data_class = "HSPA+", device_id = "359072060000042", firmware = "SWI9X30C_02.33.03.00",
  hardware = "MC7455",
}
local caps_v2 = with({ executor = 1 }, caps)

local function pin(min)
  return { mode = "enabled", format = "numeric", min_length = min, max_length = 8 }
end

local provider = {
  id = "310120", state = set("home", "preferred-multicarrier"), name = "Sprint", cellular_class = set "gsm",
  rssi = 23, error_rate = 99,
}
local providers = { providers = { provider, provider } }

local session_state = {
  session = 7, state = "deactivating", voice_call_state = "in-progress", ip_type = "ipv4-and-ipv6",
  context_type = basic.context_types.ims, nw_error = 33,
}
local subscriptions = {
  services = { { service = mbim.services["basic-connect"], cids = { 2, 9, 10 } }, { service = internet, cids = {} } },
}
local packet_filters = { session = 2, filters = { basic.packet_filter("\x45", "\xf0"), basic.packet_filter("", "") } }
local aka_answer = {
  res = ("s"):rep(16), res_length = 8, integrity_key = ("i"):rep(16), ciphering_key = ("c"):rep(16),
  auts = ("u"):rep(14),
}
local context = {
  context = 4, context_type = internet, apn = "internet", user = "ü", password = "p\u{1f511}", compression = true,
  auth = "chap",
}
local context_set = with({ provider_id = "26201" }, context)
local attach = { ip_type = "ipv6", apn = "ia.example", user = "u", password = "p", compression = false, auth = "pap" }
local attach_info = with({ state = "attached" }, attach)
local attach_configuration = with({ roaming = "non-partner", source = "operator" }, attach)

local gsm = { provider_id = "26201", lac = 1, cell_id = 2, arfcn = 4, bsic = 5, rx_level = 6 }
local umts = {
  provider_id = "26202", lac = 1, cell_id = 2, uarfcn = 3, scrambling_code = 4, rscp = -90, ecno = -9, path_loss = 7,
}
local umts_serving = with({ frequency_uplink = 8, frequency_downlink = 9, frequency_tdd = 10 }, umts)
local tdscdma = {
  provider_id = "46000", lac = 1, cell_id = 2, uarfcn = 3, cell_parameter_id = 4, timing_advance = 5, rscp = -80,
  path_loss = 6,
}
local lte = { provider_id = "310120", cell_id = 1, earfcn = 6400, pci = 310, tac = 3, rsrp = -103, rsrq = -12 }
local lte_serving = with({ timing_advance = 12 }, lte)

local context_v2 = {
  ip_type = "ipv4v6", state = "enabled", roaming = "home-and-partner", media = "cellular", source = "operator",
  apn = "internet", user = "u", password = "p", compression = false, auth = "pap",
}
local registration = {
  mico_mode = "disabled", drx_cycle = "not-specified", ladn_info = "requested", default_session = "likely",
  register_again = true, tlvs = "",
}

local samples = {
  [basic] = {
    device_caps = { query = {}, response = caps },
    subscriber_ready_status = { query = {}, response = {
      state = "device-locked", imsi = "310120000000042", iccid = "89011203000000000421",
      ready_info = set "protect-unique-id", telephone_numbers = { "+12025550142", "", "1" },
    } },
    radio_state = { query = {}, set = { state = "on" }, response = { hardware = "off", software = "on" } },
    pin = {
      query = {},
      set = { type = "puk1", operation = "change", pin = "12345678", new_pin = "0000" },
      response = { type = "pin1", state = "locked", remaining_attempts = 3 },
    },
    pin_list = { query = {}, response = {
      pin1 = pin(4), pin2 = pin(5), device_sim_pin = pin(6), device_first_sim_pin = pin(7), network_pin = pin(8),
      network_subset_pin = pin(9), service_provider_pin = pin(10), corporate_pin = pin(11), subsidy_lock = pin(12),
      custom = pin(13),
    } },
    home_provider = { query = {}, set = provider, response = provider },
    preferred_providers = { query = {}, set = providers, response = providers },
    visible_providers = { query = { action = "restricted-scan" }, response = providers },
    register_state = {
      query = {},
      set = { provider_id = "310120", action = "manual", data_class = set "lte" },
      response = {
        nw_error = 11, state = "denied", mode = "manual", available_data_classes = set("hsupa", "lte"),
        cellular_class = set "gsm", provider_id = "310120", provider_name = "Sprint", roaming_text = "extended",
        flags = set("manual-selection-not-available", "automatic-attach"),
      },
    },
    packet_service = { query = {}, set = { action = "detach" }, response = {
      nw_error = 7, state = "detached", highest_data_class = set "5g-sa", uplink_speed = 1 << 40,
      downlink_speed = -1,
    } },
    signal_state = {
      query = {},
      set = { interval = 30, rssi_threshold = 2, error_rate_threshold = 0 },
      response = {
        rssi = 31, error_rate = 99, interval = 30, rssi_threshold = 2, error_rate_threshold = 1,
      },
    },
    connect = { query = session_state, response = session_state, set = {
      session = 255, command = "activate", apn = "r.ispsn", user = "käthe", password = "пароль", compression = true,
      auth = "mschapv2", ip_type = "ipv4v6", context_type = internet,
    } },
    provisioned_contexts = { query = {}, set = context_set, response = { contexts = { context, context } } },
    service_activation = { set = { data = "\0\1\2" }, response = { nw_error = 6, data = "abcd" } },
    ip_configuration = { query = ip_configuration, response = ip_configuration },
    device_services = { query = {}, response = { max_dss_sessions = 2, services = {
      { service = mbim.services.sms, dss_payload = 3, max_dss_instances = 1, cids = { 1, 2, 3, 4, 5 } },
      { service = mbim.services.dss, dss_payload = 0, max_dss_instances = 0, cids = {} },
    } } },
    device_service_subscribe_list = { set = subscriptions, response = subscriptions },
    packet_statistics = { query = {}, response = {
      in_discards = 1, in_errors = 2, in_octets = 1 << 33, in_packets = 4, out_octets = 5, out_packets = 6,
      out_errors = 7, out_discards = 8,
    } },
    network_idle_hint = { query = {}, set = { state = "enabled" }, response = { state = "disabled" } },
    emergency_mode = { query = {}, set = { state = "on" }, response = { state = "off" } },
    ip_packet_filters = { query = packet_filters, set = packet_filters, response = packet_filters },
    multicarrier_providers = { query = {}, set = providers, response = { providers = {} } },
  },
  [extensions] = {
    lte_attach_configuration = {
      query = {},
      set = { operation = "restore-factory", configurations = { attach_configuration } },
      response = { configurations = { attach_configuration, attach_configuration, attach_configuration } },
    },
    lte_attach_info = { query = {}, response = attach_info },
    sys_caps = { query = {}, response = { executors = 1, slots = 2, concurrency = 1, modem_id = 0x123456789a } },
    device_caps = { query = {}, response = caps_v2 },
    provisioned_contexts = {
      query = {},
      set = with({ operation = "default", context_type = internet }, context_v2),
      response = { contexts = { with({ context = 1, context_type = internet }, context_v2) } },
    },
    modem_configuration = {
      query = {}, response = { status = "completed", configuration_name = "ROW", tlvs = "" },
    },
    registration_parameters = { query = {}, set = registration, response = registration },
    network_parameters = {
      query = { configurations = true, policies = false, tlvs = "" },
      response = { mico_registration_area = "unknown", drx_cycle = "128", tlvs = "" },
    },
    wake_reason = { query = {}, response = { woken_by = "packet", session = 0, tlvs = "abcd" } },
    ue_policy = { query = { tlvs = "" }, response = { tlvs = "abcd" } },
    device_slot_mappings = {
      query = {}, set = { executors = { { slot = 1 } } }, response = { executors = { { slot = 0 }, { slot = 1 } } },
    },
    slot_info_status = { query = { slot = 1 }, response = { slot = 1, state = "active-esim-no-profiles" } },
    pco = {
      query = { session = 1, size = 0, type = "complete", data = "" },
      response = { session = 1, size = 5, type = "partial", data = "\x27\3\x80\0\1" },
    },
    device_reset = { set = {}, response = {} },
    base_stations_info = {
      query = { max_gsm = 1, max_umts = 2, max_tdscdma = 3, max_lte = 4, max_cdma = 5 },
      response = {
        system_type = set "lte", gsm_serving = with({ timing_advance = 3 }, gsm), umts_serving = umts_serving,
        tdscdma_serving = tdscdma, lte_serving = lte_serving, gsm_neighbours = { cells = { gsm } },
        umts_neighbours = { cells = { umts, umts } },
        tdscdma_neighbours = { cells = { tdscdma } }, lte_neighbours = { cells = { lte, lte, lte } },
        cdma_cells = { cells = { {
          serving = true, nid = 1, sid = 2, base_station_id = 3, latitude = 4, longitude = 5, pilot_pn = 6,
          gps_seconds = 7, pilot_strength = 8,
        } } },
      },
    },
    location_info_status = { query = {}, response = { lac = 1, tac = 2, cell_id = 3 } },
    version = { query = { mbim = 0x0100, mbimex = 0x0200 }, response = { mbim = 0x0100, mbimex = 0x0100 } },
  },
  [require "mbim.sms"] = {
    configuration = {
      query = {}, set = { format = "pdu", centre_address = "+12404492164" },
      response = {
        storage_state = "initialized", format = "pdu", max_messages = 23, cdma_max_length = 0,
        centre_address = "+12404492164",
      },
    },
    read = {
      query = { format = "pdu", flag = "index", index = 6 },
      response = { format = "pdu", messages = {
        { index = 6, status = "sent", pdu = "\1\2\3\4" }, { index = 7, status = "new", pdu = "\0\1\2\3" },
      } },
    },
    send = { set = { format = "pdu", message = { pdu = "\0\1\0\1" } }, response = { reference = 7 } },
    delete = { set = { flag = "all", index = 0 }, response = {} },
    store_status = { query = {}, response = { flags = { new = true }, index = 7 } },
  },
  [require "mbim.ussd"] = {
    ussd = {
      set = { action = "continue", scheme = 15, payload = "\x31\0\0\0" },
      response = { response = "no-action-required", session_state = "existing", scheme = 15, payload = "\1\2\3\4" },
    },
  },
  [require "mbim.ms_uicc_low_level_access"] = {
    atr = { query = {}, response = { atr = "\x3b\x9f\x96" } },
    open_channel = {
      set = { aid = "\xa0\0\0\5\x59", select_p2 = 0x0c, group = 1 },
      response = { status = { sw1 = 0x90, sw2 = 0, unused = 0 }, channel = 2, response = "\x6f\0" },
    },
    close_channel = { set = { channel = 2, group = 0 }, response = { status = { sw1 = 0x90, sw2 = 0, unused = 0 } } },
    apdu = {
      set = {
        channel = 1, secure_messaging = "no-header-authentication", class = "extended", command = "\x80\xe2\x91",
      },
      response = { status = { sw1 = 0x61, sw2 = 0x15, unused = 0 }, response = "\1\2\3" },
    },
    terminal_capability = {
      query = {}, set = { capabilities = { "\x81\1\1", "\x83\1\7" } },
      response = { capabilities = { "\x81\1\1" } },
    },
    reset = { query = {}, set = { pass_through = "enable" }, response = { pass_through = "disabled" } },
    application_list = {
      query = {},
      response = { version = 1, active_index = 0, size = 44, applications = { {
        type = "isim", aid = "\xa0\0\0\0\x87\x10\4", label = "", pin_reference_count = 1, pin_references = "\1",
      } } },
    },
    file_status = {
      query = { version = 1, aid = "\xa0\0\0\0\x87", file_path = "\x7f\xff\x6f\7" },
      response = {
        version = 1, sw1 = 0x90, sw2 = 0, accessibility = "not-shareable", type = "working-ef",
        structure = "transparent", item_count = 1, item_size = 9,
        access_read = "pin1", access_update = "adm", access_activate = "adm",
        access_deactivate = "adm",
      },
    },
    read_binary = {
      query = {
        version = 1, aid = "\xa0\0\0\0\x87", file_path = "\x7f\xff\x6f\7", read_offset = 0, read_size = 0,
        local_pin = "", data = "",
      },
      response = { version = 1, sw1 = 0x90, sw2 = 0, data = "\1\2" },
    },
    read_record = {
      query = {
        version = 1, aid = "\xa0\0\0\0\x87", file_path = "\x7f\xff\x6f\7", record_number = 1, local_pin = "",
        data = "",
      },
      response = { version = 1, sw1 = 0x90, sw2 = 0, data = "\1\2" },
    },
  },
  [require "mbim.phonebook"] = {
    configuration = {
      query = {},
      response = {
        state = "initialized", max_entries = 500, used_entries = 10, max_number_length = 80, max_name_length = 18,
      },
    },
    read = {
      query = { flag = "all", index = 0 },
      response = { entries = { { index = 1, number = "+15550100", name = "Ann" } } },
    },
    delete = { set = { flag = "index", index = 3 }, response = {} },
    write = { set = { flag = "unused", index = 0, number = "+15550101", name = "Bob" }, response = {} },
  },
  [require "mbim.stk"] = {
    pac = {
      query = {}, set = { host_control = ("\1\2"):rep(16) }, response = { support = ("\0\7"):rep(128) },
      indication = { type = "proactive-command", command = "\xd0\2\x81\3" },
    },
    terminal_response = {
      set = { length = 4, bytes = "\x81\3\1\2" }, response = { result = "\1\2", status_words = 0x9000 },
    },
    envelope = { query = {}, set = { bytes = "\xd1\2\x82\2" }, response = { support = ("\1"):rep(32) } },
  },
  [require "mbim.auth"] = {
    aka = { query = { rand = ("r"):rep(16), autn = ("a"):rep(16) }, response = aka_answer },
    akap = {
      query = { rand = ("r"):rep(16), autn = ("a"):rep(16), network_name = "WLAN" }, response = aka_answer,
    },
    sim = {
      query = { rand_1 = ("1"):rep(16), rand_2 = ("2"):rep(16), rand_3 = ("3"):rep(16), count = 3 },
      response = { sres_1 = 1, kc_1 = 1 << 40, sres_2 = 2, kc_2 = 2, sres_3 = 3, kc_3 = 3, count = 3 },
    },
  },
  [require "mbim.dss"] = {
    connect = { set = { service = internet, session = 255, link_state = "activate" }, response = {} },
  },
  [require "mbim.ms_sar"] = {
    config = {
      query = {}, set = { mode = "os", backoff = "enabled", states = { { antenna = 0, backoff_index = 2 } } },
      response = {
        mode = "device", backoff = "disabled", wifi_integration = 1, states = { { antenna = 1, backoff_index = 0 } },
      },
    },
    transmission_status = {
      query = {}, set = { notification = "enabled", hysteresis = 5 },
      response = { notification = "enabled", transmission = "active", hysteresis = 5 },
    },
  },
  [require "mbim.ms_voice_extensions"] = {
    nitz = {
      query = {},
      response = {
        year = 2026, month = 11, day = 30, hour = 21, minute = 5, second = 59, time_zone_minutes = -300,
        daylight_saving_minutes = 60, data_class = set "lte",
      },
    },
  },
  [require "mbim.ms_host_shutdown"] = { notify = { set = {}, response = {} } },
  [require "mbim.atds"] = {
    signal = {
      query = {},
      response = { rssi = 20, error_rate = 99, rscp = 255, ecno = 255, rsrq = 20, rsrp = 50, rssnr = 30 },
    },
    location = { query = {}, response = { lac = 1, tac = 2, cell_id = 3 } },
    operators = {
      query = {},
      response = { operators = { {
        id = "310410", state = { visible = true }, name = "AT&T", technology = "lte", rssi = 20, error_rate = 99,
      } } },
    },
    rat = { query = {}, set = { mode = "4g-only" }, response = { mode = "automatic" } },
    register_state = {
      query = {},
      response = {
        nw_error = 0, state = "home", mode = "automatic", available_data_classes = { lte = true },
        cellular_class = { gsm = true }, provider_id = "310410", provider_name = "AT&T", roaming_text = "", flags = {},
      },
    },
  },
  [require "mbim.google"] = {
    carrier_lock = {
      query = {}, set = { data = "abcd" }, response = { lock = "applied", state = "registered", cause = "match" },
    },
  },
  [require "mbim.qdu"] = {
    update_session = {
      query = {}, set = { action = "start", session_type = "le" },
      response = {
        session_type = "le", status = "file-transfer", last_session_type = "none", last_result = "success",
        error_offset = 0, error_size = 0,
      },
    },
    file_open = {
      query = {}, set = { file_type = "little-endian-package", size = 4096 },
      response = { transfer_size = 2048, window_size = 1 },
    },
    file_write = { set = { data = "abcd" }, response = {} },
  },
  [require "mbim.ext_qmux"] = {
    message = { set = { qmux = "\1\11\0\0\0\0\0\1\39\0\0\0" }, response = { qmux = "\1\11\0\128\0\0\1\1\39\0\0\0" } },
  },
  [require "mbim.proxy_control"] = {
    configuration = { set = { device = "/dev/cdc-wdm0", timeout = 30 }, response = {} },
    version = { indication = { mbim = 0x0100, mbimex = 0x0200 } },
  },
  [require "mbim.ms_firmware_id"] = {
    get = { query = {}, response = { id = "4e967e0b-1f9c-4a0d-9f2d-5e1a5c8a9071" } },
  },
  [require "makers.quectel.mbim"] = {
    radio_state = { query = {}, set = { state = "on" }, response = { state = "off" } },
    at_command = { set = { kind = "at", bytes = "AT\r\n" }, response = { status = "ok", bytes = "OK\r\n" } },
    reboot = { set = { kind = "emergency-download" }, response = {} },
    read_version = { set = { kind = "firmware-build" }, response = { kind = 256, version = "EM05CEFAR06A07M4G" } },
  },
  [require "makers.fibocom.mbim"] = { at_command = { set = { bytes = "AT\r\n" }, response = { bytes = "OK\r\n" } } },
  [require "makers.intel.mbim"] = {
    at_command = { set = { bytes = "AT\r\n" }, response = { bytes = "OK\r\n" } },
    fcc_lock = {
      query = {}, set = { has_response = true, response = 7 }, response = { has_challenge = true, challenge = 5 },
    },
    rfim = {
      query = {}, set = { active = true },
      response = { frequencies = { {
        serving_cell = 0, frequency = 1842500000, bandwidth = 20, rsrp = 60, rsrq = 20, sinr = 20, rssi = 40,
        connected = true,
      } } },
    },
    modem_reboot = { set = { boot_mode = "normal", timeout = 2 }, response = {} },
    trace_config = {
      query = { trace = "level" }, set = { trace = "mode", setting = 1 }, response = { trace = "mode", result = 0 },
    },
  },
  [require "makers.compal.mbim"] = { at_command = { query = { bytes = "AT\r\n" }, response = { bytes = "OK\r\n" } } },
}

function T.test_every_codec_round_trips()
  local commands = 0
  for module, samples_of in pairs(samples) do
    for key, command in pairs(module) do
      if type(command) == "table" and command.cid then
        commands = commands + 1
        for _, part in ipairs { "query", "set", "response", "indication" } do
          -- An indication is mostly the response once more.
          local codec = (part ~= "indication" or command.indication ~= command.response) and command[part] or nil
          local value = (samples_of[key] or {})[part]
          local where = key .. " " .. part
          lu.assertEquals(value ~= nil, codec ~= nil, where .. ": a sample for each codec")
          if codec then
            local encoded = assert(codec:encode(value))
            lu.assertEquals(#encoded % 4, where:find("^service_activation set") and 3
              or where == "pco response" and 1 or where:find("^aka.* response") and 2
              or (where == "reboot set" or where == "read_version set") and 2 or 0, where)
            lu.assertEquals(assert(codec:decode(encoded)), value, where)
          end
        end
      end
    end
  end
  lu.assertEquals(commands, #messages)
end

-- With nothing filled in, every message is valid still: zeros and empty lists.
function T.test_every_codec_takes_nothing()
  for _, command in ipairs(messages) do
    for _, part in ipairs { "query", "set", "response" } do
      local codec = command[part]
      if codec then
        local encoded = assert(codec:encode {})
        local again = assert(codec:encode(assert(codec:decode(encoded))))
        lu.assertEquals(hex(again), hex(encoded), tostring(command) .. " " .. part)
      end
    end
  end
end

-- Every cut of a message is either refused or, where lists and strings are empty, still fine: never a raise.
function T.test_cut_messages_never_raise()
  for module, samples_of in pairs(samples) do
    for key, parts in pairs(samples_of) do
      local part = parts.response and "response" or "indication"
      local encoded = assert(module[key][part]:encode(parts[part]))
      for length = 0, #encoded - 1 do
        local value, err = module[key][part]:decode(encoded:sub(1, length))
        lu.assertTrue(value ~= nil or err.code == "malformed", key)
      end
    end
  end
end

-- Declarations -------------------------------------------------------------------------------------------------------

function T.test_basic_connect_is_complete()
  for cid = 1, 24 do
    local command = mbim.lookup("a289cc33-bcbb-8b4f-b6b0-133ec2aae6df", cid)
    lu.assertEquals(command == nil, cid == 17 or cid == 18, "cid " .. cid)
  end
end

function T.test_commands_that_can_be_queried()
  lu.assertNil(basic.device_caps.set)
  lu.assertNil(basic.device_caps.indication)
  lu.assertNil(basic.service_activation.query)
  lu.assertEquals(basic.connect.indication, basic.connect.response)
  lu.assertEquals(tostring(basic.connect), "Connect (basic-connect 12)")
end

function T.test_vendor_command()
  local vendor = "0f0e0d0c-0b0a-0908-0706-050403020100"
  local function declare(name)
    return mbim.command {
      service = vendor:upper(), cid = 5, name = name,
      query = {}, response = { mbim.u32 "temperature", mbim.text "sensor" },
    }
  end
  local command = declare "Test Temperature"
  lu.assertEquals(command.service, vendor)
  lu.assertEquals(mbim.lookup(vendor, 5), command)
  lu.assertEquals(mbim.service { name = "test-vendor", uuid = vendor }, "test-vendor")
  lu.assertEquals(declare("Test Temperature").service, "test-vendor") -- a script that runs again
  lu.assertErrorMsgContains("is Test Temperature already", declare, "Another")
  lu.assertErrorMsgContains("taken", mbim.service, { name = "sms", uuid = vendor })
  lu.assertErrorMsgContains("no UUID", mbim.service, { name = "x", uuid = "123" })
end

function T.test_mistakes_raise_at_load()
  local function mistake(expected, changes)
    local declaration = { service = "sms", cid = 99, name = "Test", query = {} }
    for key, value in pairs(changes) do
      declaration[key] = value
    end
    lu.assertErrorMsgContains(expected, mbim.command, declaration)
  end
  mistake("unknown service 'smms'", { service = "smms" })
  mistake("no 'responce'", { responce = {} })
  mistake("cid", { cid = 0 })
  mistake("no response to take it from", { indication = true })
  mistake("Test", { response = { "session" } })
  mistake("Test.list", { response = { mbim.u32 "state", mbim.refs(mbim.utf16, "nothing") "list" } })
  lu.assertErrorMsgContains("list wants a type", mbim.list, mbim.u32, "u32")
  lu.assertErrorMsgContains("field's name", mbim.u32, 5)
  lu.assertErrorMsgContains("plain unsigned type", mbim.enum, mbim.i32, {})
end

function T.test_words()
  local code, sentence = mbim.status(1)
  lu.assertEquals(code, "busy")
  lu.assertStrContains(sentence, "busy")
  lu.assertEquals(mbim.status(5), "pin-required")
  lu.assertEquals(mbim.status(38), "context-not-supported")
  lu.assertEquals((mbim.status(4711)), "status-4711")
  lu.assertEquals((mbim.protocol_error(5)), "not-opened")
  lu.assertEquals((mbim.protocol_error(99)), "protocol-error-99")
  lu.assertEquals(cause.verdict(33, "session").words, "requested service option not subscribed")
  lu.assertNotEquals(cause.verdict(8, "session").words, cause.verdict(8, "registration").words)
  lu.assertEquals(cause.verdict(200, "session").words, "network cause 200")
  lu.assertNil(cause.verdict(0, "session"))
  lu.assertErrorMsgContains("a session's cause", cause.verdict, 33)
end

return T
