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
---@field owner { pid: integer, start: integer } who is at work on it
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

local function undo_dns(journal)
  if journal.dns then
    local ok, err = resolver.undo(journal.dns)
    if not ok then
      log.warn("DNS of %s: %s", journal.name, err)
    end
  end
end

-- What is gone already is as good as undone.
local function quietly(ok, err)
  if not ok and err.code ~= "gone" and err.code ~= "not-found" and err.code ~= "unreachable" then
    log.warn("%s", err)
  end
end

local function undo_interface(journal)
  for _, route in ipairs(journal.routes) do
    quietly(netlink.del_route(route))
  end
  for _, address in ipairs(journal.addresses) do
    quietly(netlink.del_address(address))
  end
  if journal.accept_ra then
    fs.write(M.sysctl_path(journal.name, "accept_ra"), journal.before.accept_ra)
  end
  quietly(netlink.set_link(journal.name, { mtu = journal.before.mtu, up = journal.before.up }))
end

-- The interface may be another one of the same name by now: then nothing of ours is left on it.
local function same_interface(journal)
  local now = netlink.link(journal.name)
  return now and now.index == journal.index
end

---This process: who is at work on a journal.
---@return { pid: integer, start: integer }
function M.me()
  local pid = fs.getpid()
  return { pid = pid, start = process.start_time(pid) }
end

---Undoes all that the journal says, and removes it.
---@param journal link.journal
function M.undo(journal)
  -- From here on it is a half-done thing: should we be killed, repair() goes on.
  journal.kept, journal.owner = false, M.me()
  M.save(journal)
  undo_dns(journal)
  if same_interface(journal) then
    undo_interface(journal)
  end
  state.remove(KIND, journal.name)
end

---Undoes what runs that were killed half way left on the host, and what belongs to interfaces that are gone.
function M.repair()
  for _, kind in ipairs { KIND, "modems", "devices" } do
    state.sweep(state.folder .. "/" .. kind)
  end
  state.sweep("/etc", "resolv.conf")
  for _, name in ipairs(state.list(KIND)) do
    local journal = state.load(KIND, name)
    local finished = journal and journal.kept and same_interface(journal)
    local at_work = journal and not journal.kept and process.pid_alive(journal.owner.pid, journal.owner.start)
    if journal and not finished and not at_work then
      log.info("undoing what was left on %s", name)
      M.undo(journal)
    end
  end
end

---What stands on an interface by our doing.
---@param name string
---@return link.journal?
function M.load(name)
  local journal = state.load(KIND, name)
  return journal and same_interface(journal) and journal or nil
end

---Undoes the host's side of a link that an earlier run left up.
---@param name string
---@return boolean was_up
function M.take_down(name)
  local journal = state.load(KIND, name)
  if journal then
    M.undo(journal)
  end
  return journal ~= nil
end

return M
