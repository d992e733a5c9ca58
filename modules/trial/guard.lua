-- SPDX-License-Identifier: MIT
-- Stands guard over a change that is on trial: a process that outlives the command, its terminal, and kill -9 of it.
--
-- The guard is connected to the command for as long as that runs, so its end, however it comes, ends the trial, unless
-- a person is to confirm it. The guard undoes the change by a command, in the daemon where one runs.

local command = require "cli.command"
local errors = require "errors"
local fs = require "core.fs"
local hotplug = require "modem.hotplug"
local inotify = require "core.inotify"
local modems = require "modem"
local ports = require "core.port"
local process = require "core.process"
local program = require "core.program"
local state = require "state"
local task = require "task"
local trial = require "trial"

local LAST_TIME = 10 -- seconds for the last guard of this modem to end
local START_TIME = 30 -- seconds until a guard stands, those included: a busy computer starts no program at once
local GRACE = 30 -- seconds longer that a command may take that runs: it undoes the change itself
local FIRST_RETRY, LAST_RETRY, PATIENCE = 0.5, 30, 3600 -- the modem may be unplugged

local M = {}

local function folder() return state.folder .. "/trials" end
local function socket(key) return ("%s/%s"):format(folder(), (key:gsub("[^%w._-]", "_"))) end

-- ---- in the command ----

---@class trial.guard
---@field private port core.port
local Guard = {}
Guard.__index = Guard

-- The guard has seen that the command has ended.
function Guard:__close() self.port:close() end

-- By the name of a daemon, the guard's commands reach it.
local function arguments(key, terms)
  local name = modems.owner and modems.owner.name
  local list = name and { "env", "MOONTOWER_DAEMON=" .. name } or {}
  for _, word in ipairs {
    program.executable, "guard", key, "--within", ("%g"):format(terms.within), "--device", terms.modem,
  } do
    list[#list + 1] = word
  end
  list[#list + 1] = terms.confirm and "--confirm" or nil
  return list
end

---Has a guard stand before anything is written down or sent.
---@param key string
---@param terms { within: number, modem: string, confirm: boolean? } such as trial.terms
---@return trial.guard? guard to be kept in a <close> variable
---@return moontower.error? err
M.start = errors.protect(function(key, terms)
  errors.check(fs.mkdir(folder(), 448)) -- 0700
  fs.remove(socket(key))
  local listener <close> = errors.check(ports.listen(socket(key), "stream"))
  errors.check(process.start_detached(arguments(key, terms)))
  local port, err = task.timeout(START_TIME, listener.accept, listener)
  if not port then
    return errors.during(err, "a guard for the change does not start, so nothing was changed")
  end
  return setmetatable({ port = port }, Guard)
end)

-- ---- in the guard ----

-- Until the change is on trial no longer, or has to be undone. The file may not be there yet.
local function wait(key, port, terms)
  local news = task.queue(4)
  local group <close> = task.group()
  group:spawn(function()
    port:read()
    news:push "ended"
  end)
  for _, path in ipairs(trial.folders()) do
    group:spawn(function()
      local changes <close> = inotify.folder(path)
      while changes and changes:next() do news:push "changed" end
    end)
  end
  local deadline, was_there = task.now() + terms.within, trial.is_on_trial(key)
  local stop = deadline + GRACE
  while task.now() < stop do
    local event = task.timeout(stop - task.now(), news.pop, news)
    local is_there = trial.is_on_trial(key)
    if was_there and not is_there then
      return false
    elseif event == "ended" then
      stop = terms.confirm and is_there and deadline or task.now()
    end
    was_there = is_there
  end
  return trial.is_on_trial(key)
end

-- Until it is undone: the modem may be away, or another program have it.
local function undo(key)
  local plugged <close> = hotplug.new { "bus", "folder" }
  local start = task.now()
  for attempt in task.backoff { first = FIRST_RETRY, max = LAST_RETRY } do
    plugged:renew()
    for _, description in ipairs(trial.candidates(key)) do
      local name, action = trial.undoing(key)
      if name then
        command.run(name, { action, "--device", description.name })
      end
    end
    if not trial.is_on_trial(key) or task.now() - start > PATIENCE then
      return
    end
    attempt:or_when(plugged.wait, plugged)
  end
end

---Stands guard: in a process of its own.
---@param key string
---@param terms { within: number, confirm: boolean? }
---@return true? ok
---@return moontower.error? err it has a guard already
M.stand = errors.protect(function(key, terms)
  local lock <close> = errors.check(trial.lock(key, LAST_TIME))
  for _, path in ipairs(trial.folders()) do fs.mkdir(path, 448) end
  local port <close> = errors.check(ports.open(socket(key)))
  if wait(key, port, terms) then
    undo(key)
  end
  trial.forget(key)
  return lock ~= nil
end)

return M
