-- SPDX-License-Identifier: MIT
-- The next hops, routes and rules for several links at once, as core.netlink adds them: decided here, changed nowhere.
--
-- For each link and family a small table with its default route, and a rule for each of its addresses: so an answer, or
-- the rest of a connection, leaves by the link that it began on, whatever the balancing would say. Then the balancing.
--
-- IPv4: a group of next hops; changing it moves no route. IPv6: one route with several hops. Given a group, the kernel
-- picks a link for each packet, but the source address always from the first one; and hops of a route have to have a
-- gateway. A link without neighbours never asks who that is, so there any will do.

local link_plan = require "link.plan"
local netlink = require "core.netlink"

---@class multipath.thing as core.netlink's add_nexthop, add_route or add_rule takes it, and:
---@field kind "nexthop"|"route"|"rule"
---@field balanced boolean? it is one of the routes over all links

local M = { PROTOCOL = link_plan.PROTOCOL, METRIC = link_plan.METRIC, MAIN = 254 }

local PRIORITY = 7700 -- of rules: before that of the main table
local FIRST_TABLE = 77000 -- and the link's index
local FIRST_ID = 77000
local CARRIER = 0x10040 -- IFF_LOWER_UP or IFF_RUNNING: without either, the kernel takes no next hop
local SOME_GATEWAY = "fe80::1"

-- The number of a link's next hop, or of the group (no link): as it is, or one that is free.
local function id_for(set, taken, link)
  for _, thing in ipairs(set.things) do
    if thing.kind == "nexthop" and thing.link == link then
      return thing.id
    end
  end
  local id = FIRST_ID
  while taken[id] do id = id + 1 end
  taken[id] = true
  return id
end

-- As the kernel has it, for that knows of addresses by router advertisement, too.
local function family_of(member, name)
  local addresses = {}
  for _, address in ipairs(netlink.addresses(member.link.name) or {}) do
    if address.family == name and address.scope == "global" then addresses[#addresses + 1] = address end
  end
  return #addresses > 0 and { addresses = addresses, gateway = (member.link.bearer[name] or {}).gateway } or nil
end

---Is it the table of one link?
---@param number integer
---@return boolean
function M.is_own_table(number) return number > FIRST_TABLE end

local function add_own_table(things, link, name, family)
  local number = FIRST_TABLE + link.index
  local route = link_plan.default_route(link.name, name, family, { table = number })
  route.kind = "route"
  things[#things + 1] = route
  for _, address in ipairs(family.addresses) do
    things[#things + 1] = {
      kind = "rule", family = name, from = address.address, table = number, priority = PRIORITY, protocol = M.PROTOCOL,
    }
  end
end

local function balanced_route(set, name, way)
  way.kind, way.balanced = "route", true
  way.family, way.destination, way.metric = name, "default", set.metrics[name]
  way.table, way.protocol = set.options.table or M.MAIN, M.PROTOCOL
  return way
end

local balance = {}

function balance.ipv4(things, set, ways)
  local group, taken = {}, {}
  for _, there in ipairs(netlink.nexthops() or {}) do taken[there.id] = true end
  for _, thing in ipairs(set.things) do taken[thing.id or 0] = true end
  for i, way in ipairs(ways) do
    local route = link_plan.default_route(way.link.name, "ipv4", way.family, {})
    group[i] = { id = id_for(set, taken, way.link.name), weight = way.weight }
    things[#things + 1] = {
      kind = "nexthop", id = group[i].id, family = "ipv4", link = route.link, gateway = route.gateway,
      onlink = route.onlink, protocol = M.PROTOCOL,
    }
  end
  if #group > 0 then
    local id = id_for(set, taken)
    things[#things + 1] = { kind = "nexthop", id = id, group = group, protocol = M.PROTOCOL }
    things[#things + 1] = balanced_route(set, "ipv4", { nexthop = id })
  end
end

function balance.ipv6(things, set, ways)
  local hops = {}
  for _, way in ipairs(ways) do
    local route = link_plan.default_route(way.link.name, "ipv6", way.family, {})
    local gateway = route.gateway or way.link.noarp and SOME_GATEWAY or nil
    if gateway then
      hops[#hops + 1] = { link = route.link, gateway = gateway, onlink = route.onlink, weight = way.weight }
    end
  end
  if #hops > 0 then
    things[#things + 1] = balanced_route(set, "ipv6", { hops = hops })
  end
end

---@param members multipath.member[]
---@param set multipath.set
---@return multipath.thing[] in the order in which they are added
function M.make(members, set)
  local things = {}
  for _, name in ipairs { "ipv4", "ipv6" } do
    local ways = {}
    for _, member in ipairs(members) do
      local link = netlink.link(member.link.name)
      local family = link and link.up and link.flags & CARRIER ~= 0 and family_of(member, name)
      if family then
        add_own_table(things, link, name, family)
        ways[#ways + 1] = { link = link, family = family, weight = member.weight or 1 }
      end
    end
    balance[name](things, set, ways)
  end
  return things
end

return M
