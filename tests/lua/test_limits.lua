-- SPDX-License-Identifier: MIT
-- Limits on scripts: a task that spins or eats memory is stopped and reported, and other tasks go on.

local core = require "core.task"
local limited = require "support.limits"
local lu = require "luaunit"
local task = require "task"

local T = {}

local failure, assert_stopped = limited.failure, limited.assert_stopped

local MIB = 1 << 20
local QUICK = { seconds = 0.1, name = "policy test" }
local SMALL = { bytes = 4 * MIB, name = "policy test" }
local RAN = "policy test: ran 0.1 s without waiting"
local HELD = "policy test: more than 4 MiB of memory"

local function spin()
  while true do end
end

local function eat()
  local held = {}
  for i = 1, math.huge do held[i] = { i } end
  return held
end

function T.test_a_spin_is_stopped_and_reported()
  local err = failure(QUICK, spin)
  assert_stopped(err, RAN)
  lu.assertStrMatches(err.message, ".*test_limits.lua:20: .*")
end

function T.test_the_script_can_catch_it_and_end_in_good_order()
  local caught
  local ok, value = task.limited(QUICK, function()
    caught = select(2, pcall(spin))
    task.sleep(0.01)
    return "ended"
  end)
  lu.assertEquals({ ok, value }, { true, "ended" })
  assert_stopped(caught, RAN)
end

function T.test_a_spin_that_swallows_it_is_stopped_for_good()
  local caught, closed = 0, false
  assert_stopped(failure(QUICK, function()
    local _ <close> = task.finally(function() closed = true end)
    while true do
      pcall(spin)
      caught = caught + 1
    end
  end), RAN)
  lu.assertEquals(caught, 1)
  lu.assertTrue(closed)
end

function T.test_a_task_that_spins_again_after_a_wait_is_stopped_for_good()
  local caught = 0
  assert_stopped(failure(QUICK, function()
    while true do
      pcall(spin)
      caught = caught + 1
      task.sleep(0)
    end
  end), RAN)
  lu.assertEquals(caught, 1)
end

function T.test_a_spin_in_a_coroutine_that_the_script_made()
  local err = failure(QUICK, function() coroutine.wrap(spin)() end)
  assert_stopped(err, RAN)
  lu.assertStrContains(err.traceback, "test_limits.lua:20:") -- in spin() itself
  assert_stopped(failure(QUICK, function()
    while true do
      local inner = coroutine.create(function()
        local innermost = coroutine.wrap(function()
          while true do pcall(spin) end
        end)
        while true do pcall(innermost) end
      end)
      while coroutine.status(inner) ~= "dead" do coroutine.resume(inner) end
    end
  end), RAN)
end

function T.test_a_spin_where_nothing_can_yield()
  assert_stopped(failure(QUICK, function()
    while true do
      pcall(table.sort, { 3, 2, 1 }, function() while true do pcall(spin) end end)
    end
  end), RAN)
end

function T.test_a_spin_in_a_close_handler()
  local function spins_at_its_end()
    local _ <close> = task.finally(function() while true do pcall(spin) end end)
    error "oops"
  end
  assert_stopped(failure(QUICK, spins_at_its_end), RAN)
  assert_stopped(failure(QUICK, function()
    local _ <close> = task.finally(function() while true do pcall(spin) end end)
    while true do pcall(spin) end
  end), RAN)
end

function T.test_a_task_that_is_killed_ends_its_children_and_its_parents_block()
  local child, sibling
  local err = failure({ seconds = 0.1, name = "policy test" }, function()
    local group <close> = task.group()
    sibling = group:spawn(task.sleep, 1000)
    group:spawn(function()
      local inner <close> = task.group()
      child = inner:spawn(task.sleep, 1000)
      while true do pcall(spin) end
    end)
    task.sleep(1000)
  end)
  assert_stopped(err, RAN)
  task.sleep(0)
  lu.assertTrue(child:ended())
  lu.assertTrue(sibling:ended())
end

function T.test_a_child_that_is_stopped_while_its_block_waits_for_it_fails_the_block()
  assert_stopped(failure(QUICK, function()
    local group <close> = task.group()
    group:spawn(function()
      pcall(task.sleep, 1000)
      while true do pcall(spin) end
    end)
    task.sleep(0)
  end), RAN)
end

function T.test_a_task_that_waits_often_enough_is_never_stopped()
  local ok, rounds = task.limited({ seconds = 0.2, name = "policy test" }, function()
    local stop, count = os.clock() + 1, 0
    while os.clock() < stop do
      local pause = os.clock() + 0.01
      repeat until os.clock() > pause
      task.sleep(0)
      count = count + 1
    end
    return count
  end)
  lu.assertTrue(ok, tostring(rounds))
  lu.assertTrue(rounds > 5)
end

function T.test_time_in_which_others_ran_does_not_count()
  local ok, err = task.limited(QUICK, function()
    require("core.process").run { "sleep", "0.3" }
    local stop = os.clock() + 0.01
    repeat until os.clock() > stop
  end)
  lu.assertTrue(ok, tostring(err))
end

-- ---- many tasks ----

local function spin_for(seconds)
  local stop = os.clock() + seconds
  repeat until os.clock() > stop
end

-- What happened, in order: "c" where a child of the limited script began, "o" where another task had its turn.
local function record(limits, fn)
  local seen = {}
  local group <close> = task.group()
  local other = group:spawn(function()
    while true do
      seen[#seen + 1] = "o"
      task.sleep(0)
    end
  end)
  local ok, err = task.limited(limits, fn, function() seen[#seen + 1] = "c" end)
  other:cancel(task.unwanted)
  return table.concat(seen), ok, err
end

function T.test_others_have_their_turns_between_tasks_that_take_long()
  local seen, ok, err = record({ seconds = 100, name = "policy test" }, function(began)
    local group <close> = task.group()
    for _ = 1, 10 do
      group:spawn(function()
        began()
        spin_for(0.06)
      end)
    end
    group:wait()
  end)
  lu.assertTrue(ok, tostring(err))
  lu.assertEquals(select(2, seen:gsub("c", "")), 10)
  lu.assertNil(seen:find("cc", 1, true), seen)
end

function T.test_time_is_that_of_all_tasks_together()
  local seen, ok, err = record(QUICK, function(began)
    local group <close> = task.group()
    for _ = 1, 20 do
      group:spawn(function()
        began()
        spin_for(0.06)
        task.sleep(1000)
      end)
    end
    group:wait()
  end)
  lu.assertFalse(ok)
  assert_stopped(err, RAN)
  lu.assertEquals(select(2, seen:gsub("c", "")), 2, seen) -- the others were never begun
end

-- They have all begun, and go on at the same moment.
function T.test_time_is_that_of_all_tasks_that_wake_together()
  local gone_on = 0
  local _, ok, err = record(QUICK, function()
    local gate = task.queue(1)
    local group <close> = task.group()
    for _ = 1, 20 do
      group:spawn(function()
        gate:pop()
        gone_on = gone_on + 1
        while true do pcall(spin) end
      end)
    end
    task.sleep(0)
    gate:close("open")
    group:wait()
  end)
  lu.assertFalse(ok)
  assert_stopped(err, RAN)
  lu.assertTrue(gone_on >= 1)
end

-- Each child is a new task, whose time has not been used up; that of the script has.
function T.test_a_script_whose_tasks_spin_one_after_the_other_is_ended()
  local begun = 0
  assert_stopped(failure(QUICK, function()
    while true do
      pcall(function()
        local group <close> = task.group()
        group:spawn(function()
          begun = begun + 1
          while true do pcall(spin) end
        end)
        group:wait()
      end)
    end
  end), RAN)
  lu.assertTrue(begun <= 2, begun)
end

function T.test_tasks_are_counted()
  local limits = { tasks = 50, name = "policy test" }
  local begun, kept = 0, nil
  local function begin() begun = begun + 1 end
  local err = failure(limits, function()
    local group <close> = task.group()
    while true do group:spawn(begin) end
  end)
  assert_stopped(err, "policy test: more than 50 tasks at a time")
  lu.assertEquals(begun, 0)
  local ok = task.limited(limits, function()
    for _ = 1, 200 do
      local group <close> = task.group()
      group:spawn(begin)
      group:wait()
    end
    local group <close> = task.group()
    for _ = 1, 49 do group:spawn(begin) end
    kept = select(2, pcall(function() group:spawn(begin) end))
  end)
  lu.assertTrue(ok)
  assert_stopped(kept, "more than 50 tasks")
end

function T.test_a_tree_of_tasks_ends()
  for _, limits in ipairs { { tasks = 100 }, { seconds = 0.1 }, { bytes = MIB } } do
    local begun = 0
    limits.name = "policy test"
    local function grow(group)
      begun = begun + 1
      for _ = 1, 2 do group:spawn(grow, group) end
      spin_for(limits.seconds and 0.001 or 0)
    end
    local err = failure(limits, function()
      local group <close> = task.group()
      grow(group)
      group:wait()
    end)
    lu.assertEquals({ err.code, err.source }, { "raised", "limit" }, tostring(err))
    local after = begun
    task.sleep(0)
    lu.assertEquals(begun, after)
  end
end

-- At once: where there is no memory left, each of these would need a full collection to begin and end.
function T.test_tasks_that_have_not_begun_are_ended_without_running()
  local begun = 0
  local err = failure(SMALL, function()
    local group <close> = task.group()
    while true do
      group:spawn(function() begun = begun + 1 end)
    end
  end)
  assert_stopped(err, HELD)
  lu.assertEquals(begun, 0)
end

-- The clock of a scope runs on the loop: it is looked at while many tasks are ready. The first of them starts it.
function T.test_the_loop_is_looked_at_while_many_tasks_are_ready()
  local saw, scope = {}, nil
  local last = task.queue(1)
  local group <close> = task.group()
  for i = 1, 10 do
    group:spawn(function()
      scope = scope or core.scope(0.001)
      saw[i] = scope:reason() ~= nil
      spin_for(0.02)
      if i == 1 then
        task.shield(100, last.pop, last)
      end
    end)
  end
  group:spawn(last.close, last, "all have run")
  group:wait()
  lu.assertEquals({ saw[1], saw[10] }, { false, true })
end

-- ---- what is loaded for a script ----

-- As on a slow machine: a module of ours that takes longer to load than the script may run.
local function require_slowly(after)
  local floor, loaded = math.floor, package.loaded.sha256
  local is_slow = true
  -- luacheck: push ignore 122
  local _ <close> = task.finally(function()
    math.floor, package.loaded.sha256 = floor, loaded
  end)
  math.floor = function(value)
    if is_slow then
      is_slow = false
      spin_for(0.3)
    end
    return floor(value)
  end
  -- luacheck: pop
  package.loaded.sha256 = nil
  return task.limited({ seconds = 0.1, bytes = 64 << 10, name = "policy test" }, function()
    local module = require "modem.sha256"
    after()
    return module
  end)
end

function T.test_loading_our_modules_is_no_doing_of_the_script()
  lu.assertTrue((require_slowly(function() end)))
  local ok, err = require_slowly(spin)
  lu.assertFalse(ok)
  assert_stopped(err, RAN)
end

function T.test_loading_modules_of_its_own_is()
  local path = os.tmpname()
  local file <close> = assert(io.open(path, "w"))
  file:write("while true do end")
  file:close()
  local searched = package.path
  local ok, err = task.limited(QUICK, function()
    package.path = path .. ";" .. package.path
    return require "a_module_of_its_own"
  end)
  package.path = searched
  os.remove(path)
  lu.assertFalse(ok)
  lu.assertStrContains(tostring(err), RAN)
end

function T.test_shields_hold_for_as_long_as_there_is_to_clean_up()
  local shielded, went_on = 0, false
  local group <close> = task.group()
  local running = group:spawn(task.limited, { cleanup = 0.1, name = "policy test" }, function()
    local inner <close> = task.group()
    inner:spawn(function()
      pcall(task.shield, 1e6, function()
        shielded = task.now()
        task.sleep(1e6)
      end)
      shielded = task.now() - shielded
      task.sleep(0)
      went_on = true
    end)
    task.shield(1e6, task.sleep, 1e6)
  end)
  task.sleep(0.01)
  running:cancel(task.unwanted)
  assert(task.timeout(60, running.join, running))
  lu.assertTrue(shielded >= 0.1, shielded)
  lu.assertFalse(went_on)
end

function T.test_shields_of_tasks_without_such_a_limit_hold()
  local group <close> = task.group()
  local held
  local running = group:spawn(function()
    task.shield(10, task.sleep, 0.3)
    held = true
  end)
  task.sleep(0)
  running:cancel(task.unwanted)
  running:join()
  lu.assertTrue(held)
end

function T.test_a_task_that_starts_another_without_end_can_be_ended()
  local group <close> = task.group()
  local count = 0
  local running = group:spawn(function()
    local inner <close> = task.group()
    local function again()
      count = count + 1
      inner:spawn(again)
    end
    again()
    task.sleep(1e6)
  end)
  task.sleep(0.01)
  running:cancel(task.unwanted)
  lu.assertFalse(task.timeout(60, running.join, running)) -- and not nil
  lu.assertTrue(count > 1)
end

-- A sandbox has its limit of memory from the hook of its caller.
function T.test_a_sandbox_leaves_no_hook_behind()
  local sandbox = require "core.sandbox"
  for _ = 1, 3 do
    assert(sandbox.run("local t = {} for i = 1, 30000 do t[i] = {} end", "=chunk", { string = {} }, 5, 3 * MIB))
  end
  for _ = 1, 1000 do math.abs(1) end
  lu.assertNil(debug.gethook())
end

function T.test_a_failure_is_reported_once()
  local ok, err = task.limited(SMALL, function()
    pcall(eat)
    collectgarbage()
    error "oops"
  end)
  lu.assertFalse(ok)
  lu.assertStrContains(tostring(err), "oops")
  lu.assertEquals(err.source, "script")
end

function T.test_a_task_can_leave_the_limits_of_the_one_that_started_it()
  local ok, err = task.limited({ seconds = 0.1, bytes = MIB, name = "policy test" }, function()
    local group <close> = task.group()
    group:spawn(function()
      core.limit(nil)
      local stop = os.clock() + 0.3
      repeat until os.clock() > stop
      lu.assertEquals(#("x"):rep(2 * MIB), 2 * MIB)
    end)
    group:wait()
  end)
  lu.assertTrue(ok, tostring(err))
end

function T.test_limits_need_a_task()
  local ok, message = coroutine.resume(coroutine.create(core.limit), SMALL)
  lu.assertFalse(ok)
  lu.assertStrContains(tostring(message), "a task of its own")
  lu.assertFalse((pcall(core.account, { seconds = -1, name = "x" })))
  lu.assertFalse((pcall(core.account, { bytes = 1 })))
end

return T
