-- SPDX-License-Identifier: MIT
-- The journal of a link: all that we change on an interface, written before the first change, and how to undo it.

local lazy = require "base.lazy"
local channels = lazy(function() return require "link.channel" end)
local errors = require "errors"
local fs = require "core.fs"
local log = require "log"
local netlink = require "core.netlink"
local process = require "core.process"
local clat = lazy(function() return require "link.clat" end)
local dns = lazy(function() return require "link.dns" end)
local forwarding = lazy(function() return require "link.forwarding" end)
local share = lazy(function() return require "link.share" end)
local salvage = require "link.salvage"
local state = require "state"
local undoing_of = require "state.rollback"
local unmanaged = lazy(function() return require "link.unmanaged" end)

local KIND = "links"
local NOWHERE = salvage.NOWHERE

---@class link.journal
---@field key string its own name: "wwan0"; "wwan0.1" for a channel of it
---@field name string? of the interface; the kernel chooses that of a mux
---@field index integer? of the interface: another one of the same name has another; nil until one of ours is made
---@field session integer? the modem's session that it is for
---@field channel link.channel?
---@field created link.created? the interface is ours: it was made, or is about to be
---@field parent { name: string, index: integer, up: boolean, mtu: integer? }? what a channel is on, as it was before
--- the first of us; mtu: where the channel needs a larger one
---@field before { mtu: integer, up: boolean, accept_ra: string? }
---@field owner { pid: integer, start: integer? }? who is at work on it
---@field persistent boolean? it is finished, and is to stay
---@field metric integer?
---@field table integer?
---@field addresses table[] as core.netlink takes them
---@field routes table[]
---@field accept_ra string? what the sysctl is set to
---@field dns dns.record?
---@field manager string? the program that puts addresses, routes and DNS servers on this computer, so none are here
---@field unmanaged string[]? the programs that are told to leave its interfaces alone
---@field share link.share?
---@field clat link.clat?
---@field forwarding link.sysctl[]?
---@field is_salvaged boolean? it is what a damaged file still says

local M = { PROTOCOL = salvage.OURS }

---@param name string of an interface
---@param key string
---@return string path
function M.sysctl_path(name, key)
  return ("/proc/sys/net/ipv6/conf/%s/%s"):format(name, key)
end

---Where /proc/sys cannot be written, as in many containers, what is so already is all right.
---@param name string of an interface
---@param key string
---@param value string
---@return true? ok
---@return moontower.error? err
function M.set_sysctl(name, key, value)
  local path = M.sysctl_path(name, key)
  local now = fs.read(path)
  if now and now:match "%S+" == value:match "%S+" then
    return true
  end
  return fs.write(path, value)
end

---@param journal link.journal
---@return true? ok
---@return moontower.error? err
function M.save(journal) return state.save(KIND, journal.key, journal) end

---The name of a bearer's journal, which is known before its interface is there.
---@param net string the modem's interface
---@param channel link.channel?
---@return string
function M.key(net, channel) return channel and ("%s.%d"):format(net, channel.id) or net end

-- Returns the journal, with `is_salvaged` when its file was damaged; nil when there is none; nil and an error when
-- that could not be found out.
local function load_journal(key)
  local journal, err = state.load(KIND, key)
  local is_whole = journal and journal.key == key
    and (journal.index and not journal.channel or channels.is_valid(journal.channel) and journal.parent ~= nil
      or journal.index == NOWHERE)
  if is_whole then
    return journal
  elseif journal or err and err.code == "malformed" then
    journal, err = salvage.journal(key, journal or err.detail.values or {})
    M.save(journal) -- its file has been moved aside: the next run finds this one
    return not err and journal or nil, err
  end
  return nil, err
end

-- The journals of all links that need a modem's interface: its own, and those of its channels.
local function on_parent(index)
  local keys, err = state.list(KIND)
  local journals = {}
  for _, key in ipairs(keys or {}) do
    local journal
    journal, err = load_journal(key)
    if err then
      return nil, err
    elseif journal and (journal.parent or journal).index == index then
      journals[#journals + 1] = journal
    end
  end
  return not err and journals or nil, err
end

---Was a modem's interface up before the first link of ours on it?
---@param interface table as core.netlink has it
---@return boolean? up
---@return moontower.error? err
function M.was_up(interface)
  local journals, err = on_parent(interface.index)
  for _, journal in ipairs(journals or {}) do
    if (journal.parent or journal.before).up == false then
      return false
    end
  end
  if not journals then
    return nil, err
  end
  return interface.up
end

---The MTU of a modem's interface before the first channel of ours on it.
---@param interface table as core.netlink has it
---@return integer? mtu
---@return moontower.error? err
function M.mtu_before(interface)
  local journals, err = on_parent(interface.index)
  for _, journal in ipairs(journals or {}) do
    if journal.parent and journal.parent.mtu then
      return journal.parent.mtu
    end
  end
  return journals and interface.mtu, err
end

-- The last link to be undone puts the modem's interface back.
local function is_shared(undoing, journal)
  local journals, err = on_parent((journal.parent or journal).index)
  if not journals then
    undoing:failed(err)
  end
  for _, other in ipairs(journals or {}) do
    if other.key ~= journal.key then
      return true
    end
  end
  return not journals -- as it is, then: the next run knows
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
    undoing:try(M.set_sysctl, name, "accept_ra", before.accept_ra)
  end
  local up = before.up
  if up == false and is_shared(undoing, journal) then
    up = nil -- as it is
  end
  undoing:try(netlink.set_link, name, { mtu = before.mtu, up = up })
end

-- The interface of a journal; nil when it is gone, for another one of the same name has nothing of ours; nil and an
-- error when the kernel could not be asked.
local function same_interface(journal)
  if journal.index == NOWHERE then
    return nil
  elseif journal.index then
    local interface, err = errors.there(netlink.link(journal.index))
    return interface or nil, err
  end
  -- Killed while making it: is it there?
  local parent, err = errors.there(netlink.link(journal.parent.index))
  local interface
  if parent then
    interface, err = errors.there(channels.find(parent, journal.channel))
  end
  return interface or nil, err
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
  local interface, err = same_interface(journal)
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

-- What the link does for others ends before it does.
local function undo_services(undoing, journal)
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
end

---Undoes all that the journal says, and removes it; what cannot be undone now stays in it.
---@param journal link.journal
---@return boolean undone
---@return moontower.error? err
function M.undo(journal)
  -- From here on it is a half-done thing: should we be killed, repair() goes on.
  journal.persistent, journal.owner = false, state.me()
  M.save(journal)
  local host_undone, err = undoing_of(function(undoing)
    undo_services(undoing, journal)
    undo_interface(undoing, journal)
    if journal.unmanaged or journal.is_salvaged then
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
  if host_undone and dns_undone then
    local removed
    removed, err = state.remove(KIND, journal.key)
    return removed == true, err
  end
  journal.owner = nil -- so the next start tries again
  if dns_undone then
    journal.dns = nil
  elseif host_undone then
    journal.index, journal.channel, journal.created, journal.parent = NOWHERE, nil, nil, nil
  end
  M.save(journal)
  return false, err or dns_err
end

local function repair_one(key)
  local journal, err = load_journal(key)
  local interface
  if journal and journal.persistent then
    interface, err = same_interface(journal)
  end
  local at_work = journal and not journal.persistent and journal.owner
    and process.pid_alive(journal.owner.pid, journal.owner.start)
  if err then
    log.warn("cannot find out whether something was left on %s: %s", key, err)
  elseif journal and not interface and not at_work then
    log.info("undoing what was left on %s", key)
    M.undo(journal)
  end
end

---Undoes what runs that were killed half way left on the host, and what belongs to interfaces that are gone.
function M.repair()
  local keys, err = state.list(KIND)
  if not keys then
    log.warn("cannot find out what was left on this computer: %s", err)
  end
  for _, key in ipairs(keys or {}) do repair_one(key) end
end

---The journal of what we have put on an interface.
---@param key string
---@return link.journal? journal nil without an error: nothing
---@return moontower.error? err that could not be found out
function M.load(key)
  local journal, err = load_journal(key)
  local interface
  if journal then
    interface, err = same_interface(journal)
  end
  return interface and not journal.is_salvaged and journal or nil, err
end

---Undoes the host's side of a link that an earlier run left up. The caller has the modem's lock.
---@param key string
---@return boolean undone
---@return moontower.error? err
function M.take_down(key)
  local journal, err = load_journal(key)
  if not journal and not err then
    journal, err = salvage.lost(key)
  end
  if not journal then
    return err == nil, err
  end
  return M.undo(journal)
end

---Undoes the host's side of the link of one session that an earlier run left up, whichever interface that has.
---@param net string the modem's interface
---@param session integer
function M.take_down_session(net, session)
  M.take_down(net)
  local prefix = net .. "."
  for _, key in ipairs(state.list(KIND) or {}) do
    local journal = key:sub(1, #prefix) == prefix and load_journal(key)
    if journal and journal.session == session then
      M.undo(journal)
    end
  end
end

-- The journals of all links on an interface, and what else of it is marked as ours.
local function all_on(interface)
  local journals, err = on_parent(interface.index)
  for _, journal in ipairs(journals or {}) do
    if journal.key == interface.name then
      return journals
    end
  end
  local lost
  if journals then
    lost, err = salvage.lost(interface.name)
    journals[#journals + 1] = lost
  end
  return not err and journals or nil, err
end

---Undoes the host's side of all links that earlier runs left up on a modem's interface: its own, and its channels'.
---@param net string
---@return integer[] sessions of the modem that they were for
---@return boolean undone
---@return moontower.error? err
function M.take_down_all(net)
  local interface, err = errors.there(netlink.link(net))
  local journals
  if interface then
    journals, err = all_on(interface)
  elseif interface == false then
    local journal
    journal, err = load_journal(net)
    journals = { journal }
  end
  local sessions, undone = {}, err == nil
  for _, journal in ipairs(journals or {}) do
    sessions[#sessions + 1] = journal.session or 0
    local ok, why = M.undo(journal)
    undone, err = undone and ok, err or why
  end
  return sessions, undone, err
end

return M
