-- SPDX-License-Identifier: MIT
-- Limits on scripts: a task that spins or eats memory is stopped and reported, and other tasks go on.

local core = require "core.task"
local lu = require "luaunit"
local task = require "task"

local T = {}

local MIB = 1 << 20
local QUICK = { seconds = 0.1, name = "policy test" }
local SMALL = { bytes = 4 * MIB, name = "policy test" }

local function spin()
  while true do end
end

local function eat()
  local held = {}
  for i = 1, math.huge do held[i] = { i } end
  return held
end

-- The error that fn(...) ends with under these limits, while another task goes on, before and afterwards.
local function failure(limits, fn, ...)
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

local function assert_stopped(err, message)
  lu.assertEquals(type(err), "table", tostring(err))
  lu.assertEquals({ err.code, err.source }, { "raised", "limit" }, tostring(err))
  lu.assertStrContains(tostring(err), message)
  lu.assertStrContains(err.message, "test_limits.lua:")
  lu.assertStrContains(err.traceback, "test_limits.lua:")
end

local RAN = "policy test: ran 0.1 s without waiting"
local HELD = "policy test: more than 4 MiB of memory"

function T.test_a_spin_is_stopped_and_reported()
  local err = failure(QUICK, spin)
  assert_stopped(err, RAN)
  lu.assertStrMatches(err.message, ".*test_limits.lua:15: .*")
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
  lu.assertStrContains(err.traceback, "test_limits.lua:1") -- in spin() itself
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

-- ---- memory ----

function T.test_memory_eaten_by_tables()
  assert_stopped(failure(SMALL, eat), HELD)
end

function T.test_memory_eaten_by_strings()
  assert_stopped(failure(SMALL, function()
    local text = "x"
    while true do text = text .. text end
  end), HELD)
end

function T.test_memory_eaten_at_one_go()
  for _, size in ipairs { 1 << 30, 9 * MIB // 2 } do
    assert_stopped(failure(SMALL, function() return #string.rep("x", size) end), HELD)
  end
end

function T.test_memory_eaten_in_a_coroutine_that_the_script_made()
  assert_stopped(failure(SMALL, function() coroutine.wrap(eat)() end), HELD)
end

function T.test_memory_eaten_by_tasks_that_it_starts_together()
  assert_stopped(failure(SMALL, function()
    local group <close> = task.group()
    for _ = 1, 8 do
      group:spawn(function()
        local held = {}
        for i = 1, 64 do
          held[i] = ("x"):rep(16 << 10) .. i
          task.sleep(0)
        end
        task.sleep(1000)
        return held
      end)
    end
    task.sleep(1000)
  end), HELD)
end

function T.test_tasks_without_end_are_memory_too()
  local err = failure(SMALL, function()
    local group <close> = task.group()
    while true do group:spawn(task.sleep, 1000) end
  end)
  lu.assertEquals(err.source, "limit")
  lu.assertStrContains(err.traceback, "test_limits.lua:")
end

function T.test_there_is_memory_left_to_clean_up_with()
  local cleaned
  assert_stopped(failure(SMALL, function()
    local held = {}
    local _ <close> = task.finally(function()
      local group <close> = task.group()
      task.shield(1, function()
        group:spawn(function() cleaned = #held end)
        task.sleep(0)
      end)
    end)
    for i = 1, math.huge do held[i] = {} end
  end), HELD)
  lu.assertTrue(cleaned > 1000)
end

function T.test_garbage_does_not_count()
  local ok, err = task.limited(SMALL, function()
    for i = 1, 200 do
      local text = ("x"):rep(MIB) .. i
      lu.assertEquals(#text, MIB + #tostring(i))
    end
  end)
  lu.assertTrue(ok, tostring(err))
end

function T.test_a_script_can_do_with_less()
  local ok, got = task.limited(SMALL, function()
    local full, message = pcall(eat)
    lu.assertFalse(full)
    assert_stopped(message, HELD)
    local text = ("x"):rep(MIB)
    return #text
  end)
  lu.assertEquals({ ok, got }, { true, MIB })
end

function T.test_an_account_is_given_back_what_was_held()
  local account = core.account(SMALL)
  local kept = { false }
  lu.assertTrue(task.limited(account, function() kept[1] = ("x"):rep(2 * MIB) end))
  collectgarbage()
  lu.assertTrue(account:held() > 2 * MIB)
  lu.assertTrue(account:held() < 3 * MIB)
  lu.assertEquals(#kept[1], 2 * MIB)
  kept[1] = nil
  collectgarbage()
  collectgarbage()
  lu.assertEquals(account:held(), 0)
end

function T.test_an_account_outlives_its_task_and_its_handle_for_what_it_pays()
  local kept = {}
  lu.assertTrue(task.limited(SMALL, function()
    for i = 1, 1000 do kept[i] = { "text " .. i } end
  end))
  collectgarbage()
  for i = 1, 100000 do kept[i] = { i } end -- now ours
  lu.assertEquals(kept[100000][1], 100000) -- under ASan, a header that named freed memory would be found
end

function T.test_one_account_over_several_runs()
  local account, kept = core.account(SMALL), {}
  local function eat_more(mib)
    for i = 1, 64 * mib do kept[#kept + 1] = ("x"):rep(16 << 10) .. i end
  end
  for _ = 1, 3 do lu.assertTrue(task.limited(account, eat_more, 1)) end
  assert_stopped(failure(account, eat_more, 2), HELD) -- 5 MiB; exactly 4 might end before the next look
  kept = {}
  lu.assertEquals({ task.limited(account, eat_more, 1) }, { true })
end

function T.test_the_limits_of_two_do_not_mix()
  local group <close> = task.group()
  local results = {}
  for i = 1, 2 do
    group:spawn(function()
      results[i] = table.pack(task.limited({ bytes = 4 * MIB, name = "policy " .. i }, function()
        local held = {}
        for n = 1, 32 * i do
          held[n] = ("x"):rep(100 << 10) .. n
          task.sleep(0)
        end
        return #held
      end))
    end)
  end
  group:wait()
  lu.assertEquals({ results[1][1], results[1][2] }, { true, 32 })
  lu.assertStrContains(tostring(results[2][2]), "policy 2: more than 4 MiB")
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

-- From 5.4.7 on, Lua's stack cannot be looked at while it asks for memory to grow.
function T.test_memory_may_end_while_the_stack_grows()
  local function deeper(n) return n == 0 and 0 or 1 + deeper(n - 1) end
  for kib = 8, 200, 4 do
    local ok, err = task.limited({ bytes = kib << 10, name = "policy test" }, deeper, 10000)
    lu.assertFalse(ok)
    lu.assertEquals(err.source, "limit", tostring(err))
    ok = task.limited({ bytes = kib << 10, name = "policy test" }, function() return coroutine.wrap(deeper)(10000) end)
    lu.assertFalse(ok)
  end
end

-- Wherever memory ends, what the script does ends in good order, and nothing is left of it.
function T.test_memory_may_end_anywhere()
  local process, queue = require "core.process", task.queue(8)
  local ended_well, ended_early, accounts = 0, 0, {}
  for bytes = 2 << 10, 60 << 10, 512 do -- where a pointer has 32 bits, a few kB are enough
    local account = core.account { bytes = bytes, name = "policy test" }
    local ok, err = task.limited(account, function()
      local group <close> = task.group()
      for i = 1, 3 do
        group:spawn(function()
          task.timeout(1, task.sleep, i / 10000)
          queue:push { i }
        end)
      end
      for _ = 1, 3 do task.timeout(1, queue.pop, queue) end
      local result = process.run { "echo", ("x"):rep(1000) }
      lu.assertEquals(#result.stdout, 1001)
      local chunk = assert(load("local t = {} for i = 1, 100 do t[i] = { i } end return t"))
      return chunk()
    end)
    ended_well = ended_well + (ok and 1 or 0)
    if not ok then
      ended_early = ended_early + 1
      lu.assertEquals(err.source, "limit", tostring(err))
    end
    while queue:length() > 0 do queue:pop() end
    accounts[#accounts + 1] = account
  end
  lu.assertTrue(ended_well > 0 and ended_early > 10, ("%d well, %d early"):format(ended_well, ended_early))
  collectgarbage()
  collectgarbage()
  local held = 0
  for _, account in ipairs(accounts) do held = held + account:held() end
  lu.assertTrue(held < 64 << 10, held .. " bytes") -- Lua's own tables may have grown meanwhile
end

return T
