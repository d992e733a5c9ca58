-- SPDX-License-Identifier: MIT
-- core.process: children run, fed, read, timed out and cancelled; other processes looked at.

local descriptor = require "core.descriptor"
local fs = require "core.fs"
local inotify = require "core.inotify"
local lu = require "luaunit"
local port = require "core.port"
local process = require "core.process"
local task = require "task"

assert(process.run { "true" }) -- from its first pipe on, libuv keeps a spare descriptor

local T = {}

function T.test_output_and_status()
  local result = assert(process.run { "sh", "-c", "echo out; echo err >&2; exit 3" })
  lu.assertEquals(result.stdout, "out\n")
  lu.assertEquals(result.stderr, "err\n")
  lu.assertEquals(result.status, 3)
  lu.assertNil(result.signal)
  lu.assertFalse(result.truncated)
end

function T.test_arguments_are_not_for_a_shell()
  lu.assertEquals(process.run({ "printf", "%s|", "a b", "$HOME", "" }).stdout, "a b|$HOME||")
end

function T.test_input()
  local text = ("0123456789\n"):rep(30000)
  lu.assertEquals(process.run({ "cat", stdin = text }).stdout, text)
  lu.assertEquals(process.run({ "cat", stdin = "" }).stdout, "")
  lu.assertEquals(process.run({ "cat" }).stdout, "")
  -- More than the pipe holds, to a child that does not read.
  lu.assertEquals(process.run({ "true", stdin = ("x"):rep(1 << 20) }).status, 0)
end

function T.test_output_is_cut()
  local result = process.run { "head", "-c", "1500000", "/dev/zero" }
  lu.assertEquals(#result.stdout, 1 << 20)
  lu.assertTrue(result.truncated)
  lu.assertEquals(result.status, 0)
end

function T.test_environment()
  local result = process.run {
    "sh", "-c", "echo $MT_ONE ${PATH:+has a path} $HOME", env = { MT_ONE = "1", HOME = false },
  }
  lu.assertEquals(result.stdout, "1 has a path\n")
end

function T.test_no_such_program()
  for _ = 1, 3 do
    local result, err = process.run { "no-such-program-anywhere", stdin = "x", env = { PATH = "/usr/bin:/bin" } }
    lu.assertNil(result)
    lu.assertEquals(err.code, "not-found")
    lu.assertStrContains(err.message, "no-such-program-anywhere")
  end
end

function T.test_signal()
  local result = process.run { "sh", "-c", "kill -9 $$" }
  lu.assertEquals(result.signal, 9)
  lu.assertEquals(result.status, 137)
end

function T.test_timeout_ends_it_and_what_it_started()
  local started = os.time()
  local result, err = process.run { "sh", "-c", "sleep 600 & sleep 600; true", timeout = 0.1 }
  lu.assertNil(result)
  lu.assertEquals(err.code, "timeout")
  lu.assertTrue(os.time() - started < 300)
end

function T.test_timeout_of_a_stubborn_one()
  local result, err = process.run { "sh", "-c", "trap '' TERM; while :; do sleep 1; done", timeout = 0.1 }
  lu.assertNil(result)
  lu.assertEquals(err.code, "timeout")
end

function T.test_something_left_behind_does_not_hold_us()
  local result = process.run { "sh", "-c", "sleep 3 & echo done" }
  lu.assertEquals(result.stdout, "done\n")
end

-- What a shell writes into the file F.new, which start(script) starts: it goes on to sleep for a while.
local function told_by(start, script)
  local folder = os.tmpname()
  os.remove(folder)
  assert(fs.mkdir(folder, 448))
  local file = folder .. "/told"
  local monitor <close> = assert(inotify.folder(folder))
  script = script .. "; mv F.new F; exec sleep 600"
  start((script:gsub("F", file)))
  while not fs.stat(file) do assert(monitor:next()) end
  local told = fs.read(file)
  fs.remove(file)
  fs.remove(folder)
  return told
end

function T.test_cancelling_ends_it()
  local group <close> = task.group()
  local running
  local function start(script) running = group:spawn(process.run, { "sh", "-c", script }) end
  local pid = math.tointeger(tonumber(told_by(start, "echo $$ >F.new")))
  running:cancel(task.unwanted)
  running:join()
  assert(task.timeout(60, function()
    while process.pid_alive(pid) do task.sleep(0.01) end
    return true
  end))
end

function T.test_attached()
  local result = assert(process.spawn_attached { "sh", "-c", "exit 4" })
  lu.assertEquals(result.status, 4)
  lu.assertNil(result.stdout)
end

-- It is no child of ours, has a session of its own, and none of our descriptors. The shell's are listed while it waits
-- for the program that lists them: a program that is only starting has its libraries open for a moment. A subshell has
-- that program, as dash keeps its own output as descriptor 10 while a command that it waits for has another.
function T.test_detached()
  local told = told_by(function(script) assert(process.start_detached { "sh", "-c", script }) end,
    "(ls /proc/$$/fd >F.new); set -- $(cat /proc/$$/stat); echo $4, $6, $$ >>F.new")
  local descriptors, parent, session, pid = told:match "^(.*)\n(%d+), (%d+), (%d+)\n"
  lu.assertEquals(descriptors, "0\n1\n2")
  lu.assertNotEquals(math.tointeger(parent), fs.getpid())
  lu.assertNotEquals(session, (fs.read("/proc/self/stat"):match "^%d+ %(.-%) %a %d+ %d+ (%d+)"))
  assert(process.run { "kill", pid })
end

function T.test_detached_reports_that_there_is_no_such_program()
  local ok, err = process.start_detached { "/no/such/program" }
  lu.assertNil(ok)
  lu.assertEquals(err.code, "not-found")
end

function T.test_start_time_distinguishes_a_pid_from_its_reuse()
  local start = assert(process.start_time(fs.getpid()))
  lu.assertTrue(process.pid_alive(fs.getpid()))
  lu.assertTrue(process.pid_alive(fs.getpid(), start))
  lu.assertFalse(process.pid_alive(fs.getpid(), start - 1))
  lu.assertFalse(process.pid_alive(1 << 30))
  local nothing, err = process.start_time(1 << 30)
  lu.assertNil(nothing)
  lu.assertEquals(err.code, "not-found")
end

function T.test_processes_of_a_name()
  local name = fs.read "/proc/self/comm":match "[^\n]+"
  local is_found = {}
  for _, pid in ipairs(process.named(name)) do is_found[pid] = true end
  lu.assertTrue(is_found[fs.getpid()])
  lu.assertEquals(process.named(name:sub(1, -2)), {})
end

function T.test_holders()
  local fd, slave = descriptor.pty()
  local master <close> = assert(port.adopt(fd, "stream"))
  lu.assertNotNil(master)
  lu.assertEquals(process.holders(slave), {})
  local group <close> = task.group()
  group:spawn(function() process.run { "sh", "-c", "exec sleep 60 < " .. slave } end)
  local held
  assert(task.timeout(60, function()
    repeat
      task.sleep(0.05)
      held = process.holders(slave)
    until held[1] and held[1].name == "sleep"
    return true
  end))
  lu.assertEquals(#held, 1)
  lu.assertEquals(held[1].name, "sleep")
  lu.assertTrue(process.pid_alive(held[1].pid))
  local nothing, err = process.holders("/no/such/device")
  lu.assertNil(nothing)
  lu.assertEquals(err.code, "not-found")
end

function T.test_mistakes_raise()
  lu.assertError(process.run, {})
  lu.assertError(process.run, { "true", 1 })
  lu.assertError(process.run, { "true", env = { A = 1 } })
end

-- The engine ends while a child still runs and does not listen: its shutdown has to see to that. (The last test, as
-- luaunit sorts them.)
function T.test_z_left_to_the_end_of_the_engine()
  task.timeout(0.1, process.spawn_attached, { "sh", "-c", "trap '' TERM; exec sleep 60" })
end

return T
