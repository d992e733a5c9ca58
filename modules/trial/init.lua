-- SPDX-License-Identifier: MIT
-- A change to a modem that is on trial: as long as its file is in /var/lib/moontower/trials, it is not kept. The file
-- is written before anything is sent, and says how to put things back.
--
-- The guard of a change is a process that holds a lock, which ends with it. A change on trial whose lock is free has
-- lost its guard, by kill -9 or a reboot, and is undone as soon as the modem is there.
--
-- A profile of an eSIM is on trial in the same way, by the eSIM's EID: its file is ../esim/switch.lua's.

local errors = require "errors"
local fs = require "core.fs"
local log = require "log"
local modems = require "modem"
local recovery = require "trial.recovery"
local previous_connection = require "modem.previous"
local setup = require "setup"
local state = require "state"

local KIND = "trials"
-- What `up` had connected when it began: in /run, as there may be a password in it.
local CONNECTION = "replaced"

-- What may be on trial, and the command that undoes it.
local kinds = {
  { name = KIND, command = "lock", action = "--undo" }, { name = "esims", command = "esim", action = "undo" },
}

---@class trial.terms
---@field within number seconds from the first order on, after which it is undone
---@field confirm boolean? it is undone, too, unless a person confirms it
---@field deadline integer when that time is over, as os.time() has it
---@field was "online"|"registered"|"offline" how the modem was before
---@field modem string its name
---@field command string that has made the change

local M = {}

-- No progress is shown: a modem is put back before the command begins that a person has given.
local function nothing() end
local SILENT = { doing = nothing, done = nothing, data = nothing, rest = nothing }

---Those on trial, by the IMEIs of their modems.
---@return string[] keys
function M.keys() return state.persistent.list(KIND) or {} end

---@param key string
---@return table? report as ../setup/report.lua has it
---@return moontower.error? err
function M.look(key) return state.persistent.look(KIND, key) end

local function kind_of(key)
  for _, kind in ipairs(kinds) do
    if fs.stat(state.persistent.path(kind.name, key)) then
      return kind
    end
  end
end

---@param key string
---@return boolean
function M.is_on_trial(key) return kind_of(key) ~= nil end

---The folders of all that is on trial.
---@return string[]
function M.folders()
  local list = {}
  for i, kind in ipairs(kinds) do list[i] = state.persistent.folder .. "/" .. kind.name end
  return list
end

---The command that undoes what is on trial; nil: nothing is.
---@param key string
---@return string? name
---@return string? action
function M.undoing(key)
  local kind = kind_of(key)
  if kind then
    return kind.command, kind.action
  end
end

---The lock that the guard of a change holds.
---@param key string
---@param patience number? seconds to wait while another has it; 0 if not given
---@return core.fs.lock? lock
---@return moontower.error? err "busy": it has a guard
function M.lock(key, patience) return state.await_lock("trial " .. key, patience or 0) end

---@param key string
---@return boolean
function M.is_guarded(key)
  local lock <close>, err = M.lock(key)
  return not lock and err.code == "busy"
end

---Ends a trial: the change is kept.
---@param key string
---@return true? ok
---@return moontower.error? err
function M.keep(key)
  state.remove(CONNECTION, key)
  return state.persistent.remove(KIND, key)
end

---Remembers how the modem was. The caller has a guard, which forgets it.
---@param key string
---@param before trial.before
---@return true? ok
---@return moontower.error? err
function M.remember(key, before)
  if before.previous then
    return state.save(CONNECTION, key, before.previous.record)
  end
  return true
end

---Forgets how the modem was, unless it is on trial.
---@param key string
function M.forget(key)
  if not M.is_on_trial(key) then
    state.remove(CONNECTION, key)
  end
end

---How the modem was, as remember() has kept it.
---@param key string
---@param was "online"|"registered"|"offline"
---@return trial.before
function M.remembered(key, was)
  local record = state.load(CONNECTION, key)
  return { state = was, previous = record and previous_connection.of_record(record) }
end

local put_back = errors.protect(function(session, watcher)
  local key = session.key
  local before = M.remembered(key, session.report.trial.was)
  local made = errors.check(session:plan_undo())
  local outcome = errors.check(session:undo(made))
  if not outcome.holds then
    return errors.fail {
      code = "rejected", source = "trial", message = "the modem does not go back to what it was",
      hint = "It is tried again. `moontower lock` shows what is on trial; `moontower reset` may help.",
    }
  end
  state.remove(CONNECTION, key)
  return errors.check(recovery.wait(session.modem, before, recovery.TIME, watcher))
end)

---Puts back what is on trial in an open modem, and waits until the modem is as it was.
---@param session setup.session
---@param watcher up.watcher
---@return true? ok
---@return moontower.error? err the modem may be set as before, and not be back on the network
function M.put_back(session, watcher) return put_back(session, watcher) end

---Puts back what is on trial in a modem.
---@param description modem.description
---@param options { proxy: boolean?, take_over: boolean?, watcher: up.watcher? }
---@return boolean? was_on_trial
---@return moontower.error? err
function M.undo(description, options)
  local watcher = options.watcher or SILENT
  local session <close>, err = setup.open(description, {
    proxy = options.proxy, take_over = options.take_over, pin = false, watcher = watcher, trial = {},
  })
  if not session then
    return nil, err
  elseif not session.report then
    return false
  end
  local ok
  ok, err = M.put_back(session, watcher)
  return ok, err
end

---The modems that a trial may be about: the one that is where its modem was, or else all.
---@param key string
---@return modem.description[]
function M.candidates(key)
  local kind, list = kind_of(key), modems.list()
  local record = kind and state.persistent.look(kind.name, key) or {}
  local name = record.trial and record.trial.modem or record.modem
  for _, description in ipairs(list) do
    if description.name == name then return { description } end
  end
  return list
end

---Puts back what is on trial and has no guard: for the start of a command, when no daemon has the modems.
function M.repair()
  for _, key in ipairs(state.list(CONNECTION) or {}) do
    local lock <close> = M.lock(key)
    if lock then
      M.forget(key)
    end
  end
  for _, key in ipairs(M.keys()) do
    local lock <close> = M.lock(key)
    for _, description in ipairs(lock and M.candidates(key) or {}) do
      log.warn("%s: a change on trial has lost its guard; it is put back", description.name)
      local ok, err = M.undo(description, {})
      if not ok and err then
        log.warn("%s: %s", description.name, err)
      end
    end
  end
end

return M
