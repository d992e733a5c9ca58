-- SPDX-License-Identifier: MIT
-- errors.check and errors.protect: which failures they turn into results, and which they leave alone.

local errors = require "errors"
local lu = require "luaunit"
local task = require "task"

local T = {}

local check, protect = errors.check, errors.protect
local FAILURE = errors.new { code = "io", source = "test", message = "it failed" }

local function fails() return nil, FAILURE end

function T.test_a_value_passes_with_all_that_comes_with_it()
  local sum = protect(function(...)
    local a, b = check(...)
    return a, b, nil
  end)
  lu.assertEquals(table.pack(sum(1, 2)), { 1, 2, nil, n = 3 })
end

function T.test_a_failure_ends_the_function_and_is_returned()
  local reached, closed = false, false
  local run = protect(function()
    local _ <close> = task.finally(function() closed = true end)
    check(fails())
    reached = true
  end)
  local value, err = run()
  lu.assertNil(value)
  lu.assertIs(err, FAILURE)
  lu.assertEquals({ reached, closed }, { false, true })
end

-- The inner function's failure is a result to the outer one, which may go on.
function T.test_one_within_another()
  local inner = protect(function() check(fails()) end)
  local outer = protect(function()
    local _, err = inner()
    return err
  end)
  lu.assertIs(outer(), FAILURE)
end

function T.test_a_check_fails_in_a_function_that_waits()
  local run = protect(function()
    task.sleep(0)
    check(fails())
  end)
  lu.assertIs(select(2, run()), FAILURE)
end

function T.test_a_time_out_and_cancelling_pass_through()
  local forever = protect(function() task.sleep(1e6) end)
  local value, err = task.timeout(0, forever)
  lu.assertEquals({ value, err.code }, { nil, "timeout" })
  local group <close> = task.group()
  local running = group:spawn(forever)
  task.sleep(0)
  running:cancel(task.unwanted)
  lu.assertEquals({ running:join() }, { false, task.unwanted })
end

-- Its traceback begins where it was made, not in protect().
function T.test_a_mistake_stays_a_mistake()
  local function mistake() error("no such thing") end
  local ok, err = pcall(protect(function()
    mistake()
    return true
  end))
  lu.assertFalse(ok)
  lu.assertEquals(err.code, "raised")
  lu.assertStrContains(err.message, "no such thing")
  lu.assertStrContains(err.traceback, "in upvalue 'mistake'")
end

function T.test_a_check_without_protect_says_what_failed()
  local ok, raised = pcall(check, fails())
  lu.assertFalse(ok)
  lu.assertEquals(errors.plain(raised).message, tostring(FAILURE))
end

return T
