-- SPDX-License-Identifier: MIT
-- core.ping: replies, silence and refusals, in a private network namespace.

local descriptor = require "core.descriptor"
local fs = require "core.fs"
local inet = require "core.inet"
local lu = require "luaunit"
local namespace = require "core.namespace"
local netlink = require "core.netlink"
local ping = require "core.ping"
local port = require "core.port"
local task = require "task"

assert(namespace.enter())
assert(netlink.link("lo")) -- opens the netlink socket, which stays
-- No addresses but ours, and no chatter about them.
assert(fs.write("/proc/sys/net/ipv6/conf/default/addr_gen_mode", "1"))

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
  add_ipv6_address("2001:db8::2")
end

function T.tearDown()
  device:close()
end

local function assert_round_trip(seconds, err)
  lu.assertNil(err)
  lu.assertIsNumber(seconds)
  lu.assertTrue(seconds >= 0 and seconds < 1)
end

function T.test_loopback()
  assert_round_trip(ping.echo { address = "127.0.0.1" })
  assert_round_trip(ping.echo { address = "127.0.0.1", size = 16 })
  assert_round_trip(ping.echo { address = "127.0.0.1", size = 8192, link = "lo" })
  assert_round_trip(ping.echo { address = "::1" })
  assert_round_trip(ping.echo { address = "::1", link = "lo", size = 1000 })
end

-- Packets of a TUN device: the version is in the first half byte; ICMP's type follows the IP header.
local function next_packet(version)
  repeat
    local packet = assert(device:read())
    if packet:byte(1) >> 4 == version then
      return packet
    end
  until false
end

local function icmp(kind, code, rest)
  local zero = string.pack(">BBI2", kind, code, 0) .. rest
  return string.pack(">BBI2", kind, code, inet.checksum(zero)) .. rest
end

local function ipv4(source, target, payload)
  local header = string.pack(">BBI2I2I2BBI2", 0x45, 0, 20 + #payload, 0, 0, 64, 1, 0) .. source .. target
  return header:sub(1, 10) .. string.pack(">I2", inet.checksum(header)) .. header:sub(13) .. payload
end

local function ipv6(source, target, kind, code, rest)
  local zero = string.pack(">BBI2", kind, code, 0) .. rest
  local sum = inet.checksum(source, target, string.pack(">I4I4", #zero, 58), zero)
  local header = string.pack(">I4I2BB", 6 << 28, #zero, 58, 64) .. source .. target
  return header .. string.pack(">BBI2", kind, code, sum) .. rest
end

local function answered_by(answer, address)
  local group <close> = task.group()
  group:spawn(answer)
  return ping.echo { address = address or "10.64.1.9", link = "wwan7", timeout = 0.3 }
end

function T.test_reply_through_a_link()
  assert_round_trip(answered_by(function()
    local packet = next_packet(4)
    lu.assertEquals(packet:byte(21), 8)
    device:write(ipv4(packet:sub(17, 20), packet:sub(13, 16), icmp(0, 0, packet:sub(25))))
  end))
end

function T.test_replies_to_something_else_do_not_count()
  local seconds, err = answered_by(function()
    local packet = next_packet(4)
    local there, back = packet:sub(17, 20), packet:sub(13, 16)
    local body = packet:sub(25)
    device:write(ipv4(there, back, icmp(0, 0, body:sub(1, 4) .. ("\0"):rep(#body - 4)))) -- not our payload
    device:write(ipv4(there, back, icmp(0, 0, body:sub(1, 10)))) -- cut off
    device:write(ipv4(there, back, icmp(0, 0, "\0\0\0\0" .. body:sub(5)))) -- not our sequence
    device:write(ipv4("\10\64\1\8", back, icmp(0, 0, body))) -- not who we asked
    device:write(ipv4(there, back, icmp(8, 0, body))) -- a request
  end)
  lu.assertNil(seconds)
  lu.assertEquals(err.code, "timeout")
end

function T.test_refused_by_a_router()
  local seconds, err = answered_by(function()
    local packet = next_packet(4)
    device:write(ipv4("\10\64\1\1", packet:sub(13, 16), icmp(3, 1, "\0\0\0\0" .. packet:sub(1, 28))))
  end)
  lu.assertNil(seconds)
  lu.assertEquals(err.code, "unreachable")
  lu.assertEquals(err.source, "ping")
  lu.assertEquals({ err.detail.from, err.detail.icmp_type, err.detail.icmp_code }, { "10.64.1.1", 3, 1 })
end

-- The link's own chatter (router solicitations) comes between.
local function next_echo6()
  local packet
  repeat
    packet = next_packet(6)
  until packet:byte(41) == 128
  return packet
end

function T.test_ipv6_reply_and_refusal()
  assert_round_trip(answered_by(function()
    local packet = next_echo6()
    device:write(ipv6(packet:sub(25, 40), packet:sub(9, 24), 129, 0, packet:sub(45)))
  end, "2001:db8::9"))
  local seconds, err = answered_by(function()
    local packet = next_echo6()
    device:write(ipv6(packet:sub(25, 40), packet:sub(9, 24), 1, 3, "\0\0\0\0" .. packet))
  end, "2001:db8::9")
  lu.assertNil(seconds)
  lu.assertEquals(err.code, "unreachable")
  lu.assertEquals({ err.detail.from, err.detail.icmp_type, err.detail.icmp_code }, { "2001:db8::9", 1, 3 })
end

function T.test_a_refusal_of_another_ping_does_not_count()
  local seconds, err = answered_by(function()
    local packet = next_packet(4)
    local other = packet:sub(1, 24) .. "\0\0\0\0"
    device:write(ipv4("\10\64\1\1", packet:sub(13, 16), icmp(3, 1, "\0\0\0\0" .. other)))
  end)
  lu.assertNil(seconds)
  lu.assertEquals(err.code, "timeout")
end

function T.test_silence()
  for _, address in ipairs { "10.64.1.9", "2001:db8::9" } do
    local seconds, err = ping.echo { address = address, timeout = 0.05 }
    lu.assertNil(seconds)
    lu.assertEquals(err.code, "timeout")
    lu.assertStrContains(err.message, address)
  end
end

function T.test_no_route()
  for _, address in ipairs { "192.0.2.1", "2001:db8:1::1" } do
    local seconds, err = ping.echo { address = address, timeout = 1 }
    lu.assertNil(seconds)
    lu.assertEquals(err.code, "unreachable")
  end
end

function T.test_mistakes()
  local seconds, err = ping.echo { address = "example.org" }
  lu.assertNil(seconds)
  lu.assertEquals(err.code, "invalid")
  seconds, err = ping.echo { address = "127.0.0.1", link = "none" }
  lu.assertNil(seconds)
  lu.assertEquals(err.code, "gone")
  lu.assertError(ping.echo, {})
  lu.assertError(ping.echo, { address = "127.0.0.1", size = 5 })
  lu.assertError(ping.echo, { address = "127.0.0.1", size = 70000 })
end

function T.test_cancelled()
  local seconds, err = task.timeout(0.02, ping.echo, { address = "10.64.1.9", timeout = 30 })
  lu.assertNil(seconds)
  lu.assertEquals(err.source, "task")
end

-- All of it again, without raw sockets: in this namespace, from now on, every group may have ping sockets. (It comes
-- last, as luaunit sorts its tests: not every user can take the permission back.)
function T.test_with_ping_sockets()
  assert(fs.write("/proc/sys/net/ipv4/ping_group_range", "0 0"))
  for name, test in pairs(T) do
    if name:find("^test_") and name ~= "test_with_ping_sockets" then
      T.tearDown()
      T.setUp()
      local ok, err = xpcall(test, debug.traceback)
      lu.assertTrue(ok, name .. ": " .. tostring(err))
    end
  end
end

return T
