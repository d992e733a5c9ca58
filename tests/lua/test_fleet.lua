-- SPDX-License-Identifier: MIT
-- The daemon's modems, where the system cannot list them, or cannot report new ones.

local devices = require "modem.devices"
local errors = require "errors"
local events = require "events"
local fleets = require "daemon.fleet"
local lu = require "luaunit"
local modems = require "modem"
local status = require "status"
local task = require "task"
local udev = require "core.udev"

local T = {}

local MODEM = {
  name = "9-9", usb = "9-9", key = "cdc-wdm9", control = "/dev/nowhere", protocol = "mbim", incarnation = "1",
  ports = {}, controls = { { key = "cdc-wdm9", control = "/dev/nowhere" } },
}
local FAILURE = errors.new { code = "io", source = "test", message = "too many open files" }

-- Each fails once, as without descriptors.
local function failing_once(good)
  local calls = 0
  return function(...)
    calls = calls + 1
    if calls == 1 then
      return nil, FAILURE
    end
    return good(...)
  end, function() return calls end
end

function T.test_a_failed_look_is_repeated()
  local list, monitor, owner = devices.list, udev.monitor, modems.owner
  local _ <close> = task.finally(function()
    devices.list, udev.monitor, modems.owner = list, monitor, owner
    status.forget(MODEM.usb)
  end)
  local find = failing_once(function() return { MODEM } end)
  devices.list = function()
    local found, err = find()
    return found or {}, err
  end
  local monitors
  udev.monitor, monitors = failing_once(monitor)
  local heard <close> = events.subscribe()
  local group <close> = task.group()
  local fleet = fleets.new(group, function() end, function() end)
  group:spawn(fleet.run, fleet)
  local event
  task.timeout(60, function()
    repeat event = heard:next() until event.modem == MODEM.usb
  end)
  lu.assertEquals({ event.event, event.state }, { "state", "unusable" }) -- found, though nothing was plugged in
  lu.assertEquals(monitors(), 2)
  lu.assertNil(fleet.unsure)
end

-- As when its socket fails.
function T.test_a_watch_that_ends_is_started_again()
  local list, monitor, owner = devices.list, udev.monitor, modems.owner
  local _ <close> = task.finally(function()
    devices.list, udev.monitor, modems.owner = list, monitor, owner
  end)
  devices.list = function() return {} end
  local ended = setmetatable({ next = function() return nil, FAILURE end }, { __close = function() end })
  local again, calls = task.queue(1), 0
  udev.monitor = function(...)
    calls = calls + 1
    if calls == 1 then
      return ended
    end
    again:push(true)
    return monitor(...)
  end
  local group <close> = task.group()
  local fleet = fleets.new(group, function() end, function() end)
  group:spawn(fleet.run, fleet)
  lu.assertTrue(task.timeout(60, again.pop, again))
end

return T
