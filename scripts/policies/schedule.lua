-- SPDX-License-Identifier: MIT
-- Policy: online only at certain hours, and only while the month's data lasts.

local clock, time_window, usage = require "core.clock", require "usage.time_window", require "usage"
local validate, policy, status, task = require "base.validate", require "policy", require "status", require "task"

local declared = {
  { "hours", validate.parsed_by(time_window.parse),
    'when it may be online: `"22:00-06:00"`, or a list of such; local time', otherwise = "always" },
  { "budget", validate.parsed_by(usage.parse),
    'what it may use in a month: `"5 GB"` (B, kB, MB, GB, TB, KiB, MiB, GiB)', otherwise = "no limit" },
  { "day", validate.whole(1, 31), "the day of the month on which the budget starts again", default = 1 },
  { "modem", validate.table, "a table of options for `reconnect`", otherwise = "{}" },
  any_of = { "hours", "budget" },
}
local options = policy.options(..., declared)
local windows = options.hours and assert(time_window.parse(options.hours))
local budget = options.budget and assert(usage.parse(options.budget))
local day, NEVER = options.day, math.huge
local reconnect = assert(policy.load("reconnect", options.modem))

-- Returns whether it may be online, why not, and when to ask again.
local function decide(modem, now)
  local used, starts_again = 0, NEVER
  if budget then
    local month = modem:usage(day)
    used, starts_again = month.bytes, month.next
  end
  local edge = windows and time_window.next_edge(windows, now) or NEVER
  if windows and not time_window.within(windows, now) then
    return false, "it is outside of its hours", edge
  elseif budget and used >= budget then
    return false, ("its %s for the month are used up"):format(options.budget), starts_again
  end
  return true, nil, math.min(edge, budget and now + usage.pause(budget - used) or NEVER)
end

-- It also returns when the clock is set.
local function wait_until(time)
  local alarm <close> = assert(clock.alarm(time))
  alarm:next()
end

-- Ends a connection that an earlier run has left, or that its end has failed to end.
local function take_offline(modem, reason)
  for _ in task.backoff { first = 2 } do
    local ok, err = modem:down()
    if ok then
      break
    end
    status.of(modem):set("not off", err)
  end
  status.of(modem):set("off", reason)
end

return policy {
  name = "schedule",
  summary = "Use a modem only at certain hours, or within a monthly budget.",
  options = declared,
  each = { modem = "ready" },

  run = function(modem)
    local told = status.of(modem)
    while true do
      local may, reason, again = decide(modem, os.time())
      if may then
        local ended
        do
          local group <close> = task.group() -- leaving it takes the modem offline
          group:spawn(reconnect.run, modem)
          while may do
            wait_until(again)
            may, reason, again = decide(modem, os.time())
          end
          ended = told:attempt("go offline", reason)
        end
        ended "the modem is offline"
      else
        told:schedule("go online", again - os.time(), reason)
        local group <close> = task.group()
        group:spawn(take_offline, modem, reason)
        wait_until(again)
      end
    end
  end,
}
