-- SPDX-License-Identifier: MIT
-- Orders of a person that no policy may undo: a modem stays offline, or its radio off, until the opposite is ordered.
-- They go by the socket that the modem is plugged into, so they outlive restarts of modem and daemon; they are gone at
-- boot.

local lazy = require "base.lazy"
local log = lazy "log"
local state = require "state"

local KIND = "orders"

local M = {}

-- The commands that end each order, for `moontower why`.
local LIFTED_BY = { offline = "moontower up", radio = "moontower radio on" }

---@class daemon.holds
---@field offline daemon.hold? it is not to be connected
---@field radio daemon.hold? its radio is to stay off

---@class daemon.hold
---@field command string as it was given: "moontower down"; or the deed of another program in words
---@field time string when, in UTC

---@type table<string, daemon.holds> by the modem's name: orders that could not be written down
local unwritten = {}

local function now() return os.date("!%Y-%m-%dT%H:%M:%SZ") end

-- Of a file that cannot be read, or is damaged, this much is known: something was ordered.
local function unreadable(name, err)
  local holds = { offline = { command = "an order that cannot be read any more", time = now() } }
  if err.code == "malformed" then
    M.save(name, holds) -- the file itself was moved aside
  end
  return holds
end

---@param name string the modem's
---@return daemon.holds
function M.load(name)
  local kept, err = unwritten[name], nil
  if not kept then
    kept, err = state.load(KIND, name)
  end
  if err then
    return unreadable(name, err)
  end
  return { offline = kept and kept.offline, radio = kept and kept.radio }
end

---@param name string
---@param holds daemon.holds
function M.save(name, holds)
  local ok, err
  if next(holds) then
    ok, err = state.save(KIND, name, { modem = name, offline = holds.offline, radio = holds.radio })
  else
    ok, err = state.remove(KIND, name)
  end
  unwritten[name] = not ok and holds or nil
  if not ok then
    log.warn("%s: the order cannot be written down, and holds no longer than the daemon runs: %s", name, err)
  end
end

---Puts an order in force.
---@param name string
---@param what "offline"|"radio"
---@param command string as it was given
function M.hold(name, what, command)
  local holds = M.load(name)
  holds[what] = { command = command, time = now() }
  M.save(name, holds)
end

---@param name string
---@param ... "offline"|"radio" orders to end
---@return boolean changed
function M.lift(name, ...)
  local holds, changed = M.load(name), false
  for _, what in ipairs { ... } do
    holds[what], changed = nil, changed or holds[what] ~= nil
  end
  if changed then
    M.save(name, holds)
  end
  return changed
end

---"`moontower down` was given", or "ModemManager, process 812, switched the radio off".
---@param command string
---@return string
function M.clause(command)
  return command:find "^moontower " and ("`%s` was given"):format(command) or command
end

---The order by which a modem is to stay offline.
---@param modem modem.modem
---@return string? reason nil: there is none
---@return boolean? radio its radio is to stay off
function M.why_held(modem)
  local holds = M.load(modem.description.name)
  local what = holds.radio and "radio" or holds.offline and "offline"
  if what then
    local lifted_by = holds.offline and LIFTED_BY.offline or LIFTED_BY[what]
    return ("%s at %s; `%s` ends that"):format(M.clause(holds[what].command), holds[what].time, lifted_by),
      what == "radio"
  end
end

return M
