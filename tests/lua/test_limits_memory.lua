-- SPDX-License-Identifier: MIT
-- Limits on scripts: a task that eats memory is stopped and reported, and what it held is given back.

local core = require "core.task"
local limited = require "support.limits"
local lu = require "luaunit"
local task = require "task"

local T = {}

local failure, assert_stopped = limited.failure, limited.assert_stopped

local MIB = 1 << 20
local SMALL = { bytes = 4 * MIB, name = "policy test" }
local HELD = "policy test: more than 4 MiB of memory"

local function eat()
  local held = {}
  for i = 1, math.huge do held[i] = { i } end
  return held
end

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
  lu.assertStrContains(err.traceback, "test_limits_memory.lua:")
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
