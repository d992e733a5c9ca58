-- SPDX-License-Identifier: MIT
-- Compares the host with what a link should have on it. Changes nothing.

local lazy = require "base.lazy"
local clat = lazy "link.clat"
local dns = lazy "link.dns"
local netlink = require "core.netlink"
local plan = require "link.plan"
local share = lazy "link.share"

local MAIN_TABLE = 254

---@class link.difference
---@field what "link"|"address"|"route"|"dns"|"share"|"clat"
---@field message string

local M = {}

local function add(differences, what, message, ...)
  differences[#differences + 1] = { what = what, message = message:format(...) }
end

local function is_same(route, wanted)
  return route.family == wanted.family and route.destination == wanted.destination
    and route.metric == wanted.metric and route.table == (wanted.table or MAIN_TABLE)
    and (wanted.gateway == nil or route.gateway == wanted.gateway)
end

local function find(list, fits, wanted)
  for _, entry in ipairs(list) do
    if fits(entry, wanted) then
      return entry
    end
  end
end

local function is_address(entry, address) return entry.address == address end
local function is_global_ipv6(entry) return entry.family == "ipv6" and entry.scope == "global" end
local function is_default(route) return route.destination == "default" and route.table == MAIN_TABLE end

local family_words = { ipv4 = "IPv4", ipv6 = "IPv6" }

-- Without a journal, another program has set up the host: any default route will do.
local function compare_routes(differences, there, name, journal)
  if not journal then
    if not find(there, is_default) then
      add(differences, "route", "no default route leads through %s", name)
    end
    return
  end
  for _, wanted in ipairs(journal.routes) do
    if not find(there, is_same, wanted) then
      add(differences, "route", "the %s default route%s through %s is missing", family_words[wanted.family],
        wanted.gateway and " via " .. wanted.gateway or "", name)
    end
  end
end

-- A driver whose buffers are shorter than the modem's transfers would lose packets.
local function compare_buffers(differences, journal)
  local size = journal and journal.channel and journal.channel.size
  local parent = size and netlink.link(journal.parent.index)
  if parent and parent.mtu < size then
    add(differences, "link", "%s has an MTU of %d, and its modem sends transfers of up to %d bytes", parent.name,
      parent.mtu, size)
  end
end

local function compare_addresses(differences, there, name, wanted, by_router)
  for _, address in ipairs(wanted) do
    if not find(there, is_address, address.address) then
      add(differences, "address", "the address %s is missing on %s", address.address, name)
    end
  end
  if #wanted == 0 and by_router and not find(there, is_global_ipv6) then
    add(differences, "address", "%s has no address: no router advertisement gave one", name)
  end
end

---The differences between what a link should have on the host (an interface that is up, its addresses, its default
---routes) and what the kernel has. There may be other routes of ours through the same interface: see multipath.
---@param name string of the interface
---@param wanted { addresses: table[], journal: link.journal? } the addresses that the modem tells, and what is written
--- down; without the latter, another program has set the link up
---@return link.difference[]? differences none: all of it holds
---@return moontower.error? err the kernel could not be asked
function M.kernel(name, wanted)
  local now, err = netlink.link(name)
  local addresses, routes
  if now then
    addresses, err = netlink.addresses(name)
  end
  if addresses then
    routes, err = netlink.routes { link = name, protocol = wanted.journal and plan.PROTOCOL or nil }
  end
  if not routes then
    return nil, err
  end
  local differences = {}
  if not now.up then
    add(differences, "link", "%s is down", name)
  end
  compare_buffers(differences, wanted.journal)
  compare_addresses(differences, addresses, name, wanted.addresses, wanted.journal and wanted.journal.accept_ra == "2")
  compare_routes(differences, routes, name, wanted.journal)
  return differences
end

---The same with the DNS servers, the shared prefix and the translation of IPv4 that are written down.
---@param name string
---@param wanted { addresses: table[], journal: link.journal? }
---@return link.difference[]?
---@return moontower.error? err
function M.host(name, wanted)
  local differences, err = M.kernel(name, wanted)
  local record = differences and wanted.journal and wanted.journal.dns
  if record then
    local missing, where = dns.compare(record)
    for _, server in ipairs(missing) do
      add(differences, "dns", "the DNS server %s is not in use: %s does not name it", server, where)
    end
  end
  local shared = differences and wanted.journal and wanted.journal.share
  local problem = shared and share.problem(shared)
  if problem then
    add(differences, "share", "nothing is shared with %s: %s", shared.interface, problem)
  end
  local translation = differences and wanted.journal and wanted.journal.clat
  problem = translation and not translation.problem and clat.problem(translation)
  if problem then
    add(differences, "clat", "no IPv4: %s", problem)
  end
  return differences, err
end

return M
