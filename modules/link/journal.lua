-- SPDX-License-Identifier: MIT
-- The journal of a link: all that we change on an interface, written before the first change, and how to undo it.

local channels = require "link.channel"
local fs = require "core.fs"
local log = require "log"
local netlink = require "core.netlink"
local process = require "core.process"
local resolver = require "resolver"
local state = require "state"

local KIND = "links"

---@class link.journal
---@field key string its own name: "wwan0"; "wwan0.1" for a channel of it
---@field name string? of the interface; the kernel chooses that of a mux
---@field index integer? of the interface: another one of the same name has another; nil until one of ours is made
---@field session integer? the modem's session that it is for
---@field channel link.channel?
---@field created link.created? the interface is ours: it was made, or is about to be
---@field parent { name: string, index: integer, up: boolean }? what a channel is on; was it up before the first of us?
---@field before { mtu: integer, up: boolean, accept_ra: string? }
---@field owner { pid: integer, start: integer }? who is at work on it
---@field kept boolean? it is finished, and is to stay
---@field metric integer?
---@field table integer?
---@field addresses table[] as core.netlink takes them
---@field routes table[]
---@field accept_ra string? what the sysctl is set to
---@field dns resolver.record?

local M = {}

---@param name string of an interface
---@param key string
---@return string path
function M.sysctl_path(name, key)
  return ("/proc/sys/net/ipv6/conf/%s/%s"):format(name, key)
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

local function is_parent(value)
  return type(value) == "table" and type(value.name) == "string" and math.type(value.index) == "integer"
end

-- nil for what no version of ours has written.
local function load_journal(key)
  local journal = state.load(KIND, key)
  local whole = journal and journal.key == key and type(journal.before) == "table"
    and type(journal.addresses) == "table" and type(journal.routes) == "table"
    and (math.type(journal.index) == "integer" or journal.channel ~= nil)
    and (journal.channel == nil or channels.is_valid(journal.channel) and is_parent(journal.parent))
  return whole and journal or nil
end

-- The journals of all links that need a modem's interface: its own, and those of its channels.
local function on_parent(index)
  local journals = {}
  for _, key in ipairs(state.list(KIND)) do
    local journal = load_journal(key)
    if journal and (journal.parent or journal).index == index then
      journals[#journals + 1] = journal
    end
  end
  return journals
end

---Was a modem's interface up before the first link of ours on it?
---@param interface table as core.netlink has it
---@return boolean
function M.was_up(interface)
  for _, journal in ipairs(on_parent(interface.index)) do
    if not (journal.parent or journal.before).up then
      return false
    end
  end
  return interface.up
end

-- Who leaves last puts the modem's interface back.
local function is_shared(journal)
  for _, other in ipairs(on_parent((journal.parent or journal).index)) do
    if other.key ~= journal.key then
      return true
    end
  end
  return false
end

-- Returns whether the resolver is as it was.
local function undo_dns(journal)
  local ok, err = true, nil
  if journal.dns then
    ok, err = resolver.undo(journal.dns)
  end
  if not ok then
    log.warn("the DNS servers of %s are not taken back yet: %s", journal.key, err)
  end
  return ok
end

---Undoes one thing. What is gone already is as good as undone; what fails must not keep the rest from being undone.
---@param fn function
---@param ... any its arguments
function M.quietly(fn, ...)
  local called, ok, err = pcall(fn, ...)
  if not called then
    ok, err = nil, ok
  end
  if not ok and err.code ~= "gone" and err.code ~= "not-found" and err.code ~= "unreachable" then
    log.warn("%s", err)
  end
end

local function undo_settings(journal, name)
  for _, route in ipairs(journal.routes) do
    route.link = name
    M.quietly(netlink.del_route, route)
  end
  for _, address in ipairs(journal.addresses) do
    address.link = name
    M.quietly(netlink.del_address, address)
  end
  if journal.accept_ra then
    fs.write(M.sysctl_path(name, "accept_ra"), journal.before.accept_ra)
  end
  local up = journal.before.up
  if not up and is_shared(journal) then
    up = nil -- as it is
  end
  M.quietly(netlink.set_link, name, { mtu = journal.before.mtu, up = up })
end

-- The interface may be another one of the same name by now: then nothing of ours is left on it.
local function same_interface(journal)
  if journal.index then
    return netlink.link(journal.index)
  end
  -- Killed while making it: is it there?
  local parent = netlink.link(journal.parent.index)
  return parent and channels.find(parent, journal.channel)
end

local function undo_parent(journal)
  local parent = netlink.link(journal.parent.index)
  if parent and not journal.parent.up and not is_shared(journal) then
    M.quietly(netlink.set_link, parent.name, { up = false })
  end
end

local function undo_interface(journal)
  local interface = same_interface(journal)
  if interface and journal.created then
    M.quietly(channels.remove, interface, netlink.link(journal.parent.index), journal.channel)
  elseif interface then
    undo_settings(journal, interface.name) -- whatever it is called now
  end
  if journal.parent then
    undo_parent(journal)
  end
end

---This process: who is at work on a journal.
---@return { pid: integer, start: integer }
function M.me()
  local pid = fs.getpid()
  return { pid = pid, start = process.start_time(pid) }
end

---Undoes all that the journal says, and removes it; what cannot be undone now stays in it.
---@param journal link.journal
---@return boolean undone
function M.undo(journal)
  -- From here on it is a half-done thing: should we be killed, repair() goes on.
  journal.kept, journal.owner = false, M.me()
  M.save(journal)
  local dns_undone = undo_dns(journal)
  undo_interface(journal)
  if dns_undone then
    state.remove(KIND, journal.key)
  else
    -- The next start tries again. Of no interface any more.
    journal.index, journal.owner, journal.channel, journal.created, journal.parent = 0, nil, nil, nil, nil
    M.save(journal)
  end
  return dns_undone
end

---Undoes what runs that were killed half way left on the host, and what belongs to interfaces that are gone.
function M.repair()
  for _, key in ipairs(state.list(KIND)) do
    local journal = load_journal(key)
    local finished = journal and journal.kept and same_interface(journal)
    local at_work = journal and not journal.kept and journal.owner
      and process.pid_alive(journal.owner.pid, journal.owner.start)
    if not journal then
      state.remove(KIND, key)
    elseif not finished and not at_work then
      log.info("undoing what was left on %s", key)
      M.undo(journal)
    end
  end
end

---What stands on an interface by our doing.
---@param key string
---@return link.journal?
function M.load(key)
  local journal = load_journal(key)
  return journal and same_interface(journal) and journal or nil
end

---Undoes the host's side of a link that an earlier run left up. The caller has the modem's lock.
---@param key string
---@return boolean was_up
---@return boolean undone
function M.take_down(key)
  local journal = load_journal(key)
  if not journal then
    return false, true
  end
  return true, M.undo(journal)
end

---Undoes the host's side of all links that earlier runs left up on a modem's interface: its own, and its channels'.
---@param net string
---@return integer[] sessions of the modem that they were for
---@return boolean undone
function M.take_down_all(net)
  local interface = netlink.link(net)
  local journals = interface and on_parent(interface.index) or { load_journal(net) }
  local sessions, undone = {}, true
  for _, journal in ipairs(journals) do
    sessions[#sessions + 1] = journal.session or 0
    undone = M.undo(journal) and undone
  end
  return sessions, undone
end

return M
