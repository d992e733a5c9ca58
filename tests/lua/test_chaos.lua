-- SPDX-License-Identifier: MIT
-- Faults at random, against a daemon that keeps many modems online: each comes back, and nothing is left in the end.
--
-- The seed is printed. MT_CHAOS_SEED=n gives the same faults again, MT_CHAOS_FAULTS=n more or fewer of them.

local card = require "simulator.card"
local chaos = require "simulator.chaos"
local faults = require "simulator.faults"
local fs = require "core.fs"
local lu = require "luaunit"
local new_simulated = require("simulator.modem").new
local personality = require "simulator.models.personality"
local ping = require "core.ping"
local process = require "core.process"
local snapshot = require "support.snapshot"
local task = require "task"
local tier1 = require "simulator.tier1"

local T = {}

local MODEMS = 32
local FAULTS = math.tointeger(tonumber(os.getenv "MT_CHAOS_FAULTS") or 1000)
local SEED = math.tointeger(tonumber(os.getenv "MT_CHAOS_SEED") or os.time())
local PATIENCE = 600 -- seconds: a mute modem is asked for ten, twice, before it is reset; and a busy machine is slow

local entered, refused = tier1.enter()
local executable = require("core.program").executable

-- What takes minutes on a real modem takes a second here.
local CONFIG = [[
return {
  modems = { {
    apn = "r.ispsn", pin_file = "/run/test/pin",
    policy = { "reconnect",
      every = 0.5, timeout = 0.5, misses = 2, first = 0.1, max = 3, steady = 0.5, -- a throttle wants 1.5 s of peace
      cooldowns = { ["detach and attach"] = 1, ["radio off and on"] = 1, ["reset"] = 2, ["USB reset"] = 2,
        ["USB power cycle"] = 4 },
    },
  } },
  on_stop = "disconnect", log = "debug",
}
]]

local function shell(command)
  local result = assert(process.run { "sh", "-c", command, timeout = 600 })
  return result.stdout .. result.stderr
end

local function answers(place)
  return ping.echo { address = "8.8.8.8", link = place.link, timeout = 0.3 } ~= nil
end

-- Waits until traffic passes. Returns the seconds that took; nil when it does not come.
local function wait_online(place)
  local since = task.now()
  local back = task.timeout(PATIENCE, function()
    while not answers(place) do task.sleep(0.1) end
    return true
  end)
  return back and task.now() - since
end

-- What host, daemon and modem say of one that has not come back: first what tells most.
local function tell_all_of(number, log)
  local place = tier1.place(number)
  local words = shell(([[exec 2>&1; MT=%s; name=%s; link=%s
    ip -br addr show dev $link; ip route show dev $link; ip -6 route show dev $link proto 77
    $MT why | sed -n "/^modem $name /,/^  policy/p"
    $MT status --device $name
    echo "what the daemon has logged of it:"; grep -w $name /run/test/log | cut -c 1-240 | tail -n 30
    $MT simulate state --on %d
    head -n 50 /run/moontower/links/$link.json /run/moontower/modems/$name.json /run/moontower/qmi/$name.json]])
    :format(executable, place.name, place.link, number))
  return ("after %s\n%s"):format(log.faults[number] or "nothing", words)
end

local function make_modems(group)
  local modems = {}
  for number = 1, MODEMS do
    local modem = new_simulated(personality.numbered(require "simulator.models.mc7455", number), group)
    modem:compose(number % 2 == 0 and "qmi" or "mbim")
    modem.reset_time, modem.search_time = 0.3, 0.1
    modems[number] = modem
  end
  return modems
end

-- Hits one modem again and again; after each hit it has to come back.
local function hit(modem, number, count, log)
  local place = tier1.place(number)
  local source = chaos.new(SEED + number, modem.composition)
  for i = 1, count do
    local name, arguments, mend = source:next()
    local what = ("%s fault %d: %s %s"):format(place.name, i, name, arguments[1] or "")
    log.faults[number] = ("%s%s %s, "):format(log.faults[number] or "", name, arguments[1] or "")
    assert(faults.apply(modem, name, arguments))
    task.sleep(source:integer(5, 60) / 100)
    for _, fault in ipairs(mend) do assert(faults.apply(modem, fault)) end
    local seconds = wait_online(place)
    if not seconds then
      log[#log + 1] = what .. ": it never came back. " .. tell_all_of(number, log)
      return
    end
    log.count = log.count + 1
    if seconds > log.longest then
      log.longest, log.what = seconds, what
    end
  end
end

-- Runs the daemon; its end goes into the queue. Returns its process number.
local function start_daemon(group, ended)
  group:spawn(function()
    ended:push(assert(process.run {
      "sh", "-c", 'echo $$ >/run/test/pid; exec "$0" serve --config /run/test/config.lua 2>/run/test/log', executable,
      timeout = 3000,
    }))
  end)
  return function() return math.tointeger(tonumber(fs.read "/run/test/pid")) end
end

-- All policies do nothing but watch.
local function wait_calm()
  assert(task.timeout(PATIENCE, function()
    while shell(executable .. " why | grep -c ' is online '") ~= MODEMS .. "\n" do task.sleep(0.3) end
    return true
  end))
end

-- Nothing is wrong any more, so that the daemon can give back what it has of each modem.
local function mend(modems, log)
  for number, modem in ipairs(modems) do
    for _, fault in ipairs(chaos.mend_all) do assert(faults.apply(modem, fault)) end
    if not wait_online(tier1.place(number)) then
      lu.fail(("never online again: %d: %s"):format(number, tell_all_of(number, log) .. table.concat(log, "\n")))
    end
  end
end

-- Each modem on its own, all at the same time.
local function hit_all(modems, log)
  local group <close> = task.group()
  local each = FAULTS // #modems
  for number, modem in ipairs(modems) do
    group:spawn(hit, modem, number, each + (number <= FAULTS % #modems and 1 or 0), log)
  end
  group:wait()
end

function T.test_whatever_happens_each_modem_comes_back_and_nothing_is_left()
  if not entered then
    lu.skip("no world of our own here: " .. tostring(refused))
  end
  io.stderr:write(("chaos: MT_CHAOS_SEED=%d, %d faults, %d modems\n"):format(SEED, FAULTS, MODEMS))
  shell "mkdir -p /run/test; (umask 077; echo 0000 >/run/test/pin)"
  assert(fs.write("/run/test/config.lua", CONFIG))
  local group <close> = task.group()
  local modems = make_modems(group)
  assert(tier1.start_all(modems, group))
  local before = snapshot.host()
  local ended = task.queue(1)
  local daemon_pid = start_daemon(group, ended)
  local log = { count = 0, longest = 0, faults = {} }
  for number in ipairs(modems) do
    lu.assertNotNil(wait_online(tier1.place(number)), "never online: " .. number)
  end
  wait_calm()
  local pid = daemon_pid()
  local open = snapshot.descriptors(pid)
  hit_all(modems, log)
  io.stderr:write(("chaos: the longest outage was %.1f s, after %s\n"):format(log.longest, log.what))
  mend(modems, log)
  wait_calm()
  local leak = snapshot.too_many(pid, open)
  shell("kill -TERM " .. pid)
  assert(task.timeout(60, ended.pop, ended))
  local label = ("MT_CHAOS_SEED=%d: %s"):format(SEED, table.concat(log, "\n"))
  lu.assertEquals(log.count, FAULTS, label)
  for _, word in ipairs { "raceback", "left open", "Sanitizer" } do
    lu.assertEquals(shell(("grep -A 30 %q /run/test/log | head -n 60"):format(word)), "", label)
  end
  lu.assertNil(leak, label)
  lu.assertEquals(snapshot.host(), before, label)
  -- The PIN in the configuration is wrong: each card may be given it once, ever.
  for iccid, count in pairs(card.wrong_pins) do lu.assertTrue(count <= 1, iccid .. " " .. label) end
  for _, modem in ipairs(modems) do modem:unplug() end
end

return T
