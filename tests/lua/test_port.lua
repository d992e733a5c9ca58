-- SPDX-License-Identifier: MIT
-- core.port: terminals that are raw while they are open, and listening sockets that run out of descriptors.

local descriptor = require "core.descriptor"
local fs = require "core.fs"
local lu = require "luaunit"
local port = require "core.port"
local process = require "core.process"
local task = require "task"

local T = {}

-- A test's process number is that of others that run beside it, in PID namespaces of their own, and sockets are the
-- network namespace's.
local file = os.tmpname()
local SOCKET = "@moontower-test-port" .. file
os.remove(file)

local function read(from, length)
  local text = ""
  while #text < length do
    text = text .. assert(task.timeout(60, from.read, from))
  end
  return text
end

local function settings(path)
  return assert(process.run { "stty", "-a", "-F", path }).stdout
end

function T.test_terminal_is_raw_while_it_is_open()
  local fd, path = assert(descriptor.pty())
  local master <close> = assert(port.adopt(fd, "stream"))
  local before = settings(path)
  lu.assertStrContains(before, " icanon")
  local bytes = "AT\r\n\3\4\17\19\26\127\0\255end"
  do
    local slave <close> = assert(port.open(path))
    lu.assertStrContains(settings(path), "-icanon")
    assert(master:write(bytes))
    lu.assertEquals(read(slave, #bytes), bytes)
    assert(slave:write(bytes .. "!"))
    lu.assertEquals(read(master, #bytes + 1), bytes .. "!") -- and no echo before it
  end
  lu.assertEquals(settings(path), (before:gsub(" hupcl", " -hupcl")))
end

-- Else the kernel lowers DTR at the last close, and the modem may hang up; a program that did so by a speed of zero
-- may have left it.
function T.test_a_terminal_does_not_hang_up()
  local fd, path = assert(descriptor.pty())
  local master <close> = assert(port.adopt(fd, "stream"))
  local _ <close> = assert(port.open(path)) -- the pty lives on
  assert(process.run { "stty", "-F", path, "hupcl", "0" })
  lu.assertStrContains(settings(path), "speed 0 baud")
  do
    local slave <close> = assert(port.open(path))
    lu.assertStrContains(settings(path), "speed 115200 baud")
    assert(slave:write "AT\r")
    lu.assertEquals(read(master, 3), "AT\r")
  end
  lu.assertStrContains(settings(path), "speed 115200 baud")
  lu.assertStrContains(settings(path), " -hupcl")
end

-- A deadline that passes while this process is blocked, as by a file on slow flash, ends no wait for what has come.
function T.test_what_has_come_while_the_process_was_blocked_is_read()
  local fd, path = assert(descriptor.pty())
  local master <close> = assert(port.adopt(fd, "stream"))
  local slave <close> = assert(io.open(path, "w"))
  local group <close> = task.group()
  local reading = group:spawn(task.timeout, 0.05, master.read, master)
  local in_vain = group:spawn(task.timeout, 0.05, function() task.sleep(1e6) end)
  task.sleep(0)
  slave:write "answer"
  slave:flush()
  local blocked = task.now() + 0.3
  repeat until task.now() > blocked
  lu.assertEquals({ reading:join() }, { true, "answer" })
  local _, _, err = in_vain:join()
  lu.assertEquals(err.code, "timeout") -- and a wait for nothing still ends
end

function T.test_a_renewed_terminal_is_raw_again_and_empty()
  local fd, path = assert(descriptor.pty())
  local ours <close> = assert(port.adopt(fd, "stream"))
  local theirs <close> = assert(port.open(path))
  assert(process.run { "stty", "-F", path, "sane" })
  assert(ours:write(("not read\n"):rep(4000))) -- more than the terminal takes
  assert(ours:renew())
  assert(theirs:renew())
  lu.assertStrContains(assert(process.run { "stty", "-a", "-F", path }).stdout, "-icanon")
  local _, err = task.timeout(0.05, theirs.read, theirs)
  lu.assertEquals(err and err.code, "timeout")
  assert(ours:write "new")
  lu.assertEquals(theirs:read(), "new")
end

function T.test_connections_wait_until_they_are_accepted()
  local listener <close> = assert(port.listen(SOCKET, "stream"))
  local first <close> = assert(port.open(SOCKET))
  local second <close> = assert(port.open(SOCKET))
  assert(first:write("1"))
  assert(second:write("2"))
  for _, expected in ipairs { "1", "2" } do
    local accepted <close> = assert(task.timeout(60, listener.accept, listener))
    lu.assertEquals(read(accepted, 1), expected)
  end
  local nothing, err = task.timeout(0.01, listener.accept, listener)
  lu.assertNil(nothing)
  lu.assertEquals(err.code, "timeout")
  local third <close> = assert(port.open(SOCKET))
  local accepted <close> = assert(task.timeout(60, listener.accept, listener))
  lu.assertNotNil(accepted)
  lu.assertNotNil(third)
end

function T.test_closing_a_listener_wakes_waiting_tasks()
  local listener = assert(port.listen(SOCKET, "stream"))
  local group <close> = task.group()
  group:spawn(function()
    task.sleep(0.01)
    listener:close()
  end)
  local accepted, err = listener:accept()
  lu.assertNil(accepted)
  lu.assertEquals(err.code, "gone")
  lu.assertNil((listener:accept()))
end

function T.test_closing_a_listener_removes_its_own_file_only()
  local path = os.tmpname()
  os.remove(path)
  local first = assert(port.listen(path, "stream"))
  os.remove(path)
  local second = assert(port.listen(path, "stream"))
  first:close()
  lu.assertEquals(fs.stat(path).type, "socket")
  second:close()
  lu.assertNil(fs.stat(path))
  local third = assert(port.listen(path, "stream"))
  os.remove(path)
  assert(fs.write(path, "not ours"))
  third:close()
  lu.assertEquals(fs.read(path), "not ours")
  os.remove(path)
end

function T.test_no_descriptor_left_to_accept_with()
  local listener <close> = assert(port.listen(SOCKET, "stream"))
  local caller <close> = assert(port.open(SOCKET))
  assert(process.run({ "prlimit", "--pid", tostring(fs.getpid()), "--nofile=256:" }).status == 0)
  local held = {}
  repeat
    local one, other = descriptor.socketpair("stream")
    held[#held + 1], held[#held + 2] = one, other
  until not one
  local last = io.open("/dev/null") -- of an odd number
  local accepted, err = task.timeout(60, listener.accept, listener)
  if last then
    last:close()
  end
  for _, fd in ipairs(held) do
    descriptor.close(fd)
  end
  lu.assertNil(accepted)
  lu.assertStrContains(err.message, "accept")
  lu.assertEquals(err.code, "io")
  -- Nobody was turned away: once there is room, the connection is there.
  accepted = assert(task.timeout(60, listener.accept, listener))
  assert(caller:write("x"))
  lu.assertEquals(read(accepted, 1), "x")
  accepted:close()
end

return T
