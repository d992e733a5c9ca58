-- SPDX-License-Identifier: MIT
-- What is believed of each modem, since when and why; what was tried; what will be tried next: for `moontower why`.
--
-- A part that decides something says so here. It is logged, published as an event, and kept: the last ones of each
-- modem. Where a modem has several policies, the first speaks for it, and each other one has a separate line.

local core = require "core.task"
local lazy = require "base.lazy"
local events = lazy "events"
local log = lazy "log"
local task = require "task"

local M = {
  ---What `moontower why --json` says of a modem; those of another policy's line in `lines` have the same names.
  fields = {
    "apn", "apn.carrier", "apn.names", "apn.origin", "lines", "modem", "plan", "plan.reason", "plan.seconds",
    "plan.what", "policies", "policy", "reason", "since", "state", "tried", "tried.reason", "tried.result",
    "tried.time", "tried.what",
  },
}

local LONGEST = 50 -- what was tried before is forgotten

---@class status.step
---@field time string
---@field what string "reconnect", "modem reset" ...
---@field reason string? why; nil: another program has done it
---@field result string? how it ended

---@class status.status
---@field modem string description.name
---@field state string "online", "offline", "recovering", "waiting" ...
---@field reason string why that is believed
---@field since string when that began
---@field began integer the same, as os.time() has it
---@field tried status.step[] the oldest first
---@field attempts table<string, integer>? how often each has been tried
---@field plan { what: string, reason: string?, at: number }? what comes next, and when, on task.now()'s clock
---@field policy string? whose line this is; nil: the modem's
---@field lines table<string, status.status> of its other policies, by name
local Status = {}
Status.__index = Status

local statuses = {}

local function now() return os.date("!%Y-%m-%dT%H:%M:%SZ") end

local function new(modem, policy)
  return setmetatable({
    modem = modem, policy = policy, label = policy and ("%s, %s"):format(modem, policy) or modem, state = "unknown",
    reason = "nothing is known yet", since = now(), began = os.time(), tried = {}, lines = {},
  }, Status)
end

---The status of one modem, begun when it is first asked for. A policy that is not the first one of the modem gets the
---separate line that it has.
---@param modem modem.modem|string the modem, or its name
---@return status.status
function M.of(modem)
  local key = type(modem) == "string" and modem or modem.description.name
  statuses[key] = statuses[key] or new(key)
  local context = core.context()
  return context and context.beside and statuses[key]:line(context.beside) or statuses[key]
end

---@param policy string? nil: the modem's own
---@return status.status
function Status:line(policy)
  if policy then
    self.lines[policy] = self.lines[policy] or new(self.modem, policy)
  end
  return self.lines[policy] or self
end

---@return table<string, status.status> by name
function M.all() return statuses end

---@param key string of a modem that will not come back
function M.forget(key) statuses[key] = nil end

---@return status.status[] the lines of its other policies, by name
function Status:others()
  local list = {}
  for _, line in pairs(self.lines) do list[#list + 1] = line end
  table.sort(list, function(a, b) return a.policy < b.policy end)
  return list
end

local function keep(self, step)
  table.insert(self.tried, step)
  if #self.tried > LONGEST then
    table.remove(self.tried, 1)
  end
  return step
end

---Says what is believed from now on. Nothing happens when that is known already.
---@param state string
---@param reason any an error, or words
---@param ordered boolean? a person's order says so
function Status:set(state, reason, ordered)
  reason = tostring(reason)
  if state == self.state and reason == self.reason then
    return
  end
  if state ~= self.state then
    self.since, self.began = now(), os.time()
  end
  self.state, self.reason = state, reason
  log.of(self.modem):info("%s: %s: %s", self.label, state, reason)
  events.publish("state", {
    modem = self.modem, policy = self.policy, state = state, reason = reason, ordered = ordered,
  })
end

---Says what another program has done to the modem.
---@param what string such as "ModemManager, process 812, switched the radio off"
function Status:record(what)
  keep(self, { time = now(), what = what })
  log.of(self.modem):info("%s: %s", self.label, what)
end

---Says what is being tried; how it ends is told by the function returned.
---@param what string
---@param reason any an error, or words
---@return fun(result: any) ended
function Status:attempt(what, reason)
  local step = keep(self, { time = now(), what = what, reason = tostring(reason) })
  self.plan = nil
  self.attempts = self.attempts or {}
  self.attempts[what] = (self.attempts[what] or 0) + 1
  log.of(self.modem):info("%s: %s, because %s", self.label, what, step.reason)
  events.publish("try", { modem = self.modem, policy = self.policy, what = what, reason = step.reason })
  return function(result)
    step.result = tostring(result)
    log.of(self.modem):info("%s: %s: %s", self.label, what, step.result)
    events.publish("tried", { modem = self.modem, policy = self.policy, what = what, result = step.result })
  end
end

---The task that was trying something has been told to end.
function Status:give_up()
  for _, step in ipairs(self.tried) do
    step.result = step.result or step.reason and "given up" or nil
  end
end

---Says what will be done next, and in how many seconds.
---@param what string
---@param seconds number
---@param reason any? an error, or words
function Status:schedule(what, seconds, reason)
  self.plan = { what = what, at = task.now() + seconds, reason = reason and tostring(reason) }
  events.publish("plan", {
    modem = self.modem, policy = self.policy, what = what, seconds = seconds, reason = self.plan.reason,
  })
end

return M
