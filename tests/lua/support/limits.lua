-- SPDX-License-Identifier: MIT
-- For tests of limits: what becomes of a task that exceeds one.

local lu = require "luaunit"
local task = require "task"

local M = {}

---The error that fn(...) ends with under these limits, while another task goes on, before and afterwards.
---@param limits task.limits
---@param fn function
---@return moontower.error
function M.failure(limits, fn, ...)
  local ticks = 0
  local group <close> = task.group()
  local ticking = group:spawn(function()
    while true do
      task.sleep(0.01)
      ticks = ticks + 1
    end
  end)
  local ok, err = task.limited(limits, fn, ...)
  lu.assertFalse(ok)
  local before = ticks
  task.sleep(0.05)
  lu.assertTrue(ticks > before)
  ticking:cancel(task.unwanted)
  return err
end

---@param err any of a task that its limits have stopped
---@param message string
function M.assert_stopped(err, message)
  lu.assertEquals(type(err), "table", tostring(err))
  lu.assertEquals({ err.code, err.source }, { "raised", "limit" }, tostring(err))
  lu.assertStrContains(tostring(err), message)
  lu.assertStrMatches(err.message, ".*test_limits[%w_]*%.lua:%d.*")
  lu.assertStrContains(err.traceback, "test_limits")
end

return M
