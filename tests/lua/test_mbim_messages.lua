-- SPDX-License-Identifier: MIT
-- The MBIM declarations against bytes: known messages decode as expected; and mistakes in declarations.

local basic = require "mbim.basic_connect"
local cause = require "cause"
local dump = require "support.hex"
local extensions = require "mbim.ms_basic_connect_extensions"
local lu = require "luaunit"
local mbim = require "mbim"

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
