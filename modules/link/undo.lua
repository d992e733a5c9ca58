-- SPDX-License-Identifier: MIT
-- Undoes what the journal of one link says. Most runs have none to undo.

local lazy = require "base.lazy"
local channels = lazy "link.channel"
local clat = lazy "link.clat"
local dns = lazy "link.dns"
local forwarding = lazy "link.forwarding"
local journals = require "link.journal"
local log = require "log"
local marked = require "link.marked"
local netlink = require "core.netlink"
local salvage = lazy "link.salvage"
local share = lazy "link.share"
local state = require "state"
local undoing_of = require "state.rollback"
local unmanaged = lazy "link.unmanaged"

-- The last link to be undone puts the modem's interface back.
local function is_shared(undoing, journal)
  local others, err = journals.on_parent((journal.parent or journal).index)
  if not others then
    undoing:failed(err)
  end
  for _, other in ipairs(others or {}) do
    if other.key ~= journal.key then
      return true
    end
  end
  return not others -- as it is, then: the next run knows
end

local function undo_each(undoing, list, name, fn)
  local left = {}
  for _, thing in ipairs(list) do
    thing.link = name
    if not undoing:try(fn, thing) then left[#left + 1] = thing end
  end
  return left
end

local function undo_settings(undoing, journal, name)
  if journal.is_salvaged then
    salvage.find_marked(undoing, journal, name)
  end
  journal.routes = undo_each(undoing, journal.routes, name, netlink.del_route)
  journal.addresses = undo_each(undoing, journal.addresses, name, netlink.del_address)
  local before = journal.before
  if journal.accept_ra and before.accept_ra then
    undoing:try(journals.set_sysctl, name, "accept_ra", before.accept_ra)
  end
  local up = before.up
  if up == false and is_shared(undoing, journal) then
    up = nil -- as it is
  end
  undoing:try(netlink.set_link, name, { mtu = before.mtu, up = up, arp = before.arp })
end

local function undo_parent(undoing, journal)
  local before = journal.parent
  local parent = undoing:ask(netlink.link, before.index)
  local changed = parent and (not before.up or before.mtu and before.mtu ~= parent.mtu)
  if changed and not is_shared(undoing, journal) then
    undoing:try(netlink.set_link, parent.name, { mtu = before.mtu, up = before.up })
  end
end

local function undo_interface(undoing, journal)
  local interface, err = journals.interface(journal)
  if err then
    undoing:failed(err)
  elseif interface and journal.created then
    local parent = undoing:ask(netlink.link, journal.parent.index)
    if parent then
      undoing:try(channels.remove, interface, parent, journal.channel)
    end
  elseif interface then
    undo_settings(undoing, journal, interface.name) -- whatever it is called now
  end
  if journal.parent and not err then
    undo_parent(undoing, journal)
  end
end

-- What the link does for others ends before it does. It is written down before the next link of ours looks whether it
-- is the last one that needs something.
local end_services = journals.alone(function(undoing, journal)
  if journal.clat and (journal.clat.problem or undoing:try(clat.undo, journal)) then
    journal.clat = nil
  end
  if journal.share and (journal.share.problem or undoing:try(share.undo, journal)) then
    journal.share = nil
  end
  if journal.forwarding then
    forwarding.undo(journal.key, journal.forwarding)
    journal.forwarding = nil
  end
  journals.save(journal)
  return true
end)

local function undo_services(undoing, journal)
  if journal.clat or journal.share or journal.forwarding then
    undoing:try(end_services, undoing, journal)
  end
end

-- What stays to be undone has no interface any more.
local function forget_interface(journal)
  journal.index, journal.channel, journal.created, journal.parent = marked.NOWHERE, nil, nil, nil
end

---Undoes all that the journal says, and removes it; what cannot be undone now stays in it.
---@param journal link.journal
---@param is_replaced boolean? a link follows on the same interfaces: other programs leave them alone in between, too
---@return boolean undone
---@return moontower.error? err
---@return link.journal? rest of a replaced one: what other programs were told
return function(journal, is_replaced)
  local keeps = is_replaced and journal.unmanaged and not journal.is_salvaged
  -- From here on it is a half-done thing: should we be killed, repair() goes on.
  journal.persistent, journal.owner = false, state.me()
  journals.save(journal)
  local host_undone, err = undoing_of(function(undoing)
    undo_services(undoing, journal)
    undo_interface(undoing, journal)
    if not keeps and (journal.unmanaged or journal.is_salvaged) then
      unmanaged.undo(undoing, journal)
    end
  end)
  local dns_undone, dns_err = true, nil
  if journal.dns then
    dns_undone, dns_err = dns.undo(journal.dns)
  end
  if not dns_undone then
    log.warn("the DNS servers of %s are not taken back yet: %s", journal.key, dns_err)
  end
  if host_undone and dns_undone and keeps then
    forget_interface(journal)
    journals.save(journal)
    return true, nil, journal
  elseif host_undone and dns_undone then
    local removed
    removed, err = journals.remove(journal)
    return removed == true, err
  end
  journal.owner = nil -- so the next start tries again
  if dns_undone then
    journal.dns = nil
  elseif host_undone then
    forget_interface(journal)
  end
  journals.save(journal)
  return false, err or dns_err
end
