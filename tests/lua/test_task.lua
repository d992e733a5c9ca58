-- SPDX-License-Identifier: MIT
-- Tasks: waiting, cancelling, groups, and clean-up that waits.

local core = require "core.task"
local lu = require "luaunit"
local task = require "task"

local T = {}

function T.test_timeout_returns_an_error()
  local value, err = task.timeout(0.01, task.sleep, 10)
  lu.assertNil(value)
  lu.assertEquals(err.code, "timeout")
end

function T.test_timeout_passes_results_and_errors_on()
  lu.assertEquals({ task.timeout(1, function() return 1, nil, 3 end) }, { 1, nil, 3 })
  local ok, err = pcall(task.timeout, 1, error, "oops")
  lu.assertFalse(ok)
  lu.assertStrContains(tostring(err), "oops")
end

function T.test_an_outer_deadline_is_not_taken_for_an_inner_one()
  local inner = "not reached"
  local _, outer = task.timeout(0.01, function() inner = select(2, task.timeout(5, task.sleep, 5)) end)
  lu.assertEquals(outer.code, "timeout")
  lu.assertEquals(inner, "not reached")
end

function T.test_cancelling_is_sticky()
  local waits = 0
  task.timeout(0.01, function()
    for _ = 1, 3 do
      pcall(task.sleep, 5)
      waits = waits + 1
    end
  end)
  lu.assertEquals(waits, 3)
end

function T.test_shield_waits_in_a_cancelled_task()
  local cleaned = false
  task.timeout(0.01, function()
    local guard <close> = task.finally(function()
      task.shield(1, function()
        task.sleep(0.01)
        cleaned = true
      end)
    end)
    task.sleep(5)
    return guard
  end)
  lu.assertTrue(cleaned)
end

function T.test_finally_is_called_once_however_the_block_is_left()
  local calls = {}
  local function leave(way)
    pcall(function()
      local _ <close> = task.finally(function(err) calls[#calls + 1] = tostring(err) end)
      way()
    end)
  end
  leave(function() end)
  leave(function() error("oops", 0) end)
  task.timeout(0.01, leave, function() task.sleep(5) end)
  lu.assertEquals({ #calls, calls[1], calls[2] }, { 3, "nil", "oops" })
  lu.assertNotEquals(calls[3], "nil")
end

function T.test_shield_is_bounded()
  local _, err = task.shield(0.01, task.sleep, 10)
  lu.assertEquals(err.code, "timeout")
end

function T.test_a_group_waits_for_its_children()
  local ended = 0
  do
    local group <close> = task.group()
    for i = 1, 3 do
      group:spawn(function()
        task.sleep(i / 200)
        ended = ended + 1
      end)
    end
    group:wait()
  end
  lu.assertEquals(ended, 3)
end

function T.test_a_task_that_has_ended_is_not_kept_while_others_are_waited_for()
  local tasks, left = setmetatable({}, { __mode = "k" }), nil
  local group <close> = task.group()
  tasks[group:spawn(function() end)] = true
  group:spawn(function()
    task.sleep(0.001) -- group:wait() has seen the first one end
    collectgarbage()
    collectgarbage() -- what a finalizer has let go of
    left = next(tasks)
  end)
  group:wait()
  lu.assertNil(left)
end

function T.test_leaving_a_group_cancels_its_children()
  local closed = false
  do
    local group <close> = task.group()
    group:spawn(function()
      local guard <close> = task.finally(function() closed = true end)
      task.sleep(100)
      return guard
    end)
    task.sleep(0)
  end
  lu.assertTrue(closed)
end

function T.test_an_error_in_a_child_cancels_its_siblings_and_surfaces()
  local sibling
  local ok, err = pcall(function()
    local group <close> = task.group()
    group:spawn(function() sibling = select(2, pcall(task.sleep, 100)) end)
    group:spawn(function()
      task.sleep(0.01)
      error("child broke")
    end)
    task.sleep(100)
  end)
  lu.assertFalse(ok)
  lu.assertStrContains(tostring(err), "child broke")
  lu.assertStrContains(err.traceback, "test_task.lua")
  lu.assertEquals(sibling, err)
end

function T.test_an_error_surfaces_even_after_the_block_is_done()
  local ok, err = pcall(function()
    local group <close> = task.group()
    group:spawn(error, "late")
    task.sleep(0.01)
  end)
  lu.assertFalse(ok)
  lu.assertStrContains(tostring(err), "late")
end

function T.test_a_child_that_is_no_longer_wanted_is_no_failure()
  local group <close> = task.group()
  local child = group:spawn(task.sleep, 100)
  task.sleep(0)
  child:cancel(task.unwanted)
  group:wait()
  lu.assertTrue(child:ended())
end

function T.test_join_gives_results()
  local group <close> = task.group()
  local child = group:spawn(function() return 1, "two" end)
  lu.assertEquals({ child:join() }, { true, 1, "two" })
  lu.assertEquals({ child:join() }, { true, 1, "two" })
end

-- A handle that is kept, as in a list of children that are waited for one after another, keeps the results alone.
function T.test_an_ended_task_keeps_no_coroutine()
  local children, group <close> = {}, task.group()
  local function heap() collectgarbage() return collectgarbage "count" end
  local before = heap()
  for i = 1, 100 do children[i] = group:spawn(function(...) return select("#", ...) end, table.unpack({}, 1, 200)) end
  group:wait()
  lu.assertTrue(heap() - before < 100, "KiB, of which 100 coroutines alone take 400")
  for _, child in ipairs(children) do lu.assertEquals({ child:join() }, { true, 200 }) end
end

function T.test_all_runs_at_the_same_time_and_stops_at_the_first_failure()
  lu.assertEquals(task.all(function() return 1 end, function() task.sleep(0.01) return 2 end), { 1, 2 })
  local results, err = task.all(function() return nil, { code = "x" } end, function() return 1 end)
  lu.assertNil(results)
  lu.assertEquals(err.code, "x")
end

function T.test_queue_keeps_order_and_bounds()
  local queue = task.queue(2)
  lu.assertTrue(queue:push(1))
  lu.assertTrue(queue:push(2))
  lu.assertFalse(queue:push(3))
  lu.assertEquals({ queue:pop(), queue:pop() }, { 1, 2 })
  queue:push("last")
  queue:close("why")
  lu.assertEquals(queue:pop(), "last")
  lu.assertEquals({ queue:pop() }, { nil, "why" })
  lu.assertFalse(queue:push(4))
end

function T.test_queue_wakes_one_waiter_per_value()
  local queue, got = task.queue(), {}
  local group <close> = task.group()
  for i = 1, 3 do
    group:spawn(function() got[i] = queue:pop() end)
  end
  task.sleep(0)
  for i = 1, 3 do queue:push(i * 10) end
  group:wait()
  lu.assertEquals(got, { 10, 20, 30 })
end

function T.test_waiting_outside_a_task_of_ones_own_is_a_mistake()
  local ok, message = coroutine.resume(coroutine.create(function() task.sleep(0) end))
  lu.assertFalse(ok)
  lu.assertStrContains(tostring(message), "cannot wait inside a coroutine")
end

function T.test_waiting_where_lua_cannot_is_a_mistake_that_leaves_nothing_behind()
  local ok, message = pcall(table.sort, { 2, 1 }, function() task.sleep(0.01) end)
  lu.assertFalse(ok)
  lu.assertStrContains(tostring(message), "cannot wait here")
  local start = task.now()
  task.sleep(0.05)
  lu.assertTrue(task.now() - start >= 0.049) -- not ended early by the first one's timer
end

function T.test_a_wait_is_never_shorter_than_asked_for()
  local group <close> = task.group()
  group:spawn(function() -- keeps the loop looking at its timers
    while true do task.sleep(0) end
  end)
  for part = 0, 19 do
    repeat until task.now() * 20000 // 1 % 20 == part -- at another part of a millisecond each time
    local start = task.now()
    task.sleep(0.002)
    lu.assertTrue(task.now() - start >= 0.002, task.now() - start)
  end
end

function T.test_a_group_made_in_a_task_that_has_ended()
  local made
  do
    local group <close> = task.group()
    group:spawn(function() made = task.group() end)
    group:wait()
  end
  collectgarbage()
  made:spawn(function() end)
  made:__close()
end

function T.test_a_second_wait_survives_the_collector()
  local queue, got = task.queue(), {}
  local group <close> = task.group()
  for i = 1, 2 do
    group:spawn(function()
      for _ = 1, 2 do
        local value = queue:pop()
        got[#got + 1] = i .. value
      end
    end)
  end
  task.sleep(0)
  queue:push("a") -- wakes the first; before it runs, we take the value
  lu.assertEquals(queue:pop(), "a")
  task.sleep(0)
  collectgarbage()
  for _, value in ipairs { "b", "c", "d", "e" } do
    queue:push(value)
    task.sleep(0)
  end
  group:wait()
  lu.assertEquals(#got, 4)
end

function T.test_a_task_cannot_yield_or_join_itself()
  local group <close> = task.group()
  local child = group:spawn(function() return 1 end)
  lu.assertTrue(child:join())
  local ok, err = pcall(function()
    local inner <close> = task.group()
    local me
    me = inner:spawn(function() me:join() end)
    inner:wait()
  end)
  lu.assertFalse(ok)
  lu.assertStrContains(tostring(err), "its own end")
end

-- A machine that pauses between two tasks makes the later one's deadline later. So each task notes when it began; it
-- was asleep when the next one began: two whose deadlines may have changed places are not compared.
function T.test_many_tasks_end_in_order_of_their_deadlines()
  local order, began = {}, {}
  local group <close> = task.group()
  for i = 20, 0, -1 do
    group:spawn(function()
      began[i] = task.now()
      task.sleep(i / 200)
      order[#order + 1] = i
    end)
  end
  group:wait()
  lu.assertEquals(#order, 21)
  began[-1] = task.now()
  for n = 2, 21 do
    local before, after = order[n - 1], order[n]
    local earliest, latest = began[before] + before / 200, began[after - 1] + after / 200
    lu.assertTrue(earliest <= latest + 0.001, before .. " ended before " .. after)
  end
end

-- A deadline that has passed when the loop begins to look must not wait for something else to happen.
function T.test_a_late_timer_is_not_forgotten()
  local group <close> = task.group()
  group:spawn(function()
    local stop = task.now() + 0.02
    repeat until task.now() > stop
  end)
  task.sleep(0.005)
end

-- Runs `attempts` of them, and returns the pauses between them as asked for, with nothing really waited for.
local function pauses(options, attempts, act)
  local sleep, now, clock, slept = core.sleep, core.now, 0, {}
  core.sleep = function(seconds)
    slept[#slept + 1] = seconds
    clock = clock + seconds
  end
  core.now = function() return clock end
  local count = 0
  for attempt in task.backoff(options) do
    count = count + 1
    if count > attempts then break end
    clock = clock + (act(attempt, count) or 0)
  end
  core.sleep, core.now = sleep, now
  return slept
end

function T.test_backoff_doubles_its_pauses_up_to_the_longest()
  local numbers = {}
  local slept = pauses({ first = 2, max = 10, jitter = 0 }, 5, function(attempt)
    table.insert(numbers, attempt.number)
  end)
  lu.assertEquals(slept, { 2, 4, 8, 10, 10 })
  lu.assertEquals(numbers, { 1, 2, 3, 4, 5 })
end

function T.test_backoff_varies_its_pauses()
  local seen = {}
  for _, seconds in ipairs(pauses({ first = 10, max = 10, jitter = 0.2 }, 50, function() end)) do
    lu.assertTrue(seconds >= 8 and seconds <= 12, tostring(seconds))
    seen[seconds] = true
  end
  lu.assertTrue(next(seen, next(seen)) ~= nil)
end

function T.test_backoff_starts_again_after_a_success()
  local slept = pauses({ first = 2, max = 100, jitter = 0, steady = 60 }, 4, function(attempt, count)
    if count == 3 then
      attempt:succeeded()
      return 60
    end
  end)
  lu.assertEquals(slept, { 2, 4, 0, 2 })
end

function T.test_backoff_does_not_let_short_successes_become_a_tight_loop()
  local slept = pauses({ first = 2, max = 100, jitter = 0, steady = 60 }, 5, function(attempt, count)
    attempt:succeeded()
    return count == 4 and 60 or 1
  end)
  lu.assertEquals(slept, { 0, 2, 4, 0, 0 })
end

function T.test_backoff_ends_a_pause_early()
  local started = task.now()
  for attempt in task.backoff { first = 60, max = 60 } do
    if attempt.number == 2 then break end
    attempt:or_when(function(seconds)
      task.sleep(seconds)
      return true
    end, 0.01)
  end
  lu.assertTrue(task.now() - started < 30)
end

-- A round that takes long does not delay those after it, but for those whose time has passed.
function T.test_regular_rounds()
  local real_now, real_sleep, now, slept = core.now, task.sleep, 100, {}
  local _ <close> = task.finally(function() core.now, task.sleep = real_now, real_sleep end)
  function core.now() return now end
  function task.sleep(seconds)
    slept[#slept + 1] = seconds
    now = now + seconds
  end
  local rounds, took = {}, { 1, 10, 35, 3 }
  for round in task.every(10) do
    rounds[#rounds + 1] = round
    if #rounds > #took then break end
    now = now + took[#rounds]
  end
  lu.assertEquals({ rounds, slept }, { { 1, 2, 3, 7, 8 }, { 9, 0, 5, 7 } })
end

return T
