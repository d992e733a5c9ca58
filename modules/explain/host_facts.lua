-- SPDX-License-Identifier: MIT
-- What this computer has of a connection, as plain values: interface, addresses, routes, DNS servers; and what answers
-- through it. Nothing is changed.

local fs = require "core.fs"
local inet = require "core.inet"
local ipv4 = require "link.ipv4"
local link = require "link"
local net = require "net"
local netlink = require "core.netlink"
local plan = require "link.plan"
local probes = require "explain.probes"
local ways = require "explain.ways"

local RESOLV_CONF = "/etc/resolv.conf"
local RESOLVED_LINKS = "/run/systemd/resolve/netif"

---@class explain.host_facts
---@field name string of the interface
---@field problem string? why the kernel did not tell; the rest is missing then
---@field is_up boolean
---@field mtu integer
---@field wanted_mtu integer that the network, or the user, wants
---@field is_ours boolean `up` has set it up
---@field told { ipv4: explain.family, ipv6: explain.family } what the network has given
---@field addresses string[] that the interface has
---@field differences link.difference[] from what `up` has set up
---@field twins { link: string, address: string }[] the same addresses, or networks around them, on other interfaces
---@field ways explain.way[] as explain.ways has them
---@field rules explain.rule[] that come before the main table, and are not ours
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

---@class explain.resolver
---@field address string
---@field link string? that leads there, "lo" for a program of this computer; nil: none does
---@field seconds number? until it answered
---@field problem string?
---@field filtered boolean? a packet filter of this computer drops what is asked
---@field refused boolean? no program takes questions there

local M = {}

local function family_of(given)
  local addresses = {}
  for i, address in ipairs(given.addresses) do addresses[i] = address.address end
  return { addresses = addresses, gateway = given.gateway, mtu = given.mtu, dns = given.dns }
end

-- ---- addresses ----

-- Of IPv4, where private networks are the same everywhere.
local function twins_of(name, wanted, all)
  local twins = {}
  for _, address in ipairs(wanted) do
    for _, other in ipairs(all) do
      if other.link ~= name and other.family == "ipv4" and inet.family(address) == "ipv4"
        and other.prefix_length > 0 and ipv4.share_network(address, other.address, other.prefix_length) then
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
  for address in ("\n" .. text):gmatch "\nnameserver[ \t]+(%S+)" do
    local is_local = address:find "^127%." or address == "::1" or address == "0.0.0.0" or address == "::"
    local link_of = is_local and "lo" or address:match "%%(.+)$" or ways.way_to(address, routes)
    list[#list + 1] = { address = address, link = link_of }
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

local function is_on_modem(facts, device)
  return device == facts.name or facts.clat ~= nil and device == facts.clat.device or ways.is_tunnel(device)
end

-- ---- all of it ----

-- Of which families packets leave by this connection, or by a tunnel that may be on it.
local function leaves_of(facts)
  local best, leaves = {}, {}
  for _, way in ipairs(facts.ways) do
    if not best[way.family] then
      best[way.family] = way
      leaves[way.family] = not way.is_dead and (way.is_tunnel or way.link ~= nil and is_on_modem(facts, way.link))
    end
  end
  return leaves
end

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
    facts.problem = tostring(err)
    return facts
  end
  local journal = described.journal
  of_journal(facts, journal)
  facts.is_up, facts.mtu, facts.wanted_mtu = now.up, now.mtu, plan.mtu(bearer, journal and journal.mtu)
  facts.differences, facts.addresses = described.differences, addresses_on(facts.name, all)
  facts.twins = twins_of(facts.name, facts.told.ipv4.addresses, all)
  facts.ways, facts.rules = ways.of(routes, facts.name), ways.rules()
  facts.strict = ways.is_strict(facts.name)
  facts.servers = described.dns
  facts.resolvers, facts.resolv_conf = resolvers_of(routes)
  facts.routed = routed_to(facts.name)
  facts.probes = probes.send(facts, leaves_of(facts))
  local asked = {}
  table.move(facts.resolvers, 1, #facts.resolvers, 1, asked)
  table.move(facts.routed, 1, #facts.routed, #asked + 1, asked)
  probes.ask_resolvers(asked, function(device) return is_on_modem(facts, device) end)
  return facts
end

return M
