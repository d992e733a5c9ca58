-- SPDX-License-Identifier: MIT
-- What the journals of links say, undone: at the end of a link, and after a run that was killed.

local lazy = require "base.lazy"
local errors = require "errors"
local journals = require "link.journal"
local log = lazy "log"
local marked = require "link.marked"
local netlink = require "core.netlink"
local process = require "core.process"
local salvage = lazy "link.salvage"

local M = {}

-- The journal of an interface that has what is ours on it, though nothing is written down: who has emptied
-- /run/moontower has no less to take down. nil without an error: nothing there is ours.
local function lost_on(name)
  local is_there, err = marked.is_on(name)
  if is_there then
    return salvage.journal(name, {})
  end
  return nil, err
end

local function repair_one(key)
  local journal, err = journals.read(key)
  local interface
  if journal and journal.persistent then
    interface, err = journals.interface(journal)
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

---Undoes all that a link's journal says: see link/undo.lua.
---@param journal link.journal
---@param is_replaced boolean?
---@return boolean undone
---@return moontower.error? err
---@return link.journal? rest
function M.undo(journal, is_replaced) return require "link.undo"(journal, is_replaced) end

---Undoes what runs that were killed half way left on the host, and what belongs to interfaces that are gone.
function M.repair()
  local keys, err = journals.list()
  if not keys then
    log.warn("cannot find out what was left on this computer: %s", err)
  end
  for _, key in ipairs(keys or {}) do repair_one(key) end
end

---Undoes the host's side of a link that an earlier run left up. The caller has the modem's lock.
---@param key string
---@param is_replaced boolean?
---@return boolean undone
---@return moontower.error? err
---@return link.journal? rest as link/undo.lua has it
function M.take_down(key, is_replaced)
  local journal, err = journals.read(key)
  if not journal and not err then
    journal, err = lost_on(key)
  end
  if not journal then
    return err == nil, err
  end
  return M.undo(journal, is_replaced)
end

---Undoes the host's side of the link of one session that an earlier run left up, whichever interface that has.
---@param net string the modem's interface
---@param session integer
function M.take_down_session(net, session)
  M.take_down(net)
  local prefix = net .. "."
  for _, key in ipairs(journals.list() or {}) do
    local journal = key:sub(1, #prefix) == prefix and journals.read(key)
    if journal and journal.session == session then
      M.undo(journal)
    end
  end
end

-- The journals of all links on an interface, and what else of it is marked as ours.
local function all_on(interface)
  local found, err = journals.on_parent(interface.index)
  for _, journal in ipairs(found or {}) do
    if journal.key == interface.name then
      return found
    end
  end
  local lost
  if found then
    lost, err = lost_on(interface.name)
    found[#found + 1] = lost
  end
  return not err and found or nil, err
end

---Undoes the host's side of all links that earlier runs left up on a modem's interface: its own, and its channels'.
---@param net string
---@return integer[] sessions of the modem that they were for
---@return boolean undone
---@return moontower.error? err
function M.take_down_all(net)
  local interface, err = errors.there(netlink.link(net))
  local found
  if interface then
    found, err = all_on(interface)
  elseif interface == false then
    local journal
    journal, err = journals.read(net)
    found = { journal }
  end
  local sessions, undone = {}, err == nil
  for _, journal in ipairs(found or {}) do
    sessions[#sessions + 1] = journal.session or 0
    local ok, why = M.undo(journal)
    undone, err = undone and ok, err or why
  end
  return sessions, undone, err
end

return M
