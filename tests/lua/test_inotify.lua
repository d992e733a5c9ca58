-- SPDX-License-Identifier: MIT
-- core.watch: hearing that files in a folder come, go or change.

local fs = require "core.fs"
local lu = require "luaunit"
local task = require "task"
local watch = require "core.watch"

local T = {}

local function in_folder(fn)
  local folder = os.tmpname()
  os.remove(folder)
  assert(fs.mkdir(folder, 448))
  local monitor <close> = assert(watch.folder(folder))
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

function T.test_who_waits_is_woken()
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

function T.test_no_such_folder()
  local monitor, err = watch.folder "/no/such/folder"
  lu.assertNil(monitor)
  lu.assertEquals(err.code, "not-found")
end

return T
