-- SPDX-License-Identifier: MIT
-- Asks a modem again that is busy, not ready yet, or contradicts itself for a moment. What the network has refused is
-- never asked for again.

local task = require "task"

local M = {
  seconds = 10, -- for all of it
}

local FIRST, LONGEST = 0.5, 2 -- seconds until it is asked again

-- By the status in the modem's answer. QMI's "not provisioned" is about a card that is still starting, as far as the
-- modem knows, and "incompatible state" about something that has not come to its end yet.
local PASSING = {}
for _, status in ipairs {
  "busy", "not-initialized", -- MBIM
  "device-not-ready", "network-not-ready", "not-provisioned", "incompatible-state", "operation-in-progress", -- QMI
} do
  PASSING[status] = true
end

-- A cause, or a reason why the call has ended, came from beyond the modem, or may have.
local function is_passing(err)
  local detail = err.detail or {}
  local reply = detail.reply or {}
  local was_tried = (detail.nw_error or 0) ~= 0 or reply.call_end_reason or reply.verbose_call_end_reason
  return PASSING[detail.status] and not was_tried
end

---Asks, and asks again as long as the modem says that it is busy.
---@param ask fun(): any, moontower.error?
---@param is_worth_it (fun(err: moontower.error): boolean?)? is another answer likely? nil: the modem is busy
---@param seconds number? for all of it
---@return any value
---@return moontower.error? err the modem's last answer
function M.ask(ask, is_worth_it, seconds)
  local stop = task.now() + (seconds or M.seconds)
  for attempt in task.backoff { first = FIRST, max = LONGEST } do
    local value, err = ask()
    if value or not (is_worth_it or is_passing)(err) or task.now() + attempt.pause > stop then
      return value, err
    end
  end
end

return M
