-- SPDX-License-Identifier: MIT
-- What this computer has of a connection, as plain values: interface, addresses, routes, DNS servers; and what answers
-- through it. Nothing is changed.

local fs = require "core.fs"
local inet = require "core.inet"
local link = require "link"
local net = require "net"
local netlink = require "core.netlink"
local plan = require "link.plan"
local probes = require "explain.probes"

local MAIN_TABLE = 254
local RESOLV_CONF = "/etc/resolv.conf"
local RESOLVED_LINKS = "/run/systemd/resolve/netif"
local ARP = "/proc/net/arp"
local COMPLETE = 2 -- ATF_COM: the neighbour has answered

---@class explain.host_facts
---@field name string of the interface
---@field unasked string? why the kernel did not tell; the rest is missing then
---@field is_up boolean
---@field mtu integer
---@field wanted_mtu integer that the network, or the user, wants
---@field is_ours boolean `up` has set it up
---@field told { ipv4: explain.family, ipv6: explain.family } what the network has given
---@field addresses string[] that the interface has
---@field differences link.difference[] from what `up` has set up
---@field twins { link: string, address: string }[] the same addresses, or networks around them, on other interfaces
---@field ways explain.way[] default routes of the main table, the best of each family first
---@field strict boolean does the kernel drop answers that it would send another way (rp_filter)?
---@field clat { problem: string?, hint: string?, device: string?, prefix: string? }?
---@field servers string[] DNS servers of the connection
---@field resolvers explain.resolver[] those that programs ask
---@field resolv_conf string? the first comment of that file
---@field routed { link: string, servers: string }[] links whose servers systemd-resolved asks for every name
---@field probes explain.probes

---@class explain.family
---@field addresses string[]
---@field gateway string?
---@field mtu integer?

---@class explain.way
---@field family "ipv4"|"ipv6"
---@field link string?
---@field gateway string?
---@field metric integer
---@field type string
---@field is_dead boolean the interface has no carrier, or the gateway does not answer there

---@class explain.resolver
---@field address string
---@field link string? that leads there, "lo" for a program of this computer; nil: none does
---@field seconds number? until it answered
---@field problem string?

local M = {}

local function family_of(given)
  local addresses = {}
  for i, address in ipairs(given.addresses) do addresses[i] = address.address end
  return { addresses = addresses, gateway = given.gateway, mtu = given.mtu, dns = given.dns }
end

-- ---- routes ----

local function number(address)
  local value = 0
  for part in address:gmatch "%d+" do value = value << 8 | tonumber(part) end
  return value
end

---Is an IPv4 address within a network?
---@param address string
---@param network string
---@param length integer
---@return boolean
local function is_within(address, network, length)
  return number(address) >> 32 - length == number(network) >> 32 - length
end

-- The interface that the kernel sends packets for an address to, by the main table.
local function way_to(address, routes)
  local family, best, most = inet.family(address), nil, -1
  for _, route in ipairs(routes) do
    local network, length = route.destination:match "^(.*)/(%d+)$"
    length = tonumber(length) or 0
    local fits = route.destination == "default" or family == "ipv4" and network and is_within(address, network, length)
      or network == address
    if route.table == MAIN_TABLE and route.family == family and fits
      and (length > most or length == most and route.metric < best.metric) then
      best, most = route, length
    end
  end
  return best and best.link
end

-- Neighbours that have not answered ARP. The kernel forgets one soon after it was asked for.
local function silent_neighbours()
  local silent = {}
  for address, flags, device in (fs.read(ARP) or ""):gmatch "([%d.]+)%s+0x%x+%s+0x(%x+)%s+%S+%s+%S+%s+(%S+)" do
    silent[device .. " " .. address] = tonumber(flags, 16) & COMPLETE == 0
  end
  return silent
end

local function is_dead(route, silent)
  if route.type ~= "unicast" then
    return true
  end
  if not route.link then -- it has next hops
    return false
  end
  local now = netlink.link(route.link)
  return not now or not now.up or not now.running or silent[route.link .. " " .. (route.gateway or "")] or false
end

local function ways_of(routes)
  local ways, silent = {}, silent_neighbours()
  for _, route in ipairs(routes) do
    if route.destination == "default" and route.table == MAIN_TABLE then
      ways[#ways + 1] = {
        family = route.family, link = route.link, gateway = route.gateway, metric = route.metric, type = route.type,
        is_dead = is_dead(route, silent),
      }
    end
  end
  table.sort(ways, function(a, b)
    if a.family ~= b.family then return a.family < b.family end
    return a.metric < b.metric
  end)
  return ways
end

local function sysctl(path) return tonumber(fs.read("/proc/sys/net/ipv4/conf/" .. path .. "/rp_filter") or "") or 0 end

-- ---- addresses ----

-- Of IPv4, where private networks are the same everywhere.
local function twins_of(name, wanted, all)
  local twins = {}
  for _, address in ipairs(wanted) do
    for _, other in ipairs(all) do
      if other.link ~= name and other.family == "ipv4" and inet.family(address) == "ipv4"
        and other.prefix_length > 0 and is_within(address, other.address, other.prefix_length) then
        twins[#twins + 1] = { link = other.link, address = ("%s/%d"):format(other.address, other.prefix_length) }
      end
    end
  end
  return twins
end

local function addresses_on(name, all)
  local list = {}
  for _, address in ipairs(all) do
    if address.link == name and not net.is_link_local(address.address) then list[#list + 1] = address.address end
  end
  return list
end

-- ---- DNS ----

local function resolvers_of(routes)
  local text, list = fs.read(RESOLV_CONF) or "", {}
  for address in ("\n" .. text):gmatch "\nnameserver%s+(%S+)" do
    local is_local = address:find "^127%." or address == "::1"
    list[#list + 1] = { address = address, link = is_local and "lo" or way_to(address, routes) }
  end
  return list, text:match "^#%s*([^\n]+)"
end

-- Servers that systemd-resolved has been told to ask for all names, as a VPN's program does: it keeps them there.
local function routed_to(name)
  local list = {}
  for _, index in ipairs(fs.list(RESOLVED_LINKS) or {}) do
    local text = "\n" .. (fs.read(RESOLVED_LINKS .. "/" .. index) or "")
    local other = tonumber(index) and netlink.link(tonumber(index))
    if other and other.name ~= name and (text:match "\nDOMAINS=([^\n]*)" or ""):find "~%.%f[%s\0]" then
      local servers = text:match "\nSERVERS=([^\n]*)" or ""
      list[#list + 1] = { link = other.name, servers = servers, address = servers:match "^[%x.:]+" }
    end
  end
  return list
end

-- A tunnel's packets leave through the modem, where that is the way out.
local TUNNELS = { tun = true, wireguard = true, ipip = true, sit = true, gre = true, vti = true, xfrm = true }

local function is_on_modem(facts, device)
  local now = device ~= facts.name and netlink.link(device)
  return device == facts.name or facts.clat ~= nil and device == facts.clat.device or now and TUNNELS[now.type] or false
end

-- ---- all of it ----

local function of_journal(facts, journal)
  local translation = journal and journal.clat
  facts.clat = translation and {
    problem = translation.problem, hint = translation.hint, device = translation.device, prefix = translation.prefix,
  }
  facts.is_ours = journal ~= nil
end

---@param bearer modem.bearer
---@return explain.host_facts
function M.look(bearer)
  local described, err = link.describe(bearer)
  local facts = {
    name = described and described.name or bearer.net or "none", told = {
      ipv4 = family_of(bearer.ipv4), ipv6 = family_of(bearer.ipv6),
    },
  }
  local now, all, routes
  if described then
    now, err = netlink.link(described.name)
  end
  if now then
    all, err = netlink.addresses()
  end
  if all then
    routes, err = netlink.routes {}
  end
  if not routes then
    facts.unasked = tostring(err)
    return facts
  end
  local journal = described.journal
  of_journal(facts, journal)
  facts.is_up, facts.mtu, facts.wanted_mtu = now.up, now.mtu, plan.mtu(bearer, journal and journal.mtu)
  facts.differences, facts.addresses = described.differences, addresses_on(facts.name, all)
  facts.twins = twins_of(facts.name, facts.told.ipv4.addresses, all)
  facts.ways, facts.strict = ways_of(routes), math.max(sysctl "all", sysctl(facts.name)) == 1
  facts.servers = described.dns
  facts.resolvers, facts.resolv_conf = resolvers_of(routes)
  facts.routed = routed_to(facts.name)
  facts.probes = probes.send(facts)
  local asked = {}
  table.move(facts.resolvers, 1, #facts.resolvers, 1, asked)
  table.move(facts.routed, 1, #facts.routed, #asked + 1, asked)
  probes.ask_resolvers(asked, function(device) return is_on_modem(facts, device) end)
  return facts
end

return M
