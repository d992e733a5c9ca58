-- SPDX-License-Identifier: MIT
-- `moontower decode`: known bytes, broken bytes, secrets.

local basic = require "mbim.basic_connect"
local core_mbim = require "core.mbim"
local core_qmi = require "core.qmi"
local decode = require "decode"
local dms = require "qmi.dms"
local json = require "dkjson"
local lu = require "luaunit"
local mbim = require "mbim"
local nas = require "qmi.nas"
local printer = require "decode.print"
local process = require "core.process"
local qmi = require "qmi"
local schema = require "schema"
local uim = require "qmi.uim"

local T = {}

local executable = require("core.program").executable

local function hex(bytes)
  return (bytes:gsub(".", function(c) return ("%02x"):format(c:byte()) end))
end

local function unhex(text)
  return (text:gsub("%s", ""):gsub("%x%x", function(byte) return string.char(tonumber(byte, 16)) end))
end

local function text_of(view) return table.concat(printer.all(view), "\n") end
local function json_of(view) return (json.decode(printer.json(view))) end

local function run(...)
  return assert(process.run { executable, "decode", timeout = 600, ... })
end

local function command(declared, set, values)
  return core_mbim.build {
    type = "command", transaction = 9, service = declared.service_uuid, cid = declared.cid, set = set,
    info = assert(declared[set and "set" or "query"]:encode(values)),
  }
end

local function done(declared, values, status)
  return core_mbim.build {
    type = "command-done", transaction = 9, service = declared.service_uuid, cid = declared.cid,
    status = status or 0, info = values and assert(declared.response:encode(values)) or "",
  }
end

local function frame(message, kind, values, client)
  return core_qmi.build {
    service = message.service_id, client = client or 1, type = kind, transaction = 5, id = message.id,
    from_modem = kind ~= "request", tlvs = assert(message[kind]:encode(values)),
  }
end

local CONNECT = command(basic.connect, true, {
  session = 0, command = "activate", apn = "r.ispsn", user = "tester", password = "hunter2", auth = "chap",
  ip_type = "ipv4v6", context_type = basic.context_types.internet,
})

local IP = done(basic.ip_configuration, {
  session = 0, ipv4_available = { address = true, dns = true }, ipv4_dns = { "8.8.8.8", "1.1.1.1" },
  ipv4_addresses = { { prefix_length = 30, address = "10.0.0.2" }, { prefix_length = 24, address = "10.1.0.2" } },
  ipv4_mtu = 1500,
})

local GET_IDS = frame(dms.get_ids, "response", {
  result = { status = 0, error = 0 }, imei = "359072060000011", unknown = { [0x77] = "\1\2\3" },
})

local VERIFY_PIN = frame(uim.verify_pin, "request", {
  session = { session_type = "primary-gw-provisioning" }, info = { pin_id = "pin1", pin_value = "4711" },
})

-- ---- well-formed ----

-- QMUX has a byte for it; qmi-proxy, and QRTR, have two.
function T.test_services_with_a_number_of_two_bytes()
  local ctl = require "qmi.ctl"
  local proxy = frame(ctl.proxy_allocate_cid, "request", { service = "ssc" }, 0)
  lu.assertStrContains(text_of(decode.decode(proxy)), "ssc")
  lu.assertStrContains(text_of(decode.decode(unhex "00 01 00 20 00 00 00", qmi.services.ssc)), "ssc (0x190)")
  lu.assertErrorMsgContains("QMUX carries no service above 0xff", qmi.message, {
    service = "ssc", id = 0x20, name = "Sensors", response = {},
  })
end

-- Networks and areas as 3GPP packs them.
function T.test_packed_networks_and_areas()
  local function told(plmn)
    return text_of(decode.decode(frame(nas.get_cell_location_info, "response", {
      result = { status = 0, error = 0 },
      nr5g_cell_information = {
        plmn = plmn, tracking_area_code = "\0\1\2", global_cell_id = 1, physical_cell_id = 2,
        rsrq = 0, rsrp = 0, snr = 0,
      },
    })))
  end
  for plmn, words in pairs {
    ["\x13\x00\x14"] = "310410", ["\x62\xf2\x10"] = "26201", ["\xff\xff\xff"] = "ff ff ff",
  } do
    lu.assertStrMatches(told(plmn), (".*plmn +%s\n.*tracking_area_code +258\n.*"):format(words))
  end
end

function T.test_open()
  local view = decode.decode(unhex "01000000 10000000 02000000 00100000")
  lu.assertNil(view:failure())
  lu.assertEquals(text_of(view), "MBIM open to the modem, 16 bytes\n  transaction  2\n\n  max_control  4096")
end

function T.test_values_come_in_the_order_of_their_declaration()
  local text = text_of(decode.decode(CONNECT))
  lu.assertEquals(text, [[
MBIM command to the modem, ]] .. #CONNECT .. [[ bytes
  transaction  9
  service      basic-connect (a289cc33-bcbb-8b4f-b6b0-133ec2aae6df)
  command      Connect (12)
  operation    set

  session       0
  command       activate
  apn           r.ispsn
  user          tester
  password      (hidden)
  compression   false
  auth          chap
  ip_type       ipv4v6
  context_type  internet (7e5e2a7e-4e6f-7272-736b-656e7e5e2a7e)]])
end

function T.test_lists_and_flags()
  local text = text_of(decode.decode(IP))
  lu.assertStrContains(text, "ipv4_available  address, dns\n  ipv6_available  (none)\n")
  lu.assertStrContains(text, [[
  ipv4_addresses
    - prefix_length  30
      address        10.0.0.2
    - prefix_length  24
      address        10.1.0.2
]])
  lu.assertStrContains(text, "ipv4_dns        8.8.8.8, 1.1.1.1")
  local values = json_of(decode.decode(IP)).values
  lu.assertEquals(values.ipv4_available, { "address", "dns" })
  lu.assertEquals(values.ipv4_addresses[2].address, "10.1.0.2")
end

function T.test_status_in_words()
  local view = decode.decode(done(basic.connect, nil, 2))
  lu.assertNil(view:failure())
  lu.assertStrContains(text_of(view), "status       failure (2): the modem failed and does not say why")
  lu.assertEquals(view.summary, "MBIM #9 Connect: failure (2): the modem failed and does not say why")
  lu.assertEquals(json_of(view).status.name, "failure")
  view = decode.decode(core_mbim.build { type = "function-error", transaction = 3, status = 5 })
  lu.assertStrContains(text_of(view), "not-opened (5): the modem says it has not been opened")
end

function T.test_a_refusal_may_have_a_short_body()
  local bytes = core_mbim.build {
    type = "command-done", transaction = 1, service = basic.connect.service_uuid, cid = 12, status = 2, info = "\0\0",
  }
  lu.assertNil(decode.decode(bytes):failure())
end

function T.test_unknown_commands_are_shown_in_hex()
  local bytes = core_mbim.build {
    type = "indication", service = "0f0e0d0c-0b0a-0908-0706-050403020199", cid = 7, info = "\1\2hello, world and so on",
  }
  local view = decode.decode(bytes)
  lu.assertNil(view:failure())
  lu.assertStrContains(text_of(view), "0f0e0d0c-0b0a-0908-0706-050403020199\n  command      7\n")
  lu.assertStrContains(text_of(view), "01 02 68 65 6c 6c 6f 2c 20 77 6f 72 6c 64 20 61  ..hello, world a\n")
  lu.assertEquals(json_of(view).payload, hex "\1\2hello, world and so on")
end

function T.test_a_script_s_own_command_has_its_name()
  mbim.command {
    service = "0f0e0d0c-0b0a-0908-0706-050403020100", cid = 5, name = "Acme Temperature",
    query = {}, response = { schema.u32 "celsius" },
  }
  local text = text_of(decode.decode(core_mbim.build {
    type = "command-done", transaction = 1, status = 0, service = "0f0e0d0c-0b0a-0908-0706-050403020100", cid = 5,
    info = "\42\0\0\0",
  }))
  lu.assertStrContains(text, "Acme Temperature (5)")
  lu.assertStrContains(text, "celsius  42")
end

function T.test_fragments()
  local fragments = core_mbim.split(IP, 64)
  lu.assertTrue(#fragments > 2)
  local text = text_of(decode.decode(fragments[2]))
  lu.assertStrContains(text, "fragment     2 of " .. #fragments)
  lu.assertStrContains(text, "payload")
  lu.assertNotStrContains(text, "service")
  lu.assertStrContains(text_of(decode.decode(fragments[1])), "IP Configuration (15)")
  local view = decode.decode(fragments[2]:sub(1, 16) .. "\9" .. fragments[2]:sub(18))
  lu.assertStrContains(tostring(view:failure()),
    "MBIM command-done.current: below " .. #fragments .. " wanted, it says 9")
end

function T.test_qmi()
  local view = decode.decode(GET_IDS)
  lu.assertNil(view:failure())
  lu.assertEquals(text_of(view), [[
QMI response from the modem, 44 bytes
  service      dms (0x02)
  client       1
  transaction  5
  message      Get IDs (0x0025)
  status       ok

  0x11 imei       359072060000011
  0x77 (unknown)  01 02 03]])
  lu.assertEquals(json_of(view).tlvs, {
    { tag = 0x11, name = "imei", value = "359072060000011" }, { tag = 0x77, bytes = "010203" },
  })
end

function T.test_bare_qmi()
  lu.assertEquals(decode.decode(GET_IDS:sub(7), 2).summary, "QMI #5 dms Get IDs: ok")
  local result = run("--service", "dms", hex(GET_IDS:sub(7)))
  lu.assertEquals(result.status, 0)
  lu.assertStrContains(result.stdout, "0x11 imei       359072060000011")
  lu.assertEquals(run("--service", "2", hex(GET_IDS:sub(7))).stdout, result.stdout)
end

function T.test_qmi_failure_in_words()
  local text = text_of(decode.decode(frame(dms.get_ids, "response", { result = { status = 1, error = 26 } })))
  lu.assertStrContains(text, "status       no-effect (26): ")
end

function T.test_qmi_inside_mbim()
  local outer = core_mbim.build {
    type = "command-done", transaction = 3, status = 0, service = mbim.services["ext-qmux"], cid = 1, info = GET_IDS,
  }
  local view = decode.decode(outer)
  lu.assertNil(view:failure())
  lu.assertStrContains(text_of(view), "MBIM command-done from the modem")
  lu.assertStrContains(text_of(view), "QMI response from the modem")
  lu.assertStrContains(text_of(view), "0x11 imei       359072060000011")
  lu.assertEquals(json_of(view).qmi.message, "Get IDs")
end

-- ---- broken ----

function T.test_missing_parts_of_a_bad_message_are_named()
  for _, case in ipairs {
    { "02", "the first 4 bytes tell what it is, but only 1 are there" },
    { "05050505", "0x05050505, is no MBIM message type" },
    { "01000000 10000000 02000000", "MBIM open.length: it says 16 bytes, 12 are there" },
    { "01000000 0c000000 02000000", "MBIM open.max_control: 4 bytes wanted, 0 left" },
    { "01000000 08000000 02000000 00100000", "MBIM open.length: at least 12 wanted, it says 8" },
    { "01 0d00 00 02 01 00 0500 2500 0000", "QMUX.length: it says 14 bytes, 13 are there" },
    { "01 0200 00", "QMUX.length: at least 5 wanted, it says 2" },
    { "01 0600 00 02 01 00 05", "QMI.transaction: 2 bytes wanted, 0 left" },
    { "01 0c00 00 02 01 00 0500 2500 0400", "QMI.length: it says 4 bytes of TLVs, 0 are there" },
    { "01 0f00 80 02 01 02 0500 2500 0300 020400", "TLV 0x02: 4 bytes wanted, 0 left" },
    { "01 0c00 00 02 01 55 0500 2500 0000", "QMI.flags: 0x55 is no type of message" },
  } do
    local view = decode.decode(unhex(case[1]))
    lu.assertStrContains(tostring(view:failure()), case[2])
    lu.assertEquals(view:failure().code, "malformed")
    lu.assertEquals(json_of(view).error.code, "malformed")
  end
end

function T.test_the_readable_part_is_shown()
  local caps = done(basic.device_caps, { max_sessions = 8, device_id = "359072060000011", firmware = "SWI9X30C" })
  local view = decode.decode(caps:sub(1, 90))
  lu.assertStrContains(tostring(view:failure()), "it says " .. #caps .. " bytes, 90 are there")
  lu.assertStrContains(text_of(view), "Device Caps (1)")
  lu.assertStrContains(text_of(view), "max_sessions       8")
  -- whole, but for an offset to nowhere: that of the firmware
  local at = 48 + 4 * 8 + 16 + 1
  view = decode.decode(caps:sub(1, at - 1) .. "\xff\xff\0\0" .. caps:sub(at + 4))
  lu.assertStrContains(tostring(view:failure()), "Device Caps.firmware")
  lu.assertStrContains(text_of(view), "device_id          359072060000011")
  view = decode.decode(GET_IDS:sub(1, 30))
  lu.assertStrContains(text_of(view), "0x11 imei: 15 bytes wanted, 7 left  33 35 39 30 37 32 30")
end

function T.test_bytes_after_the_end_are_no_mistake()
  local view = decode.decode(IP .. "\0\0")
  lu.assertNil(view:failure())
  lu.assertStrContains(text_of(view), "note: 2 bytes after the end of the message")
  lu.assertNil(decode.decode(GET_IDS .. "\0"):failure())
end

---Wherever the message is cut: decoding never raises, says why, and agrees with the receiving codecs.
local function assert_cuts(bytes, parse, service)
  for length = 1, #bytes - 1 do
    local part = bytes:sub(1, length)
    local view = decode.decode(part, service)
    lu.assertNotNil(view:failure(), hex(part))
    lu.assertNotEquals(text_of(view), "")
    lu.assertNotNil(json_of(view).error)
    lu.assertNil(parse and parse(part))
  end
  lu.assertNil(decode.decode(bytes, service):failure())
end

function T.test_every_cut_says_something()
  assert_cuts(CONNECT, core_mbim.parse)
  assert_cuts(IP, core_mbim.parse)
  assert_cuts(core_mbim.build { type = "open", transaction = 1, max_control = 512 }, core_mbim.parse)
  assert_cuts(GET_IDS, core_qmi.parse)
  assert_cuts(VERIFY_PIN, core_qmi.parse)
  assert_cuts(GET_IDS:sub(7), nil, 2)
  assert_cuts(core_mbim.build {
    type = "command-done", transaction = 3, status = 0, service = mbim.services["ext-qmux"], cid = 1, info = GET_IDS,
  }, core_mbim.parse)
end

function T.test_no_byte_can_make_it_raise()
  local random = 1
  local function next_random(limit)
    random = (random * 1103515245 + 12345) & 0x7fffffff
    return (random >> 8) % limit
  end
  for _, bytes in ipairs { CONNECT, IP, GET_IDS, VERIFY_PIN } do
    for _ = 1, 1000 do
      local at = next_random(#bytes) + 1
      local view = decode.decode(bytes:sub(1, at - 1) .. string.char(next_random(256)) .. bytes:sub(at + 1))
      lu.assertNotEquals(text_of(view), "")
      lu.assertNotEquals(printer.json(view), "")
    end
  end
end

-- ---- secrets ----

local function assert_hidden(bytes, secret)
  local view = decode.decode(bytes)
  local text, object = text_of(view), printer.json(view)
  for _, output in ipairs { text, object } do
    lu.assertNotStrContains(output, secret)
    lu.assertNotStrContains(output:gsub("%s", ""), hex(secret))
  end
  return text .. object
end

function T.test_secrets_are_hidden()
  lu.assertStrContains(assert_hidden(CONNECT, "hunter2"), '"password":"(hidden)"')
  lu.assertStrContains(assert_hidden(VERIFY_PIN, "4711"), "(hidden)")
  assert_hidden(core_mbim.build {
    type = "command", transaction = 3, set = true, service = mbim.services["ext-qmux"], cid = 1, info = VERIFY_PIN,
  }, "4711")
end

function T.test_a_broken_message_keeps_its_secrets()
  local utf16 = ("hunter2"):gsub(".", "%0\0")
  for length = 44, #CONNECT - 1 do
    assert_hidden(CONNECT:sub(1, length), utf16:sub(1, 6))
  end
  for length = 10, #VERIFY_PIN - 1 do
    assert_hidden(VERIFY_PIN:sub(1, length), "471")
  end
  lu.assertStrContains(text_of(decode.decode(CONNECT:sub(1, -8))), "payload  (hidden)")
  lu.assertStrContains(text_of(decode.decode(core_mbim.split(CONNECT, 64)[1])), "payload  (hidden)")
end

-- ---- the command ----

function T.test_hex_as_people_paste_it()
  local expected = run("01000000100000000200000000100000").stdout
  for _, text in ipairs {
    "01:00:00:00:10:00:00:00:02:00:00:00:00:10:00:00", "0x01000000 0x10000000\n0x02000000 0x00100000",
    "01,00,00,00 10 0000 00 0200000000100000",
  } do
    lu.assertEquals(run(text).stdout, expected)
  end
  lu.assertEquals(run("01000000", "10000000", "02000000", "00100000").stdout, expected)
  local piped = assert(process.run {
    "sh", "-c", ("printf '01000000 10000000\\n02000000 00100000\\n' | %s decode -"):format(executable), timeout = 20,
  })
  lu.assertEquals(piped.stdout, expected)
end

function T.test_input_that_is_no_hex()
  for argument, words in pairs {
    xy = "'x' is no hexadecimal digit", ["123"] = "odd number of digits", [""] = "no bytes",
  } do
    local result = run(argument)
    lu.assertEquals(result.status, 2)
    lu.assertStrContains(result.stderr, words)
  end
  lu.assertStrContains(run("--service", "nope", "00").stderr, "there is no QMI service 'nope'")
end

function T.test_exit_status()
  local good, bad = run(hex(IP)), run(hex(IP:sub(1, 70)))
  lu.assertEquals({ good.status, good.stderr }, { 0, "" })
  lu.assertEquals(bad.status, 1)
  lu.assertStrContains(bad.stderr, ("moontower: MBIM command-done.length: it says %d bytes, 70 are there"):format(#IP))
  lu.assertStrContains(bad.stdout, "IP Configuration (15)")
  bad = run("--json", hex(IP:sub(1, 70)))
  lu.assertEquals({ bad.status, bad.stderr }, { 1, "" })
  local object = json.decode(bad.stdout)
  lu.assertEquals(object.error.code, "malformed")
  lu.assertEquals(object.command, "IP Configuration")
end

return T
