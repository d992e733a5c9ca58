-- SPDX-License-Identifier: MIT
-- The journal of a link: all that we change on an interface, written before the first change, and how to undo it.

local fs = require "core.fs"
local log = require "log"
local netlink = require "core.netlink"
local process = require "core.process"
local resolver = require "resolver"
local state = require "state"

local KIND = "links"

---@class link.journal
---@field name string of the interface
---@field index integer of the interface: another one of the same name has another
---@field before { mtu: integer, up: boolean, accept_ra: string? }
---@field owner { pid: integer, start: integer }? who is at work on it
---@field kept boolean? it is finished, and is to stay
---@field metric integer
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
function M.save(journal) return state.save(KIND, journal.name, journal) end

-- Returns whether the resolver is as it was.
local function undo_dns(journal)
  local ok, err = true, nil
  if journal.dns then
    ok, err = resolver.undo(journal.dns)
  end
  if not ok then
    log.warn("the DNS servers of %s are not taken back yet: %s", journal.name, err)
  end
  return ok
end

-- What is gone already is as good as undone; what fails must not keep the rest from being undone.
local function quietly(fn, ...)
  local called, ok, err = pcall(fn, ...)
  if not called then
    ok, err = nil, ok
  end
  if not ok and err.code ~= "gone" and err.code ~= "not-found" and err.code ~= "unreachable" then
    log.warn("%s", err)
  end
end

-- `name` is what the interface is called now.
local function undo_interface(journal, name)
  for _, route in ipairs(journal.routes) do
    route.link = name
    quietly(netlink.del_route, route)
  end
  for _, address in ipairs(journal.addresses) do
    address.link = name
    quietly(netlink.del_address, address)
  end
  if journal.accept_ra then
    fs.write(M.sysctl_path(name, "accept_ra"), journal.before.accept_ra)
  end
  quietly(netlink.set_link, name, { mtu = journal.before.mtu, up = journal.before.up })
end

-- The interface may be another one of the same name by now: then nothing of ours is left on it.
local function same_interface(journal)
  return netlink.link(journal.index)
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
  local interface = same_interface(journal)
  if interface then
    undo_interface(journal, interface.name)
  end
  if dns_undone then
    state.remove(KIND, journal.name)
  else
    -- It holds the only copy of the user's resolv.conf: the next start tries again.
    journal.addresses, journal.routes, journal.accept_ra, journal.owner = {}, {}, nil, nil
    M.save(journal)
  end
  return dns_undone
end

-- nil for what no version of ours has written.
local function load_journal(name)
  local journal = state.load(KIND, name)
  local whole = journal and journal.name == name and math.type(journal.index) == "integer"
    and type(journal.before) == "table" and type(journal.addresses) == "table" and type(journal.routes) == "table"
  return whole and journal or nil
end

---Undoes what runs that were killed half way left on the host, and what belongs to interfaces that are gone.
function M.repair()
  for _, kind in ipairs { KIND, "modems", "devices" } do
    state.sweep(state.folder .. "/" .. kind)
  end
  state.sweep("/etc", "resolv.conf")
  for _, name in ipairs(state.list(KIND)) do
    local journal = load_journal(name)
    local finished = journal and journal.kept and same_interface(journal)
    local at_work = journal and not journal.kept and journal.owner
      and process.pid_alive(journal.owner.pid, journal.owner.start)
    if not journal then
      state.remove(KIND, name)
    elseif not finished and not at_work then
      log.info("undoing what was left on %s", name)
      M.undo(journal)
    end
  end
end

---What stands on an interface by our doing.
---@param name string
---@return link.journal?
function M.load(name)
  local journal = load_journal(name)
  return journal and same_interface(journal) and journal or nil
end

---Undoes the host's side of a link that an earlier run left up. The caller has the modem's lock.
---@param name string
---@return boolean was_up
---@return boolean undone
function M.take_down(name)
  local journal = load_journal(name)
  if not journal then
    return false, true
  end
  return true, M.undo(journal)
end

return M
