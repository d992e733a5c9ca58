-- SPDX-License-Identifier: MIT
-- What other programs write down of a modem: `moontower decode FILE`, `moontower record --import`.

local captures = require "captures"
local core_mbim = require "core.mbim"
local fs = require "core.fs"
local hex = require "base.hex"
local lu = require "luaunit"
local process = require "core.process"
local world = require "support.world"

local T = {}

local executable = require("core.program").executable
local folder = assert(process.run { "mktemp", "-d" }).stdout:gsub("\n$", "")

local function moontower(...)
  local result = assert(process.run { executable, timeout = 600, ... })
  return result.status, result.stdout, result.stderr
end

local function file(text)
  local path = os.tmpname():gsub("^.*/", folder .. "/")
  assert(fs.write_atomic(path, text))
  return path
end

-- In pieces of that number of bytes.
local function pieces(text, size)
  local at = 1 - size
  return function()
    at = at + size
    return at <= #text and text:sub(at, at + size - 1) or nil
  end
end

-- All that is in a text, as "sent mbim 16"; what was skipped; and the error that ended it.
local function all_of(text, size)
  local reader = assert(captures.open(pieces(text, size or 1 << 16), "it"))
  local list = {}
  while true do
    local item, err = reader:next()
    if not item then
      return list, reader.skipped, err
    end
    list[#list + 1] = item
  end
end

local function shown(list)
  local texts = {}
  for i, item in ipairs(list) do
    texts[i] = ("%s%s %s"):format(item.sent and "> " or "< ", item.protocol,
      item.text and item.kind .. " " .. item.text or #item.bytes .. (item.size and "/" .. item.size or ""))
  end
  return texts
end

local OPEN = "01:00:00:00:10:00:00:00:02:00:00:00:00:10:00:00"
local OPENED = "01:00:00:80:10:00:00:00:02:00:00:00:00:00:00:00"
local GET_IDS = "01:0C:00:00:02:01:00:01:00:25:00:00:00"

-- Lines of different loggers.
function T.test_logs()
  for text, wanted in pairs {
    ["<<<<<< RAW:\n<<<<<<   length = 16\n<<<<<<   data   = " .. OPEN .. "\n"] = { "> mbim 16" },
    ["<<<<<<   data   = " .. OPEN:gsub(":", ":%0"):gsub("::", ":") .. "\r\n"] = { "> mbim 16" },
    ["Nov 25 12:00:00 host ModemManager[12]: <debug> [17] >>>>>>   data   = " .. OPENED] = { "< mbim 16" },
    ["ModemManager[8]: [/dev/cdc-wdm0] Sent message...#012<<<<<< RAW:#012<<<<<<   length = 16#012<<<<<<   data   = "
      .. OPEN .. "\nx"] = { "> mbim 16" },
    ["daemon.debug [6]: [/dev/cdc-wdm0] Sent message... <<<<<< RAW: <<<<<<   length = 13 <<<<<<   data   = "
      .. GET_IDS .. "\n"] = { "> qmi 13" },
    ["sending (16): " .. OPEN:gsub(":", " ") .. "\n  header_type: 0001\nreading (16): " .. OPENED:gsub(":", " ")]
      = { "> mbim 16", "< mbim 16" },
    ["Send packet: " .. GET_IDS:gsub(":", " "):lower() .. "\n"] = { "> qmi 13" },
    ["[09-10_08:03:46:523] cdc_wdm_fd = 7\n[09-10_08:03:46:601] " .. GET_IDS:gsub(":", " "):lower() .. " \n"
      .. "[09-10_08:03:46:602] 10 20\n"] = { "> qmi 13" },
    ["quectel-CM[7]: [09-10_08:03:47:701] >" .. OPEN .. ":\n[09-10_08:03:47:801] < " .. OPENED .. ":\n"
      .. "[09-10_08:03:47:801] < Header:\n"] = { "> mbim 16", "< mbim 16" },
    -- over several lines, of Android; not what is cut, and not what is no message
    ["30.555  52  335 D QC-QMI  : qmi_qmux: TX/RX - RX 20 bytes on conn_id=0\n"
      .. "30.556  52  335 D QC-QMI  : 01 13 00 80 05 01 02 07 00 48 00 07 00 02 04 00 \n"
      .. "30.556  52  335 D QC-QMI  : 01 00 34 00 \n37.107 62 162 I RILC : 01 02 03\n"
      .. "30.556  52  335 D QC-QMI  : 01 13 00 80 05 01 02 07 00 48 00 07 00 02 04 00 \n"
      .. "30.556  52  335 D QC-QMI  : qmi_qmux: closed\n38.1  52  335 D QC-QMI  : 01 00 34 00\n"] = { "< qmi 20" },
    -- by QRTR: the frame's flags are those of the host both ways
    ["<<<<<<   data   = 01:0C:00:00:0B:01:00:01:00:43:00:00:00\n"
      .. "<<<<<<   data   = 01:13:00:00:0B:01:02:01:00:43:00:07:00:02:04:00:01:00:47:00\n"
      .. "<<<<<<   data   = 01:0C:00:00:0B:FF:04:02:00:32:00:00:00"] = { "> qmi 13", "< qmi 20", "< qmi 13" },
    ["<<<<<<   data   = 03:00:00:00:30:00:00:00:03:00:00:00...\n"] = { "> mbim 12/48" },
    ["<<<<<<   data   = 02:00:00:00:0C:00:00:00:04:00:00:00...\n"] = { "> mbim 12" },
    -- libmbim shows what else it has read, and then that again
    [">>>>>>   data   = " .. OPENED .. ":" .. OPENED .. "\n>>>>>>   data   = " .. OPENED]
      = { "< mbim 16", "< mbim 16" },
    -- of QMI inside MBIM
    ["<<<<<<   data   = " .. OPEN .. "\n<<<<<<   data   = " .. GET_IDS .. "\n"] = { "> mbim 16" },
    ["<debug> [16] (ttyHS2): --> 'AT+CFUN?<CR>'\n<debug> (ttyHS2): <-- '<CR><LF>+CFUN: 1<CR><LF><CR><LF>OK<CR><LF>'"]
      = { "> at sent AT+CFUN?", "< at line +CFUN: 1", "< at final OK" },
    ["[modem0/ttyUSB2/at] --> 'AT+CPIN=\"1234\"<CR>'\n[modem0/ttyUSB2/at] <-- 'AT+CPIN=\"1234\"<CR><CR><LF>O'\n"
      .. "[modem0/ttyUSB2/at] <-- 'K<CR><LF><CR><LF>+CREG: 1<CR><LF>'"]
      = { "> at sent AT+CPIN=(hidden)", "< at echo AT+CPIN=(hidden)", "< at final OK", "< at urc +CREG: 1" },
  } do
    for _, size in ipairs { 1, 7, 4096 } do lu.assertEquals(shown((all_of(text, size))), wanted, text) end
  end
end

function T.test_times()
  local list = all_of("[30 Nov 2026, 23:59:58] [Debug] [/dev/cdc-wdm1] sent message...\n<<<<<<   data   = " .. OPEN
    .. "\n[01 Dec 2026, 00:00:03] [Debug] received message...\n>>>>>>   data   = " .. OPENED)
  lu.assertEquals({ list[2].time - list[1].time, list[2].port, list[2].line }, { 5, "/dev/cdc-wdm1", 4 })
  list = all_of("Nov 25 12:00:00 a ModemManager[1]: <dbg> [1767016030.25] (ttyUSB0): --> 'AT<CR>'\n"
    .. "Nov 25 12:00:00 a ModemManager[1]: <dbg> [1767016030.75] (ttyUSB0): <-- '<CR><LF>OK<CR><LF>'")
  lu.assertEquals({ list[1].time, list[2].time }, { 1767016030.25, 1767016030.75 })
  list = all_of("[09-10_08:03:46:250] >" .. OPEN .. ":\n[09-10_08:03:46:500] <" .. OPENED .. ":")
  lu.assertEquals(list[2].time - list[1].time, 0.25)
end

function T.test_what_is_left_out_is_told()
  local _, skipped = all_of(("data = %s\ndata = %s\ndata = %s\ndata = 00:11:22"):format(OPEN, GET_IDS, GET_IDS))
  lu.assertEquals({ skipped[1].count, skipped[1].line, skipped[2].why },
    { 2, 2, "transfers that are no message of MBIM or QMI" })
end

function T.test_what_is_no_log()
  for _, text in ipairs { "", "hello\n", ("\0\1\2\255"):rep(999), ("<"):rep(1 << 17), "data = zz\n" } do
    local list, _, err = all_of(text)
    lu.assertEquals({ #list, err and err.code }, { 0, "malformed" })
  end
  local blanks = (" "):rep(1 << 16)
  lu.assertEquals(shown((all_of("(a): --> '" .. blanks .. "AT" .. blanks .. "\\26'"))), { "> at sent AT" })
  for _, text in ipairs { "--> '_", "[a] <-- '_", "data  = ", "[1111", "(" .. blanks } do
    lu.assertEquals(#all_of(text:rep((1 << 18) // #text)), 0)
  end
  local _, _, err = all_of(("a"):rep(1 << 20))
  lu.assertStrContains(tostring(err), "line 1 is longer")
end

-- Logs that were damaged on their way: what is left is read, or an error says what is wrong.
function T.test_damaged_logs()
  local whole = "[/dev/cdc-wdm0] x\n<<<<<<   length = 16\n<<<<<<   data   = " .. OPEN .. "\n(ttyUSB2): --> 'AT<CR>'\n"
    .. "(ttyUSB2): <-- '<CR><LF>OK<CR><LF>'\nSend packet: 01 0c 00 00 02 01 00 01 00 25 00 00 00\n"
  math.randomseed(tonumber(os.getenv "MT_SEED") or os.time())
  for _ = 1, 2000 do
    local at = math.random(#whole)
    local text = whole:sub(1, at - 1) .. string.char(math.random(0, 255)):rep(math.random(0, 3)) .. whole:sub(at + 1)
    all_of(text, math.random(1, 100))
  end
end

-- ---- captures of USB ----

local MON = [[
ffff88003d0c1d80 3575914555 S Co:1:005:0 s 21 00 0000 0002 0010 16 = 01000000 10000000 02000000 00100000
ffff88003d0c1d80 3575914600 C Co:1:005:0 0 16 >
ffff88003d0c1d81 3575914700 C Ii:1:005:1 0:32 8 = a1010000 02000000
ffff88003d0c1d80 3575914800 S Ci:1:005:0 s a1 01 0000 0002 1000 4096 <
ffff88003d0c1d80 3575914900 C Ci:1:005:0 0 16 = 01000080 10000000 02000000 00000000
ffff88003d0c1d80 3575915800 S Ci:1:005:0 s a1 01 0000 0002 1000 4096 <
ffff88003d0c1d80 3575915900 C Ci:1:005:0 0 64 = 03000080 40000000 03000000 01000000 00000000 a289cc33 bcbb8b4f b6b0133e
ffff88003d0c1d82 3575916000 S Bo:1:005:3 -115 8 = 41542b43 474d490d
ffff88003d0c1d83 3575916050 C Bi:1:005:4 0 16 = 0d0a5369 65727261 0d0a0d0a 4f4b0d0a
ffff88003d0c1d84 3575916060 S Bo:1:006:3 -115 8 = 00001122 33445566
]]
local IN_MON = { "> mbim 16", "< mbim 16", "< mbim 32/64", "> at sent AT+CGMI", "< at line Sierra", "< at final OK" }

function T.test_usbmon()
  local list, skipped = all_of(MON)
  lu.assertEquals({ shown(list), #skipped }, { IN_MON, 0 })
  lu.assertAlmostEquals(list[2].time - list[1].time, 0.000345, 1e-9)
  lu.assertEquals(list[1].port, "usb 1:5")
  local _, _, err = all_of(MON .. "what?\n")
  lu.assertStrContains(tostring(err), "it: line 11: this is no line of usbmon's")
end

-- The transfers of MON as usbmon's binary form has them, in packets.
local function packets(order, mmapped)
  local function packet(event, kind, endpoint, setup, data, size)
    return (order .. "I8c1BBBI2BBi8i4i4I4I4"):pack(7, event, kind, endpoint, 5, 1, setup and 0 or 45, 0, 1, 2, 0,
      size or #data, #data) .. (setup or ("\0"):rep(8)) .. (mmapped and ("\0"):rep(16) or "") .. data
  end
  local function bytes(text) return hex.decode((text:gsub(":", ""))) end
  local get = "\xa1\1\0\0\2\0\0\x10"
  return {
    packet("S", 2, 0, "\x21\0\0\0\2\0\x10\0", bytes(OPEN)), packet("C", 1, 0x81, nil, "\xa1\1\0\0"),
    packet("S", 2, 0x80, get, ""), packet("C", 2, 0x80, nil, bytes(OPENED)),
    packet("S", 2, 0x80, get, ""), packet("C", 2, 0x80, nil, "\3\0\0\x80\x40\0\0\0" .. ("\0"):rep(24), 64),
    packet("S", 3, 3, nil, "AT+CGMI\r"), packet("C", 3, 0x84, nil, "\r\nSierra\r\n\r\nOK\r\n"),
  }
end

local function pcap(order, mmapped, magic)
  local parts = { (order .. "I4I2I2I4I4I4I4"):pack(magic or 0xa1b2c3d4, 2, 4, 0, 0, 65535, mmapped and 220 or 189) }
  for i, packet in ipairs(packets(order, mmapped)) do
    parts[#parts + 1] = (order .. "I4I4I4I4"):pack(i, 0, #packet, #packet) .. packet
  end
  return table.concat(parts)
end

local function pcapng(order)
  local function block(kind, body)
    body = body .. ("\0"):rep(-#body % 4)
    return (order .. "I4I4"):pack(kind, #body + 12) .. body .. (order .. "I4"):pack(#body + 12)
  end
  local parts = {
    block(0x0a0d0d0a, (order .. "I4I2I2i8"):pack(0x1a2b3c4d, 1, 0, -1)),
    block(1, (order .. "I2I2I4"):pack(220, 0, 0) .. (order .. "I2I2"):pack(9, 1) .. "\9\0\0\0\0\0\0\0"),
  }
  for i, packet in ipairs(packets(order, true)) do
    local time = i * 1000000000
    local head = (order .. "I4I4I4I4I4"):pack(0, time >> 32, time & 0xffffffff, #packet, #packet)
    parts[#parts + 1] = block(6, head .. packet)
  end
  return table.concat(parts)
end

local function usb_files()
  return {
    pcap("<"), pcap(">"), pcap("<", true), pcap(">", true), pcap("<", true, 0xa1b23c4d), pcapng "<", pcapng ">", MON,
  }
end

function T.test_pcap()
  for i, text in ipairs(usb_files()) do
    for _, size in ipairs { 1, 4096 } do
      local list, _, err = all_of(text, size)
      lu.assertEquals({ shown(list), err }, { IN_MON, nil }, i)
    end
    lu.assertTrue(text == MON or math.abs(all_of(text)[4].time - 7) < 1, i)
  end
  local _, _, err = all_of(pcap("<"):sub(1, -3))
  lu.assertStrContains(tostring(err), "it: packet 8: the file ends within it")
  _, _, err = all_of((pcap("<"):gsub("^(.-)\xbd", "%1\1")))
  lu.assertStrContains(tostring(err), "another kind of link (1)")
end

function T.test_damaged_captures_of_usb()
  math.randomseed(tonumber(os.getenv "MT_SEED") or os.time())
  for _, whole in ipairs(usb_files()) do
    for _ = 1, 400 do
      local at, past = math.random(#whole), math.random(0, 6)
      local noise = string.char(math.random(0, 255)):rep(math.random(0, 6))
      all_of(whole:sub(1, at - 1) .. noise .. whole:sub(at + past), 512)
    end
  end
end

-- ---- QModem's fixtures ----

local FIXTURE = [[
{ "vendor": "quectel", "platform": "unisoc", "model": "RM500U-CNV", "command": "AT+CGMM",
  "response_hex": "41542b43474d4d0d0d0a524d353030552d434e560d0a0d0a4f4b0d0a", "tool": "at", "rc": 0 }
{ "command": "AT+QCFG={", "response": "+CME ERROR: 3" }
{ "gsm": true }
]]

function T.test_fixtures()
  local list, skipped = all_of(FIXTURE)
  lu.assertEquals({ shown(list), skipped[1].count }, { {
    "> at sent AT+CGMM", "< at echo AT+CGMM", "< at line RM500U-CNV", "< at final OK", "> at sent AT+QCFG={",
    "< at final +CME ERROR: 3",
  }, 1 })
  lu.assertEquals(list[1].port, "RM500U-CNV")
  local _, _, err = all_of(FIXTURE .. "{ 1")
  lu.assertStrContains(tostring(err), "its last object does not end")
  _, _, err = all_of('{ "a" }')
  lu.assertStrContains(tostring(err), "it: line 1: this is no JSON")
end

-- ---- imports ----

local ICCID, IMEI = "89011200000123456781", "359072061234560"

function T.test_an_import_is_redacted()
  local log = file("(ttyUSB2): --> 'AT+ICCID<CR>'\n"
    .. "(ttyUSB2): <-- '<CR><LF>+ICCID: " .. ICCID .. "<CR><LF><CR><LF>OK<CR><LF>'\n"
    .. "(ttyUSB2): --> 'AT+CGSN<CR>'\n(ttyUSB2): <-- '<CR><LF>" .. IMEI .. "<CR><LF><CR><LF>OK<CR><LF>'\n")
  local path = folder .. "/redacted"
  local status, _, err = moontower("record", "--import", log, path)
  lu.assertEquals(status, 0, err)
  lu.assertStrContains(err, "Imported 6 lines at AT ports of a log.")
  local _, out = moontower("record", "--inspect", path)
  lu.assertStrContains(out, "> AT: AT+ICCID\n")
  lu.assertNotStrContains(out, ICCID:sub(8))
  lu.assertNotStrContains(out, IMEI:sub(9))
  lu.assertStrContains(out, IMEI:sub(1, 8))
end

function T.test_an_import_of_what_is_cut_short()
  local log = file("<<<<<<   data   = 03:00:00:00:30:00:00:00:03:00:00:00...\n")
  local status, _, err = moontower("record", "--import", log, folder .. "/cut")
  lu.assertEquals({ status, (fs.stat(folder .. "/cut")) }, { 1, nil })
  lu.assertStrContains(err, "each of its 1 messages is cut short")
  lu.assertStrContains(err, "--verbose-full")
end

-- A log, a recording of it, and what is pasted are decoded alike.
function T.test_decode_takes_all_of_them()
  local log = file("<<<<<<   data   = " .. OPEN .. "\n>>>>>>   data   = " .. OPENED .. "\n")
  local path = folder .. "/decoded"
  lu.assertEquals(moontower("record", "--import", log, path), 0)
  local status, out = moontower("decode", log)
  lu.assertEquals({ status, out }, { 0,
    "   0.000 > MBIM #2 open\n           max_control  4096\n   0.000 < MBIM #2 open-done: ok\n" })
  local _, recorded = moontower("decode", path)
  lu.assertStrContains(recorded, out)
  lu.assertEquals(core_mbim.parse((all_of(io.open(log):read "a"))[1].bytes).type, "open")
end

function T.test_a_file_that_is_not_there()
  local status, _, err = moontower("decode", folder .. "/nothing.log")
  lu.assertEquals(status, 2)
  lu.assertStrContains(err, "there is no file '" .. folder .. "/nothing.log'")
end

function T.teardownClass()
  world.keep_recordings(folder)
  process.run { "rm", "-r", folder }
end

return T
