-- SPDX-License-Identifier: MIT
-- A link on the host, as its journal says: interface, MTU, addresses, routes, DNS servers, in this order; or handed to
-- the program that manages them.

local lazy = require "base.lazy"
local channels = lazy "link.channel"
local dns = lazy "link.dns"
local errors = require "errors"
local journals = require "link.journal"
local log = lazy "log"
local netlink = require "core.netlink"
local services = lazy "link.services"
local slaac = lazy "link.slaac"
local unmanaged = lazy "link.unmanaged"

local check = errors.check

local M = {}

local MAIN_TABLE = 254

-- The next metric that no default route beside this one has. The table is read for that: to try one after the other,
-- each written down first, would cost each of many modems as many files as there are modems before it.
local function next_metric(route)
  local taken = {}
  for _, other in ipairs(netlink.routes { family = route.family, table = route.table or MAIN_TABLE } or {}) do
    if other.destination == route.destination then
      taken[other.metric] = true
    end
  end
  local metric = route.metric + 1
  while taken[metric] do metric = metric + 1 end
  return metric
end

-- Some gateways the kernel never takes, such as the broadcast address of their own network. No packet on this link
-- needs one.
local function add_route(link, route)
  local ok, err = netlink.add_route(route)
  if ok or not route.gateway or err.code ~= "invalid" and err.code ~= "unreachable" then
    return ok, err
  end
  log.warn("the modem's gateway %s cannot be one (%s); packets go through %s without it", route.gateway, err, link.name)
  route.gateway, route.onlink, link.bearer[route.family].gateway = nil, nil, nil
  ok, err = journals.save(link.journal) -- before it is done
  if ok then
    ok, err = netlink.add_route(route)
  end
  return ok, err
end

-- Without an explicit metric, takes the next free one: several modems may be online, each with a default route.
local function add_routes(link)
  local journal = link.journal
  for _, route in ipairs(journal.routes) do
    local ok, err = add_route(link, route)
    while not ok and err.code == "exists" and not journal.metric do
      route.metric = next_metric(route)
      ok, err = journals.save(journal)
      if ok then
        ok, err = netlink.add_route(route)
      end
    end
    if not ok and err.code == "exists" then
      return errors.fail {
        code = "exists", source = "link",
        message = ("another default route has the metric %d already"):format(route.metric),
        hint = "Choose another one with --metric.",
      }
    elseif not ok then
      return nil, err
    end
  end
  return true
end

local function add_addresses(journal)
  for _, address in ipairs(journal.addresses) do
    local ok, err = netlink.add_address(address)
    if not ok and err.code ~= "exists" then
      return nil, err
    end
  end
  return true
end

-- Before the interface is changed.
local function keep_others_away(journal)
  if journal.unmanaged then
    unmanaged.apply(journal)
  end
end

---The interface of a channel: found, or made on that of the modem, which has to be up. Called within errors.protect, as
---are the functions below.
---@param journal link.journal of the channel, saved
---@return table? interface
---@return moontower.error? err
function M.make_channel(journal)
  local parent = journal.parent
  keep_others_away(journal)
  local now = check(netlink.link(parent.index))
  local ok, err = channels.prepare(now, journal.channel)
  if ok then
    ok, err = netlink.set_link(parent.name, { up = true })
  end
  if ok and journal.created then
    ok, err = channels.add(journal.created)
    if not ok and err.code ~= "io" and err.code ~= "timeout" then -- with these, it may be made nevertheless
      journal.created = nil -- so none that another program has just made is removed
    end
  end
  if not ok then
    return nil, err
  end
  local made
  made, err = errors.there(channels.find(parent, journal.channel))
  if made then
    if journal.created then
      channels.aggregate_uplink(made, journal.channel)
    end
    return made
  elseif err then
    return nil, err
  end
  return errors.fail {
    code = "gone", source = "link", message = ("no interface for %s: it is gone again"):format(journal.key),
  }
end

-- Without it, the kernel may make one more IPv6 address: no reason to stay offline.
local function set_accept_ra(journal)
  local ok, err = journals.set_sysctl(journal.name, "accept_ra", journal.accept_ra)
  if not ok and err.detail and err.detail.errno == "EROFS" then
    log.warn("%s; it heeds router advertisements as it did before", err)
    return true
  end
  return ok, err
end

-- Tells the manager, if there is one, what it has to put on this computer.
local function hand_over(link)
  local manager = link.options.manager
  if manager then
    check(manager:apply(link))
  end
end

---Before our own settings are undone, or the manager's addresses would be on a link that is down.
---@param link link.link
function M.take_back(link)
  local manager = link.options.manager
  if manager then
    manager:release()
  end
end

-- Without names there is a connection still, and what it takes to mend them.
local function give_dns(journal, give)
  local ok, err = true, nil
  if journal.dns then
    ok, err = (give or dns.apply)(journal.dns)
  end
  if ok == nil then
    log.warn("%s stays up, but its DNS servers are not in use: %s\n  %s", journal.name, err, err.hint)
  end
end

-- A service that cannot begin keeps no link offline.
local function keep_services(link)
  if link.options.share or #link.bearer.ipv4.addresses == 0 then
    services.keep(link)
  end
end

---Does what the link's journal says, which is saved.
---@param link link.link
function M.carry_out(link)
  local journal = link.journal
  keep_others_away(journal)
  local arp
  if journal.before.arp then
    arp = false -- no modem's answer would come
  end
  check(netlink.set_link(journal.name, { mtu = link.mtu, arp = arp })) -- with less than 1280, it has no IPv6
  if journal.accept_ra then
    check(set_accept_ra(journal))
  end
  check(netlink.set_link(journal.name, { up = true }))
  check(add_addresses(journal))
  check(add_routes(link))
  if #link.addresses == 0 then
    check(slaac.complete(link))
  end
  give_dns(journal)
  hand_over(link)
  keep_services(link)
end

---A link that an earlier run left, as it should be: only what may differ from its journal is done.
---@param link link.link
function M.adopt(link)
  link.addresses[1] = link.addresses[1] or slaac.address(link.name)
  give_dns(link.journal, dns.mend)
  if link.options.manager then -- it may have been told of other settings, or nothing
    check(netlink.set_link(link.name, { mtu = link.mtu }))
    hand_over(link)
  end
  keep_services(link)
end

return M
