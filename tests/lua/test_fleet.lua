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
local update_hold = require "modem.update_hold"

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

-- fn(fleet, found, group) gets a fleet that is to run in the group; it finds the modems that are in `found`.
local function with_fleet(on_ready, on_gone, fn)
  local list, owner, open, rest_time = devices.list, modems.owner, modems.open_alone, fleets.rest_time
  local _ <close> = task.finally(function()
    devices.list, modems.owner, modems.open_alone, fleets.rest_time = list, owner, open, rest_time
    status.forget(MODEM.usb)
  end)
  local found = { MODEM }
  devices.list = function() return found end
  local group <close> = task.group()
  local fleet = fleets.new(group, on_ready, on_gone)
  fn(fleet, found, group)
end

local function nothing() end

function T.test_a_command_that_waits_for_a_modem_that_is_unplugged_gets_an_answer()
  with_fleet(nothing, nothing, function(fleet, found, group)
    local opening, never = task.queue(1), task.queue()
    modems.open_alone = function()
      opening:push(true)
      never:pop()
    end
    group:spawn(fleet.run, fleet)
    assert(task.timeout(60, opening.pop, opening))
    local slot, arrived = fleet.slots[MODEM.name], task.queue(1)
    local wanted = slot.wanted
    slot.wanted = {
      push = function(_, answer)
        wanted:push(answer)
        arrived:push(true)
      end,
      pop = function() return wanted:pop() end, length = function() return wanted:length() end,
    }
    local borrowing = group:spawn(fleet.borrow, fleet, MODEM, {})
    assert(task.timeout(60, arrived.pop, arrived))
    found[1] = nil
    fleet.hotplug:wake()
    local ok, modem, err = task.timeout(60, borrowing.join, borrowing)
    lu.assertEquals({ ok, modem, err and err.code }, { true, nil, "gone" })
  end)
end

local function fake_modem()
  return { description = MODEM, close = nothing, events = function()
    return setmetatable({ next = function() task.sleep(1e6) end }, { __close = nothing })
  end }
end

-- As where udev is busy for minutes.
function T.test_a_modem_that_is_another_device_by_now_is_found_without_an_event()
  local ready = task.queue(1)
  with_fleet(function() ready:push(true) end, nothing, function(fleet, found, group)
    local again = setmetatable({ control = "/dev/elsewhere", incarnation = "2" }, { __index = MODEM })
    modems.open_alone = function(description)
      if description == again then
        return fake_modem()
      end
      found[1] = again
      return errors.fail { code = "gone", source = "test", message = "no such device" }
    end
    group:spawn(fleet.run, fleet)
    lu.assertTrue(task.timeout(60, ready.pop, ready))
  end)
end

-- It may be tried before the news comes that an update of its firmware has ended.
function T.test_a_modem_that_is_opened_after_an_update_stays_open()
  local why_held = update_hold.why_held
  local _ <close> = task.finally(function() update_hold.why_held = why_held end)
  local tried, gone = task.queue(), {}
  with_fleet(nothing, function(modem) table.insert(gone, modem) end, function(fleet, _, group)
    local held = FAILURE
    update_hold.why_held = function() return held end
    modems.open_alone = function()
      tried:push(true)
      if not held then
        return fake_modem()
      end
      return nil, held
    end
    group:spawn(fleet.run, fleet)
    assert(task.timeout(60, tried.pop, tried))
    held = nil
    local slot, answer = fleet.slots[MODEM.name], task.queue(1)
    slot.wanted:push(answer) -- it is tried at once
    lu.assertTrue(task.timeout(60, answer.pop, answer).ok)
    local looked = task.queue(1)
    devices.list = function()
      looked:push(true)
      return { MODEM }
    end
    for _ = 1, 2 do -- the second look begins after the first has ended
      fleet.hotplug:wake()
      assert(task.timeout(60, looked.pop, looked))
    end
    lu.assertIs(fleet.slots[MODEM.name], slot)
    lu.assertEquals(gone, {})
  end)
end

-- A mistake in what is done with it: it is closed, and opened again after a while.
function T.test_a_modem_whose_task_has_failed_is_opened_again()
  local ready, gone = task.queue(), task.queue()
  local function on_ready(modem)
    ready:push(modem)
    error "a mistake"
  end
  with_fleet(on_ready, function(modem) gone:push(modem) end, function(fleet, _, group)
    modems.open_alone = fake_modem
    fleets.rest_time = 0
    group:spawn(fleet.run, fleet)
    local first = task.timeout(60, ready.pop, ready)
    lu.assertIs(task.timeout(60, gone.pop, gone), first)
    local second = task.timeout(60, ready.pop, ready)
    lu.assertTrue(first and second and first ~= second)
  end)
end

return T
