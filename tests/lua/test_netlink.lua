-- SPDX-License-Identifier: MIT
-- core.netlink: links, addresses, routes, next hops and rules of a private network namespace, and their changes.

local descriptor = require "core.descriptor"
local fs = require "core.fs"
local lu = require "luaunit"
local namespace = require "core.namespace"
local netlink = require "core.netlink"
local ping = require "core.ping"
local port = require "core.port"
local process = require "core.process"
local task = require "task"

assert(namespace.enter())
assert(netlink.link("lo")) -- opens the netlink socket, which stays
-- No addresses but ours, and no chatter about them.
assert(fs.write("/proc/sys/net/ipv6/conf/default/addr_gen_mode", "1"))

local T = {}
local device

function T.setUp()
  device = assert(port.adopt(assert(descriptor.tun("wwan7")), "messages"))
  assert(netlink.set_link("wwan7", { up = true, mtu = 1400 }))
end

function T.tearDown()
  device:close()
end

local function find(list, field, value)
  for _, item in ipairs(list) do
    if item[field] == value then
      return item
    end
  end
end

-- What the file can know without a modem: the loopback link of a new namespace.
function T.test_link()
  local link = assert(netlink.link("lo"))
  lu.assertEquals(link.index, 1)
  lu.assertTrue(link.up)
  lu.assertEquals(netlink.link(1).name, "lo")
  local tun = assert(netlink.link("wwan7"))
  lu.assertEquals({ tun.type, tun.mtu, tun.up, tun.noarp }, { "tun", 1400, true, true })
  for _, name in ipairs { "none", 4711, ("x"):rep(99) } do
    local nothing, err = netlink.link(name)
    lu.assertNil(nothing)
    lu.assertEquals(err.code, "gone")
  end
end

function T.test_statistics()
  local none = { packets = 0, bytes = 0, errors = 0, dropped = 0 }
  lu.assertEquals(netlink.link("wwan7").statistics, { rx = none, tx = none })
  assert(netlink.add_address { link = "wwan7", address = "10.64.1.2", prefix_length = 30 })
  lu.assertNil((ping.echo { address = "10.64.1.1", timeout = 0.02 }))
  local sent = assert(device:read()) -- a TUN device counts what is read from it
  local once = { packets = 1, bytes = #sent, errors = 0, dropped = 0 }
  lu.assertEquals(netlink.link("wwan7").statistics, { rx = none, tx = once })
  assert(device:write(sent))
  lu.assertEquals(find(netlink.links(), "name", "wwan7").statistics, { rx = once, tx = once })
end

function T.test_set_link()
  lu.assertTrue(netlink.set_link("wwan7", { up = false }))
  lu.assertFalse(netlink.link("wwan7").up)
  lu.assertTrue(netlink.set_link("wwan7", { mtu = 1280 }))
  lu.assertEquals(netlink.link("wwan7").mtu, 1280)
  lu.assertFalse(netlink.link("wwan7").up)
  local ok, err = netlink.set_link("wwan7", { mtu = 20 })
  lu.assertNil(ok)
  lu.assertEquals(err.code, "invalid")
  lu.assertNil((netlink.set_link("none", { up = true })))
  lu.assertError(netlink.set_link, "wwan7", { mtu = "much" })
end

function T.test_links()
  local links = assert(netlink.links())
  lu.assertEquals(find(links, "name", "lo"), netlink.link("lo"))
  lu.assertEquals(find(links, "name", "wwan7"), netlink.link("wwan7"))
  lu.assertEquals(#links, 2)
  lu.assertNil(netlink.link("wwan7").parent)
  lu.assertNil(netlink.link("wwan7").vlan_id)
end

-- libnl says of a bridge that its family is that of bridges, as of a port's own view of the link.
function T.test_a_bridge_is_a_link_like_others()
  local made = assert(process.run { "ip", "link", "add", "bridge7", "type", "bridge", timeout = 600 })
  lu.skipIf(made.status ~= 0, "the kernel has no bridges")
  lu.assertEquals(netlink.link("bridge7").type, "bridge")
  lu.assertNotNil(find(netlink.links(), "name", "bridge7"))
  lu.assertTrue(netlink.remove_link("bridge7"))
end

-- TUN devices take no VLANs, and there are kernels without any: link's own test, in tests/vm/test_sessions, does more.
function T.test_a_link_without_vlans()
  local ok, err = netlink.add_link { kind = "vlan", name = "wwan7.1", parent = "wwan7", id = 1 }
  lu.assertNil(ok)
  lu.assertEquals(err.code, "unsupported")
end

-- rmnet has mux ids up to 254, so this makes a link nowhere; where the kernel has it, the answer is another one.
function T.test_a_kernel_without_rmnet()
  for _, checksums in ipairs { false, 4, 5 } do
    local ok, err = netlink.add_link {
      kind = "rmnet", name = "wwan7.1", parent = "wwan7", id = 4094, checksums = checksums or nil,
    }
    lu.assertNil(ok)
    lu.assertTrue(err.code == "unsupported" or err.detail.errno == "ERANGE", tostring(err))
  end
  lu.assertNil(netlink.link "wwan7.1")
end

function T.test_links_that_cannot_be_made_or_removed()
  local ok, err = netlink.add_link { kind = "vlan", name = "none.1", parent = "none", id = 1 }
  lu.assertNil(ok)
  lu.assertEquals(err.code, "gone")
  ok, err = netlink.add_link { kind = "vlan", name = ("x"):rep(16), parent = "wwan7", id = 1 }
  lu.assertNil(ok)
  lu.assertEquals(err.code, "invalid")
  ok, err = netlink.remove_link("lo")
  lu.assertNil(ok)
  lu.assertEquals(err.code, "unsupported")
  ok, err = netlink.remove_link("none")
  lu.assertNil(ok)
  lu.assertEquals(err.code, "gone")
  lu.assertError(netlink.add_link, { kind = "vlan", name = "wwan7.1", parent = "wwan7" })
  lu.assertError(netlink.add_link, { kind = "vlan", name = "wwan7.1", parent = "wwan7", id = 4095 })
  lu.assertError(netlink.add_link, { kind = "bridge", name = "wwan7.1", parent = "wwan7", id = 1 })
end

function T.test_ipv4_address()
  local wanted = {
    link = "wwan7", address = "10.64.1.2", prefix_length = 30, protocol = 77, no_prefix_route = true,
  }
  lu.assertTrue(netlink.add_address(wanted))
  local list = assert(netlink.addresses("wwan7"))
  local got = assert(find(list, "address", "10.64.1.2"))
  lu.assertEquals(got, {
    link = "wwan7", family = "ipv4", address = "10.64.1.2", prefix_length = 30, scope = "global", protocol = 77,
  })
  lu.assertNotNil(find(netlink.addresses(), "address", "127.0.0.1"))
  lu.assertEquals(netlink.routes { link = "wwan7", table = 254, family = "ipv4" }, {})

  local ok, err = netlink.add_address(wanted)
  lu.assertNil(ok)
  lu.assertEquals(err.code, "exists")
  lu.assertStrContains(err.message, "add address 10.64.1.2/30 on wwan7")
  lu.assertTrue(netlink.del_address(wanted))
  lu.assertNil(find(netlink.addresses("wwan7"), "address", "10.64.1.2"))
  lu.assertNil((netlink.del_address(wanted)))
end

function T.test_prefix_route_comes_with_the_address_unless_disabled()
  lu.assertTrue(netlink.add_address { link = "wwan7", address = "10.64.1.2", prefix_length = 30 })
  local route = assert(find(netlink.routes { link = "wwan7" }, "destination", "10.64.1.0/30"))
  lu.assertEquals({ route.protocol, route.scope, route.source }, { 2, "link", "10.64.1.2" })
end

function T.test_ipv6_address()
  local wanted = { link = "wwan7", address = "2001:db8::5", prefix_length = 64, protocol = 77 }
  lu.assertTrue(netlink.add_address(wanted))
  local got = assert(find(netlink.addresses("wwan7"), "address", "2001:db8::5"))
  lu.assertEquals({ got.family, got.prefix_length, got.scope, got.protocol }, { "ipv6", 64, "global", 77 })
  local ok, err = netlink.add_address(wanted)
  lu.assertNil(ok)
  lu.assertEquals(err.code, "exists")
  lu.assertTrue(netlink.del_address(wanted))
  lu.assertNil(find(netlink.addresses("wwan7"), "address", "2001:db8::5"))
end

function T.test_addresses_that_are_none()
  for _, address in ipairs { "", "10.0.0", "10.0.0.256", "fe80::1%lo", "any", "10.0.0.1/8", ("1"):rep(99) } do
    local ok, err = netlink.add_address { link = "wwan7", address = address }
    lu.assertNil(ok)
    lu.assertEquals(err.code, "invalid")
  end
  lu.assertError(netlink.add_address, { link = "wwan7" })
  lu.assertError(netlink.add_address, { link = "wwan7", address = "10.0.0.1", prefix_length = 33 })
  lu.assertErrorMsgContains("from 1 to 32", netlink.add_address,
    { link = "wwan7", address = "10.0.0.1", prefix_length = 0 })
  lu.assertErrorMsgContains("from 1 to 128", netlink.del_address,
    { link = "wwan7", address = "::1", prefix_length = 0 })
  local _, wrong = netlink.add_address { link = "wwan7", address = "10.0.0.256", prefix_length = 8 }
  lu.assertStrContains(wrong.message, "add address 10.0.0.256/8 on wwan7")
  local ok, err = netlink.add_address { link = "none", address = "10.0.0.1" }
  lu.assertNil(ok)
  lu.assertEquals(err.code, "gone")
end

function T.test_default_route_on_the_link()
  assert(netlink.add_address { link = "wwan7", address = "10.64.1.2", prefix_length = 32 })
  local wanted = { link = "wwan7", destination = "default", family = "ipv4", metric = 700, protocol = 77 }
  lu.assertTrue(netlink.add_route(wanted))
  local routes = assert(netlink.routes { protocol = 77 })
  lu.assertEquals(routes, { {
    family = "ipv4", destination = "default", link = "wwan7", metric = 700, table = 254, protocol = 77,
    scope = "link", type = "unicast", onlink = false,
  } })
  local ok, err = netlink.add_route(wanted)
  lu.assertNil(ok)
  lu.assertEquals(err.code, "exists")
  lu.assertTrue(netlink.del_route(wanted))
  lu.assertEquals(netlink.routes { protocol = 77 }, {})
  lu.assertNil((netlink.del_route(wanted)))
end

function T.test_routes_with_gateways_and_tables()
  assert(netlink.add_address { link = "wwan7", address = "10.64.1.2", prefix_length = 30 })
  lu.assertTrue(netlink.add_route {
    link = "wwan7", destination = "default", gateway = "10.64.1.1", metric = 5, table = 1000, protocol = 77,
    source = "10.64.1.2",
  })
  lu.assertTrue(netlink.add_route {
    link = "wwan7", destination = "192.0.2.0/24", gateway = "203.0.113.1", onlink = true, protocol = 77,
  })
  local route = netlink.routes({ table = 1000 })[1]
  lu.assertEquals({ route.destination, route.gateway, route.source, route.metric, route.scope },
    { "default", "10.64.1.1", "10.64.1.2", 5, "global" })
  route = find(netlink.routes { protocol = 77 }, "destination", "192.0.2.0/24")
  lu.assertTrue(route.onlink)
  lu.assertEquals(route.gateway, "203.0.113.1")
  -- A gateway that is nowhere near.
  local ok, err = netlink.add_route {
    link = "wwan7", destination = "198.51.100.0/24", gateway = "203.0.113.9", protocol = 77,
  }
  lu.assertNil(ok)
  lu.assertEquals(err.code, "unreachable")
  lu.assertTrue(netlink.del_route { link = "wwan7", destination = "192.0.2.0/24" })
  lu.assertNil(find(netlink.routes { protocol = 77 }, "destination", "192.0.2.0/24"))
end

function T.test_ipv6_route()
  assert(netlink.add_address { link = "wwan7", address = "2001:db8::5", prefix_length = 64 })
  lu.assertTrue(netlink.add_route { link = "wwan7", destination = "default", gateway = "2001:db8::1", metric = 9,
    protocol = 77 })
  local route = netlink.routes({ protocol = 77, family = "ipv6" })[1]
  lu.assertEquals({ route.destination, route.gateway, route.metric, route.link },
    { "default", "2001:db8::1", 9, "wwan7" })
  lu.assertTrue(netlink.add_route { link = "wwan7", destination = "2001:db8:1::/48", protocol = 77 })
  lu.assertEquals(#netlink.routes { protocol = 77 }, 2)
  lu.assertEquals(netlink.routes { protocol = 77, family = "ipv4" }, {})
end

function T.test_routes_that_are_none()
  lu.assertError(netlink.add_route, { link = "wwan7", destination = "default" })
  lu.assertError(netlink.add_route, { link = "wwan7", destination = "default", family = "ipx" })
  for _, destination in ipairs { "", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/8x", "10.0.0.0/010",
    "10.0.0.0/4294967304", "::/129" } do
    local ok, err = netlink.add_route { link = "wwan7", destination = destination }
    lu.assertNil(ok)
    lu.assertEquals(err.code, "invalid")
  end
  local ok, err = netlink.add_route { link = "wwan7", destination = "10.0.0.0/8", gateway = "::1" }
  lu.assertNil(ok)
  lu.assertEquals(err.code, "invalid")
end

-- libnl reads no such route, but its metric is taken.
function T.test_routes_with_encapsulation_are_routes_like_others()
  local monitor <close> = assert(netlink.monitor { groups = { "route" } })
  local made = assert(process.run { "sh", "-c", [[
    encap='encap ip id 1 dst 10.64.1.1'
    ip route add 10.9.0.0/24 proto 77 metric 5 $encap dev wwan7 &&
    ip route add 10.10.0.0/24 proto 77 nexthop dev wwan7 nexthop $encap dev lo
  ]], timeout = 600 })
  lu.skipIf(made.status ~= 0, "the kernel has no routes with encapsulation")
  local routes = assert(netlink.routes { protocol = 77 })
  lu.assertEquals(#routes, 2)
  lu.assertEquals({ routes[1].destination, routes[1].link, routes[1].metric }, { "10.9.0.0/24", "wwan7", 5 })
  lu.assertEquals({ routes[2].destination, #routes[2].hops, routes[2].hops[2].link }, { "10.10.0.0/24", 2, "lo" })
  local event
  repeat event = assert(task.timeout(600, monitor.next, monitor)) until event.destination == "10.9.0.0/24"
  lu.assertEquals(event.metric, 5)
  for _, route in ipairs(routes) do
    assert(netlink.del_route { destination = route.destination, protocol = 77 })
  end
end

-- A second way out, and an address of each family on both.
local function with_two_ways(fn)
  local _ <close> = assert(port.adopt(assert(descriptor.tun("wwan8")), "messages"))
  assert(netlink.set_link("wwan8", { up = true }))
  for i, name in ipairs { "wwan7", "wwan8" } do
    assert(netlink.add_address { link = name, address = ("10.64.%d.2"):format(i), prefix_length = 30 })
    assert(netlink.add_address { link = name, address = ("2001:db8:%d::2"):format(i), prefix_length = 64 })
  end
  fn()
end

local function remove_nexthops(...)
  for _, id in ipairs { ... } do
    netlink.del_nexthop { id = id }
  end
end

function T.test_nexthops_and_groups()
  with_two_ways(function()
    lu.assertTrue(netlink.add_nexthop { id = 1, link = "wwan7", family = "ipv4", protocol = 77 })
    lu.assertTrue(netlink.add_nexthop { id = 2, link = "wwan8", gateway = "10.64.2.1", protocol = 77 })
    lu.assertTrue(netlink.add_nexthop { id = 3, group = { { id = 1, weight = 256 }, { id = 2 } }, protocol = 77 })
    lu.assertEquals(netlink.nexthops { protocol = 77 }, {
      { id = 1, family = "ipv4", link = "wwan7", onlink = false, protocol = 77 },
      { id = 2, family = "ipv4", link = "wwan8", gateway = "10.64.2.1", onlink = false, protocol = 77 },
      { id = 3, group = { { id = 1, weight = 256 }, { id = 2, weight = 1 } }, protocol = 77 },
    })
    lu.assertEquals(#netlink.nexthops { link = "wwan8" }, 1)

    local default = { destination = "default", family = "ipv4", nexthop = 3, metric = 700, protocol = 77 }
    lu.assertTrue(netlink.add_route(default))
    local route = netlink.routes({ protocol = 77 })[1]
    lu.assertEquals({ route.nexthop, route.link, route.metric }, { 3, "wwan7", 700 })
    lu.assertEquals(route.hops, {
      { link = "wwan7", weight = 256, onlink = false },
      { link = "wwan8", weight = 1, onlink = false, gateway = "10.64.2.1" },
    })
    lu.assertEquals(#netlink.routes { protocol = 77, link = "wwan8" }, 1)

    local ok, err = netlink.add_nexthop { id = 3, group = { { id = 2 } } }
    lu.assertNil(ok)
    lu.assertEquals(err.code, "exists")
    lu.assertTrue(netlink.add_nexthop { id = 3, group = { { id = 2, weight = 9 } }, protocol = 77, replace = true })
    lu.assertEquals(find(netlink.nexthops(), "id", 3).group, { { id = 2, weight = 9 } })
    lu.assertEquals(netlink.routes({ protocol = 77 })[1].link, "wwan8")
    -- With the last way of a group go the group, and its route.
    lu.assertTrue(netlink.del_nexthop { id = 2 })
    lu.assertEquals(netlink.routes { protocol = 77 }, {})
    lu.assertEquals(#netlink.nexthops(), 1)
    remove_nexthops(1)
  end)
end

function T.test_nexthops_that_are_none()
  lu.assertError(netlink.add_nexthop, { link = "wwan7", family = "ipv4" })
  lu.assertError(netlink.add_nexthop, { id = 0, link = "wwan7", family = "ipv4" })
  lu.assertError(netlink.add_nexthop, { id = 1, link = "wwan7" })
  lu.assertError(netlink.add_nexthop, { id = 1, family = "ipv4" })
  lu.assertError(netlink.add_nexthop, { id = 1, group = {} })
  lu.assertError(netlink.add_nexthop, { id = 1, group = { 5 } })
  lu.assertError(netlink.add_nexthop, { id = 1, group = { { id = 2, weight = 65536 } } })
  lu.assertError(netlink.add_nexthop, { id = 1, group = { { id = 2, weight = 0 } } })
  for _, case in ipairs {
    { { id = 1, link = "none", family = "ipv4" }, "gone" },
    { { id = 1, link = "wwan7", family = "ipv4", gateway = "::1" }, "invalid" },
    { { id = 1, group = { {} } }, "invalid" },
    { { id = 1, group = { { id = 4711 } } }, "invalid" },
  } do
    local ok, err = netlink.add_nexthop(case[1])
    lu.assertNil(ok)
    lu.assertEquals(err.code, case[2])
  end
  local ok, err = netlink.del_nexthop { id = 4711 }
  lu.assertNil(ok)
  lu.assertEquals(err.code, "not-found")
  lu.assertEquals(netlink.nexthops(), {})
end

function T.test_routes_with_several_hops()
  with_two_ways(function()
    local ipv4 = { destination = "default", family = "ipv4", metric = 5, protocol = 77, hops = {
      { link = "wwan7", gateway = "10.64.1.1", weight = 3 }, { link = "wwan8", gateway = "10.9.9.9", onlink = true },
    } }
    local ipv6 = { destination = "default", family = "ipv6", metric = 6, protocol = 77, hops = {
      { link = "wwan7", gateway = "fe80::1" }, { link = "wwan8", gateway = "fe80::1", weight = 2 },
    } }
    lu.assertTrue(netlink.add_route(ipv4))
    lu.assertTrue(netlink.add_route(ipv6))
    lu.assertEquals(netlink.routes({ protocol = 77, family = "ipv4" })[1].hops, {
      { link = "wwan7", gateway = "10.64.1.1", weight = 3, onlink = false },
      { link = "wwan8", gateway = "10.9.9.9", weight = 1, onlink = true },
    })
    local hops = netlink.routes({ protocol = 77, family = "ipv6" })[1].hops
    lu.assertEquals(#hops, 2)
    lu.assertEquals(find(hops, "link", "wwan8").weight, 2)
    ipv4.replace, ipv4.hops[1].weight = true, 1
    lu.assertTrue(netlink.add_route(ipv4))
    lu.assertEquals(netlink.routes({ protocol = 77, family = "ipv4" })[1].hops[1].weight, 1)
    -- Without its hops, all of it goes.
    for _, route in ipairs { ipv4, ipv6 } do
      lu.assertTrue(netlink.del_route { destination = "default", family = route.family, metric = route.metric })
    end
    lu.assertEquals(netlink.routes { protocol = 77 }, {})
  end)
end

function T.test_hops_that_are_none()
  lu.assertError(netlink.add_route, { destination = "default", family = "ipv4" })
  lu.assertError(netlink.add_route, { destination = "default", family = "ipv4", hops = {} })
  lu.assertError(netlink.add_route, { destination = "default", family = "ipv4", hops = { { weight = 1 } } })
  for _, case in ipairs {
    { { link = "none" }, "gone" }, { { link = "wwan7", gateway = "x" }, "invalid" },
    { { link = "wwan7", gateway = "fe80::1" }, "invalid" },
  } do
    local ok, err = netlink.add_route { destination = "default", family = "ipv4", hops = { case[1] } }
    lu.assertNil(ok)
    lu.assertEquals(err.code, case[2])
  end
  local hops = { { link = "wwan7" } }
  for _, field in ipairs { "link", "gateway" } do
    local route = { destination = "default", family = "ipv4", hops = hops, [field] = "wwan7" }
    lu.assertErrorMsgContains("hops: ", netlink.add_route, route)
    lu.assertErrorMsgContains("hops: ", netlink.del_route, route)
  end
end

-- With each number of hops, something else is the first that has no room.
function T.test_more_hops_than_a_message_takes()
  local hops, last = {}, nil
  for i = 1, 256 do
    hops[i] = { link = "wwan7", gateway = "fe80::1" }
    last = select(2, netlink.add_route { destination = "2001:db8::/32", hops = hops, nexthop = 4711 })
  end
  lu.assertStrContains(last.message, "message too long")
end

function T.test_rules()
  for _, family in ipairs { "ipv4", "ipv6" } do
    local from = family == "ipv4" and "10.64.1.2/32" or "2001:db8:1::/48"
    local wanted = { family = family, priority = 7700, table = 77000, protocol = 77, from = from, iif = "lo",
      oif = "wwan7", fwmark = 5, fwmask = 255 }
    lu.assertTrue(netlink.add_rule(wanted))
    wanted.action = "table"
    lu.assertEquals(netlink.rules { family = family, protocol = 77 }, { wanted })
    lu.assertEquals(netlink.rules { table = 77000 }, { wanted })
    local ok, err = netlink.add_rule(wanted)
    lu.assertNil(ok)
    lu.assertEquals(err.code, "exists")
    lu.assertTrue(netlink.add_rule { family = family, priority = 7701, table = 254, fwmark = 0 })
    local plain = netlink.rules({ priority = 7701 })[1]
    lu.assertEquals({ plain.fwmark, plain.fwmask, plain.from }, { 0, 0xffffffff })
    lu.assertTrue(netlink.del_rule { family = family, priority = 7701, table = 254 })
    lu.assertTrue(netlink.del_rule(wanted))
    lu.assertEquals(netlink.rules { family = family, protocol = 77 }, {})
    ok, err = netlink.del_rule(wanted)
    lu.assertNil(ok)
    lu.assertEquals(err.code, "not-found")
  end
  lu.assertError(netlink.add_rule, { family = "ipv4" })
  lu.assertError(netlink.add_rule, { table = 5 })
  lu.assertError(netlink.add_rule, { table = 5, family = "ipv4", iif = ("x"):rep(16) })
  for _, from in ipairs { "x", "10.0.0.0/33", "::1" } do
    local ok, err = netlink.add_rule { table = 5, family = "ipv4", from = from }
    lu.assertNil(ok)
    lu.assertEquals(err.code, "invalid")
  end
end

local function next_of_kind(monitor, kind)
  while true do
    local event = assert(monitor:next())
    if event.kind == kind then
      return event
    end
  end
end

function T.test_monitor()
  local monitor <close> = assert(netlink.monitor { groups = { "link", "address", "route" } })
  local group <close> = task.group()
  group:spawn(function()
    task.sleep(0.02)
    netlink.set_link("wwan7", { mtu = 1300 })
    netlink.add_address { link = "wwan7", address = "10.64.1.2", prefix_length = 32 }
    netlink.add_route { link = "wwan7", destination = "default", family = "ipv4", metric = 700, protocol = 77 }
    netlink.del_address { link = "wwan7", address = "10.64.1.2", prefix_length = 32 }
  end)
  local link = next_of_kind(monitor, "link")
  lu.assertEquals({ link.action, link.name, link.mtu }, { "new", "wwan7", 1300 })
  local address = next_of_kind(monitor, "address")
  lu.assertEquals({ address.action, address.address, address.link }, { "new", "10.64.1.2", "wwan7" })
  local route
  repeat
    route = next_of_kind(monitor, "route")
  until route.protocol == 77
  lu.assertEquals({ route.action, route.destination, route.metric }, { "new", "default", 700 })
  lu.assertEquals(next_of_kind(monitor, "address").action, "del")
end

function T.test_monitor_of_nexthops_and_rules()
  local monitor <close> = assert(netlink.monitor { groups = { "nexthop", "rule" } })
  assert(netlink.add_nexthop { id = 7, link = "wwan7", family = "ipv6", protocol = 77 })
  assert(netlink.add_nexthop { id = 8, group = { { id = 7 } }, protocol = 77 })
  assert(netlink.add_rule { from = "10.64.1.2", table = 77000, protocol = 77 })
  assert(netlink.del_rule { from = "10.64.1.2", table = 77000, protocol = 77 })
  assert(netlink.del_nexthop { id = 7 })
  local told = {}
  repeat
    local event = assert(monitor:next())
    told[#told + 1] = ("%s %s %s"):format(event.action, event.kind, event.id or event.from)
  until #told == 6
  table.sort(told)
  lu.assertEquals(told, {
    "del nexthop 7", "del nexthop 8", -- a group without any goes, too
    "del rule 10.64.1.2/32", "new nexthop 7", "new nexthop 8", "new rule 10.64.1.2/32",
  })
end

-- A link's next hops go with it. The kernel sends no event for them: a watcher of links knows.
function T.test_nexthops_go_with_their_link()
  assert(netlink.add_nexthop { id = 7, link = "wwan7", family = "ipv6", protocol = 77 })
  assert(netlink.set_link("wwan7", { up = false }))
  lu.assertEquals(netlink.nexthops(), {})
end

function T.test_monitor_reports_only_the_selected_groups()
  local monitor <close> = assert(netlink.monitor { groups = { "address" } })
  assert(netlink.set_link("wwan7", { mtu = 1350 }))
  assert(netlink.add_address { link = "wwan7", address = "10.64.1.3" })
  lu.assertEquals(monitor:next().kind, "address")
  local nothing, err = task.timeout(0.05, monitor.next, monitor)
  lu.assertNil(nothing)
  lu.assertEquals(err.code, "timeout")
  -- A cancelled wait leaves the monitor as it was.
  assert(netlink.del_address { link = "wwan7", address = "10.64.1.3", prefix_length = 32 })
  lu.assertEquals(monitor:next().action, "del")
end

-- Another task, ready already, takes the event that the first is woken for: the first waits again.
function T.test_monitor_that_waits_again_survives_the_collector()
  local monitor <close> = assert(netlink.monitor { groups = { "address" } })
  local group <close> = task.group()
  local first, taken
  local slow = group:spawn(function() first = assert(monitor:next()) end)
  task.sleep(0.01)
  assert(netlink.add_address { link = "wwan7", address = "10.64.1.3" })
  group:spawn(function() taken = assert(monitor:next()) end)
  task.sleep(0.01)
  collectgarbage()
  collectgarbage()
  lu.assertEquals(taken.address, "10.64.1.3")
  lu.assertNil(first)
  assert(netlink.add_address { link = "wwan7", address = "10.64.1.4" })
  lu.assertTrue(task.timeout(60, slow.join, slow))
  lu.assertEquals(first.address, "10.64.1.4")
end

function T.test_monitor_says_when_it_missed_events()
  local monitor <close> = assert(netlink.monitor { groups = { "link" } })
  for i = 1, 2000 do
    assert(netlink.set_link("wwan7", { mtu = 1300 + i % 2 }))
  end
  local kinds = {}
  repeat
    local event = assert(monitor:next())
    kinds[event.kind] = (kinds[event.kind] or 0) + 1
  until event.kind == "overrun"
  lu.assertEquals(kinds.overrun, 1)
end

function T.test_closing_a_monitor_wakes_waiting_tasks()
  local monitor = assert(netlink.monitor { groups = { "route" } })
  local group <close> = task.group()
  group:spawn(function()
    task.sleep(0.01)
    monitor:close()
  end)
  local event, err = monitor:next()
  lu.assertNil(event)
  lu.assertEquals(err.code, "gone")
  lu.assertNil((monitor:next()))
  monitor:close()
  lu.assertError(netlink.monitor, {})
  lu.assertError(netlink.monitor, { groups = { "weather" } })
end

function T.test_a_driver_that_puts_no_packets_together()
  for _, values in ipairs { { link = "lo" }, { link = "lo", size = 8192, packets = 20 } } do
    local uplink, err = netlink.uplink_aggregation(values)
    lu.assertNil(uplink)
    lu.assertEquals(err.code, "unsupported")
  end
  lu.assertEquals(select(2, netlink.uplink_aggregation { link = "nix0" }).code, "gone")
  lu.assertErrorMsgContains("link", netlink.uplink_aggregation, {})
end

return T
