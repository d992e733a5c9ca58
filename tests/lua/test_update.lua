-- SPDX-License-Identifier: MIT
-- `moontower update`: what it refuses, that nothing else touches the modem, kills, and what it tells afterwards.

local fs = require "core.fs"
local json = require "dkjson"
local lu = require "luaunit"
local process = require "core.process"
local task = require "task"
local update = require "modem.update"
local world = require "support.world"

local T = {}

local eq = lu.assertEquals
local executable = require("core.program").executable

local NEW = "SWI9X30C_02.33.03.00"

local function has(text, ...)
  for _, words in ipairs { ... } do lu.assertStrContains(text, words) end
end

function T.test_other_firmware_and_online_again()
  local result = world.run(([[
    moontower up --apn r.ispsn >/dev/null
    moontower update sh -c 'moontower status; echo "status $?"; moontower up; echo "up $?"
      moontower simulate fault flash %s'; echo "update $?"
    moontower status | grep -c r.ispsn; moontower down; ls -A /run/moontower/updates]]):format(NEW))
  has(result.out, "status 8\nup 8\n", "boot      it waits for firmware, as 1199:9070\n",
    ("firmware  SWI9X30C_02.24.05.06 before, %s now\n"):format(NEW),
    "online    8.8.8.8 answers", "update 0\n1\n")
  has(result.err, "the firmware of simulated is being updated (process ", ": sh -c moontower status")
  lu.assertStrMatches(result.out, ".* is offline\n") -- and nothing is left in that folder
  eq(result.after, result.before)
end

function T.test_a_modem_that_stays_in_its_boot_loader()
  local result = world.run [[
    moontower update --wait 1 sh -c 'moontower simulate fault flash; moontower devices; true'; echo "update $?"
    moontower simulate fault replug; moontower status -d simulated | grep -c ^modem]]
  has(result.out, "boot      it waits for firmware, as 1199:9070\n",
    "simulated  1199:9070  Sierra Wireless, Incorporated: waits for firmware",
    "the modem still waits for firmware, as 1199:9070, and has not come back in 1 seconds\n", "--update-download",
    "update 3\n")
  lu.assertStrMatches(result.out, ".*\n1\n")
  eq(result.after, result.before)
end

function T.test_as_json_too()
  local result = world.run(([[
    moontower up --apn r.ispsn >/dev/null
    moontower update --wait 60 --json moontower simulate fault flash %s >/run/test/told; echo "update $?"
    cat /run/test/told; moontower down >/dev/null]]):format(NEW))
  local told = json.decode(result.out:match "{.*}")
  eq({ told.boot.ids, told.firmware.after, told.up.probe.spec }, { "1199:9070", NEW, "8.8.8.8" }, result.out)
  has(result.out, "update 0\n")
end

-- The daemon lets go, tries nothing, and takes the modem up again.
function T.test_beside_the_daemon()
  local result = world.run(([[
    . $SUPPORT/daemon.sh
    start; until_why 'is online'; : >/run/test/mark
    moontower update sh -c 'moontower why; moontower simulate fault flash %s; sleep 3; moontower why'; echo "update $?"
    until_why 'is online'; moontower firmware | head -1
    grep -c -e 'reset the' -e 'power' /run/test/log
    end TERM; moontower down >/dev/null]]):format(NEW))
  has(result.out, "is unusable since", "the firmware of simulated is being updated", "update 0\n",
    ("MC7455, firmware %s\n0\n"):format(NEW))
  eq(result.after, result.before)
end

-- The program goes on alone when its guard is killed; nothing touches the modem until it has ended.
function T.test_a_guard_that_is_killed()
  for _, with_daemon in ipairs { true, false } do
    local result = world.run(([[
      . $SUPPORT/daemon.sh
      %s
      mkfifo /run/test/go
      moontower update sh -c 'echo $PPID >/run/test/guard; read -r go </run/test/go' >/dev/null 2>&1 & update=$!
      until_true '[ -s /run/test/guard ]'; kill -KILL $update; wait $update
      moontower status; echo "status $?"; echo go >/run/test/go
      until_true 'moontower status -d simulated | grep -q ^modem.*firmware'
      ls -A /run/moontower/updates; %s]]):format(with_daemon and "start; until_why 'is online'" or ":",
      with_daemon and "until_why 'is online'; end TERM; moontower down >/dev/null" or ":"))
    eq(result.status, 0, result.out .. result.err)
    has(result.out, "status 8\n")
    has(result.err, "is being updated")
    lu.assertNotStrContains(result.out, ".json")
    eq(result.after, result.before)
  end
end

function T.test_a_program_that_fails()
  local result = world.run [[
    moontower update --wait=0.5 --json sh -c 'exit 3'; echo "update $?"
    moontower update --wait=0.5 /nowhere; echo "update $?"
    moontower update --wait 1 true; echo "update $?"; moontower status | grep -c ^modem]]
  has(result.out, "update 1\n", "1\n")
  eq(json.decode(result.out).program, { status = 3 })
  has(result.out, "failed: exit status 127", "has not restarted in 1 seconds", "update 3\n1\n")
end

function T.test_another_update_is_refused()
  local result = world.run [[
    moontower update --wait=1 sh -c 'moontower update true; echo "second $?"; exit 1']]
  has(result.out, "second 8\n")
end

-- Of two that begin in the same moment, one has the modem. They wait for that moment without sleeping, as waking up
-- takes longer than what lies between look and writing; and neither ends before both have said what came of it.
local AT_ONCE = [[
local task = require "task"
require("state").folder = arg[1]
local hold = require "modem.update_hold"
repeat until task.now() >= tonumber(arg[2])
print(hold.hold("simulated", "x") and "held" or "busy")
io.stdout:flush()
task.sleep(600)
]]
local BOTH = [[cd "$1"
for i in 1 2; do "$2" run at_once.lua "$1/state" "$3" >"said$i" & pids="$pids $!"; done
until [ -s said1 ] && [ -s said2 ]; do sleep 0.05; done
kill $pids; wait $pids; sort said1 said2; rm -r "$1/state" said1 said2]]

function T.test_updates_that_begin_at_once()
  local folder = os.tmpname()
  os.remove(folder)
  local _ <close> = task.finally(function() process.run { "rm", "-rf", folder } end)
  assert(fs.mkdir(folder))
  assert(fs.write(folder .. "/at_once.lua", AT_ONCE))
  for _ = 1, 8 do
    local result = assert(process.run {
      "sh", "-c", BOTH, "sh", folder, executable, tostring(task.now() + 0.3), timeout = 600,
    })
    eq(result.stdout, "busy\nheld\n", result.stderr)
  end
end

-- ---- what speaks against it ----

local function with_power(supplies, fn)
  local kept, folder, paths = update.power, os.tmpname(), {}
  os.remove(folder)
  local function clean()
    update.power = kept
    for i = #paths, 1, -1 do fs.remove(paths[i]) end
  end
  local _ <close> = task.finally(clean)
  update.power, paths[1] = folder, folder
  assert(fs.mkdir(folder))
  for name, values in pairs(supplies) do
    paths[#paths + 1] = folder .. "/" .. name
    assert(fs.mkdir(paths[#paths]))
    for key, value in pairs(values) do
      paths[#paths + 1] = ("%s/%s/%s"):format(folder, name, key)
      assert(fs.write(paths[#paths], value .. "\n"))
    end
  end
  return fn()
end

local MC7455 = { vendor = "1199", product = "9071", name = "1-1" }

local function verdict(supplies, description)
  return with_power(supplies, function()
    local ok, err = update.check(description or MC7455)
    return ok or err.message
  end)
end

function T.test_power()
  local battery = { type = "Battery", status = "Discharging", capacity = "63" }
  eq(verdict {}, true)
  eq(verdict { AC = { type = "Mains", online = "1" }, BAT0 = battery }, true)
  eq(verdict { BAT0 = { type = "Battery", status = "Charging", capacity = "63" } }, true)
  eq(verdict { mouse = { type = "Battery", scope = "Device", status = "Discharging", capacity = "9" } }, true)
  has(verdict { AC = { type = "Mains", online = "0" }, BAT0 = battery }, "on its battery (63 %)")
  has(verdict { BAT0 = battery }, "on its battery")
end

function T.test_space_and_ids()
  local space = update.space
  local _ <close> = task.finally(function() update.space = space end)
  update.space = math.maxinteger
  has(verdict {}, " MB left, and ")
  update.space = 0
  has(verdict({}, { vendor = "12d1", product = "15c1", name = "1-1" }), "12d1:15c1")
  eq(verdict({}, { vendor = "2c7c", product = "0801", name = "1-1" }), true)
end

return T
