-- SPDX-License-Identifier: MIT
-- How the simulated modem carries packets over QMI: QMAP and Ethernet frames, against bytes.

local lu = require "luaunit"
local ethernet = require "simulator.usb.ethernet"
local ip = require "simulator.packets"
local new_qmi = require("simulator.usb.qmi").new
local qmap = require "simulator.usb.qmap"
local dump = require "support.hex"

local T = {}

local bytes, hex = dump.bytes, dump.hex

local function assert_bytes(got, listing)
  lu.assertEquals(hex(got), hex(bytes(listing)))
end

function T.test_qmap()
  lu.assertEquals(hex(qmap.encode(5, "abcde")), hex(bytes "03 05 00 08  61 62 63 64 65 00 00 00"))
  lu.assertEquals(qmap.decode(qmap.encode(1, "abcd") .. qmap.encode(2, "e") .. bytes "80 00 00 04 01020304"), {
    { mux_id = 1, packet = "abcd" }, { mux_id = 2, packet = "e" },
  })
  for _, bad in ipairs { "00 01 00", "00 01 00 02 61", "03 01 00 02 61 62" } do
    local none, err = qmap.decode(bytes(bad))
    lu.assertNil(none)
    lu.assertEquals(err.code, "malformed")
  end
end

-- UDP to 10.0.0.1 with an empty checksum; with the right one.
local WITHOUT_SUM = bytes "45000020 00000000 401166cb 0a000002 0a000001  03e80035 000c0000 61626364"
local WITH_SUM = WITHOUT_SUM:sub(1, 26) .. bytes "22f0" .. WITHOUT_SUM:sub(29)

function T.test_qmapv4()
  assert_bytes(qmap.encode(5, "abcde", 4), "03 05 00 08  61 62 63 64 65 00 00 00  00 01 00 00 00 05 29c7")
  local transfer = bytes "00 01 00 20  0014 c006" .. WITHOUT_SUM .. bytes "00 02 00 20  0000 0000" .. WITHOUT_SUM
    .. bytes "03 01 00 04  0000 0000  65 00 00 00"
  lu.assertEquals(qmap.decode(transfer, 4), {
    { mux_id = 1, packet = WITH_SUM }, { mux_id = 2, packet = WITHOUT_SUM }, { mux_id = 1, packet = "e" },
  })
  lu.assertEquals(select(2, qmap.decode(bytes "00 01 00 04  0000 0000  61 62", 4)).code, "malformed")
end

function T.test_qmapv5()
  assert_bytes(qmap.encode(5, "abcde", 5), "43 05 00 08  04 80 00 00  61 62 63 64 65 00 00 00")
  local transfer = bytes "40 01 00 20  04 80 0000" .. WITHOUT_SUM .. bytes "40 02 00 20  04 00 0000" .. WITHOUT_SUM
    .. bytes "80 00 00 04 01020304" .. bytes "00 01 00 04 61626364"
  lu.assertEquals(qmap.decode(transfer, 5), {
    { mux_id = 1, packet = WITH_SUM }, { mux_id = 2, packet = WITHOUT_SUM }, { mux_id = 1, packet = "abcd" },
  })
  lu.assertEquals(select(2, qmap.decode(bytes "40 01 00 04  04 80 00 00  61 62", 5)).code, "malformed")
end

function T.test_ethernet()
  local packet, answer = ethernet.receive(bytes [[
    ff ff ff ff ff ff  02 00 00 00 00 07  08 06
    00 01 08 00 06 04 00 01  02 00 00 00 00 07  0a 00 00 02  00 00 00 00 00 00  0a 00 00 01
  ]])
  lu.assertNil(packet)
  assert_bytes(answer, [[
    00 a0 c6 00 00 00  02 50 f3 00 00 00  08 06
    00 01 08 00 06 04 00 02  02 50 f3 00 00 00  0a 00 00 01  02 00 00 00 00 07  0a 00 00 02
  ]])
  lu.assertEquals(ethernet.receive(bytes "02 50 f3 00 00 00 02 00 00 00 00 07 08 00 45 aa"), "\x45\xaa")
  assert_bytes(ethernet.wrap("\x60..."), "00 a0 c6 00 00 00 02 50 f3 00 00 00 86 dd 60 2e 2e 2e")
  lu.assertNil(ethernet.receive("short"))
end

-- Is fe80::1 a neighbour? The host asks from fe80::2.
function T.test_ethernet_neighbours()
  local question = ip.build(ip.with_icmp({
    family = "ipv6", protocol = ip.ICMPV6, source = "fe80::2", target = "ff02::1:ff00:1",
  }, { type = 135, body = bytes "00 00 00 00 fe 80 00 00 00 00 00 00 00 00 00 00 00 00 00 01" }))
  local packet, answer = ethernet.receive(bytes "33 33 ff 00 00 01 02 00 00 00 00 07 86 dd" .. question)
  lu.assertNil(packet)
  local header = ip.parse(answer:sub(15))
  lu.assertEquals({ header.source, header.target }, { "fe80::1", "fe80::2" })
  local message = ip.parse_icmp(header)
  lu.assertEquals(message.type, 136)
  lu.assertEquals(hex(message.body:sub(-8)), hex(bytes "02 01 02 50 f3 00 00 00"))
end

local function new_qmi_modem()
  local fake = { received = {}, packets = {}, interval = 0, notifications = 0 }
  fake.transfers = { to_host = 0, from_host = 0 }
  fake.format = { link = "802.3", uplink = "disabled", downlink = "disabled" }
  fake.qmi = new_qmi(fake, function(_, options)
    fake.send_control = options.send
    return {
      data_format = fake.format, session = 0, receive = function(_, frame) table.insert(fake.received, frame) end,
    }
  end, function(_, options)
    fake.send_packet = options.send
    return {
      receive = function(_, session, packet)
        table.insert(fake.packets, { session, packet })
        options.send(session, packet:upper())
      end,
    }
  end, { interface = 8 })
  function fake.heard()
    local list = {}
    fake.qmi.data:submit {
      seqnum = 1, length = 4096, complete = function(data) table.insert(list, data) end,
    }
    fake.qmi.data:unlink(1)
    return list[1]
  end
  return fake
end

function T.test_qmi_is_deaf_until_dtr()
  local fake = new_qmi_modem()
  local function command(text)
    lu.assertEquals(fake.qmi:request({ request = "send-command", index = 8 }, text), "")
  end
  command "one"
  fake.qmi:request({ request = "set-control-line-state", value = 1, index = 8 }, "")
  command "two"
  fake.qmi:request({ request = "set-control-line-state", value = 0, index = 8 }, "")
  command "three"
  lu.assertEquals(fake.received, { "two" })
  fake.send_control "answer"
  lu.assertEquals(fake.qmi:request({ request = "get-response", index = 8 }, ""), "answer")
  lu.assertNil(fake.qmi:request({ request = "get-ntb-parameters", index = 8 }, ""))
end

function T.test_qmi_data()
  local fake = new_qmi_modem()
  fake.qmi:receive_transfer(bytes "02 50 f3 00 00 00 02 00 00 00 00 07 08 00" .. "Eabc")
  lu.assertEquals(fake.packets[1], { 0, "Eabc" })
  assert_bytes(fake.heard(), "00 a0 c6 00 00 00 02 50 f3 00 00 00 08 00 45 41 42 43")
  fake.format.link = "raw-ip"
  fake.qmi:receive_transfer("Eabc")
  lu.assertEquals(fake.heard(), "EABC")
  fake.send_packet(1, "lost")
  lu.assertNil(fake.heard())
  fake.format.uplink, fake.format.downlink = "qmap", "qmap"
  fake.format.max_datagrams, fake.format.max_size = 2, 4096
  fake.qmi:receive_transfer(qmap.encode(1, "abcd") .. qmap.encode(2, "efgh") .. qmap.encode(1, "ijkl"))
  lu.assertEquals(qmap.decode(fake.heard()), {
    { mux_id = 1, packet = "ABCD" }, { mux_id = 2, packet = "EFGH" },
  })
  lu.assertEquals(qmap.decode(fake.heard()), { { mux_id = 1, packet = "IJKL" } })
  fake.format.max_datagrams, fake.format.max_size = 32, 20 -- each takes 8
  fake.qmi:receive_transfer(qmap.encode(1, "abcd") .. qmap.encode(2, "efgh") .. qmap.encode(1, "ijkl"))
  lu.assertEquals({ #fake.heard(), #fake.heard() }, { 16, 8 })
  lu.assertEquals(fake.transfers, { from_host = 4, to_host = 6 })
  fake.send_packet(3, "more")
  lu.assertEquals(fake.heard(), qmap.encode(3, "more"))
  fake.format.uplink, fake.format.downlink = "qmapv5", "qmapv4"
  fake.qmi:receive_transfer(qmap.encode(1, "abcd", 5))
  lu.assertEquals(fake.heard(), qmap.encode(1, "ABCD", 4))
  fake.qmi:receive_transfer("noise")
end

return T
