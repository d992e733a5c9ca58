-- SPDX-License-Identifier: MIT
-- core.inotify: files in a folder come, go or change; programs open a terminal and close it again.

local descriptor = require "core.descriptor"
local fs = require "core.fs"
local inotify = require "core.inotify"
local lu = require "luaunit"
local ports = require "core.port"
local process = require "core.process"
local task = require "task"

local T = {}

local function in_folder(fn)
  local folder = os.tmpname()
  os.remove(folder)
  assert(fs.mkdir(folder, 448))
  local monitor <close> = assert(inotify.folder(folder))
  fn(monitor, folder .. "/file", folder)
  fs.remove(folder .. "/file")
  os.remove(folder)
end

local function is_quiet(monitor)
  local _, err = task.timeout(0.05, monitor.next, monitor)
  return err ~= nil and err.code == "timeout"
end

function T.test_files_come_change_and_go()
  in_folder(function(monitor, file)
    lu.assertTrue(is_quiet(monitor))
    for _, change in ipairs {
      function() assert(fs.write_atomic(file, "1", 384)) end,
      function() assert(fs.write(file, "2")) end,
      function() fs.remove(file) end,
    } do
      change()
      lu.assertIsTrue(monitor:next())
      lu.assertTrue(is_quiet(monitor))
    end
  end)
end

function T.test_a_change_or_closing_wakes_the_waiting_task()
  in_folder(function(monitor, file)
    local group <close> = task.group()
    local waiting = group:spawn(function() return monitor:next() end)
    task.sleep(0.02)
    assert(fs.write(file, "1"))
    lu.assertEquals({ waiting:join() }, { true, true })
    waiting = group:spawn(function() return monitor:next() end)
    task.sleep(0.02)
    monitor:close()
    local _, value, err = waiting:join()
    lu.assertNil(value)
    lu.assertEquals(err.code, "gone")
  end)
end

-- Nothing can be reported of a folder that is not there any more: the monitor ends instead of waiting for ever.
function T.test_a_folder_that_goes_ends_the_monitor()
  for _, go in ipairs { os.remove, function(folder) assert(os.rename(folder, folder .. ".old")) end } do
    in_folder(function(monitor, _, folder)
      local group <close> = task.group()
      local waiting = group:spawn(function() return monitor:next() end)
      task.sleep(0)
      go(folder)
      local _, value, err = waiting:join()
      lu.assertNil(value)
      lu.assertEquals(err.code, "not-found")
      _, err = monitor:next()
      lu.assertEquals(err.code, "not-found")
      os.remove(folder .. ".old")
    end)
  end
end

function T.test_a_folder_that_is_removed_with_its_files_ends_the_monitor()
  in_folder(function(monitor, file, folder)
    assert(fs.write(file, "1"))
    fs.remove(file)
    os.remove(folder)
    local _, err = monitor:next()
    lu.assertEquals(err.code, "not-found")
  end)
end

function T.test_no_such_folder()
  local monitor, err = inotify.folder "/no/such/folder"
  lu.assertNil(monitor)
  lu.assertEquals(err.code, "not-found")
end

function T.test_who_has_a_terminal_open()
  local fd, path = assert(descriptor.pty())
  local _ <close> = assert(ports.adopt(fd, "stream"))
  local ours <close> = assert(ports.open(path)) -- before it is watched
  local monitor <close> = assert(inotify.users(path))
  lu.assertTrue(is_quiet(monitor))
  local first = assert(ports.open(path))
  lu.assertEquals({ monitor:next() }, { 1, false })
  local second = assert(ports.open(path))
  lu.assertEquals({ monitor:next() }, { 2, false })
  second:close()
  lu.assertEquals({ monitor:next() }, { 1, false })
  first:close()
  first = assert(ports.open(path)) -- the next program is there before the departure is read
  lu.assertEquals({ monitor:next() }, { 1, true })
  first:close()
  lu.assertEquals({ monitor:next() }, { 0, true })
  lu.assertTrue(is_quiet(monitor))
  ours:close()
end

-- ---- many in one process ----

-- Calls fn(monitors, path) with more monitors than a user may have inotify instances.
local function with_many(open, path, fn)
  local limit = tonumber(fs.read "/proc/sys/fs/inotify/max_user_instances")
  local monitors = {}
  for i = 1, math.min(limit + 1, 400) do monitors[i] = assert(open(path)) end
  fn(monitors, path)
  for _, monitor in ipairs(monitors) do monitor:close() end
end

function T.test_all_monitors_share_one_instance()
  in_folder(function(other, file, folder)
    with_many(inotify.folder, folder, function(monitors)
      assert(fs.write(file, "1"))
      for _, monitor in ipairs(monitors) do lu.assertIsTrue(monitor:next()) end
      monitors[1]:close()
      fs.remove(file)
      lu.assertIsTrue(monitors[#monitors]:next())
    end)
    lu.assertIsTrue(other:next())
    lu.assertTrue(is_quiet(other))
    assert(fs.write(file, "2"))
    lu.assertIsTrue(other:next())
  end)
end

-- What one of them watches for, and what has been before it, is nothing to another.
function T.test_monitors_of_one_path_see_what_each_is_for()
  in_folder(function(changes, file, folder)
    local users <close> = assert(inotify.users(folder))
    assert(fs.list(folder))
    lu.assertEquals({ users:next() }, { 0, true })
    lu.assertTrue(is_quiet(changes))
    assert(fs.write(file, "1"))
    lu.assertIsTrue(changes:next())
    assert(fs.write(file, "2"))
    local later <close> = assert(inotify.folder(folder))
    lu.assertTrue(is_quiet(later))
    lu.assertIsTrue(changes:next())
  end)
end

-- The kernel has one error for both limits.
function T.test_no_descriptor_left_to_watch_with()
  local function allow(count)
    assert(process.run({ "prlimit", "--pid", tostring(fs.getpid()), ("--nofile=%s:"):format(count) }).status == 0)
  end
  local usual, held = fs.read "/proc/self/limits":match "Max open files%s+(%S+)", {}
  local _ <close> = task.finally(function()
    for _, fd in ipairs(held) do descriptor.close(fd) end
    allow(usual)
  end)
  allow(256)
  repeat
    local one, other = descriptor.socketpair("stream")
    held[#held + 1], held[#held + 2] = one, other
  until not one
  local last = io.open "/dev/null" -- of an odd number
  local monitor, err = inotify.folder "/"
  if last then last:close() end
  lu.assertNil(monitor)
  lu.assertEquals(err.detail.errno, "EMFILE")
  lu.assertStrContains(err.message, "ulimit -n")
end

return T
