-- SPDX-License-Identifier: MIT
-- For test_chaos: chaos.lua PROTOCOL FAULTS SEED. Faults at random while a daemon keeps the simulated modem online that
-- the kernel's own drivers have bound: it comes back after each, and nothing is left in the end.
--
-- To be run before any daemon, so that this is a process of its own.

package.path = "tests/lua/?.lua;" .. package.path

local chaos = require "simulator.chaos"
local control = require "simulator.control"
local fs = require "core.fs"
local net = require "net"
local process = require "core.process"
local snapshot = require "support.snapshot"
local task = require "task"

local protocol, count, seed = arg[1], math.tointeger(tonumber(arg[2])), math.tointeger(tonumber(arg[3]))
local TARGET = "8.8.8.8"
local PATIENCE = 120 -- seconds, as in tests/lua/test_chaos.lua

-- What takes minutes on a real modem takes seconds here; the machine is slow.
local CONFIG = [[
return {
  modems = { {
    apn = "r.ispsn", pin_file = "/run/pin",
    policy = { "reconnect",
      every = 2, timeout = 1, misses = 2, first = 0.2, max = 3, steady = 1,
      cooldowns = { ["detach and attach"] = 1, ["radio off and on"] = 1, ["reset"] = 5, ["USB reset"] = 5,
        ["USB power cycle"] = 10 },
    },
  } },
  on_stop = "disconnect",
}
]]

local function shell(command)
  local result = assert(process.run { "sh", "-c", command, timeout = 30 })
  return result.stdout .. result.stderr
end

local function apply(name, arguments)
  return control.ask { request = "fault", name = name, arguments = arguments or {} }
end

-- Where a modem of QMI is connected with several packets in a transfer. It is connected with one on wwan0 once a fault
-- has let nothing answer while several were tried out.
local function link()
  return fs.stat "/sys/class/net/qmimux0" and "qmimux0" or "wwan0"
end

-- Returns the seconds that it took; nil when it never came.
local function wait_online()
  local since = task.now()
  local back = task.timeout(PATIENCE, function()
    while not net.ping(TARGET, { link = link(), timeout = 1 }) do task.sleep(0.2) end
    return true
  end)
  return back and task.now() - since
end

local function wait_calm()
  return task.timeout(PATIENCE, function()
    while not shell("moontower why"):find " is online " do task.sleep(0.5) end
    return true
  end)
end

-- Hits it once; returns why that is a failure, if it is.
local function hit(source, number, longest)
  local name, arguments, mend = source:next()
  local what = ("fault %d: %s %s"):format(number, name, arguments[1] or "")
  assert(apply(name, arguments))
  task.sleep(source:integer(5, 60) / 100)
  for _, fault in ipairs(mend) do assert(apply(fault)) end
  local seconds = wait_online()
  if not seconds then
    return what .. ": it never came back\n"
      .. shell [[moontower why; moontower simulate state; tail -n 25 /run/daemon.log; dmesg | tail -n 15
        cat /sys/devices/platform/vhci_hcd.0/status; ls -d /dev/cdc-wdm* /sys/class/usbmisc/* /sys/bus/usb/devices/*]]
  end
  print(("%-32s %5.1f s"):format(what, seconds))
  longest.seconds = math.max(longest.seconds, seconds)
end

local function hit_all()
  local source, longest = chaos.new(seed, protocol), { seconds = 0 }
  for number = 1, count do
    local failure = hit(source, number, longest)
    if failure then
      return failure
    end
  end
  print(("the longest outage was %.1f s"):format(longest.seconds))
  for _, fault in ipairs(chaos.mend_all) do assert(apply(fault)) end
  return not wait_online() and "it is not online in the end" or nil
end

local function check(before, after)
  local state = assert(control.ask { request = "state" })
  local log = assert(fs.read "/run/daemon.log")
  if after ~= before then
    return ("left behind, before:\n%safter:\n%s"):format(before, after)
  elseif state.wrong_pins > 1 then
    return ("the SIM was given %d wrong PINs"):format(state.wrong_pins)
  elseif #state.sessions > 0 then
    return "the modem is connected still"
  elseif log:find "traceback" or log:find "left open" then
    return log
  end
end

assert(fs.write("/run/config.lua", CONFIG))
shell "umask 077; echo 0000 >/run/pin"
assert(control.ask { request = "set", values = { reset_time = "0.5" } })
local before = snapshot.host()
local failure
do
  local group <close> = task.group()
  local daemon = group:spawn(process.run, {
    "sh", "-c", "echo $$ >/run/daemon.pid; exec moontower serve --config /run/config.lua 2>/run/daemon.log",
    timeout = 3600,
  })
  failure = not wait_online() and "never online\n" .. shell "cat /run/daemon.log" or nil
  wait_calm()
  local pid = math.tointeger(tonumber(assert(fs.read "/run/daemon.pid")))
  local open = snapshot.descriptors(pid)
  failure = failure or hit_all()
  wait_calm()
  failure = failure or snapshot.too_many(pid, open)
  shell("kill -TERM " .. pid)
  failure = failure or not task.timeout(60, daemon.join, daemon) and "it does not end" or nil
end
failure = failure or check(before, snapshot.host())
if failure then
  return nil, failure
end
