-- SPDX-License-Identifier: MIT
-- Changes on trial that have lost their guard, as when the daemon was killed with it, or the computer restarted: they
-- are put back once their modem is there. So are profiles of eSIMs.

local lazy = require "base.lazy"
local log = require "log"
local state = require "state"
local switch = lazy(function() return require "esim.switch" end)
local task = require "task"
local trial = lazy(function() return require "trial" end)

local M = {}

local function is_of(modem, key)
  local report = trial.look(key)
  if report and report.trial.modem == modem.description.name then
    return true
  end
  local identity = modem:identity() -- it may have been plugged in elsewhere
  return identity ~= nil and identity.imei == key
end

-- With the guard's lock, so that no other program does the same.
local function undo(commands, modem)
  local name = modem.description.name
  log.warn("%s: a change on trial has lost its guard; it is put back", name)
  commands:carry_out(name, "change", "a change on trial is put back", function()
    local ok, err = trial.undo(modem.description, {})
    if err then
      log.warn("%s: %s", name, err)
    end
    return ok == true
  end)
end

-- One that has a guard, or had one a moment ago, is looked at again until it is on trial no longer.
local function put_back(commands, modem, key)
  if not is_of(modem, key) then
    return
  end
  for _ in task.backoff { first = 0.2, max = 10 } do
    local lock <close> = trial.lock(key)
    if lock and trial.is_on_trial(key) then
      undo(commands, modem)
    end
    if lock or not trial.is_on_trial(key) then
      return
    end
  end
end

-- The same for an eSIM's profile, once no command looks after it.
local function put_profile_back(commands, modem, eid)
  local name = modem.description.name
  for _ in task.backoff { first = 0.2, max = 10 } do
    local ok, err = true, nil
    if switch.is_of(eid, modem) then
      commands:carry_out(name, "change", "an eSIM's profile on trial is left again", function()
        ok, err = switch.put_back(modem, eid)
        return ok == true
      end)
    end
    if err and err.code ~= "busy" then
      log.warn("%s: %s", name, err)
    end
    if ok ~= nil or err.code ~= "busy" then
      return
    end
  end
end

---Puts back what is on trial in a modem that has just come, once it has no guard.
---@param commands daemon.commands
---@param modem modem.modem
function M.put_back(commands, modem)
  for _, key in ipairs(state.persistent.list "trials" or {}) do put_back(commands, modem, key) end
  for _, eid in ipairs(state.persistent.list "esims" or {}) do put_profile_back(commands, modem, eid) end
end

return M
