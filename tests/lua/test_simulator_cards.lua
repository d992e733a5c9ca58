-- SPDX-License-Identifier: MIT
-- The simulated modem as a network card on USB, against bytes: ECM, NCM and RNDIS.

local log = require "log"
local lu = require "luaunit"
local new_ecm = require("simulator.usb.ecm").new
local new_ncm = require("simulator.usb.ncm").new
local new_rndis = require("simulator.usb.rndis").new
local ntb = require "simulator.usb.ntb"

log.level = "error" -- what a bad host sends is said as a warning

local T = {}

local function bytes(listing)
  return (listing:gsub("%s+", ""):gsub("%x%x", function(hex) return string.char(tonumber(hex, 16)) end))
end

local function hex(text)
  return (text:gsub(".", function(c) return ("%02x "):format(c:byte()) end))
end

local function assert_bytes(got, listing)
  lu.assertEquals(hex(got), hex(bytes(listing)))
end

local HOST, MODEM = "02 50 f3 00 00 01", "02 50 f3 00 00 00"
local NOTIFICATION, INPUT, OUTPUT = 7, 6, 4

-- A network card of a modem that keeps the packets that it gets. `host` has what the kernel would do with it.
local function plugged(new, place)
  local modem = {
    interval = 0, notifications = 0, transfers = { to_host = 0, from_host = 0 }, sessions = {},
    personality = { downlink_speed = 150000000, uplink_speed = 50000000, usb = { manufacturer = "Quectel" } },
  }
  local listeners, packets, host = {}, {}, { seqnum = 0 }
  function modem.listen(_, fn) table.insert(listeners, fn) end
  local function emit(...)
    for _, fn in ipairs(listeners) do fn(...) end
  end
  function host.session(session)
    modem.sessions[0] = session
    emit("session", 0)
  end
  function host.unplug()
    modem.sessions = {}
    emit "unplugged"
  end
  place.interface, place.mac = 4, "0250F3000001"
  place.notification, place.input, place.output = NOTIFICATION, INPUT, OUTPUT
  local network_sends, at_sends
  local card = new(modem, function(_, options)
    network_sends = options.send
    return { receive = function(_, session, packet) table.insert(packets, { session, packet }) end }
  end, place, function(_, options)
    at_sends = options.send
    return { receive = function(_, text) table.insert(packets, text) end }
  end)
  -- What an IN endpoint has now, all of it; and with fn, what it has when that was called in between.
  function host.poll(endpoint) return host.wait(endpoint, function() end) end
  function host.wait(endpoint, fn)
    local heard = {}
    local function ask()
      host.seqnum = host.seqnum + 1
      card.inputs[endpoint]:submit { seqnum = host.seqnum, length = 4096, complete = function(transfer)
        heard[#heard + 1] = transfer
        ask()
      end }
    end
    ask()
    fn()
    card.inputs[endpoint]:unlink(host.seqnum)
    return heard
  end
  function host.send(transfer) card.outputs[OUTPUT](transfer) end
  function host.take() return table.remove(packets, 1) end
  function host.deliver(packet) network_sends(0, packet) end
  function host.answer(text) at_sends(text) end
  host.card, host.modem = card, modem
  return host
end

local ask = "ff ff ff ff ff ff" .. HOST .. [[ 08 06
  00 01 08 00 06 04 00 01  02 50 f3 00 00 01  0a 00 00 02  00 00 00 00 00 00  0a 00 00 01
]]
local answer = HOST .. MODEM .. [[ 08 06
  00 01 08 00 06 04 00 02  02 50 f3 00 00 00  0a 00 00 01  02 50 f3 00 00 01  0a 00 00 02
]]
local packet_out = MODEM .. HOST .. "08 00 45 aa"

-- As `lsusb -v` shows those of modems with ECM: an association, CDC's header, union, Ethernet, two altsettings.
function T.test_ecm_descriptors()
  local host = plugged(new_ecm, {})
  assert_bytes(host.card.descriptors, [[
    08 0b 04 02 02 06 00 00  09 04 04 00 01 02 06 00 00
    05 24 00 10 01  05 24 06 04 05  0d 24 0f 14 00 00 00 00 ea 05 00 00 00  07 05 87 03 10 00 09
    09 04 05 00 00 0a 00 00 00  09 04 05 01 02 0a 00 00 00  07 05 86 02 00 02 00  07 05 04 02 00 02 00
  ]])
  lu.assertEquals(host.card.strings, { [20] = "0250F3000001" })
end

function T.test_ecm_frames()
  local host = plugged(new_ecm, {})
  host.send(bytes(ask))
  host.send(bytes(packet_out))
  lu.assertEquals(host.take(), { 0, "\x45\xaa" })
  host.deliver "\x60abc"
  local heard = host.poll(INPUT)
  assert_bytes(heard[1], answer)
  assert_bytes(heard[2], HOST .. MODEM .. "86 dd 60 61 62 63")
  -- a host that has changed its address is known by its frames
  host.send(bytes(MODEM .. "06 00 00 00 00 09 08 00 45 bb"))
  host.deliver "\x45cc"
  lu.assertEquals(host.poll(INPUT)[1]:sub(1, 6), "\6\0\0\0\0\9")
  lu.assertEquals(host.modem.transfers, { from_host = 3, to_host = 3 })
end

-- Whatever a host sends, nothing breaks, and what is no frame goes nowhere.
function T.test_bad_frames()
  for _, new in ipairs { new_ecm, new_ncm } do
    local host = plugged(new, {})
    for length = 0, 13 do host.send(bytes(packet_out):sub(1, length)) end
    host.send(bytes(ask):sub(1, 30))
    host.send(("\xff"):rep(4096))
    lu.assertNil(host.take())
    lu.assertEquals(host.poll(INPUT), {})
  end
end

function T.test_a_filter_of_the_hosts()
  local host = plugged(new_ecm, {})
  lu.assertEquals(host.card:request({ request = "set-packet-filter", value = 0 }, ""), "")
  host.send(bytes(ask))
  lu.assertEquals(host.poll(INPUT), {})
  lu.assertEquals(host.card:request({ request = "set-packet-filter", value = 0x0c }, ""), "")
  host.send(bytes(ask))
  lu.assertEquals(#host.poll(INPUT), 1)
  lu.assertNil(host.card:request({ request = "get-ntb-parameters" }, ""))
end

function T.test_a_modem_that_answers_no_arp()
  local host = plugged(new_ncm, { silent = true })
  host.send(ntb.encode(ntb.ETHERNET, 0, ntb.NO_CHECKSUM, { bytes(ask), bytes(packet_out) }))
  lu.assertEquals({ host.poll(INPUT), host.take() }, { {}, { 0, "\x45\xaa" } })
end

local CONNECTED, DISCONNECTED = "a1 00 01 00 04 00 00 00", "a1 00 00 00 04 00 00 00"
local SPEED = "a1 2a 00 00 04 00 08 00  80 d1 f0 08  80 f0 fa 02"

-- The host receives the state of the cable when it polls, and once more when it polls after the interface was down.
function T.test_a_cable_that_is_always_in()
  local host = plugged(new_ecm, {})
  for _ = 1, 2 do
    local heard = host.poll(NOTIFICATION)
    lu.assertEquals(#heard, 2)
    assert_bytes(heard[1], SPEED)
    assert_bytes(heard[2], CONNECTED)
  end
  host.session {}
  host.poll(NOTIFICATION)
  host.card:reset()
  lu.assertEquals(#host.poll(NOTIFICATION), 2)
end

function T.test_a_cable_that_is_in_during_a_session()
  local host = plugged(new_ncm, { unplugs = true })
  assert_bytes(host.poll(NOTIFICATION)[1], DISCONNECTED)
  host.session { ipv4 = {} }
  host.session { ipv4 = {}, ipv6 = {} }
  local heard = host.poll(NOTIFICATION)
  assert_bytes(heard[#heard], CONNECTED)
  host.session(nil)
  heard = host.poll(NOTIFICATION)
  assert_bytes(heard[#heard], DISCONNECTED)
  -- plugged out and in again during a session, and connected while the host polls
  host.session {}
  host.unplug()
  host.card:reset()
  heard = host.poll(NOTIFICATION)
  assert_bytes(heard[#heard], DISCONNECTED)
  heard = host.wait(NOTIFICATION, function() host.session {} end)
  assert_bytes(heard[#heard], CONNECTED)
end

function T.test_ncm_descriptors_and_blocks()
  local host = plugged(new_ncm, {})
  assert_bytes(host.card.descriptors, [[
    08 0b 04 02 02 0d 00 00  09 04 04 00 01 02 0d 00 00
    05 24 00 10 01  05 24 06 04 05  0d 24 0f 14 00 00 00 00 ea 05 00 00 00  06 24 1a 00 01 09  07 05 87 03 10 00 09
    09 04 05 00 00 0a 00 01 00  09 04 05 01 02 0a 00 01 00  07 05 86 02 00 02 00  07 05 04 02 00 02 00
  ]])
  assert_bytes(ntb.encode(ntb.ETHERNET, 2, ntb.NO_CHECKSUM, { "abc" }), [[
    4e 43 4d 48  0c 00  02 00  1f 00  0c 00   4e 43 4d 30  10 00  00 00  1c 00  03 00  00 00  00 00   61 62 63
  ]])
  -- what one block asks is answered in one block
  host.send(ntb.encode(ntb.ETHERNET, 0, ntb.NO_CHECKSUM, { bytes(ask), bytes(ask) }))
  local heard = host.poll(INPUT)
  lu.assertEquals(#heard, 1)
  local frames = assert(ntb.decode(ntb.ETHERNET, heard[1]))
  lu.assertEquals(#frames, 2)
  assert_bytes(frames[2].packet, answer)
  -- MBIM's packets are none of a network card's
  host.send(ntb.encode(ntb.IP, 0, 0, { bytes(packet_out) }))
  lu.assertNil(host.take())
  lu.assertEquals(#host.card:request({ request = "get-ntb-parameters" }, ""), 28)
end

-- As usb-devices shows that of a Huawei E3372: all in one interface.
function T.test_huaweis_ncm()
  local host = plugged(new_ncm, { is_merged = true, subclass = 2, protocol = 0x16 })
  assert_bytes(host.card.descriptors, [[
    09 04 04 00 01 ff 02 16 00
    05 24 00 10 01  05 24 06 04 04  0d 24 0f 14 00 00 00 00 ea 05 00 00 00  06 24 1a 00 01 09  07 05 87 03 10 00 09
    09 04 04 01 03 ff 02 16 00  07 05 87 03 10 00 09  07 05 86 02 00 02 00  07 05 04 02 00 02 00
  ]])
  lu.assertEquals({ host.card.interfaces, host.card:select(4, 1) }, { { 4 }, true })
  host.poll(NOTIFICATION)
  lu.assertEquals(host.card:request({ request = "send-command" }, "ATI\r"), "")
  lu.assertEquals(host.take(), "ATI\r")
  host.answer(("x"):rep(1025))
  assert_bytes(host.poll(NOTIFICATION)[1], "a1 01 00 00 04 00 00 00")
  local lengths = {}
  for i = 1, 3 do lengths[i] = #host.card:request({ request = "get-response" }, "") end
  lu.assertEquals(lengths, { 1024, 1, 0 })
  host.send(ntb.encode(ntb.ETHERNET, 0, ntb.NO_CHECKSUM, { bytes(packet_out) }))
  lu.assertEquals(host.take(), { 0, "\x45\xaa" })
  lu.assertNil(plugged(new_ncm, {}).card:request({ request = "send-command" }, "ATI\r"))
end

function T.test_altsettings()
  local card = plugged(new_ncm, {}).card
  lu.assertEquals({ card:select(4, 0), card:select(4, 1), card:select(5, 1), card:select(5, 2) },
    { true, false, true, false })
end

-- RNDIS --------------------------------------------------------------------------------------------------------------

-- The answer to a command, as rndis_host fetches it.
local function rndis(host, command)
  lu.assertEquals(host.card:request({ request = "send-command" }, bytes(command)), "")
  return host.card:request({ request = "get-response" }, "")
end

local INITIALIZE = "02000000 18000000 01000000 01000000 00000000 2e060000"
local OPEN_FILTER = "05000000 20000000 05000000 0e010100 04000000 14000000 00000000 0d000000"
local function query(object, id)
  return ("04000000 1c000000 %s000000 %s 00000000 14000000 00000000"):format(id or "02", object)
end

local function initialized(place)
  local host = plugged(new_rndis, place or {})
  rndis(host, INITIALIZE)
  rndis(host, OPEN_FILTER)
  return host
end

-- As `lsusb -v` shows those of Qualcomm's modems.
function T.test_rndis_descriptors()
  assert_bytes(plugged(new_rndis, {}).card.descriptors, [[
    08 0b 04 02 e0 01 03 00  09 04 04 00 01 e0 01 03 00
    05 24 00 10 01  05 24 01 00 05  04 24 02 00  05 24 06 04 05  07 05 87 03 08 00 09
    09 04 05 00 02 0a 00 00 00  07 05 86 02 00 02 00  07 05 04 02 00 02 00
  ]])
  lu.assertStrContains(plugged(new_rndis, { class = 0xef, subclass = 4, protocol = 1 }).card.descriptors,
    bytes "09 04 04 00 01 ef 04 01 00")
end

-- What rndis_host asks when it sets itself up.
function T.test_rndis_commands()
  local host = plugged(new_rndis, {})
  lu.assertEquals(rndis(host, query "01010101"), "") -- the first command is another one
  assert_bytes(rndis(host, INITIALIZE), [[
    02000080 34000000 01000000 00000000 01000000 00000000 01000000 00000000 01000000 2c060000 00000000 00000000 00000000
  ]])
  assert_bytes(host.poll(NOTIFICATION)[1], "01 00 00 00 00 00 00 00")
  assert_bytes(rndis(host, query "01010101"), "04000080 1e000000 02000000 00000000 06000000 10000000 0250f3000001")
  assert_bytes(rndis(host, query "14010100"), "04000080 1c000000 02000000 00000000 04000000 10000000 00000000")
  assert_bytes(rndis(host, query "07010100"), "04000080 1c000000 02000000 00000000 04000000 10000000 60e31600")
  assert_bytes(rndis(host, query "0d010100"),
    "04000080 20000000 02000000 00000000 08000000 10000000 51756563 74656c00")
  lu.assertEquals(#rndis(host, query "01010100"), 24 + 4 * 23)
  assert_bytes(rndis(host, query "ffffff00"), "04000080 18000000 02000000 bb0000c0 00000000 00000000")
  assert_bytes(rndis(host, OPEN_FILTER), "05000080 10000000 05000000 00000000")
  assert_bytes(rndis(host, query "0e010100"), "04000080 1c000000 02000000 00000000 04000000 10000000 0d000000")
  assert_bytes(rndis(host, "08000000 0c000000 07000000"), "08000080 10000000 07000000 00000000")
  assert_bytes(rndis(host, "06000000 0c000000 00000000"), "06000080 10000000 00000000 01000000")
  assert_bytes(rndis(host, query "0e010100"), "04000080 1c000000 02000000 00000000 04000000 10000000 00000000")
  lu.assertEquals(rndis(host, "03000000 0c000000 00000000"), "")
  lu.assertEquals(rndis(host, query "0e010100"), "")
end

local function message(frame)
  frame = bytes(frame)
  return ("<I4I4I4I4I4I4I4I4I4I4I4"):pack(1, 44 + #frame, 36, #frame, 0, 0, 0, 0, 0, 0, 0) .. frame
end

function T.test_rndis_frames()
  local host = initialized()
  host.send(message(packet_out) .. message(ask) .. "\0")
  lu.assertEquals(host.take(), { 0, "\x45\xaa" })
  lu.assertEquals(hex(host.poll(INPUT)[1]), hex(message(answer)))
  rndis(host, "06000000 0c000000 00000000") -- after a reset, the filter is closed
  host.send(message(packet_out))
  host.deliver "\x45cc"
  lu.assertEquals({ host.poll(INPUT), host.take() }, { {}, nil })
end

function T.test_rndis_tells_of_the_cable()
  local host = initialized { unplugs = true }
  local function next_message() return host.card:request({ request = "get-response" }, "") end
  host.session {}
  assert_bytes(next_message(), "07000000 14000000 0b000140 00000000 00000000")
  host.session(nil)
  assert_bytes(next_message(), "07000000 14000000 0c000140 00000000 00000000")
  assert_bytes(rndis(host, query "14010100"), "04000080 1c000000 02000000 00000000 04000000 10000000 01000000")
end

-- Messages whose lengths and offsets are wrong, cut off anywhere, and of kinds that there are not.
function T.test_bad_rndis()
  local host = initialized()
  local good = message(packet_out)
  for length = 0, #good - 1 do host.send(good:sub(1, length)) end
  for at = 5, 16, 4 do
    for _, wrong in ipairs { "\xff\xff\xff\xff", "\0\0\0\x80", "\0\1\0\0" } do
      host.send(good:sub(1, at - 1) .. wrong .. good:sub(at + 4))
    end
  end
  host.send(bytes "02000000 0c000000 00000000" .. good)
  lu.assertNil(host.take())
  for _, command in ipairs {
    "", "02", "99000000 08000000", "02000000 00000000", "04000000 0c000000 02000000",
    "05000000 1c000000 05000000 0e010100 04000000 14000000 00000000",
    "05000000 1c000000 05000000 0e010100 ffffffff ffffffff 00000000",
    "01000000 08000000",
  } do
    lu.assertEquals(rndis(host, command), "")
  end
  assert_bytes(rndis(host, "05000000 1e000000 05000000 0e010100 02000000 14000000 00000000 0d00"),
    "05000080 10000000 05000000 150001c0")
  host.send(good)
  lu.assertEquals(host.take(), { 0, "\x45\xaa" })
end

return T
