-- SPDX-License-Identifier: MIT
-- The network behind the simulated modem, against packets as a kernel sends them.

local lu = require "luaunit"
local inet = require "core.inet"
local ipv6 = require "link.ipv6"
local mc7455 = require "simulator.models.mc7455"
local packets = require "simulator.packets"
local sim_modem = require "simulator.modem"
local sim_network = require "simulator.network"

local T = {}

local function bytes(listing)
  return (listing:gsub("%-%-[^\n]*", ""):gsub("%s+", ""):gsub("%x%x", function(hex)
    return string.char(tonumber(hex, 16))
  end))
end

local function connected()
  local modem = sim_modem.new(mc7455)
  local received = {}
  local network = sim_network.new(modem, {
    send = function(session, packet) received[#received + 1] = { session = session, packet = packet } end,
  })
  assert(modem:connect(0, { ip_type = "ipv4v6" }))
  return network, received, modem
end

local source = { ipv4 = "184.250.142.38", ipv6 = "2600:100e:b02d:1::2" }

local function header(family, target, protocol)
  return { family = family, source = source[family], target = target, protocol = protocol }
end

local function ping(family, target)
  local is_v4 = family == "ipv4"
  return packets.build(packets.with_icmp(header(family, target, is_v4 and packets.ICMP or packets.ICMPV6), {
    type = is_v4 and 8 or 128, body = "\1\2\0\1payload",
  }))
end

-- As `ping -c1 -s8 8.8.8.8` from 184.250.142.38 looks like.
local echo_request = bytes [[
  45000024 00004000 40010000 b8fa8e26 08080808 -- the checksum of the header is put in below
  08000000 12340001 6162636465666768
]]

function T.test_echo_bytes()
  local network, received = connected()
  local body = echo_request:sub(21)
  local function with_sum(part, at, sum)
    return part:sub(1, at) .. string.pack(">I2", sum) .. part:sub(at + 3)
  end
  local ip = echo_request:sub(1, 20)
  local request = with_sum(ip, 10, inet.checksum(ip)) .. with_sum(body, 2, inet.checksum(body))
  network:receive(0, request)
  local reply = received[1].packet
  lu.assertEquals(#reply, #request)
  lu.assertEquals(reply:sub(13, 20), "\8\8\8\8" .. "\xb8\xfa\x8e\x26")
  lu.assertEquals(inet.checksum(reply:sub(1, 20)), 0)
  lu.assertEquals(inet.checksum(reply:sub(21)), 0)
  lu.assertEquals(reply:sub(21, 22), "\0\0")
  lu.assertEquals(reply:sub(25), body:sub(5))
end

function T.test_as_many_datagrams_as_are_asked_for()
  local network, received = connected()
  local function ask(target, count)
    local before = #received
    network:receive(0, packets.build(packets.with_udp(header("ipv4", target, packets.UDP), {
      source_port = 4000, target_port = 19, body = count,
    })))
    return #received - before
  end
  lu.assertEquals({ ask("8.8.8.8", "3"), ask("8.8.8.8", "?"), ask("9.9.9.9", "3") }, { 3, 1, 0 })
  lu.assertEquals(ask("8.8.8.8", "1000000"), 1000)
  lu.assertEquals({ #received[1].packet, received[2].packet }, { 1428, received[1].packet })
end

function T.test_hosts_that_answer_pings()
  local network, received, modem = connected()
  for _, case in ipairs {
    { "ipv4", "184.250.142.37", 1 }, { "ipv4", "8.8.8.8", 1 }, { "ipv4", "1.1.1.1", 1 }, { "ipv4", "68.28.50.11", 1 },
    { "ipv4", "9.9.9.9", 0 }, { "ipv6", "2001:4860:4860::8888", 1 }, { "ipv6", "fe80::1", 1 },
    { "ipv6", "2001:db8::1", 0 },
  } do
    local before = #received
    network:receive(0, ping(case[1], case[2]))
    lu.assertEquals(#received - before, case[3], case[2])
  end
  lu.assertEquals(modem.statistics.out_packets, 8)
  lu.assertEquals(modem.statistics.in_packets, 6)
end

function T.test_silence()
  local network, received, modem = connected()
  network:receive(1, ping("ipv4", "8.8.8.8")) -- not connected
  network:receive(0, "")
  network:receive(0, "\x45")
  network:receive(0, ("\0"):rep(40))
  network:receive(0, (ping("ipv4", "8.8.8.8"):gsub("payload", "PAYLOAD"))) -- a wrong checksum
  modem.network.data = false
  network:receive(0, ping("ipv4", "8.8.8.8"))
  modem.network.data = true
  local foreign = header("ipv4", "8.8.8.8", packets.ICMP)
  foreign.source = "10.0.0.1"
  network:receive(0, packets.build(packets.with_icmp(foreign, { type = 8, body = "1234" })))
  lu.assertEquals(#received, 0)
end

-- What a network may do to packets beside losing them all.
function T.test_of_long_packets_pings_and_ways_beyond_it()
  local network, received, modem = connected()
  local function answers_to(packet)
    local before = #received
    network:receive(0, packet)
    return #received > before and received[#received].packet or nil
  end
  local request = ping("ipv4", "8.8.8.8")
  modem.network.path_mtu = #request
  lu.assertNotNil(answers_to(request))
  modem.network.path_mtu = #request - 1
  lu.assertNil(answers_to(request))
  modem.network.path_mtu, modem.network.pings = nil, false
  lu.assertNil(answers_to(request))
  modem.network.pings, modem.network.closed = true, true
  for family, target in pairs { ipv4 = "8.8.8.8", ipv6 = "2001:4860:4860::8888" } do
    local refused = ping(family, target)
    local message = packets.parse_icmp(packets.parse(answers_to(refused)))
    lu.assertEquals({ message.type, message.code }, family == "ipv4" and { 3, 13 } or { 1, 1 })
    lu.assertEquals(message.body:sub(5), refused)
  end
  lu.assertEquals(packets.parse_icmp(packets.parse(answers_to(ping("ipv4", "68.28.50.11")))).type, 0)
end

function T.test_noise_is_survived()
  local network = connected()
  math.randomseed(2)
  for _, packet in ipairs { ping("ipv4", "8.8.8.8"), ping("ipv6", "fe80::1") } do
    for _ = 1, 1000 do
      local at = math.random(#packet)
      local noise = packet:sub(1, at - 1) .. string.char(math.random(0, 255)) .. packet:sub(at + 1)
      network:receive(0, noise:sub(1, math.random(#noise)))
    end
  end
end

function T.test_router_solicitation()
  local network, received = connected()
  local solicitation = header("ipv6", "ff02::2", packets.ICMPV6)
  solicitation.source = "fe80::1234"
  network:receive(0, packets.build(packets.with_icmp(solicitation, { type = 133, body = "\0\0\0\0" })))
  local advertisement = packets.parse(received[1].packet)
  lu.assertEquals(advertisement.source, "fe80::1")
  lu.assertEquals(advertisement.target, "fe80::1234")
  lu.assertEquals(advertisement.hop_limit, 255)
  local message = packets.parse_icmp(advertisement)
  lu.assertEquals(message.type, 134)
  local options = ipv6.router_advertisement:decode(message.body).options
  local values = ipv6.prefix_information:decode(options:sub(1, 32))
  lu.assertEquals({ values.prefix, values.prefix_length, values.flags }, { "2600:100e:b02d:1::", 64, 0x40 })
end

-- 7-bit names as they are on the wire: each label with its length before it.
local function question(name, number)
  return name:gsub("([^.]+)%.?", function(label) return string.char(#label) .. label end) .. "\0"
    .. string.pack(">I2I2", number, 1)
end

local function resolve(network, received, family, server, name, number)
  local query = packets.dns:encode { id = 77, flags = 0x0100, questions = 1, body = question(name, number) }
  network:receive(0, packets.build(packets.with_udp(header(family, server, packets.UDP), {
    source_port = 5353, target_port = 53, body = query,
  })))
  local answer = table.remove(received)
  if not answer then
    return nil
  end
  local datagram = packets.parse_udp(assert(packets.parse(answer.packet)))
  lu.assertEquals({ datagram.source_port, datagram.target_port }, { 53, 5353 })
  local message = packets.dns:decode(datagram.body)
  lu.assertEquals(message.id, 77)
  return message.flags & 15, message.answers, message.body
end

function T.test_dns()
  mc7455.dns.ipv6 = { "2001:db8::53" } -- its own operator has none
  local network, received, modem = connected()
  local code, count, body = resolve(network, received, "ipv4", "68.28.50.11", "Example.com", 1)
  lu.assertEquals({ code, count, body:sub(-4) }, { 0, 1, "\93\184\215\14" })
  code, count, body = resolve(network, received, "ipv6", mc7455.dns.ipv6[1], "dns.google", 28)
  lu.assertEquals({ code, count, body:sub(-2) }, { 0, 1, "\x88\x88" })
  code, count = resolve(network, received, "ipv4", "68.28.50.11", "one.one.one.one", 28)
  lu.assertEquals({ code, count }, { 0, 0 }) -- the name is there, such an address is not
  code = resolve(network, received, "ipv4", "68.28.50.11", "nonesuch.example", 1)
  lu.assertEquals(code, 3)
  lu.assertNil(resolve(network, received, "ipv4", "184.250.142.37", "example.com", 1)) -- answers pings only
  code, count = resolve(network, received, "ipv4", "8.8.8.8", "", 2) -- the root
  lu.assertEquals({ code, count }, { 0, 0 })
  modem.network.dns = false
  lu.assertNil(resolve(network, received, "ipv4", "68.28.50.11", "example.com", 1))
  lu.assertNil(resolve(network, received, "ipv4", "8.8.8.8", "example.com", 1))
end

function T.test_tcp()
  local network, received = connected()
  local FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
  local function send(family, target, port, flags, body)
    network:receive(0, packets.build(packets.with_tcp(header(family, target, packets.TCP), {
      source_port = 4000, target_port = port, sequence = 0xffffffff, acknowledged = 7, flags = flags, window = 1,
      body = body,
    })))
    local answer = table.remove(received)
    local segment = answer and packets.parse_tcp(assert(packets.parse(answer.packet)))
    if segment then
      lu.assertEquals({ segment.source_port, segment.target_port }, { port, 4000 })
      return segment.flags, segment.acknowledged, segment.sequence
    end
  end
  for family, target in pairs { ipv4 = "8.8.8.8", ipv6 = "2001:4860:4860::8888" } do
    lu.assertEquals({ send(family, target, 443, SYN) }, { SYN | ACK, 0, 0 })
    lu.assertEquals({ send(family, target, 9, SYN) }, { RST | ACK, 0, 0 })
    lu.assertNil(send(family, target, 443, ACK))
    lu.assertNil(send(family, target, 443, RST))
    lu.assertEquals({ send(family, target, 443, PSH | ACK, "hello") }, { RST | ACK, 4, 7 })
    lu.assertEquals({ send(family, target, 443, FIN | ACK) }, { RST | ACK, 0xffffffff, 7 })
  end
  lu.assertNil(send("ipv4", "192.0.2.1", 443, SYN))
  local broken = packets.with_tcp(header("ipv4", "8.8.8.8", packets.TCP), {
    source_port = 4000, target_port = 443, sequence = 1, acknowledged = 0, flags = SYN, window = 1,
  })
  broken.payload = broken.payload:sub(1, -2) .. "x"
  network:receive(0, packets.build(broken))
  lu.assertEquals(received, {})
end

return T
