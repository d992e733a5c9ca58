-- SPDX-License-Identifier: MIT
-- What is believed of each modem, since when and why; what was tried; what will be tried next: for `moontower why`.
--
-- Whoever decides something says so here. It is logged, published as an event, and kept: the last ones of each modem.

local events = require "events"
local log = require "log"
local task = require "task"

local M = {}

local LONGEST = 50 -- what was tried before is forgotten

---@class story.step
---@field time string
---@field what string "reconnect", "modem reset" ...
---@field reason string? why; nil: another program has done it
---@field result string? how it ended

---@class story.story
---@field modem string see story.name()
---@field belief string "online", "offline", "recovering", "waiting" ...
---@field reason string why that is believed
---@field since string when that began
---@field tried story.step[] the oldest first
---@field plan { what: string, reason: string?, at: number }? what comes next, and when, on task.now()'s clock
local Story = {}
Story.__index = Story

local stories = {}

local function now() return os.date("!%Y-%m-%dT%H:%M:%SZ") end

---What a modem is called in stories and events: by the socket that it is plugged into, as cdc-wdm numbers swap.
---@param description modem.description
---@return string
function M.name(description)
  return description.usb or description.pci or description.platform or description.controls[1].key
end

---The story of one modem, begun when it is first asked for.
---@param modem modem.modem|string the modem, or its name
---@return story.story
function M.of(modem)
  local key = type(modem) == "string" and modem or M.name(modem.description)
  stories[key] = stories[key] or setmetatable({
    modem = key, belief = "unknown", reason = "nothing is known yet", since = now(), tried = {},
  }, Story)
  return stories[key]
end

---@return table<string, story.story> by name
function M.all() return stories end

---@param key string of a modem that will not come back
function M.forget(key) stories[key] = nil end

local function keep(self, step)
  table.insert(self.tried, step)
  if #self.tried > LONGEST then
    table.remove(self.tried, 1)
  end
  return step
end

---Says what is believed from now on. Nothing happens when that is known already.
---@param belief string
---@param reason any an error, or words
function Story:believe(belief, reason)
  reason = tostring(reason)
  if belief == self.belief and reason == self.reason then
    return
  end
  if belief ~= self.belief then
    self.since = now()
  end
  self.belief, self.reason = belief, reason
  log.info("%s: %s: %s", self.modem, belief, reason)
  events.publish("belief", { modem = self.modem, belief = belief, reason = reason })
end

---Says what another program has done to the modem.
---@param what string such as "ModemManager, process 812, switched the radio off"
function Story:heard(what)
  keep(self, { time = now(), what = what })
  log.info("%s: %s", self.modem, what)
end

---Says what is being tried; how it ends is told by the function returned.
---@param what string
---@param reason any an error, or words
---@return fun(result: any) ended
function Story:try(what, reason)
  local step = keep(self, { time = now(), what = what, reason = tostring(reason) })
  self.plan = nil
  log.info("%s: %s, because %s", self.modem, what, step.reason)
  events.publish("try", { modem = self.modem, what = what, reason = step.reason })
  return function(result)
    step.result = tostring(result)
    log.info("%s: %s: %s", self.modem, what, step.result)
    events.publish("tried", { modem = self.modem, what = what, result = step.result })
  end
end

---The task that was trying something has been told to end.
function Story:give_up()
  for _, step in ipairs(self.tried) do
    step.result = step.result or step.reason and "given up" or nil
  end
end

---Says what will be done next, and in how many seconds.
---@param what string
---@param seconds number
---@param reason any? an error, or words
function Story:intend(what, seconds, reason)
  self.plan = { what = what, at = task.now() + seconds, reason = reason and tostring(reason) }
  events.publish("plan", { modem = self.modem, what = what, seconds = seconds, reason = self.plan.reason })
end

return M
