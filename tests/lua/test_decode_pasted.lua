-- SPDX-License-Identifier: MIT
-- `moontower decode`: what people paste, and messages that are no mistakes although not all of them is known.

local basic = require "mbim.basic_connect"
local core_mbim = require "core.mbim"
local core_qmi = require "core.qmi"
local decode = require "decode"
local hex = require "decode.hex"
local json = require "dkjson"
local lu = require "luaunit"
local mbim = require "mbim"
local printer = require "decode.print"
local process = require "core.process"
local wds = require "qmi.wds"

local T = {}

local executable = require("core.program").executable

local function text_of(view) return table.concat(printer.all(view), "\n") end

local function digits(bytes)
  return (bytes:gsub(".", function(byte) return ("%02x"):format(byte:byte()) end))
end

local OPEN = "01000000100000000200000000100000"
local BYTES = "01 00 00 00 10 00 00 00 02 00 00 00 00 10 00 00"
local COLONS = BYTES:gsub(" ", ":")
local LONG = OPEN .. ("41"):rep(30)

function T.test_dumps_and_logs()
  for text, wanted in pairs {
    [BYTES] = OPEN,
    -- hexdump -C, xxd, tcpdump -X, od -tx1, Wireshark
    ["00000000  01 00 00 00 10 00 00 00  02 00 00 00 00 10 00 00  |................|\n00000010"] = OPEN,
    ["00000000: 0100 0000 1000 0000 0200 0000 0010 0000  ................"] = OPEN,
    ["12:00:00.1 IP x > y: length 16\n\t0x0000:  0100 0000 1000 0000 0200 0000 0010 0000  ........"] = OPEN,
    ["0000000 " .. BYTES .. "\n0000020"] = OPEN,
    ["0000   " .. BYTES .. "   ................"] = OPEN,
    -- mbimcli, qmicli, ModemManager
    ["<<<<<<   " .. COLONS] = OPEN, ["length = 16\n" .. COLONS] = OPEN,
    ["<< " .. BYTES] = OPEN, ["> " .. BYTES] = OPEN,
    -- programs, and ourselves
    ["{ 0x" .. BYTES:gsub(" ", ", 0x") .. " };"] = OPEN, ["\\x" .. BYTES:gsub(" ", "\\x")] = OPEN,
    ["  " .. BYTES .. "  ................"] = OPEN,
    ["00000000  01 00 00 00 10 00 00 00  02 00 00 00 00 10 00 00  |................|\n"
      .. "00000010  41 41 41 41 41 41 41 41  41 41 41 41 41 41 41 41  |AAAAAAAAAAAAAAAA|\n"
      .. "00000020  41 41 41 41 41 41 41 41  41 41 41 41 41 41        |AAAAAAAAAAAAAA|\n0000002e"] = LONG,
    ["00000000: 0100 0000 1000 0000 0200 0000 0010 0000  ................\n"
      .. "00000010: 4141 4141 4141 4141 4141 4141 4141 4141  AAAAAAAAAAAAAAAA\n"
      .. "00000020: 4141 4141 4141 4141 4141 4141 4141       AAAAAAAAAAAAAA"] = LONG,
    ["00000000  41 41 41 41 41 41 41 41  41 41 41 41 41 41 41 41  |AAAAAAAAAAAAAAAA|\n*\n"
      .. "00000030  42  |B|\n00000031"] = ("41"):rep(48) .. "42",
    -- no offsets
    ["0000 2500 0000 0000"] = "0000250000000000", ["00 01 00 25 00 00 00"] = "00010025000000",
  } do
    local found = assert(hex.messages(text), text)
    lu.assertEquals({ #found, digits(found[1].bytes), found[1].truncated }, { 1, wanted, nil }, text)
  end
end

function T.test_truncated_dumps()
  for _, text in ipairs { "01 00 00 00 10 00 00 00 ...", "01:00:00:00:10:00:00:00..." } do
    local found = assert(hex.messages(text))
    lu.assertEquals({ digits(found[1].bytes), found[1].truncated }, { "0100000010000000", true }, text)
  end
  local result = assert(process.run { executable, "decode", "01 00 00 00 10 00 00 00 ...", timeout = 600 })
  lu.assertEquals(result.status, 1)
  lu.assertStrContains(result.stdout, "cut short after 8 bytes")
  lu.assertStrContains(result.stderr, "moontower: what was pasted is cut short after 8 bytes\n")
  lu.assertStrContains(result.stderr, "--verbose-full")
end

function T.test_each_message_of_a_log()
  local log = ("<<<<<<   data   = %s\n"):format(COLONS)
    .. ">>>>>>   data   = 01:00:00:80:10:00:00:00:02:00:00:00:00:00:00:00\n"
  local result = assert(process.run { executable, "decode", "-", stdin = log, timeout = 600 })
  lu.assertEquals(result.status, 0)
  lu.assertStrContains(result.stdout, "> MBIM #2 open\n")
  lu.assertStrContains(result.stdout, "\n   0.000 < MBIM #2 open-done")
  result = assert(process.run { executable, "decode", "--json", "-", stdin = log, timeout = 600 })
  lu.assertEquals(json.decode(result.stdout)[2].type, "open-done")
end

function T.test_a_first_fragment_alone()
  local bytes = core_mbim.build {
    type = "command-done", transaction = 9, service = basic.ip_configuration.service_uuid, status = 0,
    cid = basic.ip_configuration.cid, info = assert(basic.ip_configuration.response:encode { session = 0 }),
  }
  local fragments = core_mbim.split(bytes, 64)
  local view = decode.decode(fragments[1])
  lu.assertNil(view:failure())
  lu.assertStrContains(text_of(view), "a fragment alone")
  lu.assertStrContains(text_of(view), "IP Configuration (15)")
end

local function fragmented()
  local bytes = core_mbim.build {
    type = "command-done", transaction = 9, service = basic.ip_configuration.service_uuid, status = 0,
    cid = basic.ip_configuration.cid, info = assert(basic.ip_configuration.response:encode { session = 0 }),
  }
  return bytes, core_mbim.split(bytes, 64)
end

local function decoded(text)
  local result = assert(process.run { executable, "decode", "--json", "-", stdin = text, timeout = 20 })
  local told = json.decode(result.stdout)
  return told[1] and told or { told }, result.status
end

-- In logs, as bare lines, and with another message between them; not if one is missing.
function T.test_the_fragments_of_a_message()
  local bytes, fragments = fragmented()
  lu.assertTrue(#fragments > 1)
  local alone = decoded(digits(bytes))[1]
  local lines, bare, mixed = {}, {}, {}
  for i, fragment in ipairs(fragments) do
    lines[i] = "<<<<<<   data   = " .. digits(fragment):gsub("(%x%x)%f[%x]", "%1:")
    bare[i] = digits(fragment)
    mixed[i] = lines[i] .. "\n>>>>>>   data   = " .. COLONS
  end
  for _, text in ipairs { table.concat(lines, "\n"), table.concat(bare, "\n"), table.concat(bare) } do
    local told, status = decoded(text)
    lu.assertEquals({ #told, status, told[1].fragment }, { 1, 0, nil }, text)
    lu.assertEquals(told[1].values, alone.values)
    lu.assertStrContains(json.encode(told[1]), ("put together from %d fragments"):format(#fragments))
  end
  local told, status = decoded(table.concat(mixed, "\n"))
  lu.assertEquals({ #told, status }, { #fragments + 1, 0 })
  lu.assertEquals(told[#fragments].values, alone.values)
  table.remove(lines, 1)
  told, status = decoded(table.concat(lines, "\n"))
  lu.assertEquals({ #told, status, told[1].fragment.number }, { #fragments - 1, 0, 2 })
end

function T.test_several_messages_as_bare_lines()
  local told, status = decoded(BYTES .. "\n01 00 00 80 10 00 00 00 02 00 00 00 00 00 00 00\n")
  lu.assertEquals({ #told, status, told[2].type }, { 2, 0, "open-done" })
  told, status = decoded(BYTES .. " 01 00 00 80")
  lu.assertEquals({ #told, status }, { 1, 0 })
  lu.assertStrContains(json.encode(told[1]), "4 bytes after the end of the message")
end

function T.test_services_without_a_name()
  for _, service in ipairs { "0x1F", "0x7f", "127", "0x1234" } do
    local result = assert(process.run {
      executable, "decode", "--service", service, "00 01 00 25 00 00 00", timeout = 20,
    })
    lu.assertEquals({ result.status, result.stderr }, { 0, "" }, service)
    lu.assertStrContains(result.stdout, "0x0025")
  end
  local view = decode.decode(core_qmi.build {
    service = 0x7f, client = 1, type = "request", transaction = 5, id = 0x25, from_modem = false, tlvs = "",
  })
  lu.assertNil(view:failure())
  lu.assertStrContains(text_of(view), "not known here by name")
end

function T.test_a_tlv_that_is_too_short()
  local view = decode.decode(core_qmi.build {
    service = wds.start_network.service_id, client = 1, type = "response", transaction = 5, id = wds.start_network.id,
    from_modem = true, tlvs = ("<BI2I2I2 Bs2 Bs2"):pack(2, 4, 1, 14, 0x10, "\1", 0x11, "\2\0\8\0"),
  })
  lu.assertStrContains(tostring(view:failure()), "TLV 0x10")
  lu.assertStrContains(text_of(view), "call-failed (14)")
  lu.assertStrContains(text_of(view), "verbose_call_end_reason")
end

-- ---- MBIMEx ----

local function answer(command, info, kind)
  return decode.decode(core_mbim.build {
    type = kind or "command-done", transaction = 1, service = command.service_uuid, cid = command.cid,
    status = kind == nil and 0 or nil, set = kind == "command" or nil, info = info,
  })
end

local function utf16(text) return (text:gsub(".", "%0\0")) end

function T.test_version_2()
  local info = assert(mbim.at(basic.packet_service, 0x0200).response:encode {
    nw_error = 0, state = "attached", highest_data_class = { lte = true }, uplink_speed = 1, downlink_speed = 2,
    frequency_range = { fr1 = true },
  })
  local view = answer(basic.packet_service, info)
  lu.assertNil(view:failure())
  lu.assertStrContains(text_of(view), "layout       MBIMEx 2.0")
  lu.assertNotStrContains(text_of(answer(basic.packet_service, info:sub(1, 28))), "MBIMEx")
end

function T.test_version_3()
  local imsi, iccid = utf16 "310120000000123", utf16 "89011200000123456781"
  local ready = ("<I4I4 I4I4 I4I4 I4I4"):pack(1, 2, 32, #imsi, 64, #iccid, 0, 0) .. imsi .. "\0\0" .. iccid
  local view = answer(basic.subscriber_ready_status, ready)
  lu.assertNil(view:failure())
  for _, words in ipairs {
    "MBIMEx 3.0", "state              initialized", "310120000000123", "89011200000123456781",
  } do
    lu.assertStrContains(text_of(view), words)
  end
  local context = ("\x7e\x5e\x2a\x7e\x4e\x6f\x72\x72\x73\x6b\x65\x6e\x7e\x5e\x2a\x7e")
  local connected = ("<I4I4I4I4"):pack(0, 1, 0, 3) .. context .. ("<I4I4"):pack(0, 1) .. "\10\0\0\0\4\0\0\0a\0b\0"
  view = answer(basic.connect, connected)
  lu.assertNil(view:failure())
  for _, words in ipairs { "MBIMEx 3.0", "activated", "media_preference", "3gpp", "internet", "ab" } do
    lu.assertStrContains(text_of(view), words)
  end
  lu.assertNotStrContains(text_of(answer(basic.connect, connected:sub(1, 36))), "MBIMEx")
  local secret = utf16 "hunter2!"
  local order = ("<I4I4I4I4I4"):pack(0, 1, 0, 2, 3) .. context .. ("<I4"):pack(0)
    .. ("<I2BBI4I2BBI4I2BBI4"):pack(10, 0, 0, 0, 10, 0, 0, 0, 10, 0, 0, #secret) .. secret
  view = answer(basic.connect, order, "command")
  lu.assertNil(view:failure())
  lu.assertStrContains(text_of(view), "MBIMEx 3.0")
  lu.assertNotStrContains(text_of(view), digits(secret):gsub("%x%x", "%0 "):sub(1, 12))
end

return T
