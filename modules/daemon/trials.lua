-- SPDX-License-Identifier: MIT
-- Changes on trial that have lost their guard, as when the daemon was killed with it, or the computer restarted: they
-- are put back once their modem is there. So are profiles of eSIMs.

local lazy = require "base.lazy"
local log = require "log"
local state = require "state"
local switch = lazy "esim.switch"
local task = require "task"
local trial = lazy "trial"

local M = {}

local function is_change_of(key, modem)
  local report = trial.look(key)
  if report and report.trial.modem == modem.description.name then
    return true
  end
  local identity = modem:identity() -- it may have been plugged in elsewhere
  return identity ~= nil and identity.imei == key
end

-- What can be on trial, by the kind of its file: is it this modem's, and how is it undone?
local kinds = {
  trials = {
    is_of = is_change_of, undo = function(modem) return trial.undo(modem.description, {}) end,
    words = "a change on trial",
  },
  esims = {
    is_of = function(eid, modem) return switch.is_of(eid, modem) end,
    undo = function(modem) return switch.undo(modem) end, words = "an eSIM's profile on trial",
  },
}

-- With the guard's lock, so that no other program does the same.
local function undo(commands, modem, kind)
  local name = modem.description.name
  log.warn("%s: %s has lost its guard; it is put back", name, kind.words)
  commands:carry_out(name, "change", kind.words .. " is put back", function()
    local ok, err = kind.undo(modem)
    if err then
      log.warn("%s: %s", name, err)
    end
    return ok == true
  end)
end

-- One that has a guard, or had one a moment ago, is looked at again until it is on trial no longer.
local function put_back(commands, modem, kind, key)
  if not kind.is_of(key, modem) then
    return
  end
  for _ in task.backoff { first = 0.2, max = 10 } do
    local lock <close> = trial.lock(key)
    if lock and trial.is_on_trial(key) then
      undo(commands, modem, kind)
    end
    if lock or not trial.is_on_trial(key) then
      return
    end
  end
end

---Puts back what is on trial in a modem that has just come, once it has no guard.
---@param commands daemon.commands
---@param modem modem.modem
function M.put_back(commands, modem)
  for name, kind in pairs(kinds) do
    for _, key in ipairs(state.persistent.list(name) or {}) do put_back(commands, modem, kind, key) end
  end
end

return M
