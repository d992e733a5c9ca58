-- SPDX-License-Identifier: MIT
-- Waits for a modem's state: an indication ends the wait at once; a modem that sends none is asked again.
--
-- Indications get lost, and some modems do not send each of them. So a wait looks for itself now and then, less and
-- less often, and once more before it gives up. Without a wait, the modem is not asked.

local errors = require "errors"
local task = require "task"

local M = {}

local FIRST_PAUSE, LONGEST_PAUSE = 2, 30 -- seconds between looks
local LOOK_TIME = 5 -- seconds that a look may take

-- The next event; nil when none comes in that time. A modem from which no more events can come is only asked.
local function next_event(self, seconds)
  if self.is_deaf then
    task.sleep(seconds)
    return nil
  end
  local is_over, event, err = task.timeout(seconds, function() return true, self.events:next() end)
  if not is_over then
    return nil
  end
  self.is_deaf = event == nil
  return event, err
end

---Waits until what events tell, or a look finds, is as wanted.
---@param events modem.events of one name, heard from before the first value was read
---@param value table? as it was read first; none: the modem was too busy to say
---@param look fun(): table?, moontower.error? the verb that reads it now
---@param wanted fun(value: table): boolean
---@param seconds number how long at most
---@param session integer? what is told of another session says nothing
---@return table? value the first that is wanted; the last there was, when none came in time
---@return moontower.error? err "timeout", or "gone"; where the modem has told nothing, why
function M.on(events, value, look, wanted, seconds, session)
  local self = { events = events }
  local start = task.now()
  local pause, looked_at = FIRST_PAUSE, start
  local failure -- why the last look has seen nothing
  while value == nil or not wanted(value) do
    local now = task.now()
    if now - start >= seconds and looked_at - start >= seconds then
      return value, value == nil and failure or errors.new {
        code = "timeout", source = "modem", message = ("the modem has not changed in %g seconds"):format(seconds),
      }
    end
    local until_look = math.min(looked_at + pause, start + seconds) - now
    local event, err = next_event(self, math.max(until_look, 0))
    if event then
      value = (not session or event.value.session == session) and event.value or value
    elseif err and err.code == "gone" then
      return nil, err
    elseif not err then
      local seen
      seen, err = task.timeout(LOOK_TIME, look)
      if err and err.code == "gone" then
        return nil, err
      end
      value, failure = seen or value, err
      pause, looked_at = math.min(pause * 2, LONGEST_PAUSE), task.now()
    end
  end
  return value
end

return M
