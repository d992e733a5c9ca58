-- SPDX-License-Identifier: MIT
-- A policy that spins, eats memory or raises: stopped, reported, tried again, switched off, while all others go on.

local core_task = require "core.task"
local events = require "events"
local lu = require "luaunit"
local policy = require "policy"
local supervisor = require "daemon.supervisor"
local task = require "task"
local world = require "support.world"

local T = {}

local MIB = 1 << 20
-- Made once: rep() asks memcpy() for each byte, which under the sanitizers takes a second for 32 MiB.
local BLOCK = ("x"):rep(100000)

-- The failures of a policy until it is switched off, and the pauses after them, which are skipped.
local function fail_for_good(run)
  local sleep, pauses, failures = core_task.sleep, {}, {}
  local heard <close> = events.subscribe()
  local group <close> = task.group()
  local _ <close> = task.finally(function() core_task.sleep = sleep end)
  core_task.sleep = function(seconds)
    pauses[#pauses + 1] = seconds > 0 and seconds or nil
    sleep(0)
  end
  supervisor.new(group):replace { { name = "bad", policy = policy { name = "bad", run = run } } }
  while true do
    local event = heard:next()
    if event.event == "policy-disabled" then
      return failures, pauses
    end
    lu.assertEquals(event.event, "policy-failed")
    failures[#failures + 1] = event
  end
end

local function assert_failures(run, message)
  local failures, pauses = fail_for_good(run)
  lu.assertEquals(#failures, 5)
  for i, pause in ipairs { 1, 4, 16, 64 } do lu.assertAlmostEquals(pauses[i], pause, pause * 0.2) end
  lu.assertEquals(#pauses, 4)
  for _, event in ipairs(failures) do
    lu.assertStrContains(event.message, message)
    lu.assertStrContains(event.traceback, "test_daemon_limits.lua:")
  end
end

function T.test_a_policy_that_raises_is_switched_off_after_five_failures()
  assert_failures(function() error "oops" end, "oops")
end

function T.test_a_policy_that_spins_is_switched_off_after_five_failures()
  local ticks = 0
  local group <close> = task.group()
  local sleep = core_task.sleep
  group:spawn(function()
    while true do
      sleep(0.01)
      ticks = ticks + 1
    end
  end)
  assert_failures(function()
    while true do end
  end, "policy bad: ran 1.0 s without waiting")
  lu.assertTrue(ticks > 0)
end

function T.test_a_policy_that_eats_memory_is_switched_off_and_its_memory_is_collected()
  collectgarbage()
  local before = collectgarbage "count"
  assert_failures(function()
    local held = {}
    for i = 1, math.huge do held[i] = BLOCK .. i end
    return held
  end, "policy bad: more than 32 MiB of memory")
  lu.assertTrue(collectgarbage "count" - before < 4 << 10)
end

-- Values in the variables of a policy's file stay for its next run, and count.
function T.test_memory_kept_between_runs_does_not_add_up()
  local kept, runs = {}, 0
  assert_failures(function()
    runs = runs + 1
    for i = 1, math.huge do kept[#kept + 1] = BLOCK .. i end
  end, "policy bad: more than 32 MiB of memory")
  lu.assertEquals(runs, 5)
  lu.assertTrue(#kept * #BLOCK < 40 * MIB)
end

-- Raised by the policy itself, it is no requested end.
function T.test_a_policy_that_raises_cancelled_has_failed()
  local failures = fail_for_good(function() error { code = "cancelled", message = "I give up" } end)
  lu.assertEquals(#failures, 5)
  lu.assertEquals(failures[1].message, "I give up")
end

function T.test_a_policy_whose_error_has_no_text_has_failed()
  local failures = fail_for_good(function()
    error(setmetatable({}, { __tostring = function() error "oops" end }))
  end)
  lu.assertEquals(#failures, 5)
  lu.assertStrContains(failures[1].message, "cannot be turned into text")
end

local IMEI = ("IMEI=%s\n"):format(require("simulator.models.mc7455").imei)
local SHELL = IMEI .. [[
. $SUPPORT/daemon.sh
write() { cat >/run/test/$1.lua; }
write config <<END
return { modems = { { imei = "$IMEI", policy = "/run/test/bad.lua" }, { policy = "reconnect" } } }
END
]]

local function run(script, options)
  local result = world.run(SHELL .. script, nil, nil, options)
  lu.assertEquals(result.status, 0, result.out .. result.err)
  lu.assertNotStrContains(result.out .. result.err, "left open")
  return result
end

local TWO = { "--count", "2" }

-- The policy of simulated1 does this, and fails at least twice, while simulated2 stays online and answers.
local function beside_a_good_one(body, message)
  local result = run([[write bad <<'END'
local policy = require "policy"
return policy { name = "bad", each = { modem = "ready" }, run = function(modem)
]] .. body .. [[

end }
END
    start; until_true "moontower why | grep 'simulated2 is online'"
    moontower events --json >/run/test/events & ping -c 100 -i 0.1 -W 5 -I wwan1 8.8.8.8 >/run/test/ping & pinging=$!
    until_true "[ \$(grep -c policy-failed /run/test/events) -ge 2 ]"
    wait $pinging || exit 1; tail -n 3 /run/test/ping; ! grep link-down /run/test/events || exit 1
    moontower status --device wwan1 >/dev/null || exit 1; grep policy-failed /run/test/events
    moontower down --device wwan1 >/dev/null; end; cat /run/test/log; true]], TWO)
  lu.assertStrContains(result.out, " 0% packet loss")
  lu.assertStrContains(result.out, '"policy":"/run/test/bad.lua"')
  lu.assertStrContains(result.out, message)
  lu.assertStrContains(result.out, "stack traceback:\n\t")
  lu.assertEquals(result.after, result.before)
end

function T.test_beside_a_policy_that_spins_another_modem_stays_online()
  beside_a_good_one("while true do end", "bad.lua:3: policy /run/test/bad.lua: ran 1.0 s without waiting")
end

function T.test_beside_a_policy_that_eats_memory_another_modem_stays_online()
  beside_a_good_one("local t = {} while true do t[#t + 1] = { modem } end",
    "bad.lua:3: policy /run/test/bad.lua: more than 32 MiB of memory")
end

function T.test_beside_one_whose_tasks_spin_another_modem_stays_online()
  beside_a_good_one([[local task = require "task" local group <close> = task.group()
    for _ = 1, 20 do
      group:spawn(function() local stop = os.clock() + 0.8 repeat until os.clock() > stop end)
    end
    group:wait()]], "bad.lua:5: policy /run/test/bad.lua: ran 1.0 s without waiting")
end

function T.test_beside_a_policy_that_starts_endless_tasks_another_modem_stays_online()
  beside_a_good_one([[local task = require "task" local group <close> = task.group()
    while true do group:spawn(task.sleep, 1000) end]],
    "bad.lua:4: policy /run/test/bad.lua: more than 1000 tasks at a time")
end

function T.test_beside_a_policy_that_raises_another_modem_stays_online()
  beside_a_good_one("error 'oops'", "bad.lua:3: oops")
end

-- Each is a mistake of this one policy alone.
function T.test_beside_a_policy_that_tries_to_end_or_change_the_program_another_modem_stays_online()
  beside_a_good_one("tostring, pairs, error = nil, nil, nil; os.exit(1)", "bad.lua:3: os.exit would end all scripts")
end

-- It has time to clean up; then it is cancelled again.
function T.test_a_policy_that_does_not_end_does_not_delay_a_reload()
  local group <close> = task.group()
  local core = require "core.task"
  local account = core.account
  local _ <close> = task.finally(function() core.account = account end)
  core.account = function(limits)
    limits.cleanup = 0.1
    return account(limits)
  end
  local runs = supervisor.new(group)
  local started, ended = 0, 0
  local function never_end()
    started = started + 1
    local _ <close> = task.finally(function()
      ended = ended + 1
      task.shield(1e6, task.sleep, 1e6)
    end)
    task.shield(1e6, task.sleep, 1e6)
  end
  local stubborn = { name = "bad", policy = policy { name = "bad", run = never_end } }
  runs:replace { stubborn, stubborn, stubborn }
  task.sleep(0.01)
  assert(task.timeout(60, function()
    runs:replace {}
    return true
  end))
  lu.assertEquals({ started, ended }, { 3, 3 })
end

-- Ended where it cannot wait for its link to close, it finds it again.
function T.test_a_modem_whose_policy_was_killed_is_online_again_afterwards()
  local result = run [[write bad <<'END'
local policy, task = require "policy", require "task"
local runs = 0
return policy { name = "bad", each = { modem = "ready" }, run = function(modem)
  runs = runs + 1
  local link <close> = assert(modem:up())
  while runs == 1 do pcall(function() while true do end end) end
  io.open("/run/test/second", "w"):close()
  link:wait_down()
end }
END
    start; until_true "[ -e /run/test/second ]"
    ping -c 1 -W 5 8.8.8.8 >/dev/null || exit 1
    moontower down >/dev/null; end; cat /run/test/log; true]]
  lu.assertStrContains(result.out, "bad.lua:6: policy /run/test/bad.lua: ran 1.0 s without waiting")
  lu.assertEquals(result.after, result.before)
end

function T.test_a_file_that_spins_is_reported_with_its_line_and_the_old_policy_goes_on()
  local result = run [[write bad <<'END'
local policy = require "policy"
return policy { name = "bad", each = { modem = "ready" }, run = function(modem)
  local link <close> = assert(modem:up())
  link:wait_down()
end }
END
    start; until_true "moontower status"
    echo 'while true do end' >/run/test/bad.lua
    moontower serve --check --config /run/test/config.lua 2>&1; echo "check $?"
    moontower reload 2>&1; echo "reload $?"
    moontower why | grep -c "policy   .*bad.lua"; moontower status >/dev/null || exit 1
    moontower down >/dev/null; end; true]]
  local _, told = result.out:gsub("bad%.lua:1: policy /run/test/bad%.lua: ran 1%.0 s without waiting", "")
  lu.assertTrue(told >= 2, result.out)
  lu.assertStrContains(result.out, "check 1")
  lu.assertStrContains(result.out, "reload 1\n1\n")
  lu.assertEquals(result.after, result.before)
end

function T.test_a_command_that_spins_or_eats_memory_is_stopped()
  local result = run [[rm /run/test/config.lua; start; until_true "moontower status"
    write spin <<'END'
while true do pcall(function() while true do end end) end
END
    write eat <<'END'
local t = {} while true do t[#t + 1] = {} end
END
    moontower run /run/test/spin.lua 2>&1; echo "spin $?"; moontower run /run/test/eat.lua 2>&1; echo "eat $?"
    moontower status >/dev/null || exit 1; moontower down >/dev/null; end; true]]
  lu.assertStrContains(result.out, "spin.lua:1: command run: ran 5.0 s without waiting")
  lu.assertStrContains(result.out, "eat.lua:1: command run: more than 64 MiB of memory")
  lu.assertStrContains(result.out, "spin 1")
  lu.assertStrContains(result.out, "eat 1")
  lu.assertEquals(result.after, result.before)
end

return T
