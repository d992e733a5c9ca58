-- SPDX-License-Identifier: MIT
-- A bearer on the host: addresses, routes, MTU and DNS of a network interface, and undone exactly.
--
-- All that will be done is written to a journal (/run/moontower/links/NAME.json) first. So a later run can undo what a
-- killed one had done: see link/teardown.lua. A bearer with a channel has an interface for itself, which is made first
-- if it is not there: see link/channel.lua.

local lazy = require "base.lazy"
local channels = lazy "link.channel"
local dns = lazy "link.dns"
local errors = require "errors"
local host = require "link.host"
local journals = require "link.journal"
local netlink = require "core.netlink"
local plan = require "link.plan"
local present = lazy "link.present"
local task = require "task"
local teardown = require "link.teardown"

local check, protect = errors.check, errors.protect

local M = {}

local UNDO_TIME = 30 -- seconds

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
---@field unasked boolean? this host could not ask, the last time: see link/probes.lua
---@field private options table
---@field private refreshing_lock task.mutex
---@field private host_lock task.mutex held while the link is put on the host again
---@field private journal link.journal
---@field watching link.watching? of the task in link:wait_down(), if there is one
---@field private detached boolean? leaving its block does not undo it
---@field status (fun(): status.status)? where link:wait_down() says how the link is; nil: nowhere
local Link = {}

function Link:__index(name)
  return name == "address" and self.addresses[1] and self.addresses[1].address or Link[name]
end

function Link:__tostring() return self.name end

local Undo = {}
function Undo:__close()
  if self.journal then
    task.shield(UNDO_TIME, teardown.undo, self.journal)
  end
end

local function nothing() end

---A bearer's link as it is now, to look at: see link/present.lua.
---@param bearer modem.bearer
---@return link.link?
---@return moontower.error? err
function M.describe(bearer) return present.describe(bearer) end

-- Returns the interface to use. If it is a channel's, `undo` has its journal from before it is made.
local function interface_for(bearer, parent, undo)
  if not bearer.channel then
    return parent
  end
  undo.journal = check(plan.channel(bearer, parent, undo.journal))
  check(journals.save(undo.journal))
  return check(host.make_channel(undo.journal))
end

-- Writes down what will be done, does it, and undoes it if it does not reach its end, Ctrl-C included. `rest` is that
-- of a link that is replaced.
local function set_up(self, options, rest)
  local undo <close> = setmetatable({ journal = rest }, Undo)
  local parent = check(netlink.link(self.bearer.net)) -- it may have another MTU now, or be down
  local now = interface_for(self.bearer, parent, undo)
  self.name = now.name
  if self.bearer.channel then
    self.mtu = math.min(self.mtu, channels.max_mtu(self.bearer.channel, parent))
  end
  self.journal = check(plan.make(undo.journal or {}, self.bearer, now, options))
  undo.journal = self.journal
  check(journals.save(self.journal))
  host.carry_out(self)
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
  if left and present.is_intact(left, self, now, options) then
    self.journal, self.adopted = left, true
    self.detached = true -- by the run that made it: leaving a block does not take it down, close() does
    host.adopt(self)
    return self
  end
  local undone, why, rest = teardown.take_down(key, true)
  check(undone, why)
  return set_up(self, options, rest)
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
  return present.is_intact(self.journal, self, now, self.options)
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

---Puts the connection's settings on the host again where that has lost some of them; the modem is not asked.
---@return "same"|"changed"|nil
---@return moontower.error? err
function Link:put_back() return require("link.refresh").put_back(self, M.apply) end

---Asks again for a family that was refused, beside the other one; its addresses are there after link:refresh().
---@param family "ipv4"|"ipv6" one of link.bearer:awaited()
---@return true? ok
---@return moontower.error? err
function Link:ask_again(family) return require("link.refresh").ask_again(self, family) end

---Tells the task in link:wait_down() that another one has undone everything.
function Link:was_taken_down()
  if self.watching then
    self.watching.down_reason:push(errors.new {
      code = "disconnected", source = "link", message = "the connection was ended by `modem:down()`",
    })
  end
end

---The caller takes the link down: from now on, nothing of it is put on the host again.
function Link:give_up()
  self.is_closed = true
  local _ <close> = self.host_lock:lock()
  host.take_back(self)
end

---Undoes everything: the host's side first, then the connection, unless that is known to be over.
function Link:close()
  if self.is_closed then
    return
  end
  self.is_closed = true
  task.shield(UNDO_TIME, function()
    host.take_back(self)
    teardown.undo(self.journal) -- it tells what fails
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
