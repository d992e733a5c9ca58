-- SPDX-License-Identifier: MIT
-- A bearer on the host: addresses, routes, MTU and DNS of a network interface, and undone exactly.
--
-- All that will be done is written to a journal (/run/moontower/links/NAME.json) first. So a later run can undo what
-- a killed one had done: see link/journal.lua. A bearer with a channel has an interface for itself, which is made first
-- if it is not there: see link/channel.lua.

local lazy = require "base.lazy"
local channels = lazy(function() return require "link.channel" end)
local compare = lazy(function() return require "link.compare" end)
local dns = lazy(function() return require "link.dns" end)
local errors = require "errors"
local journals = require "link.journal"
local log = require "log"
local netlink = require "core.netlink"
local plan = require "link.plan"
local services = lazy(function() return require "link.services" end)
local task = require "task"
local unmanaged = lazy(function() return require "link.unmanaged" end)

local check, protect = errors.check, errors.protect

local MAIN_TABLE = 254

local M = {}

local SLAAC_TIME, UNDO_TIME = 10, 30

---@class link.options
---@field dns boolean? false: leave the host's DNS servers alone
---@field dns_route "shared"|"all"|"none"|nil which names its servers are asked for, beside those of other links
---@field metric integer? of the default routes
---@field table integer? that they go to
---@field default_route boolean? false: none
---@field mtu integer?
---@field share string? an interface whose computers get the connection's /64: see link/share
---@field clat boolean? false: no translation of IPv4 where the network has IPv6 alone: see link/clat
---@field probe string? what link:wait_down() asks for an answer, if nothing else is given
---@field manager link.manager? a program that owns the addresses, routes and DNS servers of this computer

---A program that puts the addresses, routes and DNS servers of a link on this computer; MTU and `up` stay ours.
---@class link.manager
---@field name string such as "netifd"
---@field apply fun(self, link: link.link): true?, moontower.error? what the link is now; called at each change, too
---@field release fun(self) the link ends: called before our own settings are undone
---@field failed fun(self, err: moontower.error) no link could be made

---@class link.link
---@field name string the interface
---@field bearer modem.bearer
---@field addresses { address: string, prefix_length: integer }[]
---@field dns string[]
---@field mtu integer
---@field adopted boolean it was there already, just so
---@field address string? the first of its addresses
---@field on_close fun() called when it is undone
---@field on_given fun() called when a family that was refused has been given
---@field on_probed fun(alive: boolean) called when something answers through it, or nothing does
---@field is_closed boolean? it has been undone
---@field proven table<string, boolean>? families through which something has answered: see link/probes.lua
---@field private options table
---@field private refreshing_lock task.mutex
---@field private host_lock task.mutex held while the link is put on the host again
---@field private journal link.journal
---@field down_reason core.queue? of the task in link:wait_down(), if there is one
---@field private detached boolean? leaving its block does not undo it
---@field status status.status? where link:wait_down() says how the link is; nil: nowhere
local Link = {}

function Link:__index(name)
  return name == "address" and self.addresses[1] and self.addresses[1].address or Link[name]
end

function Link:__tostring() return self.name end

local function global_ipv6(name)
  for _, address in ipairs(netlink.addresses(name) or {}) do
    if address.family == "ipv6" and address.scope == "global" then
      return address
    end
  end
end

-- A session whose address comes by router advertisement: the kernel makes it, and tells.
local function wait_for_slaac(self)
  local watching, err = netlink.monitor { groups = { "address" } }
  local monitor <close> = watching
  if not monitor then
    return nil, err
  end
  local address
  address, err = task.timeout(SLAAC_TIME, function()
    local found = global_ipv6(self.name)
    while not found do
      local event, gone = monitor:next()
      if not event then
        return nil, gone
      end
      found = global_ipv6(self.name)
    end
    return found
  end)
  if address then
    table.insert(self.addresses, address)
    return true
  elseif err.code == "timeout" then
    return errors.fail {
      code = "no-address", source = "link",
      message = "connected, but neither the modem nor the network gave an address",
      hint = "Is the APN right? Some networks connect any APN and give it nothing.",
    }
  end
  return nil, err
end

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
local function add_route(self, route)
  local ok, err = netlink.add_route(route)
  if ok or not route.gateway or err.code ~= "invalid" and err.code ~= "unreachable" then
    return ok, err
  end
  log.warn("the modem's gateway %s cannot be one (%s); packets go through %s without it", route.gateway, err, self.name)
  route.gateway, route.onlink, self.bearer[route.family].gateway = nil, nil, nil
  ok, err = journals.save(self.journal) -- before it is done
  if ok then
    ok, err = netlink.add_route(route)
  end
  return ok, err
end

-- Without an explicit metric, takes the next free one: several modems may be online, each with a default route.
local function add_routes(self)
  local journal = self.journal
  for _, route in ipairs(journal.routes) do
    local ok, err = add_route(self, route)
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

-- The interface of a channel: found, or made on that of the modem, which has to be up.
local function make_channel(journal)
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
local function hand_over(self)
  local manager = self.options.manager
  if manager then
    check(manager:apply(self))
  end
end

-- Before our own settings are undone, or its addresses would be on a link that is down.
local function take_back(self)
  local manager = self.options.manager
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

-- What is missing of it keeps no link offline.
local function keep_services(self)
  if self.options.share or #self.bearer.ipv4.addresses == 0 then
    services.keep(self)
  end
end

-- Does what the journal says; called within apply(), as are the two below.
local function carry_out(self)
  local journal = self.journal
  keep_others_away(journal)
  check(netlink.set_link(journal.name, { mtu = self.mtu })) -- with less than 1280, it has no IPv6
  if journal.accept_ra then
    check(set_accept_ra(journal))
  end
  check(netlink.set_link(journal.name, { up = true }))
  check(add_addresses(journal))
  check(add_routes(self))
  if #self.addresses == 0 then
    check(wait_for_slaac(self))
  end
  give_dns(journal)
  hand_over(self)
  keep_services(self)
end

local function has_dns(journal, link, options)
  local record = journal.dns or { servers = {}, route = options.dns_route }
  return options.dns == false or table.concat(record.servers, " ") == table.concat(link.dns, " ")
    and (record.route or "shared") == (options.dns_route or "shared")
end

-- Does the host still have all that the journal says, and is that all that is wanted? Of a link whose only address the
-- kernel has made from a router advertisement, the modem tells none.
local function is_intact(journal, link, now, options)
  local told, channel = plan.all_of(link.bearer, "addresses"), link.bearer.channel
  local manager = options.manager
  if manager then -- it looks after the addresses itself
    told = {}
  end
  local differences, err = compare.kernel(now.name, { addresses = told, journal = journal })
  if not differences then
    return nil, err
  end
  return #differences == 0
    and (not channel or channel.checksums == (journal.channel or {}).checksums)
    and (#journal.routes > 0) == (options.default_route ~= false and #told > 0)
    and journal.metric == options.metric and journal.table == options.table and journal.mtu == options.mtu
    and (journal.share or {}).interface == options.share
    and journal.manager == (manager and manager.name)
    and (not manager and has_dns(journal, link, options)
      or manager ~= nil and journal.accept_ra == plan.accept_ra(link.bearer))
end

local Undo = {}
function Undo:__close()
  if self.journal then
    task.shield(UNDO_TIME, journals.undo, self.journal)
  end
end

local function nothing() end

---A bearer's link as it is now, to look at.
---@param bearer modem.bearer
---@return link.link? with `differences`: what of it does not hold; `is_ours`: it is written down, as `up` does
---@return moontower.error? err
M.describe = protect(function(bearer)
  local journal = bearer.net and journals.load(journals.key(bearer.net, bearer.channel))
  local name = journal and journal.name or bearer.net
  local now = check(netlink.link(name or ""))
  local there = check(netlink.addresses(name))
  bearer = check(plan.for_host(bearer, now))
  local differences = check(compare.host(name, { addresses = plan.all_of(bearer, "addresses"), journal = journal }))
  local addresses = {}
  for _, address in ipairs(there) do
    if address.scope == "global" then
      addresses[#addresses + 1] = { address = address.address, prefix_length = address.prefix_length }
    end
  end
  return {
    name = name, bearer = bearer, mtu = now.mtu, adopted = true, differences = differences, addresses = addresses,
    is_ours = journal ~= nil, journal = journal,
    dns = (not journal or journal.manager) and plan.all_of(bearer, "dns")
      or journal.dns and journal.dns.servers or {},
  }
end)

-- Returns the interface to use. If it is a channel's, `undo` has its journal from before it is made.
local function interface_for(bearer, parent, undo)
  if not bearer.channel then
    return parent
  end
  undo.journal = check(plan.channel(bearer, parent))
  check(journals.save(undo.journal))
  return check(make_channel(undo.journal))
end

-- Writes down what will be done, does it, and undoes it if it does not reach its end, Ctrl-C included.
local function set_up(self, parent, options)
  local undo <close> = setmetatable({}, Undo)
  local now = interface_for(self.bearer, parent, undo)
  self.name = now.name
  if self.bearer.channel then
    self.mtu = math.min(self.mtu, channels.max_mtu(self.bearer.channel, parent))
  end
  self.journal = check(plan.make(undo.journal or {}, self.bearer, now, options))
  undo.journal = self.journal
  check(journals.save(self.journal))
  carry_out(self)
  undo.journal = nil
  return self
end

-- The modem's interface.
local function parent_of(bearer)
  local parent, err = errors.there(netlink.link(bearer.net or ""))
  if parent == false then
    return errors.fail {
      code = "gone", source = "link", message = ("no network interface for the modem: there is no link %s")
        :format(bearer.net or "at all"),
    }
  end
  return parent, err
end

-- The bearer's interface as it is now; of a channel that is yet to be made, the name of what a new one has.
local function interface_now(bearer, parent)
  if not bearer.channel then
    return parent
  end
  local found, err = errors.there(channels.find(parent, bearer.channel))
  if err then
    return nil, err
  end
  return found or { name = "default" }
end

local apply = protect(function(bearer, options)
  local parent = check(parent_of(bearer))
  local now = check(interface_now(bearer, parent))
  bearer = check(plan.for_host(bearer, now))
  local self = setmetatable({
    name = now.name, bearer = bearer, mtu = plan.mtu(bearer, options.mtu), adopted = false,
    addresses = plan.addresses({ addresses = plan.all_of(bearer, "addresses") }, options),
    dns = plan.all_of(bearer, "dns"),
    on_close = nothing, on_given = nothing, on_probed = nothing, options = options,
    refreshing_lock = task.mutex(), host_lock = task.mutex(),
  }, Link)
  local key = journals.key(parent.name, bearer.channel)
  local left, err = journals.load(key)
  check(not err, err)
  if left and is_intact(left, self, now, options) then
    self.journal, self.adopted = left, true
    self.addresses[1] = self.addresses[1] or global_ipv6(now.name)
    give_dns(left, dns.mend)
    self.detached = true -- by the run that made it: leaving a block does not take it down, close() does
    if options.manager then -- it may have been told of other settings, or nothing
      check(netlink.set_link(now.name, { mtu = self.mtu }))
      hand_over(self)
    end
    keep_services(self)
    return self
  end
  check(journals.take_down(key))
  return set_up(self, check(netlink.link(parent.index)), options) -- it may have another MTU now, or be down
end)

---Puts a bearer on the host. What an earlier run left there is adopted where it is the same, else replaced.
---@param bearer modem.bearer
---@param options link.options?
---@return link.link? link keep it in a <close> variable, or link:detach() it
---@return moontower.error? err nothing is left on the host then
function M.apply(bearer, options)
  if bearer.channel and not channels.is_valid(bearer.channel) then
    error("a channel is { kind = \"vlan\", \"qmimux\", \"rmnet\" or \"wwan\", id = 1 or more }", 2)
  end
  return apply(bearer, options or {})
end

---Leaves the link up when its block or this program ends: a later `down` takes it down. What a manager has put on this
---computer goes when this program does, so the rest must not stay either.
function Link:detach()
  self.detached = true
  self.journal.persistent = self.options.manager == nil
  journals.save(self.journal)
end

---Leaves the link up if this program is killed, so that the next one can adopt it. Leaving the block takes it down, but
---while the daemon is ending the policy (modem.keeps_links). For the daemon.
function Link:make_adoptable()
  self:detach()
  self.detached = (self.bearer.modem.keeps_links or 0) > 0
end

---Puts its DNS servers back where another program has taken them away.
---@return boolean? mended false: they are in use; nil and an error: they could not be put back
---@return moontower.error? err
function Link:mend_dns()
  local _ <close> = self.host_lock:lock()
  if self.is_closed or not self.journal.dns then
    return false
  end
  return dns.mend(self.journal.dns)
end

---Is all that was made on the host still there?
---@return boolean? false: not all; nil: the kernel could not be asked
---@return moontower.error? err
function Link:is_intact()
  local now, err = errors.there(netlink.link(self.name))
  if not now then
    return now, err
  end
  return is_intact(self.journal, self, now, self.options)
end

---Is there something that it should do for other computers, and cannot?
---@return boolean
function Link:fails_others() return (self.journal.share or {}).problem ~= nil end

---Does anything answer through the link? See link/probes.lua.
---@param options link.watch?
---@return true? alive
---@return moontower.error? err "unreachable"
function Link:prove(options) return require("link.probes").prove(self, options) end

---Waits until the link is down: see link/monitor.lua.
---@param options link.watch?
---@return moontower.error reason "disconnected", "unreachable", "gone"
function Link:wait_down(options) return require("link.monitor").wait_down(self, options) end

---Reads the connection's settings from the modem again: see link/refresh.lua.
---@return "same"|"changed"|nil
---@return moontower.error? err
function Link:refresh() return require("link.refresh").refresh(self, M.apply) end

---Asks again for a family that was refused, beside the other one; its addresses are there after link:refresh().
---@param family "ipv4"|"ipv6" one of link.bearer:awaited()
---@return true? ok
---@return moontower.error? err
function Link:ask_again(family) return require("link.refresh").ask_again(self, family) end

---Tells the task in link:wait_down() that another one has undone everything.
function Link:was_taken_down()
  if self.down_reason then
    self.down_reason:push(errors.new {
      code = "disconnected", source = "link", message = "the connection was ended by `modem:down()`",
    })
  end
end

---The caller takes the link down: from now on, nothing of it is put on the host again.
function Link:give_up()
  self.is_closed = true
  local _ <close> = self.host_lock:lock()
  take_back(self)
end

---Undoes everything: the host's side first, then the connection, unless that is known to be over.
function Link:close()
  if self.is_closed then
    return
  end
  self.is_closed = true
  task.shield(UNDO_TIME, function()
    take_back(self)
    journals.undo(self.journal) -- it tells what fails
    if not self.bearer.ended then
      self.bearer:disconnect()
    end
    self.on_close()
  end)
end

function Link:__close()
  if not self.detached then
    self:close()
  end
end

return M
