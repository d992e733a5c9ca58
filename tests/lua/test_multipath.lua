-- SPDX-License-Identifier: MIT
-- multipath: several links of a private network at once, and nothing left of it.

local descriptor = require "core.descriptor"
local fs = require "core.fs"
local lu = require "luaunit"
local multipath = require "multipath"
local namespace = require "core.namespace"
local netlink = require "core.netlink"
local port = require "core.port"
local process = require "core.process"
local state = require "state"
local task = require "task"

assert(namespace.enter())
assert(netlink.link("lo"))
assert(fs.write("/proc/sys/net/ipv6/conf/default/addr_gen_mode", "1"))

local T = {}
local devices, links

local function add_addresses(i)
  local name = "wwan" .. i
  assert(netlink.set_link(name, { up = true }))
  assert(netlink.add_address { link = name, address = ("10.64.%d.2"):format(i), prefix_length = 30 })
  assert(netlink.add_address { link = name, address = ("2001:db8:%d::2"):format(i), prefix_length = 64 })
end

function T.setUp()
  devices, links = {}, {}
  for i = 1, 3 do
    local name = "wwan" .. i
    devices[i] = assert(port.adopt(assert(descriptor.tun(name)), "messages"))
    add_addresses(i)
    links[i] = { name = name, bearer = { ipv4 = {}, ipv6 = {} } }
  end
  -- The kernel adds routes to its own IPv6 addresses a little later.
  local wait = "until [ $(ip -6 route show table local | grep -c '^local 2001:') = 3 ]; do sleep 0.01; done"
  assert(process.run { "sh", "-c", wait, timeout = 100 })
  links[1].bearer.ipv4.gateway = "10.64.1.1" -- on the link
  links[2].bearer.ipv4.gateway = "203.0.113.1" -- nowhere near
  links[2].bearer.ipv6.gateway = "fe80::77"
end

function T.tearDown()
  for _, device in ipairs(devices) do device:close() end
  multipath.repair()
end

local function find(list, field, value)
  for _, item in ipairs(list) do
    if item[field] == value then
      return item
    end
  end
end

-- All of it, as text: to compare.
local function host()
  local result = assert(process.run {
    "sh", "-c", "ip route show table all; ip -6 route show table all; ip rule; ip -6 rule; ip nexthop", timeout = 10,
  })
  lu.assertEquals(result.stderr, "")
  return result.stdout
end

local function default(family, table)
  return netlink.routes({ family = family, protocol = 77, table = table or 254 })[1]
end

local function weights(family)
  local list, route = {}, default(family)
  for _, hop in ipairs(route.hops or { { link = route.link, weight = 1 } }) do list[hop.link] = hop.weight end
  return list
end

function T.test_routes_of_both_families_by_weight()
  local before = host()
  do
    local set <close> = multipath.new()
    lu.assertTrue(set:update { { link = links[1], weight = 3 }, { link = links[2] } })
    local ipv4, ipv6 = default("ipv4"), default("ipv6")
    lu.assertEquals({ ipv4.metric, ipv6.metric, ipv4.destination }, { 700, 1700, "default" })
    local function hop(route, link, wanted)
      wanted.link = link
      lu.assertEquals(find(route.hops, "link", link), wanted)
    end
    hop(ipv4, "wwan1", { gateway = "10.64.1.1", weight = 3, onlink = false })
    hop(ipv4, "wwan2", { gateway = "203.0.113.1", weight = 1, onlink = true })
    hop(ipv6, "wwan1", { gateway = "fe80::1", weight = 3, onlink = false })
    hop(ipv6, "wwan2", { gateway = "fe80::77", weight = 1, onlink = false })
  end
  lu.assertEquals(host(), before)
end

local function is_echo_request(packet, family)
  if family == "ipv4" then
    return packet:byte() >> 4 == 4
  end
  return packet:byte() >> 4 == 6 and packet:byte(7) == 58 and packet:byte(41) == 128
end

-- Where packets to many hosts go that have no address yet: read from the devices' other side.
local function spread(family, from)
  local counts = {}
  local connect = ("for i in $(seq 60); do %s; done"):format(family == "ipv4"
    and ("ping -c 1 -W 0.01 %s 198.51.100.$i"):format(from and "-I " .. from or "")
    or ("ping -c 1 -W 0.01 %s 2001:db8:ffff::$i"):format(from and "-I " .. from or ""))
  assert(process.run { "sh", "-c", connect .. " >/dev/null 2>&1 & wait", timeout = 600 })
  for i, device in ipairs(devices) do
    local own = family == "ipv4" and string.char(10, 64, i, 2) or "\x20\x01\x0d\xb8\0" .. string.char(i)
    local at = family == "ipv4" and 13 or 9
    repeat
      local packet = task.timeout(0.05, device.read, device)
      if packet and is_echo_request(packet, family) then
        lu.assertEquals(packet:sub(at, at + #own - 1), own, "a packet left by another link than its address's")
        counts[i] = (counts[i] or 0) + 1
      end
    until not packet
  end
  return counts
end

function T.test_packets_use_all_links_each_with_its_own_address()
  local set <close> = multipath.new()
  assert(set:update { { link = links[1] }, { link = links[2] } })
  for _, family in ipairs { "ipv4", "ipv6" } do
    local counts = spread(family)
    lu.assertTrue((counts[1] or 0) > 5 and (counts[2] or 0) > 5, family)
    lu.assertNil(counts[3])
  end
end

function T.test_packets_leave_by_the_link_whose_address_they_have()
  local set <close> = multipath.new()
  assert(set:update { { link = links[1], weight = 256 }, { link = links[2] } })
  lu.assertEquals(spread("ipv4", "10.64.2.2"), { nil, 60 })
  lu.assertEquals(spread("ipv6", "2001:db8:2::2"), { nil, 60 })
end

function T.test_links_come_and_go()
  local before = host()
  local set <close> = multipath.new { metric = 50, table = 254 }
  assert(set:update { { link = links[1] }, { link = links[2], weight = 2 } })
  local group = default("ipv4").nexthop
  assert(set:update { { link = links[2], weight = 4 }, { link = links[3] } })
  for _, family in ipairs { "ipv4", "ipv6" } do
    lu.assertEquals(weights(family), { wwan2 = 4, wwan3 = 1 })
    lu.assertEquals(#netlink.routes { family = family, protocol = 77, link = "wwan1" }, 0)
    lu.assertEquals(#netlink.rules { family = family, protocol = 77 }, 2)
    lu.assertEquals(#netlink.routes { family = family, protocol = 77 }, 3)
  end
  lu.assertEquals(default("ipv4").nexthop, group)
  lu.assertEquals(#netlink.nexthops { protocol = 77 }, 3)
  assert(set:update { { link = links[3] } })
  lu.assertEquals(weights("ipv4"), { wwan3 = 1 })
  assert(set:update {})
  lu.assertEquals(host(), before)
end

function T.test_a_link_whose_interface_is_gone_does_not_block_the_others()
  local set <close> = multipath.new()
  local members = { { link = links[1] }, { link = links[2] } }
  assert(set:update(members))
  devices[1]:close()
  task.sleep(0.05)
  lu.assertTrue(set:update(members))
  lu.assertEquals(weights("ipv4"), { wwan2 = 1 })
  lu.assertEquals(weights("ipv6"), { wwan2 = 1 })
  lu.assertEquals(#netlink.rules { protocol = 77 }, 2)
end

function T.test_watch_mends_what_a_link_loses()
  local set <close> = multipath.new()
  local group <close> = task.group()
  local monitor <close> = netlink.monitor { groups = { "rule" } }
  assert(set:update { { link = links[1] }, { link = links[2] } })
  group:spawn(set.watch, set)
  task.sleep(0)
  assert(netlink.set_link("wwan2", { up = false })) -- all its routes, and its IPv6 addresses, go
  assert(netlink.del_address { link = "wwan2", address = "10.64.2.2", prefix_length = 30 })
  assert(netlink.add_address { link = "wwan2", address = "10.64.2.6", prefix_length = 30 })
  assert(netlink.add_address { link = "wwan2", address = "2001:db8:2::6", prefix_length = 64 })
  assert(netlink.set_link("wwan2", { up = true }))
  local awaited = { ["10.64.2.2/32"] = true, ["2001:db8:2::2/128"] = true }
  assert(task.timeout(60, function()
    repeat
      local event = assert(monitor:next())
      if event.action == "del" then awaited[event.from] = nil end
    until not next(awaited)
    return true
  end))
  lu.assertEquals(weights("ipv4"), { wwan1 = 1, wwan2 = 1 })
  lu.assertEquals(weights("ipv6"), { wwan1 = 1, wwan2 = 1 })
  lu.assertNotNil(find(netlink.rules { protocol = 77 }, "from", "10.64.2.6/32"))
  lu.assertNotNil(find(netlink.rules { protocol = 77 }, "from", "2001:db8:2::6/128"))
end

-- Waits until both links are in the IPv4 group, as the kernel tells what becomes of next hops.
local function await_both(monitor)
  assert(task.timeout(60, function()
    local both
    repeat
      assert(monitor:next())
      local route = default("ipv4")
      both = route and route.hops and #route.hops == 2
    until both
    return true
  end))
  lu.assertEquals(weights("ipv4"), { wwan1 = 3, wwan2 = 1 })
end

function T.test_watch_puts_next_hops_back()
  local set <close> = multipath.new()
  local group <close> = task.group()
  assert(set:update { { link = links[1], weight = 3 }, { link = links[2] } })
  local monitor <close> = netlink.monitor { groups = { "nexthop", "route" } }
  group:spawn(set.watch, set)
  task.sleep(0)
  for _, nexthop in ipairs(netlink.nexthops { protocol = 77 }) do
    assert(netlink.del_nexthop { id = nexthop.id }) -- a group, too
    await_both(monitor)
  end
  local function carrier(how)
    local result = assert(process.run { "ip", "link", "set", "wwan2", "carrier", how, timeout = 600 })
    lu.assertEquals(result.stderr, "")
  end
  carrier "off" -- and the kernel takes its next hop
  assert(task.timeout(60, function()
    repeat assert(monitor:next()) until #netlink.nexthops { protocol = 77, link = "wwan2" } == 0
    return true
  end))
  carrier "on"
  await_both(monitor)
end

-- As systemd-networkd does when it starts.
function T.test_watch_puts_rules_back()
  local set <close> = multipath.new()
  local group <close> = task.group()
  assert(set:update { { link = links[1] }, { link = links[2] } })
  local before = host()
  local monitor <close> = netlink.monitor { groups = { "rule" } }
  group:spawn(set.watch, set)
  task.sleep(0)
  local rules = netlink.rules { protocol = 77 }
  lu.assertEquals(#rules, 4)
  for _, rule in ipairs(rules) do assert(netlink.del_rule(rule)) end
  assert(task.timeout(60, function()
    local added = 0
    repeat
      if assert(monitor:next()).action == "new" then added = added + 1 end
    until added == #rules
    return true
  end))
  lu.assertEquals(host(), before)
end

function T.test_weights_of_a_group_have_16_bits()
  assert(netlink.add_nexthop { id = 5, link = "wwan1", family = "ipv4" })
  local function group_with(weight)
    local ok, err = netlink.add_nexthop { id = 6, group = { { id = 5, weight = weight } }, replace = true }
    return ok and find(netlink.nexthops(), "id", 6).group[1].weight or err.code
  end
  lu.assertEquals(group_with(256), 256)
  local heavy = group_with(300)
  lu.assertTrue(heavy == 300 or heavy == "invalid", heavy) -- the latter before Linux 6.12
  lu.assertFalse(pcall(group_with, 65536))
  assert(netlink.del_nexthop { id = 5 })
end

function T.test_others_keep_what_is_theirs()
  local theirs = { destination = "default", family = "ipv4", link = "wwan3", metric = 700, protocol = 4 }
  assert(netlink.add_route(theirs))
  assert(netlink.add_nexthop { id = 77000, link = "wwan3", family = "ipv4" })
  local before = host()
  do
    local refused <close> = multipath.new { metric = 700 }
    local ok, err = refused:update { { link = links[1] } }
    lu.assertNil(ok)
    lu.assertEquals(err.code, "exists")
    lu.assertStrContains(tostring(err), "metric 700")
  end
  lu.assertEquals(host(), before)
  do
    local set <close> = multipath.new()
    assert(set:update { { link = links[1] }, { link = links[2] } })
    lu.assertEquals(default("ipv4").metric, 701)
    assert(set:update { { link = links[2] } })
    lu.assertEquals(default("ipv4").metric, 701)
  end
  lu.assertEquals(host(), before)
  assert(netlink.del_route(theirs))
  assert(netlink.del_nexthop { id = 77000 })
end

function T.test_a_next_start_undoes_what_a_killed_one_left()
  local before = host()
  local set = multipath.new()
  assert(set:update { { link = links[1] }, { link = links[2] } })
  multipath.repair()
  lu.assertNotNil(default("ipv4"), "ours is at work")
  local names = state.list("multipath")
  lu.assertEquals(#names, 1)
  local journal = state.load("multipath", names[1])
  journal.owner = { pid = 4194304, start = 1 } -- beyond the largest process number
  assert(state.save("multipath", names[1], journal))
  multipath.repair()
  lu.assertEquals(host(), before)
  lu.assertEquals(state.list("multipath"), {})
end

return T
