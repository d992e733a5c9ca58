-- SPDX-License-Identifier: MIT
-- Resetting a USB port and switching its power: core.usb on files; modem/usb.lua on a tree like that of sysfs; and both
-- on simulated modems that hang.

local reenumeration = require "modem.reenumeration"
local devices = require "modem.devices"
local faults = require "simulator.faults"
local find = require("modem").find
local fs = require "core.fs"
local lu = require "luaunit"
local mc7455 = require "simulator.models.mc7455"
local missing = require "daemon.restart_watchdog"
local modem_usb = require "modem.usb"
local numbered = require("simulator.models.personality").numbered
local new_simulated = require("simulator.modem").new
local process = require "core.process"
local state = require "state"
local task = require "task"
local tier1 = require "simulator.tier1"
local udev = require "core.udev"
local usb = require "core.usb"

local entered, refused = tier1.enter()
local eq = lu.assertEquals

local T = {}

function T.setUp()
  if not entered then
    lu.skip("no world of our own here: " .. tostring(refused))
  end
end

local function fails(code, ok, err)
  lu.assertNil(ok)
  eq(err.code, code, tostring(err))
  return err
end

-- The binding ---------------------------------------------------------------------------------------------------------

function T.test_write()
  assert(fs.write("/run/file", "0"))
  lu.assertTrue(usb.write("/run/file", "1"))
  eq(fs.read "/run/file", "1")
  local err = fails("not-found", usb.write("/run/none", "1"))
  lu.assertStrContains(err.message, "write to /run/none")
  lu.assertNil(fs.stat "/run/none")
  fails("invalid", usb.write("/run/file", ""))
  fails("invalid", usb.write("/run/file", ("x"):rep(100)))
end

function T.test_reset_of_what_is_no_device()
  fails("not-found", usb.reset "/dev/bus/usb/999/999")
  eq(fails("io", usb.reset "/dev/null").detail.errno, "ENOTTY")
  fails("io", usb.reset(("/x"):rep(3000)))
end

-- A job that has begun goes on when no task waits any more: opening a FIFO takes until a reader opens it. On a busy
-- machine it may not have begun, and then it does not.
function T.test_cancelled()
  assert(process.run { "mkfifo", "/run/fifo" })
  local seconds, read = 0.02
  repeat
    local ok, err = task.timeout(seconds, usb.write, "/run/fifo", "over")
    lu.assertNil(ok)
    eq(err.source, "task")
    seconds = seconds * 4
    read = process.run { "cat", "/run/fifo", timeout = seconds + 1 }
  until read or seconds > 60
  eq(read and read.stdout, "over")
end

-- On a tree -----------------------------------------------------------------------------------------------------------

local FOLDER = "/run/sys"
local HUB = FOLDER .. "/1-0:1.0"

-- Device 1-1 on port 1, and its neighbour. `peer`: the other half of the socket.
local function tree(peer)
  assert(process.run { "sh", "-ec", [[
    rm -rf $1; mkdir -p $1/1-1 $2/usb1-port1 $2/usb1-port2 $1/2-0:1.0/usb2-port1
    echo 999 >$1/1-1/busnum; echo 999 >$1/1-1/devnum; printf 1 >$1/1-1/authorized
    ln -s $2/usb1-port1 $1/1-1/port
    for port in $2/usb1-port1 $2/usb1-port2 $1/2-0:1.0/usb2-port1; do printf 0 >$port/disable; done
    case $3 in
    free) ln -s $1/2-0:1.0/usb2-port1 $2/usb1-port1/peer ;;
    used) ln -s $1/2-0:1.0/usb2-port1 $2/usb1-port1/peer; mkdir $1/2-0:1.0/usb2-port1/device ;;
    esac]], "sh", FOLDER, HUB, peer or "none" })
  return { name = "tree", key = "tree", control = "/dev/cdc-wdm9", usb_folder = FOLDER .. "/1-1" }
end

local function power_cycle(description, options)
  local switch, err = modem_usb.switch_of(description)
  if not switch then
    return nil, err
  end
  return modem_usb.power_cycle(switch, options)
end

-- The writes of a power cycle of the tree, in order.
local function writes_of(description)
  local seen, write = {}, usb.write
  local _ <close> = task.finally(function() usb.write = write end)
  function usb.write(path, text)
    seen[#seen + 1] = path:sub(#FOLDER + 2) .. "=" .. text
    return write(path, text)
  end
  assert(power_cycle(description, { off = 0 }))
  return seen
end

function T.test_power_cycle()
  eq(writes_of(tree()), { "1-0:1.0/usb1-port1/disable=1", "1-0:1.0/usb1-port1/disable=0" })
  eq({ fs.read(HUB .. "/usb1-port1/disable"), state.list "usb" }, { "0", {} })
end

function T.test_power_cycle_of_both_halves_of_a_socket()
  eq(writes_of(tree "free"), {
    "2-0:1.0/usb2-port1/disable=1", "1-0:1.0/usb1-port1/disable=1",
    "1-0:1.0/usb1-port1/disable=0", "2-0:1.0/usb2-port1/disable=0",
  })
  eq(writes_of(tree "used"), { "1-0:1.0/usb1-port1/disable=1", "1-0:1.0/usb1-port1/disable=0" })
end

function T.test_power_that_cannot_be_switched()
  local description = tree()
  assert(fs.remove(HUB .. "/usb1-port1/disable"))
  local err = fails("unsupported", power_cycle(description))
  lu.assertStrContains(err.message, "cannot be switched")
  description.usb_folder = FOLDER .. "/1-9"
  fails("gone", power_cycle(description))
  fails("gone", modem_usb.reset(description))
  description.usb_folder = nil
  fails("unsupported", power_cycle(description))
  fails("unsupported", modem_usb.reset(description))
end

-- A modem's tasks are cancelled as soon as it is gone: that does not cut the time without power short.
function T.test_power_comes_back_when_cancelled()
  local description, disable = tree(), HUB .. "/usb1-port1/disable"
  local reached, over, sleep = task.queue(1), task.queue(1), task.sleep
  local _ <close> = task.finally(function() task.sleep = sleep end)
  function task.sleep(seconds)
    reached:push(seconds)
    over:pop()
  end
  local group <close> = task.group()
  local child = group:spawn(power_cycle, description)
  eq({ reached:pop(), fs.read(disable) }, { 3, "1" })
  fails("busy", power_cycle(description)) -- one at a time
  modem_usb.repair() -- knows that it is under way
  child:cancel(task.unwanted)
  sleep(0)
  eq(fs.read(disable), "1")
  over:push(true)
  child:join()
  eq({ fs.read(disable), state.list "usb" }, { "0", {} })
end

function T.test_power_comes_back_after_a_kill()
  local description = tree()
  assert(fs.write("/run/cycle.lua", ([[
    local usb = require "modem.usb"
    usb.power_cycle(assert(usb.switch_of { key = "tree", control = "x", usb_folder = %q }), { off = 1000 })
  ]]):format(description.usb_folder)))
  local disable = HUB .. "/usb1-port1/disable"
  local result = assert(process.run { "sh", "-c", [[
    "$1" run /run/cycle.lua & until [ "$(cat "$2")" = 1 ]; do sleep 0.01; done; kill -KILL $!; wait $!
  ]], "sh", require("core.program").executable, disable, timeout = 20 })
  eq({ result.status, fs.read(disable), #state.list "usb" }, { 137, "1", 1 }, result.stderr)
  modem_usb.repair()
  eq({ fs.read(disable), state.list "usb" }, { "0", {} })
end

-- Without a device node, drivers are told to let go of it and to take it again.
function T.test_reset_without_a_node()
  local description = tree()
  local path = FOLDER .. "/1-1/authorized"
  local before = fs.stat(path).mtime
  lu.assertTrue(modem_usb.reset(description))
  eq(fs.read(path), "1")
  lu.assertTrue(fs.stat(path).mtime > before)
  eq(state.list "usb", {})
  assert(fs.remove(path))
  fails("not-found", modem_usb.reset(description))
end

-- On simulated modems -------------------------------------------------------------------------------------------------

-- Runs fn(modems, simulated) on as many as wanted.
local function with_modems(count, fn)
  local group <close> = task.group()
  local simulated = {}
  for number = 1, count do
    local sim = new_simulated(numbered(mc7455, number), group)
    sim.latency, sim.search_time, sim.reset_time = 0, 0.02, 0.02
    simulated[number] = sim
  end
  assert(tier1.start_all(simulated, group))
  local _ <close> = task.finally(function()
    for _, sim in ipairs(simulated) do sim:unplug() end
  end)
  fn(simulated)
end

local function bus_events(sim)
  local list = {}
  sim:listen(function(event)
    if event == "unplugged" or event == "plugged" then
      list[#list + 1] = event
    end
  end)
  return list
end

-- Helps the first modem, which hangs, by a method of it.
local function help(sim, verb, options)
  local modem <close> = assert(find "simulated1")
  assert(modem:connect { apn = "r.ispsn", ip = "ipv4" })
  assert(faults.apply(sim, "hang-hard"))
  local coming <close> = assert(reenumeration.watch(modem.description))
  lu.assertTrue(modem[verb](modem, options))
  local back = assert(coming:wait(10))
  lu.assertNotEquals(back.incarnation, modem.description.incarnation)
  fails("gone", modem:registration())
end

-- Nothing is indicated any more, and the list could not be read when the last event came.
function T.test_a_modem_comes_back_while_the_list_cannot_be_read()
  local before = { name = "9-9", usb = "9-9", control = "/dev/nowhere", incarnation = "1" }
  local list, monitor, calls = devices.list, udev.monitor, 0
  local _ <close> = task.finally(function()
    devices.list, udev.monitor = list, monitor
  end)
  local silent = task.queue(1)
  udev.monitor = function()
    return setmetatable({ next = function() return silent:pop() end }, { __close = function() end })
  end
  devices.list = function()
    calls = calls + 1
    if calls == 1 then
      return {}, { code = "io" }
    end
    return { { name = "9-9", usb = "9-9", control = "/dev/nowhere", incarnation = "2" } }
  end
  local coming <close> = assert(reenumeration.watch(before))
  local back = assert(task.timeout(60, coming.wait, coming, 1e6))
  eq(back.incarnation, "2")
end

local function assert_helps(verb, options)
  with_modems(2, function(simulated)
    local sim, neighbour = table.unpack(simulated)
    local events, undisturbed = bus_events(sim), bus_events(neighbour)
    for _ = 1, 2 do
      help(sim, verb, options)
      eq({ sim.faults, sim.sessions }, { {}, {} })
      local modem <close> = assert(find "simulated1")
      eq(modem:registration().state, "home")
    end
    eq(events, { "unplugged", "plugged", "unplugged", "plugged" })
    eq(undisturbed, {})
  end)
end

function T.test_reset_ends_a_hang() assert_helps("reset_usb") end

function T.test_power_cycle_ends_a_hang() assert_helps("power_cycle", { off = 0.05 }) end

-- Missed after this number of seconds, not 120.
local function with_short_patience(fn)
  local away, longest = missing.away, missing.longest
  local function restore() missing.away, missing.longest = away, longest end
  local _ <close> = task.finally(restore)
  missing.away, missing.longest = 0.2, 0.4
  local group <close> = task.group()
  fn(missing.new(group))
end

local fleet = {}
function fleet.is_there(_, name)
  for _, description in ipairs(devices.list()) do
    if description.name == name then
      return true
    end
  end
  return false
end

function T.test_a_modem_that_stays_away_after_a_restart_is_power_cycled()
  with_modems(2, function(simulated)
    local sim, neighbour = table.unpack(simulated)
    local events, undisturbed = bus_events(sim), bus_events(neighbour)
    local modem <close> = assert(find "simulated1")
    assert(faults.apply(sim, "stay-away"))
    assert(modem:reset())
    assert(task.timeout(60, function()
      while sim.plugged do task.sleep(0.05) end
      return true
    end), "it never left")
    with_short_patience(function(daemon_missing)
      daemon_missing:await(modem, fleet)
      assert(task.timeout(60, function()
        while not sim.plugged do task.sleep(0.05) end
        return true
      end), "it never came back")
    end)
    eq(events, { "unplugged", "plugged" })
    eq(undisturbed, {})
  end)
end

-- Returns how often the power of the tree's port is switched in a while.
local function switched(description, restarting, change)
  local count, cycle = 0, modem_usb.power_cycle
  local function restore() modem_usb.power_cycle = cycle end
  local _ <close> = task.finally(restore)
  function modem_usb.power_cycle()
    count = count + 1
    return true
  end
  with_short_patience(function(daemon_missing)
    daemon_missing:await({ description = description, restarting = restarting }, fleet)
    change()
    task.sleep(1)
  end)
  return count
end

function T.test_only_a_modem_that_was_told_to_restart_is_awaited()
  local description = tree()
  local device = HUB .. "/usb1-port1/device"
  local switch = assert(modem_usb.switch_of(description))
  local function nothing() end
  lu.assertTrue(switched(description, { at = task.now(), switch = switch }, nothing) >= 2)
  eq(switched(description, nil, nothing), 0)
  eq(switched(description, { at = task.now() - 2 * missing.leaves, switch = switch }, nothing), 0)
  eq(switched(description, { at = task.now() }, nothing), 0)
  eq(switched(description, { at = task.now(), switch = switch }, function()
    assert(process.run { "sh", "-c", 'mkdir "$1"; echo ffff >"$1/idVendor"', "sh", device }) -- somebody else's
  end), 0)
end

-- Over the same path as the kernel's: 0, then 1, with time in between.
function T.test_a_simulated_port_that_is_written_to_by_hand()
  with_modems(1, function(simulated)
    local sim = simulated[1]
    local done = task.queue(4)
    sim:listen(function(event) done:push(event) end)
    local function write(name, text, wanted)
      assert(fs.write(devices.list()[1].usb_folder .. name, text))
      repeat
        local event = assert(task.timeout(60, done.pop, done))
      until event == wanted
    end
    local folder = devices.list()[1].usb_folder
    write("/authorized", "0", "unplugged")
    eq(#devices.list(), 0)
    lu.assertNotNil(fs.stat(folder))
    lu.assertTrue(usb.write(folder .. "/authorized", "1"))
    repeat until task.timeout(60, done.pop, done) == "plugged"
    write("/port/disable", "1", "unplugged")
    lu.assertNil(fs.stat(folder))
    lu.assertFalse(sim.plugged)
  end)
end

function T.test_a_modem_that_is_pulled_out_is_gone()
  with_modems(1, function(simulated)
    local modem <close> = assert(find())
    simulated[1]:unplug()
    fails("gone", modem:reset_usb())
    fails("gone", modem:power_cycle())
  end)
end

return T
