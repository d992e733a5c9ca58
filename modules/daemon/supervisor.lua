-- SPDX-License-Identifier: MIT
-- Runs the policies: one task for each, or one for each modem of each; restarts what fails, and replaces what is new.
--
-- A policy is a user's script. One that raises is logged with its traceback, and started again a little later each
-- time; one that goes on failing is switched off until the configuration is read again.

local core = require "core.task"
local errors = require "errors"
local events = require "events"
local log = require "log"
local orders = require "daemon.orders"
local status = require "status"
local task = require "task"

local TRIES, GOOD_TIME = 5, 60 -- failures in a row, each within this number of seconds of its start
-- How long one may run without waiting, what its objects may hold, how many tasks it may have, and how long it may
-- still wait once it is to end.
local SECONDS, BYTES, TASKS, CLEANUP = 1, 32 << 20, 1000, 45
local RELEASE_TIME = 10 -- seconds that policies may take to let go of a modem that a command has claimed

---@class daemon.job one task of a policy
---@field name string of the policy
---@field beside string? its name in `why`, if it does not speak for a modem: it is not its first policy, or observes
---@field modem modem.modem? nil: it is for all of them
---@field modems policy.modems? what it gets then
---@field task core.task
---@field begun core.queue a queue: its policy has begun
---@field limits core.task.account for all its runs: what the last left in the variables of its file still counts

---@class daemon.supervisor
---@field group task.group
---@field jobs table<daemon.job, boolean>
---@field ready table<modem.modem, { group: task.group, configured: daemon.policy_config[] }>
---@field pauses table<string, integer> by the modem's name, as it may restart: how many commands pause it
local Supervisor = {}
Supervisor.__index = Supervisor

local M = {
  ---How long a policy that has failed waits: see task.backoff. One that has run for GOOD_TIME has succeeded when it
  ---fails, so its success lasts no longer.
  pauses = { first = 1, max = 300, factor = 4, steady = 0 },
}

---@param group task.group that policies live in
---@return daemon.supervisor
function M.new(group)
  return setmetatable({ group = group, jobs = {}, ready = {}, pauses = {} }, Supervisor)
end

-- The argument of a policy for all modems.
local Modems = {}
Modems.__index = Modems

function Modems:list()
  local list = {}
  for modem in pairs(self.supervisor.ready) do
    if not self.supervisor.pauses[modem.description.name] and not orders.why_held(modem) then
      list[#list + 1] = modem
    end
  end
  table.sort(list, function(a, b) return a.description.name < b.description.name end)
  return list
end

-- A loop that asks for the next list has done all that the last one asks for.
function Modems:changes()
  local watcher = { changed = task.queue(1), asked = {}, done = {} }
  self.watchers[watcher] = true
  watcher.changed:push(true)
  local function answer()
    for _, done in ipairs(watcher.done) do done:push(true) end
    watcher.done = {}
  end
  local function next_list()
    answer()
    watcher.changed:pop()
    watcher.done, watcher.asked = watcher.asked, {}
    return self:list()
  end
  local function close()
    self.watchers[watcher] = nil
    answer()
    watcher.done = watcher.asked
    answer()
  end
  return next_list, nil, nil, task.finally(close)
end

-- Tells policies for all modems that the list has changed. Returns a function that waits, for a while, until they
-- have done what it asks for.
local function tell_watchers(self)
  local answers = {}
  for job in pairs(self.jobs) do
    for watcher in pairs(job.modems and job.modems.watchers or {}) do
      local done = task.queue(1)
      answers[#answers + 1] = done
      table.insert(watcher.asked, done)
      watcher.changed:push(true)
    end
  end
  return function()
    task.timeout(RELEASE_TIME, function()
      for _, done in ipairs(answers) do done:pop() end
    end)
  end
end

-- Runs it once, in a task of its own, and waits for its end.
local function run_once(job, configured, argument)
  return task.limited(job.limits, function()
    job.begun:push(true) -- the task that waits for that goes on once we wait
    configured.policy.run(argument)
  end)
end

local function report(job, err)
  local text, traceback = errors.text(err), type(err) == "table" and err.traceback or nil
  local modem = job.modem and job.modem.description.name
  log.of(modem):error("policy %s: %s", job.name, text)
  if traceback then
    io.stderr:write(log.lines("error", traceback .. "\n"))
  end
  events.publish("policy-failed", {
    policy = job.name, modem = modem, message = text, traceback = traceback,
  })
end

local function run_for_ever(job, configured, argument)
  for attempt in task.backoff(M.pauses) do
    local start = task.now()
    local ok, err = run_once(job, configured, argument)
    collectgarbage() -- what it held; an idle daemon makes no garbage that would have Lua do so
    if ok then
      events.publish("policy-ended", { policy = job.name, modem = job.modem and job.modem.description.name })
      return
    end
    task.sleep(0) -- raises if it was cancelled; else it has failed, whatever its error says
    report(job, err)
    if task.now() - start > GOOD_TIME then
      attempt:succeeded()
    elseif attempt.number == TRIES then
      break
    end
  end
  log.error("policy %s has failed %d times and is switched off; mend it, then `moontower reload`", job.name, TRIES)
  if job.modem then
    local line = status.of(job.modem)
    line:set("switched off", ("it has failed %d times"):format(TRIES))
    line.plan = nil
  end
  events.publish("policy-disabled", { policy = job.name, modem = job.modem and job.modem.description.name })
end

local function start(self, group, configured, modem, beside)
  local job = {
    name = configured.name, modem = modem, beside = beside, configured = configured, begun = task.queue(1),
    limits = core.account {
      seconds = SECONDS, bytes = BYTES, tasks = TASKS, cleanup = CLEANUP, name = "policy " .. configured.name,
    },
  }
  job.modems = not modem and setmetatable({ supervisor = self, watchers = {} }, Modems) or nil
  job.task = group:spawn(function()
    core.set_context { policy = configured.name, beside = beside } -- not that of a command which lets policies go on,
    core.limit(nil) -- nor its limits
    local _, err = xpcall(run_for_ever, core.traceback, job, configured, modem or job.modems)
    self.jobs[job] = nil
    if err then
      error(err, 0)
    end
  end)
  self.jobs[job] = true
  return job
end

-- Runs fn() while connections of modems stay: also one that a policy is making just then, which is about to end.
local function keeping_links(modems, fn, ...)
  for _, modem in ipairs(modems) do
    modem.keeps_links = (modem.keeps_links or 0) + 1
    if modem.link then modem.link:detach() end
  end
  local function over()
    for _, modem in ipairs(modems) do modem.keeps_links = modem.keeps_links - 1 end
  end
  local _ <close> = task.finally(over)
  fn(...)
end

-- Ends all that are not to go on, at the same time, and waits for them.
local function stop(self, is_unwanted)
  local stopped = {}
  for job in pairs(self.jobs) do
    if is_unwanted(job) then
      stopped[#stopped + 1] = job
      job.begun:close(task.unwanted)
      job.task:cancel(task.unwanted)
    end
  end
  for _, job in ipairs(stopped) do
    job.task:join()
    self.jobs[job] = nil -- not earlier: other tasks that stop it wait for its end, too
    if job.modem then
      status.of(job.modem):line(job.beside):give_up()
    end
  end
end

-- A radio that is to stay off comes on by itself when the modem restarts.
local keep_radio_off = {
  name = "radio off",
  policy = {
    run = function(modem)
      for _ in task.backoff { first = 2 } do
        local radio = modem:ensure_started() and modem:radio()
        if radio and radio.software == "on" then
          radio = modem:set_radio(false)
        end
        if radio and radio.software == "off" then
          return
        end
      end
    end,
  },
}

local function ready_modems(self)
  local list = {}
  for modem in pairs(self.ready) do list[#list + 1] = modem end
  return list
end

local function has_job(self, modem)
  for job in pairs(self.jobs) do
    if job.modem == modem then return true end
  end
  return false
end

local function start_if_due(self, modem)
  local ready = modem and self.ready[modem]
  if not ready or ready.group:is_closing() then -- it is about to go
    return
  end
  tell_watchers(self)
  if has_job(self, modem) or self.pauses[modem.description.name] then
    return
  end
  local held, radio = orders.why_held(modem)
  if held then
    status.of(modem):set("offline", held, true)
    for _, line in pairs(status.of(modem).lines) do
      line:set("stopped", held)
      line.plan = nil
    end
  end
  for i, configured in ipairs(held and { radio and keep_radio_off or nil } or ready.configured) do
    start(self, ready.group, configured, modem, i > 1 and configured.policy.name or nil)
  end
end

---A modem has come, with what the configuration says of it.
---@param modem modem.modem
---@param group task.group that lives as long as the modem is there
---@param configured daemon.policy_config[] each in its own task; the status of the first is the modem's
function Supervisor:modem_ready(modem, group, configured)
  self.ready[modem] = { group = group, configured = configured }
  start_if_due(self, modem)
end

---It has gone, or is none of our business any more.
---@param modem modem.modem
function Supervisor:modem_gone(modem)
  self.ready[modem] = nil
  status.of(modem):give_up()
  for job in pairs(self.jobs) do
    if job.modem == modem then self.jobs[job] = nil end
  end
  tell_watchers(self)
end

---@param name string
---@return modem.modem? modem that policies have to do with
function Supervisor:modem_named(name)
  for modem in pairs(self.ready) do
    if modem.description.name == name then return modem end
  end
end

---Stops what is done about a modem; its connection stays. Policies for all modems have let go of it then, too. It may
---restart until resume() is called: nothing is done about it then, either.
---@param name string the modem's
function Supervisor:pause(name)
  self.pauses[name] = (self.pauses[name] or 0) + 1
  local modem = self:modem_named(name)
  keeping_links({ modem }, stop, self, function(job) return modem and job.modem == modem end)
  tell_watchers(self)()
end

---Goes on with it, once for each pause.
---@param name string
function Supervisor:resume(name)
  local pauses = self.pauses[name] - 1
  self.pauses[name] = pauses > 0 and pauses or nil
  start_if_due(self, self:modem_named(name))
end

---Replaces the policies of all modems, and those for all of them together. Connections stay. The latter have begun when
---this returns, so that they get the events that come next.
---@param policies daemon.policy_config[] those for all modems together
---@param policies_of (fun(modem: modem.modem): daemon.policy_config[])? nil: none
function Supervisor:replace(policies, policies_of)
  keeping_links(ready_modems(self), stop, self, function() return true end)
  for modem, ready in pairs(self.ready) do
    ready.configured = policies_of and policies_of(modem) or {}
    status.of(modem).lines = {}
  end
  local begun = {}
  for i, configured in ipairs(policies) do
    local loaded = configured.policy
    begun[i] = start(self, self.group, configured, nil, loaded.observes and loaded.name or nil).begun
  end
  for _, queue in ipairs(begun) do queue:pop() end
  for modem in pairs(self.ready) do start_if_due(self, modem) end
  collectgarbage() -- what the old ones held: files, for example, that would stay open
end

---Leaves all connections up when this program ends.
function Supervisor:keep_links()
  for modem in pairs(self.ready) do
    modem.keeps_links = (modem.keeps_links or 0) + 1 -- a command that has stopped policies counts back when it ends
    if modem.link then modem.link:detach() end
  end
end

---@return { policy: string, modem: string?, beside: string? }[] what runs now
function Supervisor:list()
  local list = {}
  for job in pairs(self.jobs) do
    if job.configured ~= keep_radio_off then
      list[#list + 1] = {
        policy = job.name, modem = job.modem and job.modem.description.name, beside = job.beside,
      }
    end
  end
  return list
end

return M
