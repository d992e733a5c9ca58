-- SPDX-License-Identifier: MIT
-- core.signal: a script receives a signal, which ends the program before and after.

local fs = require "core.fs"
local lu = require "luaunit"
local process = require "core.process"
local signal = require "core.signal"
local task = require "task"

local T = {}

local function send(name) assert(process.run { "kill", "-" .. name, tostring(fs.getpid()) }) end

local function is_quiet(monitor)
  local _, err = task.timeout(0.05, monitor.next, monitor)
  return err ~= nil and err.code == "timeout"
end

function T.test_waiting_tasks_and_later_ones_receive_it()
  local hangup <close> = assert(signal.open "HUP")
  lu.assertTrue(is_quiet(hangup))
  local group <close> = task.group()
  local waiting = group:spawn(function() return hangup:next() end)
  send "HUP"
  lu.assertEquals({ waiting:join() }, { true, true })
  send "HUP"
  lu.assertIsTrue(hangup:next())
  lu.assertTrue(is_quiet(hangup))
end

function T.test_each_signal_goes_to_one_listener_only()
  local first <close> = assert(signal.open "USR1")
  local second <close> = assert(signal.open "USR2")
  send "USR2"
  lu.assertIsTrue(second:next())
  lu.assertTrue(is_quiet(first))
  local none, err = signal.open "USR1"
  lu.assertNil(none)
  lu.assertEquals(err.code, "busy")
  first:close()
  lu.assertEquals(select(2, first:next()).code, "gone")
  local again <close> = assert(signal.open "USR1")
  send "USR1"
  lu.assertIsTrue(again:next())
end

function T.test_those_that_end_the_program_are_not_for_scripts()
  lu.assertErrorMsgContains("invalid option 'TERM'", signal.open, "TERM")
end

-- In its own process: prints the signals that it received, and how it ended.
local function run(script)
  local path = os.tmpname()
  assert(fs.write(path, script))
  local result = assert(process.run { require("core.program").executable, "run", path, timeout = 600 })
  os.remove(path)
  return result
end

local SEND = [[
local signal, task, process = require "core.signal", require "task", require "core.process"
local pid = require("core.fs").getpid()
local function send() return process.run { "sh", "-c", "kill -HUP " .. pid .. "; kill -HUP $$; echo outlived" } end
]]

function T.test_children_are_ended_by_it_as_ever()
  local result = run(SEND .. [[
local hangup <close> = assert(signal.open "HUP")
local child = send()
print(hangup:next(), child.signal, child.stdout)
]])
  lu.assertEquals(result.status, 0, result.stderr)
  lu.assertEquals(result.stdout, "true\t1\t\n")
end

function T.test_once_closed_it_ends_the_program_again()
  local result = run(SEND .. [[
do
  local hangup <close> = assert(signal.open "HUP")
  send()
  hangup:next()
  print "heard"
end
send()
task.sleep(30)
print "not reached"
]])
  lu.assertEquals(result.status, 128 + 1, result.stderr)
  lu.assertEquals(result.stdout, "heard\n")
end

return T
