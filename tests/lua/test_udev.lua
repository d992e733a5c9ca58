-- SPDX-License-Identifier: MIT
-- core.udev: devices that every machine has, and, where the kernel reports them, their coming and going.

local descriptor = require "core.descriptor"
local fs = require "core.fs"
local lu = require "luaunit"
local namespace = require "core.namespace"
local port = require "core.port"
local process = require "core.process"
local task = require "task"
local udev = require "core.udev"

assert(namespace.enter()) -- so that the link made here is nobody else's

local T = {}

local function find(list, field, value)
  for _, item in ipairs(list) do
    if item[field] == value then
      return item
    end
  end
end

function T.test_devices()
  local list = assert(udev.devices("net"))
  local lo = assert(find(list, "sysname", "lo"))
  lu.assertEquals(lo.subsystem, "net")
  lu.assertEquals(lo.syspath, "/sys/devices/virtual/net/lo")
  lu.assertIsBoolean(lo.initialized)
  lu.assertNil(lo.devnode)
  lu.assertEquals(udev.devices("no-such-subsystem"), {})
end

function T.test_device()
  local null = assert(udev.device("/sys/class/mem/null"))
  lu.assertEquals({ null.syspath, null.devnode, null.subsystem, null.sysname },
    { "/sys/devices/virtual/mem/null", "/dev/null", "mem", "null" })
  for _, path in ipairs { "/sys/class/mem/none", "/etc", "", "null" } do
    local nothing, err = udev.device(path)
    lu.assertNil(nothing)
    lu.assertEquals(err.code, "gone")
  end
end

function T.test_attribute()
  lu.assertEquals(udev.attribute("/sys/class/net/lo", "ifindex"), "1")
  lu.assertEquals(udev.attribute("/sys/class/mem/null", "subsystem"), "mem")
  local value, err = udev.attribute("/sys/class/net/lo", "none")
  lu.assertNil(value)
  lu.assertEquals(err.code, "not-found")
  value, err = udev.attribute("/sys/class/net/none", "ifindex")
  lu.assertNil(value)
  lu.assertEquals(err.code, "gone")
end

function T.test_parent()
  local parent, err = udev.parent("/sys/class/net/lo", "usb", "usb_device")
  lu.assertNil(parent)
  lu.assertEquals(err.code, "not-found")
  for _, child in ipairs(udev.devices("tty") or {}) do
    local platform = udev.parent(child.syspath, "platform")
    if platform then
      lu.assertEquals(platform.subsystem, "platform")
      lu.assertEquals(child.syspath:sub(1, #platform.syspath), platform.syspath)
    end
  end
end

-- Lets this process open only that many more files while `fn` runs.
local function with_free_descriptors(count, fn)
  local function limit(soft)
    local pid = fs.readlink("/proc/self"):match("%d+")
    assert(process.run { "prlimit", "--pid", pid, "--nofile=" .. soft .. ":", timeout = 10 })
  end
  local before = assert(process.run { "prlimit", "--pid", fs.readlink("/proc/self"), "--nofile", "--noheadings",
    "--output=SOFT", timeout = 10 }).stdout:match("%d+")
  limit(100)
  local files = {}
  repeat
    local file = io.open("/dev/null")
    files[#files + 1] = file
  until not file
  for _ = 1, count do table.remove(files):close() end
  local ok, err = pcall(fn)
  for _, file in ipairs(files) do file:close() end
  limit(before)
  assert(ok, err)
end

-- A device that could not be read is not one that is not there.
function T.test_no_more_descriptors()
  local complete = 0
  for free = 0, 6 do
    with_free_descriptors(free, function()
      local errors, list = {}
      list, errors.devices = udev.devices("net")
      errors.device = select(2, udev.device("/sys/class/net/lo"))
      errors.attribute = select(2, udev.attribute("/sys/class/net/lo", "ifindex"))
      errors.parent = select(2, udev.parent("/sys/class/net/lo", "usb", "usb_device"))
      if errors.parent.code == "not-found" then
        errors.parent = nil
      end
      for what, err in pairs(errors) do
        lu.assertEquals(err.detail.errno, "EMFILE", ("%s with %d free"):format(what, free))
      end
      lu.assertEquals(list and find(list, "sysname", "lo").sysname, not errors.devices and "lo" or nil)
      complete = complete + (next(errors) and 0 or 1)
    end)
  end
  lu.assertTrue(complete > 0 and complete < 7)
end

function T.test_monitor()
  local monitor <close> = assert(udev.monitor { subsystems = { "net" }, source = "kernel" })
  local device = assert(port.adopt(assert(descriptor.tun("wwan7")), "messages"))
  local action, added = task.timeout(60, monitor.next, monitor)
  lu.assertEquals(action, "add")
  lu.assertEquals({ added.sysname, added.subsystem }, { "wwan7", "net" })
  device:close()
  local removed
  repeat
    action, removed = task.timeout(60, monitor.next, monitor)
  until action ~= "change" and removed.sysname == "wwan7"
  lu.assertEquals(action, "remove")
  lu.assertEquals(removed.syspath, added.syspath)
end

-- Another task, ready already, takes the event that the first is woken for: the first waits again.
function T.test_monitor_that_waits_again_survives_the_collector()
  local monitor <close> = assert(udev.monitor { subsystems = { "net" }, source = "kernel" })
  local group <close> = task.group()
  local first, taken
  local slow = group:spawn(function() first = select(2, monitor:next()) end)
  task.sleep(0.01)
  local device = assert(port.adopt(assert(descriptor.tun("wwan7")), "messages"))
  group:spawn(function() taken = select(2, monitor:next()) end)
  task.sleep(0.01)
  collectgarbage()
  collectgarbage()
  lu.assertEquals(taken.sysname, "wwan7")
  lu.assertNil(first)
  device:close()
  lu.assertTrue(task.timeout(60, slow.join, slow))
  lu.assertEquals(first.sysname, "wwan7")
end

function T.test_waiting_for_nothing()
  local monitor <close> = assert(udev.monitor { subsystems = { "usbmisc", "tty" } })
  local action, err = task.timeout(0.02, monitor.next, monitor)
  lu.assertNil(action)
  lu.assertEquals(err.code, "timeout")
end

function T.test_closing_a_monitor_wakes_waiting_tasks()
  local monitor = assert(udev.monitor { subsystems = { "usbmisc" } })
  local group <close> = task.group()
  group:spawn(function()
    task.sleep(0.01)
    monitor:close()
  end)
  local action, err = monitor:next()
  lu.assertNil(action)
  lu.assertEquals(err.code, "gone")
  lu.assertNil((monitor:next()))
  monitor:close()
  lu.assertError(udev.monitor, {})
  lu.assertError(udev.monitor, { subsystems = { 1 } })
  lu.assertError(udev.monitor, { subsystems = {}, source = "hearsay" })
end

return T
