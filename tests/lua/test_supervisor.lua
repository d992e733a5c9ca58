-- SPDX-License-Identifier: MIT
-- Which policies run: a command that has a modem pauses its policies, whatever else changes at the same time.

local events = require "events"
local fs = require "core.fs"
local lu = require "luaunit"
local policy = require "policy"
local status = require "status"
local supervisor = require "daemon.supervisor"
local task = require "task"

local T = {}

local function modem_and_policy(runs)
  local modem = { description = { name = "9-9", key = "9-9" } }
  local watch = policy { name = "watch", each = { modem = "ready" }, run = function()
    runs.now, runs.ever = runs.now + 1, runs.ever + 1
    local function leave() runs.now = runs.now - 1 end
    local _ <close> = task.finally(leave)
    task.sleep(1e6)
  end }
  return modem, { name = "watch", policy = watch }
end

function T.test_two_commands_at_a_time_both_have_it_to_themselves()
  local runs = { now = 0, ever = 0 }
  local group <close> = task.group()
  local all, modem, configured = supervisor.new(group), modem_and_policy(runs)
  all:modem_ready(modem, group, { configured })
  task.sleep(0.01)
  lu.assertEquals(runs, { now = 1, ever = 1 })
  all:pause "9-9"
  all:pause "9-9"
  all:resume "9-9"
  task.sleep(0.01)
  lu.assertEquals(runs, { now = 0, ever = 1 })
  all:resume "9-9"
  task.sleep(0.01)
  lu.assertEquals(runs, { now = 1, ever = 2 })
end

-- The modem identifies itself only now, while a command has it.
function T.test_another_entry_does_not_end_the_peace_of_a_command()
  local runs = { now = 0, ever = 0 }
  local group <close> = task.group()
  local all, modem, configured = supervisor.new(group), modem_and_policy(runs)
  all:modem_ready(modem, group, {})
  all:pause "9-9"
  all:modem_gone(modem)
  all:modem_ready(modem, group, { configured })
  all:replace({}, function() return { configured } end)
  task.sleep(0.01)
  lu.assertEquals(runs, { now = 0, ever = 0 })
  all:resume "9-9"
  task.sleep(0.01)
  lu.assertEquals(runs, { now = 1, ever = 1 })
end

-- Each in a task, with a line in `why`; the first one speaks for the modem, and one that observes all modems does not.
function T.test_several_policies_of_one_modem()
  local group <close> = task.group()
  local pauses, all, modem = supervisor.pauses, supervisor.new(group), modem_and_policy {}
  local _ <close> = task.finally(function()
    supervisor.pauses = pauses
    status.forget "9-9"
  end)
  supervisor.pauses = { first = 0 }
  local heard <close> = events.subscribe()
  local function new(name, run)
    return { name = name, policy = policy { name = name, each = { modem = "ready" }, run = run } }
  end
  local function stay(state)
    return function(it)
      status.of(it):set(state, "it says so")
      task.sleep(1e6)
    end
  end
  all:modem_ready(modem, group, {
    new("reconnect", stay "online"), new("night", stay "quiet"), new("wrong", function(it)
      status.of(it):attempt("something", "it tries")
      error "no"
    end),
  })
  local event
  repeat event = heard:next() until event.event == "policy-disabled"
  lu.assertEquals(event.policy, "wrong")
  local told = status.of "9-9"
  local lines = told:others()
  lu.assertEquals({ told.state, lines[1].policy, lines[1].state, lines[2].policy, lines[2].state },
    { "online", "night", "quiet", "wrong", "switched off" })
  lu.assertEquals({ #told.tried, #lines[1].tried, #lines[2].tried }, { 0, 0, 5 })
  lu.assertEquals(#all:list(), 2)
  local watch = { name = "watch", policy = policy { name = "watch", observes = true, run = function(modems)
    for _, it in ipairs(modems:list()) do stay "watched"(it) end
  end } }
  all:replace({ watch }, function() return { new("reconnect", stay "offline") } end)
  repeat event = heard:next() until event.state == "offline"
  lu.assertEquals({ told.state, #told:others(), #all:list() }, { "offline", 1, 2 })
  lu.assertEquals({ told:others()[1].policy, told:others()[1].state }, { "watch", "watched" })
end

-- On a clock by which it fails only after it has run for long: it is started again at once, each time.
function T.test_a_policy_that_runs_for_long_between_its_failures_does_not_wait_longer_each_time()
  local now, first, late, runs = task.now, supervisor.pauses.first, 0, task.queue()
  local _ <close> = task.finally(function()
    task.now, supervisor.pauses.first = now, first
    status.forget "9-9"
  end)
  supervisor.pauses.first = 1e6
  function task.now() return now() + late end
  local group <close> = task.group()
  local all, modem = supervisor.new(group), modem_and_policy {}
  local configured = { name = "wrong", policy = policy { name = "wrong", each = { modem = "ready" }, run = function()
    runs:push(true)
    late = late + 100
    error "no"
  end } }
  all:modem_ready(modem, group, { configured })
  for i = 1, 8 do lu.assertTrue(task.timeout(60, runs.pop, runs), ("run %d"):format(i)) end
end

-- It says so in the status of the modem, too, where nothing is planned any more.
function T.test_the_first_policy_of_a_modem_is_switched_off()
  local group <close> = task.group()
  local pauses, all, modem = supervisor.pauses, supervisor.new(group), modem_and_policy {}
  local _ <close> = task.finally(function()
    supervisor.pauses = pauses
    status.forget "9-9"
  end)
  supervisor.pauses = { first = 0 }
  local heard <close> = events.subscribe()
  all:modem_ready(modem, group, {
    { name = "wrong", policy = policy { name = "wrong", each = { modem = "ready" }, run = function(it)
      status.of(it):set("online", "it says so")
      status.of(it):schedule("something", 5)
      error "no"
    end } },
  })
  local event
  repeat event = heard:next() until event.event == "policy-disabled"
  lu.assertEquals({ status.of("9-9").state, status.of("9-9").plan }, { "switched off", nil })
end

-- A command that stops a policy waits until it has cleaned up, also when it is being stopped already.
function T.test_a_command_waits_for_a_policy_that_a_reload_ends()
  local runs, cleaning, clean = { now = 0 }, task.queue(1), task.queue(1)
  local slow = { name = "slow", policy = policy { name = "slow", each = { modem = "ready" }, run = function()
    runs.now = runs.now + 1
    local function leave()
      task.shield(10, function()
        cleaning:push(true)
        clean:pop()
      end)
      runs.now = runs.now - 1
    end
    local _ <close> = task.finally(leave)
    task.sleep(1e6)
  end } }
  local group <close> = task.group()
  local all, modem = supervisor.new(group), modem_and_policy {}
  all:modem_ready(modem, group, { slow })
  task.sleep(0)
  group:spawn(all.replace, all, {}, function() return { slow } end)
  cleaning:pop()
  group:spawn(function()
    task.sleep(0.01) -- the command's pause has begun
    clean:push(true)
  end)
  all:pause "9-9"
  lu.assertEquals(runs.now, 0)
end

-- Its tasks are ending, one of them slowly, when the daemon reads its configuration again: that is no failure of this.
function T.test_a_modem_that_is_just_going_gets_no_policy()
  local runs = { now = 0, ever = 0 }
  local outer <close> = task.group()
  local all, modem, configured = supervisor.new(outer), modem_and_policy(runs)
  local slow, ready = task.queue(1), task.queue(1)
  local going = outer:spawn(function()
    local group <close> = task.group()
    group:spawn(task.shield, 1000, slow.pop, slow)
    all:modem_ready(modem, group, { configured })
    task.sleep(0)
    ready:push(true)
  end)
  ready:pop()
  local ok, err = pcall(function()
    all:replace({}, function() return { configured } end)
    all:pause "9-9"
    all:resume "9-9"
  end)
  slow:close "ended"
  going:join()
  lu.assertTrue(ok, tostring(err))
  all:modem_gone(modem)
  lu.assertEquals(runs, { now = 0, ever = 1 })
end

-- Also what its file keeps in variables.
function T.test_a_policy_that_is_replaced_leaves_no_descriptors_open()
  local function open_ones() return #assert(fs.list("/proc/self/fd")) end
  local before = open_ones()
  local path = os.tmpname()
  assert(fs.write(path, [[
    local policy, task = require "policy", require "task"
    local kept = {}
    return policy { name = "leaky", run = function()
      for i = 1, 20 do
        kept[i] = { io.open("/dev/null"), require("core.port").open("/dev/ptmx") }
        io.open("/dev/null")
      end
      task.sleep(1000)
    end }]]))
  local group <close> = task.group()
  local runs = supervisor.new(group)
  runs:replace { { name = path, policy = assert(policy.load(path, {})) } }
  task.sleep(0)
  lu.assertTrue(open_ones() >= before + 40)
  runs:replace {}
  lu.assertEquals(open_ones(), before)
  os.remove(path)
end

return T
