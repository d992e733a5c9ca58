-- SPDX-License-Identifier: MIT
-- The events of this program, for its listeners: policies, `moontower events`, `moontower why`.
--
-- The part that does something publishes it; each listener has a queue. A listener that reads too slowly loses the
-- newest events, and the next one that it gets says how many. Publishing never waits.

local new_error = require("errors").new
local task = require "task"

local M = {
  ---Indications of a modem: `value` reads as the result of the verb.
  of_modems = { "session", "registration", "packet", "sim", "radio", "signal", "cell", "sms" },
  ---All that this program publishes. A script may publish others.
  names = {
    "modem-ready", "modem-gone", "session", "registration", "packet", "sim", "radio", "signal", "cell", "sms",
    "state", "try", "tried", "stuck", "plan", "program", "policy-failed", "policy-ended", "policy-disabled", "reloaded",
    "reload-failed",
  },
  ---Those that say what a person has written: only listeners that ask for them get them, as they leave the computer by
  ---brokers and pages.
  private = { sms = true },
}

local LONGEST_QUEUE = 256

---@class events.event
---@field event string what happened: one of M.names; scripts/README.md says what they mean
---@field time string when, in UTC: "2026-11-27T02:40:29Z"
---@field modem string? which modem: its key
---@field lost integer? how many events before this one were lost, as they were not read in time

---@class events.subscription
---@field private queue core.queue
---@field private with_private boolean?
---@field private lost integer
local Subscription = {}
Subscription.__index = Subscription

local subscriptions = {}

---Delivers an event to all listeners.
---@param event string
---@param fields table? what belongs to it: plain values, as they become JSON
function M.publish(event, fields)
  local record = { event = event, time = os.date("!%Y-%m-%dT%H:%M:%SZ") }
  for key, value in pairs(fields or {}) do record[key] = value end
  for subscription in pairs(subscriptions) do
    if subscription.with_private or not M.private[event] then
      subscription:push(record)
    end
  end
end

---Listens from now on: `local heard <close> = events.subscribe()`.
---@param options { private: boolean? }? private: to those of M.private, too
---@return events.subscription
function M.subscribe(options)
  local self = setmetatable({
    queue = task.queue(LONGEST_QUEUE), lost = 0, with_private = options and options.private,
  }, Subscription)
  subscriptions[self] = true
  return self
end

---@private
function Subscription:push(record)
  if self.lost > 0 then
    local copy = { lost = self.lost }
    for key, value in pairs(record) do copy[key] = value end
    record = copy
  end
  if self.queue:push(record) then
    self.lost = 0
  else
    self.lost = self.lost + 1
  end
end

---Waits for the next event.
---@return events.event? event nil once it is closed
---@return moontower.error? err
function Subscription:next() return self.queue:pop() end

function Subscription:close()
  subscriptions[self] = nil
  self.queue:close(new_error { code = "gone", source = "events", message = "the listener was closed" })
end
Subscription.__close = Subscription.close

return M
