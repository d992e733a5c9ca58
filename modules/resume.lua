-- SPDX-License-Identifier: MIT
-- Waiting until the computer has slept and is awake again. Nothing polls: when it wakes, the kernel sets the clock,
-- which ends all alarms; how long it has slept tells that from a clock that a person or a server has set.

local clock = require "core.clock"

local LEAST = 0.1 -- seconds: what is shorter is the time between the reading of two clocks

---@class resume.watch
---@field private slept number seconds, when it was last told
---@field private alarm core.monitor?
local Watch = {}
Watch.__index = Watch

local M = {}

---Waits for the next time.
---@return number? seconds that the computer has slept; nil once it is closed
---@return moontower.error? err
function Watch:next()
  while true do
    local slept = clock.slept()
    if slept - self.slept > LEAST then
      local seconds = slept - self.slept
      self.slept = slept
      return seconds
    end
    local ok, err = self.alarm:next()
    if ok == nil then
      return nil, err
    end
    self:rearm()
  end
end

---@private
function Watch:rearm()
  if self.alarm then
    self.alarm:close()
  end
  self.alarm = assert(clock.alarm(math.huge))
end

function Watch:__close()
  if self.alarm then
    self.alarm:close()
  end
end

---Notices from now on: `local sleep <close> = resume.watch()`.
---@return resume.watch
function M.watch()
  local self = setmetatable({ slept = clock.slept() }, Watch)
  self:rearm()
  return self
end

---Waits until the computer has slept, and returns for how long.
---@return number? seconds
---@return moontower.error? err
function M.wait()
  local watch <close> = M.watch()
  return watch:next()
end

return M
