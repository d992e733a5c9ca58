-- SPDX-License-Identifier: MIT
-- core.clock: alarms. tests/vm/test_clock sets the clock.

local clock = require "core.clock"
local lu = require "luaunit"
local task = require "task"

local T = {}

function T.test_an_alarm_comes_and_not_before_its_time()
  local alarm <close> = assert(clock.alarm(os.time() + 1))
  lu.assertIsTrue(alarm:next())
  local _, err = task.timeout(0.02, alarm.next, alarm)
  lu.assertEquals(err.code, "timeout")
end

function T.test_a_time_that_is_over_comes_at_once_and_a_far_one_not()
  for _, time in ipairs { -1e9, 0, 0.5, os.time() - 1, os.time() } do
    local alarm <close> = assert(clock.alarm(time))
    lu.assertIsTrue(task.timeout(60, alarm.next, alarm))
  end
  for _, time in ipairs { os.time() + 3600, math.huge } do
    local alarm <close> = assert(clock.alarm(time))
    local _, err = task.timeout(0.02, alarm.next, alarm)
    lu.assertEquals(err.code, "timeout")
  end
end

function T.test_closing_it_wakes_waiting_tasks()
  local alarm = assert(clock.alarm(os.time() + 3600))
  local group <close> = task.group()
  local waiting = group:spawn(function() return alarm:next() end)
  task.sleep(0.02)
  alarm:close()
  local _, value, err = waiting:join()
  lu.assertNil(value)
  lu.assertEquals(err.code, "gone")
end

return T
