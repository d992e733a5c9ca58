-- SPDX-License-Identifier: MIT
-- Probes: TCP connections and DNS queries through one link, in a private network namespace; their specs; quorums. And
-- all of them through a simulated modem.

local descriptor = require "core.descriptor"
local fs = require "core.fs"
local inet = require "core.inet"
local lu = require "luaunit"
local namespace = require "core.namespace"
local net = require "net"
local netlink = require "core.netlink"
local packets = require "simulator.packets"
local port = require "core.port"
local probe = require "core.probe"
local task = require "task"
local world = require "support.world"

assert(namespace.enter())
assert(netlink.link("lo")) -- opens the netlink socket, which stays
assert(fs.write("/proc/sys/net/ipv6/conf/default/addr_gen_mode", "1"))

local FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16

local T = {}
local device

-- The kernel tells of an IPv6 address a moment before it takes packets for it.
local function add_ipv6_address(address)
  local monitor <close> = assert(netlink.monitor { groups = { "route" } })
  assert(netlink.add_address { link = "wwan7", address = address, prefix_length = 64 })
  repeat
    local event = assert(monitor:next())
  until event.type == "local" and event.destination == address .. "/128"
end

function T.setUp()
  device = assert(port.adopt(assert(descriptor.tun("wwan7")), "messages"))
  assert(netlink.set_link("wwan7", { up = true }))
  assert(netlink.add_address { link = "wwan7", address = "10.64.1.2", prefix_length = 24 })
end

function T.tearDown() device:close() end

local function assert_round_trip(seconds)
  lu.assertIsNumber(seconds)
  lu.assertTrue(seconds >= 0 and seconds < 1)
end

local function assert_fails(code, seconds, err)
  lu.assertNil(seconds)
  lu.assertEquals(err.code, code, tostring(err))
  return err
end

-- What the host sends by a protocol: the header, and what is parsed of its payload.
local function next_packet(protocol)
  repeat
    local header = packets.parse(assert(device:read()))
    if header and header.protocol == protocol then
      return header, (protocol == packets.TCP and packets.parse_tcp or packets.parse_udp)(header)
    end
  until false
end

local function reply(header, fields)
  local made = { family = header.family, source = header.target, target = header.source, protocol = header.protocol }
  for key, value in pairs(fields or {}) do made[key] = value end
  return made
end

-- Runs a probe while answer() plays the network.
local function answered_by(answer, run, options)
  local group <close> = task.group()
  group:spawn(answer)
  options.link, options.timeout = "wwan7", options.timeout or 0.3
  return run(options)
end

-- TCP -----------------------------------------------------------------------------------------------------------------

local function next_segment(flags)
  local header, segment
  repeat
    header, segment = next_packet(packets.TCP)
  until segment.flags & (SYN | RST) == flags
  return header, segment
end

local function answer_syn(flags)
  return function()
    local header, segment = next_segment(SYN)
    lu.assertEquals(segment.target_port, 443)
    device:write(packets.build(packets.with_tcp(reply(header), {
      source_port = 443, target_port = segment.source_port, sequence = 1000, acknowledged = segment.sequence + 1,
      flags = flags, window = 1000,
    })))
  end
end

function T.test_tcp_refused_and_connected()
  add_ipv6_address("2001:db8::2")
  for _, address in ipairs { "10.64.1.9", "2001:db8::9" } do
    for flags, wanted in pairs { [RST | ACK] = "refused", [SYN | ACK] = "connected" } do
      local seconds, how = answered_by(answer_syn(flags), probe.tcp, { address = address, port = 443 })
      assert_round_trip(seconds)
      lu.assertEquals(how, wanted)
    end
  end
end

-- The connection that came about is reset: the network must not be left with half of it.
function T.test_tcp_leaves_nothing()
  assert_round_trip(answered_by(answer_syn(SYN | ACK), probe.tcp, { address = "10.64.1.9", port = 443 }))
  assert(task.timeout(60, next_segment, RST))
end

-- Plays a server that takes the connection, and answers what is said with these bytes, a segment each; "" ends it.
local function answer_with(segments)
  return function()
    answer_syn(SYN | ACK)()
    local header, segment
    repeat
      header, segment = next_packet(packets.TCP)
    until #segment.body > 0
    local sequence = segment.acknowledged
    for _, body in ipairs(segments) do
      device:write(packets.build(packets.with_tcp(reply(header), {
        source_port = 443, target_port = segment.source_port, sequence = sequence, window = 65535,
        flags = (body == "" and FIN or PSH) | ACK, acknowledged = segment.sequence + #segment.body, body = body,
      })))
      sequence = sequence + #body
    end
  end
end

-- An answer comes in as many pieces as its server, and the network, like.
function T.test_what_a_tcp_server_says()
  local long = ("x"):rep(1400)
  for _, case in ipairs {
    { { "one", "two\r", "\n\r\nbody" }, "onetwo\r\n\r\nbody" },
    { { long, "end\r\n\r\n" }, long .. "end\r\n\r\n" },
    { { long, long, long }, (long:rep(3)):sub(1, 4096) }, -- as much as is taken of one that does not end
    { { "until", " its end", "" }, "until its end" },
    { { "until the deadline" }, "until the deadline" },
  } do
    local seconds, how, said = answered_by(answer_with(case[1]), probe.tcp,
      { address = "10.64.1.9", port = 443, say = "?", ending = "\r\n\r\n", timeout = #case[1] > 1 and 60 or 0.5 })
    assert_round_trip(seconds)
    lu.assertEquals({ how, said }, { "connected", case[2] })
  end
  local options = { address = "10.64.1.9", port = 443, say = "?", timeout = 60 }
  lu.assertEquals(select(3, answered_by(answer_with { "first" }, probe.tcp, options)), "first")
  options.ending = ("x"):rep(8)
  lu.assertNil((probe.tcp(options)))
end

function T.test_tcp_on_loopback_is_over_at_once()
  for _, address in ipairs { "127.0.0.1", "::1" } do
    local seconds, how = probe.tcp { address = address, port = 9, link = "lo" }
    assert_round_trip(seconds)
    lu.assertEquals(how, "refused")
  end
end

function T.test_silence()
  assert_fails("timeout", probe.tcp { address = "10.64.1.9", port = 80, timeout = 0.05 })
  local err = assert_fails("timeout", probe.dns { address = "10.64.1.9", timeout = 0.05 })
  lu.assertStrContains(err.message, "10.64.1.9")
end

-- ICMP: the host, or the port, cannot be reached.
local function refuse_by_icmp(protocol, code)
  return function()
    local header = next_packet(protocol)
    device:write(packets.build(packets.with_icmp(reply(header, { source = "10.64.1.1", protocol = packets.ICMP }), {
      type = 3, code = code, body = "\0\0\0\0" .. packets.build {
        family = "ipv4", source = header.source, target = header.target, protocol = protocol,
        payload = header.payload:sub(1, 28),
      },
    })))
  end
end

function T.test_refused_by_a_router()
  assert_fails("unreachable", answered_by(refuse_by_icmp(packets.TCP, 1), probe.tcp,
    { address = "10.64.1.9", port = 80, timeout = 5 }))
  assert_fails("unreachable", answered_by(refuse_by_icmp(packets.UDP, 1), probe.dns,
    { address = "10.64.1.9", timeout = 5 }))
  assert_fails("unreachable", answered_by(refuse_by_icmp(packets.UDP, 3), probe.dns,
    { address = "10.64.1.9", timeout = 5 }))
end

function T.test_no_route()
  for _, address in ipairs { "192.0.2.1", "2001:db8:1::1" } do
    assert_fails("unreachable", probe.tcp { address = address, port = 80 })
    assert_fails("unreachable", probe.dns { address = address })
  end
end

-- The link decides, not the routes.
function T.test_only_through_the_link()
  assert_fails("unreachable", probe.tcp { address = "192.0.2.1", port = 443 })
  assert_round_trip(answered_by(answer_syn(RST | ACK), probe.tcp, { address = "192.0.2.1", port = 443 }))
end

-- DNS -----------------------------------------------------------------------------------------------------------------

local function send_answer(header, datagram, body, fields)
  device:write(packets.build(packets.with_udp(reply(header, fields), {
    source_port = 53, target_port = datagram.source_port, body = body,
  })))
end

local function refused(query)
  return query:sub(1, 2) .. "\x81\x85" .. ("\0"):rep(8)
end

function T.test_dns()
  local asked
  local function answer()
    local header, datagram = next_packet(packets.UDP)
    lu.assertEquals(datagram.target_port, 53)
    asked = datagram.body
    send_answer(header, datagram, asked:sub(1, 2) .. "\x81\x80" .. asked:sub(5))
  end
  assert_round_trip(answered_by(answer, probe.dns, { address = "10.64.1.9" }))
  lu.assertEquals(asked:sub(3), "\1\0\0\1\0\0\0\0\0\0" .. "\0\0\2\0\1")
  local first = asked
  assert_round_trip(answered_by(answer, probe.dns, { address = "10.64.1.9", name = "example.org" }))
  lu.assertEquals(asked:sub(13), "\7example\3org\0\0\1\0\1")
  add_ipv6_address("2001:db8::2")
  assert_round_trip(answered_by(answer, probe.dns, { address = "2001:db8::9" }))
  local third = asked
  assert_round_trip(answered_by(answer, probe.dns, { address = "2001:db8::9" }))
  lu.assertFalse(first:sub(1, 2) == third:sub(1, 2) and third:sub(1, 2) == asked:sub(1, 2), "ids are at random")
end

function T.test_dns_that_refuses_is_an_answer()
  assert_round_trip(answered_by(function()
    local header, datagram = next_packet(packets.UDP)
    send_answer(header, datagram, refused(datagram.body))
  end, probe.dns, { address = "10.64.1.9" }))
end

function T.test_packets_that_are_no_answer_do_not_count()
  local sent = false
  assert_fails("timeout", answered_by(function()
    local header, datagram = next_packet(packets.UDP)
    local query = datagram.body
    send_answer(header, datagram, query) -- the query itself
    send_answer(header, datagram, "")
    send_answer(header, datagram, refused(query):sub(1, 11)) -- cut off
    send_answer(header, datagram, string.char(query:byte(1) ~ 1) .. refused(query):sub(2)) -- not our id
    send_answer(header, datagram, refused(query), { source = "10.64.1.8" }) -- not who we asked
    sent = true
  end, probe.dns, { address = "10.64.1.9" }))
  lu.assertTrue(sent)
end

-- Both ----------------------------------------------------------------------------------------------------------------

function T.test_mistakes()
  assert_fails("invalid", probe.tcp { address = "example.org", port = 80 })
  assert_fails("invalid", probe.dns { address = "example.org" })
  assert_fails("invalid", probe.dns { address = "10.64.1.9", name = "a..b" })
  assert_fails("gone", probe.tcp { address = "10.64.1.9", port = 80, link = "none" })
  lu.assertError(probe.tcp, { address = "10.64.1.9" })
  lu.assertError(probe.tcp, { address = "10.64.1.9", port = 0 })
  lu.assertError(probe.dns, { address = "10.64.1.9", port = 65536 })
  lu.assertError(probe.dns, {})
end

function T.test_cancelled()
  for _, run in ipairs { probe.tcp, probe.dns } do
    local seconds, err = task.timeout(0.02, run, { address = "10.64.1.9", port = 80, timeout = 30 })
    lu.assertNil(seconds)
    lu.assertEquals(err.source, "task")
  end
end

function T.test_family()
  lu.assertEquals({ inet.family "8.8.8.8", inet.family "2001:db8::1" }, { "ipv4", "ipv6" })
  for _, text in ipairs { "", "8.8.8", "8.8.8.8 ", "example.org", "fe80::1%lo" } do
    lu.assertNil(inet.family(text))
  end
end

-- Specs and quorums ---------------------------------------------------------------------------------------------------

function T.test_specs()
  for spec, wanted in pairs {
    ["8.8.8.8"] = { "ping", "8.8.8.8", "ipv4" },
    ["ping:8.8.8.8"] = { "ping", "8.8.8.8", "ipv4" },
    ["2001:db8::1"] = { "ping", "2001:db8::1", "ipv6" },
    ["ping:2001:db8::1"] = { "ping", "2001:db8::1", "ipv6" },
    ["tcp:1.1.1.1:443"] = { "tcp", "1.1.1.1", "ipv4", 443 },
    ["tcp:[2606:4700::1111]:443"] = { "tcp", "2606:4700::1111", "ipv6", 443 },
    ["dns:9.9.9.9"] = { "dns", "9.9.9.9", "ipv4", 53, "" },
    ["dns:[2620:fe::fe]"] = { "dns", "2620:fe::fe", "ipv6", 53, "" },
    ["dns:9.9.9.9/example.org"] = { "dns", "9.9.9.9", "ipv4", 53, "example.org" },
    ["dns:[2620:fe::fe]:5353/example.org"] = { "dns", "2620:fe::fe", "ipv6", 5353, "example.org" },
  } do
    local got = assert(net.parse_probe(spec))
    lu.assertEquals({ got.kind, got.address, got.family, got.port, got.name }, wanted)
    lu.assertEquals(got.spec, spec)
  end
end

function T.test_specs_with_mistakes()
  for spec, words in pairs {
    ["example.org"] = "no IP address", [""] = "no IP address", ["udp:1.1.1.1:5"] = "no IP address",
    ["8.8.8.8:53"] = "a ping has no port", ["tcp:1.1.1.1"] = "port", ["tcp:1.1.1.1:0"] = "port",
    ["tcp:1.1.1.1:65536"] = "port", ["tcp:1.1.1.1:http"] = "port", ["tcp:2606:4700::1111"] = "port",
    ["dns:9.9.9.9:x"] = "port", ["dns:"] = "no IP address", ["tcp:[1.1.1.1:443"] = "no IP address",
    [8] = "string expected",
  } do
    local err = assert_fails("invalid", net.parse_probe(spec))
    lu.assertStrContains(err.message, words)
    assert_fails("invalid", net.probe(spec))
  end
end

-- A policy would repair a modem for ever, for want of an answer that cannot come.
function T.test_probes_that_nothing_answers()
  for _, address in ipairs {
    "0.0.0.0", "127.0.0.1", "224.0.0.1", "255.255.255.255", "::", "::1", "ff02::1", "::ffff:8.8.8.8",
  } do
    local err = assert_fails("invalid", net.parse_probe(address))
    lu.assertStrContains(err.message, "no other computer has the address " .. address)
  end
  for _, name in ipairs { "a..b", "a b", ".", ".a", ("x"):rep(64), ("x."):rep(127) .. "xx", "a;b" } do
    local err = assert_fails("invalid", net.parse_probe("dns:9.9.9.9/" .. name))
    lu.assertStrContains(err.message, "is no name that DNS could know")
  end
  for _, name in ipairs { "", "org", "_sip.example.org.", ("x"):rep(63) .. ".org" } do
    assert(net.parse_probe("dns:9.9.9.9/" .. name))
  end
end

function T.test_probe_by_spec()
  assert_round_trip(net.probe "127.0.0.1")
  local seconds, err = net.probe("tcp:[::1]:9", { link = "lo" })
  assert_round_trip(seconds)
  lu.assertNil(err)
  assert_fails("timeout", net.probe("dns:10.64.1.9", { link = "wwan7", timeout = 0.05 }))
end

function T.test_quorum()
  local silent = "dns:10.64.1.9"
  local answered, seconds = net.quorum({ silent, "tcp:127.0.0.1:9" }, { timeout = 1000 })
  lu.assertEquals(answered, 1)
  assert_round_trip(seconds)
  lu.assertEquals(net.quorum({ "tcp:127.0.0.1:9", silent, "127.0.0.1" }, { timeout = 1000, needed = 2 }), 2)
  -- As soon as too few are left, it is over.
  local err = assert_fails("unreachable", net.quorum({ silent, "tcp:192.0.2.1:9" }, { timeout = 1000, needed = 2 }))
  lu.assertStrContains(err.message, "0 of 2 probes answered, 2 needed (tcp:192.0.2.1:9: ")
  err = assert_fails("unreachable", net.quorum({ silent, "tcp:192.0.2.1:9" }, { timeout = 0.05 }))
  lu.assertStrContains(err.message, "dns:10.64.1.9: ")
  lu.assertEquals({ #err.detail.failures, err.detail.failures[2].spec, err.detail.failures[2].err.code },
    { 2, silent, "timeout" })
  assert_fails("timeout", net.quorum({ silent }, { timeout = 0.05 }))
end

function T.test_quorum_leaves_families_out()
  local specs = { "dns:10.64.1.9", "dns:[2001:db8::9]", "dns:[2001:db8::8]" }
  local options = { link = "wwan7", needed = 3, timeout = 0.05 }
  local err = assert_fails("timeout", net.quorum(specs, options))
  lu.assertStrContains(err.message, "0 of 1 probes answered, 1 needed")
  assert(netlink.add_address { link = "wwan7", address = "fe80::2", prefix_length = 64 })
  err = assert_fails("timeout", net.quorum(specs, options))
  lu.assertStrContains(err.message, "0 of 1 ")
  err = assert_fails("unreachable", net.quorum({ specs[2] }, options))
  lu.assertStrContains(err.message, "wwan7 has no address")
  add_ipv6_address("2001:db8::2")
  err = assert_fails("timeout", net.quorum(specs, options))
  lu.assertStrContains(err.message, "0 of 3 ")
end

function T.test_quorum_with_mistakes()
  assert_fails("invalid", net.quorum({ "127.0.0.1", "example.org" }))
  assert_fails("invalid", net.quorum({}, { link = "lo" }))
  assert_fails("gone", net.quorum({ "127.0.0.1" }, { link = "none" }))
end

-- Through a simulated modem -------------------------------------------------------------------------------------------

local SCRIPT = [[
local net = require "net"
for _, spec in ipairs { "8.8.8.8", "tcp:1.1.1.1:443", "tcp:1.1.1.1:9", "tcp:[2001:4860:4860::8888]:443", "dns:8.8.8.8",
  "dns:[2001:4860:4860::8888]/example.com" } do
  local seconds, err = net.probe(spec, { link = "wwan0", timeout = TIMEOUT })
  print(spec, seconds and "answers" or err.code)
end
print(net.quorum({ "8.8.8.8", "tcp:1.1.1.1:443", "dns:8.8.8.8" }, { link = "wwan0", timeout = TIMEOUT, needed = 3 }))
]]

local function run_script(timeout, after)
  local text = SCRIPT:gsub("TIMEOUT", timeout)
  local result = world.run("moontower up --no-dns --apn r.ispsn >/dev/null && " .. (after or ":")
    .. " && cat >/run/probe.lua <<'END' && moontower run /run/probe.lua\n" .. text .. "END")
  world.assert_success(result)
  return result.out
end

function T.test_through_a_simulated_modem()
  local out = run_script("5")
  lu.assertEquals(select(2, out:gsub("\tanswers\n", "")), 6, out)
  lu.assertStrContains(out, "\n3\t")
end

function T.test_through_a_blackhole()
  local out = run_script("0.1", "moontower simulate fault blackhole")
  lu.assertEquals(select(2, out:gsub("\ttimeout\n", "")), 6, out)
  lu.assertStrContains(out, "0 of 3 probes answered, 3 needed (")
end

return T
