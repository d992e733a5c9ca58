-- SPDX-License-Identifier: MIT
-- Tasks in direct style: groups, time-outs and bounded clean-up.
--
-- A call that waits suspends its task and lets the others run. Cancelling raises at the wait and is sticky: code
-- that swallows it meets it again at its next wait. So clean-up that has to wait runs in task.shield().

local lazy = require "base.lazy"
local core = require "core.task"
local new_queue = require("core.queue").new
local error_text = require("errors").text
local log = lazy "log"
local errors = require "errors"

local task = {
  ---What a task that is no longer wanted is cancelled with: `child:cancel(task.unwanted)`.
  unwanted = errors.new { code = "cancelled", message = "no longer wanted", source = "task" },
}

---Waits.
---@param seconds number
function task.sleep(seconds)
  core.sleep(seconds)
end

---Seconds on a clock that only runs forward.
---@return number
function task.now() return core.now() end

---A bounded queue between tasks: queue:push(value) -> false when it is full; queue:pop() waits;
---queue:close(err) makes pop return nil and err once it is empty; queue:length().
---@param limit integer? how many values it holds, 64 if not given
function task.queue(limit)
  return new_queue(limit or 64)
end

local function bounded(seconds, shield, fn, ...)
  local scope <close> = core.scope(seconds, shield)
  local results = table.pack(core.try(fn, ...))
  if results[1] then
    return table.unpack(results, 2, results.n)
  end
  if results[2] == scope:reason() then
    return nil, results[2]
  end
  error(results[2], 0)
end

---Calls fn(...), at most `seconds` long.
---@return any # what fn returns; nil and an error with the code "timeout" when it takes longer
function task.timeout(seconds, fn, ...)
  return bounded(seconds, false, fn, ...)
end

---Calls fn(...) even while the task is being cancelled, at most `seconds` long: for clean-up that has to wait.
---@return any # as task.timeout
function task.shield(seconds, fn, ...)
  return bounded(seconds, true, fn, ...)
end

---@class task.mutex
---@field private free core.queue
local Mutex = {}
Mutex.__index = Mutex

---What one task at a time may have: `local turn <close> = mutex:lock()` waits for it.
---@return task.mutex
function task.mutex()
  local self = setmetatable({ free = task.queue(1) }, Mutex)
  self.free:push(true)
  return self
end

local Turn = {}
function Turn:__close() self.mutex.free:push(true) end

---Has a task its turn now?
---@return boolean
function Mutex:is_locked() return self.free:length() == 0 end

---@return table turn to be kept in a <close> variable
function Mutex:lock()
  self.free:pop()
  return setmetatable({ mutex = self }, Turn)
end

-- Cleans up after an error, if there was one: that is what surfaces, whatever else goes wrong now.
local function clean_up(err, fn, ...)
  if err == nil then
    return fn(...)
  end
  local ok, second = core.try(fn, ...)
  if not ok and second ~= err and not (type(second) == "table" and second.code == "cancelled") then
    log.warn("while cleaning up after an error: %s", error_text(second))
  end
end

local Undo = {}

function Undo:__close(err)
  if not self.finished then
    clean_up(err, self.fn)
  end
end

---What has to be undone if a block does not come to its end: `local undo <close> = task.undo(fn)` calls fn() when the
---block is left, by an error or Ctrl-C for example, unless undo.finished is set by then.
---@param fn fun()
---@return { finished: boolean? } undo
function task.undo(fn) return setmetatable({ fn = fn }, Undo) end

local Finally = {}

function Finally:__close(err) clean_up(err, self.fn, err) end

---What has to be done when a block is left, whichever way: `local leaving <close> = task.finally(fn)`.
---@param fn fun(err: any) err: the error that the block is left by, or nil
---@return table finally
function task.finally(fn) return setmetatable({ fn = fn }, Finally) end

---@class task.group
---@field scope core.task.scope the part of the parent that an error in a child interrupts
---@field children table<core.task, boolean>
---@field failure any the first error of a child
local Group = {}
Group.__index = Group

---Tasks that live as long as a block: `local group <close> = task.group()`. Leaving the block cancels those that
---still run and waits for their end. An error in one cancels the others, and surfaces in the block.
---@return task.group
function task.group()
  return setmetatable({ scope = core.scope(), children = {} }, Group)
end

local function cancel_children(group, reason)
  for child in pairs(group.children) do
    child:cancel(reason)
  end
end

local function has_failed(group, err)
  local given_up = err == group.ending or type(err) == "table" and err.code == "cancelled"
  return not given_up and not group.failure
end

local function run_child(group, fn, ...)
  local results = table.pack(core.try(fn, ...))
  group.children[core.current()] = nil
  if results[1] then
    return table.unpack(results, 2, results.n)
  end
  local err = results[2]
  if has_failed(group, err) then
    group.failure = err
    group.ending = group.ending or err
    cancel_children(group, err)
    group.scope:cancel(err)
  end
  error(err, 0)
end

---Starts fn(...) in a task of the group.
---@param fn function
---@return core.task child child:join() waits for true and fn's results, or false and its error; child:cancel(reason)
function Group:spawn(fn, ...)
  if self.closing then -- or else a task that starts another one without end is never waited out
    error(self.ending, 0)
  end
  local child = core.spawn(run_child, self, fn, ...)
  child:set_owner(self.scope)
  self.children[child] = true
  if self.ending then
    child:cancel(self.ending)
  end
  return child
end

---Is the block being left? Then it starts no tasks any more.
---@return boolean
function Group:is_closing() return self.closing == true end

---Waits until every task of the group has ended; an error in one is raised here.
function Group:wait()
  -- One at a time: children may start others while we wait, and a list of them would keep those that have ended.
  local child = next(self.children)
  while child do
    local ok, err = child:join()
    if self.children[child] then -- it has not taken itself out of the list: the engine ended it
      self.children[child] = nil
      self.failure = not ok and has_failed(self, err) and err or self.failure
    end
    child = next(self.children)
  end
end

function Group:__close(err)
  local first = self.failure or err
  self.ending, self.closing = self.ending or task.unwanted, true
  cancel_children(self, self.ending)
  do
    -- No deadline of its own: each child bounds its own clean-up, and limits see to those that do not.
    local _ <close> = core.scope(nil, true)
    self:wait()
  end
  self.scope:__close()
  if self.failure and first ~= nil and self.failure ~= first then
    log.warn("while ending after an error: %s", error_text(self.failure))
  elseif self.failure and self.failure ~= err then
    error(self.failure, 0)
  end
end

---Calls fn(...), a script's, and raises what it raises, but nothing of the script runs any more when that is looked at.
---@param fn function
---@return any ... what fn returns
function task.plainly(fn, ...)
  local results = table.pack(core.try(fn, ...))
  if results[1] then
    return table.unpack(results, 2, results.n)
  end
  error(errors.plain(results[2]), 0)
end

---@class task.limits of a task and all that it starts
---@field seconds number? how long they may run, together, until each that can has run
---@field bytes integer? how much all their objects may hold
---@field tasks integer? how many they may be
---@field cleanup number? how long task.shield() still holds once it has been cancelled
---@field name string what to call it in errors

---Goes round a loop at once, and then at regular times: `for round in task.every(60) do`. However long a round takes,
---the next one begins on time; one whose time has passed before that is left out.
---@param seconds number from the beginning of one round to that of the next
---@return fun(): integer round the number of it, from 1; those left out count
function task.every(seconds)
  assert(seconds > 0, "seconds, more than 0")
  local start, round
  return function()
    if start then
      round = math.max(round, math.ceil((core.now() - start) / seconds)) + 1
      task.sleep(math.max(start + (round - 1) * seconds - core.now(), 0))
    else
      start, round = core.now(), 1
    end
    return round
  end
end

---Calls fn(...) in a task of its own with limits, which it shares with all tasks that it starts.
---@param limits task.limits|core.task.account or the core.task.account() of an earlier call
---@return boolean ok
---@return any ... what fn returns; or its error, from the source "limit" if it was stopped
function task.limited(limits, fn, ...)
  local function run(...)
    core.limit(limits)
    return task.plainly(fn, ...)
  end
  return core.try(function(...)
    local group <close> = task.group()
    local results = table.pack(group:spawn(run, ...):join())
    if not results[1] then -- it says "cancelled", which a group does not take for a failure
      error(results[2], 0)
    end
    return table.unpack(results, 2, results.n)
  end, ...)
end

---Runs functions at the same time and waits for all of them.
---@param ... function
---@return table results the first result of each, in order; nil and the error of the first that failed
---@return moontower.error? err
function task.all(...)
  local group <close> = task.group()
  local functions, children, results = { ... }, {}, {}
  for i, fn in ipairs(functions) do
    children[i] = group:spawn(fn)
  end
  for i, child in ipairs(children) do
    local _, value, err = child:join()
    if value == nil and err then
      return nil, err
    end
    results[i] = value
  end
  return results
end

---@class task.attempt
---@field number integer 1 for the first, and for the first after a success
---@field pause number seconds that will be waited after it, should it fail
---@field private since number? when it succeeded
---@field private early function?
local Attempt = {}
Attempt.__index = Attempt

---What is being tried works. Called again, it goes on counting from the first time.
function Attempt:succeeded() self.since = self.since or core.now() end

---The pause after this attempt ends as soon as fn(...) returns something true.
---@param fn function that waits
function Attempt:or_when(fn, ...)
  local arguments = table.pack(...)
  self.early = function() return fn(table.unpack(arguments, 1, arguments.n)) end
end

local function wait_after(attempt, seconds)
  local over = core.now() + seconds
  if attempt.early and task.timeout(seconds, attempt.early) then
    return
  end
  core.sleep(math.max(over - core.now(), 0))
end

---Attempts, with a pause after each that failed: `for attempt in task.backoff { first = 2, max = 300 } do`. The pauses
---grow. One that has succeeded for at least `steady` seconds is followed by the next at once; so is one that did not
---last, but of several in a row that did not last, only the first.
---@param options { first: number?, max: number?, factor: number?, jitter: number?, steady: number? } seconds of the
--- first pause (1) and of the longest (300); by what a pause is longer than the one before (2); the part of a pause by
--- which it varies at random (0.2); 60 seconds are steady if not given
---@return fun(): task.attempt for a generic for, which does not end by itself
function task.backoff(options)
  local first, max, factor = options.first or 1, options.max or 300, options.factor or 2
  local jitter, steady = options.jitter or 0.2, options.steady or 60
  local attempt
  local failures, flaps = 0, 0
  local function pause_after(count)
    local seconds = math.min(first * (factor + 0.0) ^ math.min(count, 60), max)
    return seconds * (1 + jitter * (2 * math.random() - 1))
  end
  return function()
    if attempt and attempt.since then
      local lasted = core.now() - attempt.since
      local seconds = flaps > 0 and lasted < steady and pause_after(flaps - 1) or 0
      failures, flaps = 0, lasted < steady and flaps + 1 or 0
      wait_after(attempt, seconds)
    elseif attempt then
      failures = failures + 1
      wait_after(attempt, attempt.pause)
    end
    attempt = setmetatable({ number = failures + 1, pause = pause_after(failures) }, Attempt)
    return attempt
  end
end

return task
