-- SPDX-License-Identifier: MIT
-- The policy schedule beside a simulated modem, on the test's own clock.

local lu = require "luaunit"
local world = require "support.world"

local T = {}

-- The clock begins at $BASE and runs $SPEED times as fast as ours; `set_clock SECONDS` sets it to so much later than it
-- began, and ends all alarms, as the kernel does. What is kept is kept in /run/test.
local SETTING = [[
export TZ=UTC0
cat >/run/test/schedule.lua <<'END'
local policy, task, state = require "policy", require "task", require "state"
local fs, inotify = require "core.fs", require "core.inotify"
local os = package.loaded.os -- the one of all modules, not this file's own
local speed, start, real = tonumber(os.getenv "SPEED"), task.now(), os.time
local y, m, d, h, min = os.getenv "BASE":match "(%d+)-(%d+)-(%d+) (%d+):(%d+)"
local function offset() return tonumber(fs.read "/run/test/clock/offset" or "") or 0 end
local base = real { year = y, month = m, day = d, hour = h, min = min }
state.persistent.folder = "/run/test/kept"
function os.time(fields)
  return fields and real(fields) or base + math.floor((task.now() - start) * speed) + offset()
end
package.loaded["core.clock"] = { alarm = function(time)
  local alarm = task.finally(function() end)
  function alarm.next()
    local changed <close> = assert(inotify.folder "/run/test/clock")
    task.timeout(math.max((time - os.time()) / speed, 0), changed.next, changed)
    return true
  end
  return alarm
end }
if os.getenv "FAILS" then -- the first time
  local disconnecting = require "modem.down"
  local down = disconnecting.down
  function disconnecting.down()
    disconnecting.down = down
    return require("errors").fail { code = "timeout", source = "test", message = "no answer" }
  end
end
return assert(policy.load("schedule", ...))
END
. $SUPPORT/daemon.sh
mkdir -p /run/test/clock
set_clock() { echo $1 >/run/test/offset; mv /run/test/offset /run/test/clock/offset; }
serve() { echo "return { modems = { { apn = 'r.ispsn', policy = { '/run/test/schedule.lua', modem = { probes = {} },
  $OPTIONS } } } }" >/run/test/config.lua
  export BASE="$1" SPEED="$2"; start; }
until_log() { until_in /run/test/log "$2" $1; }
traffic() { ping -q -c 50 -s 1000 -i 0.01 -I wwan0 8.8.8.8 >/dev/null; }
]]

local function run(options, script)
  local result = world.run(("OPTIONS='%s'\n"):format(options) .. SETTING .. script)
  lu.assertEquals(result.status, 0, result.out .. result.err)
  lu.assertNotStrContains(result.out .. result.err, "left open")
  lu.assertEquals(result.after, result.before)
  return result
end

function T.test_it_is_online_only_at_its_hours()
  run([[hours = { "23:00-00:05", "00:15-01:00" }]], [[serve "2026-11-26 23:55" 1
    until_log 1 "online: as"; set_clock 599; until_log 1 "off: it is outside of its hours"
    set_clock 1199; until_log 2 "online: as"; set_clock 3899
    until_log 2 "off: it is outside of its hours"; end TERM; ! grep Traceback /run/test/log]])
end

function T.test_outside_of_them_it_says_when_it_will_go_online()
  local result = run([[hours = "22:00-06:00"]], [[serve "2026-11-26 12:00" 1; until_why "is off"
    moontower why; moontower up 2>&1; echo "up $?"; moontower why | grep -c "is off since"; end TERM; true]])
  lu.assertStrContains(result.out, "its policy keeps the modem offline: it is outside of its hours")
  lu.assertStrContains(result.out, "up 8\n1\n")
  lu.assertStrContains(result.out, "it is outside of its hours")
  lu.assertStrContains(result.out, "go online")
end

function T.test_a_connection_of_a_killed_run_is_taken_down_outside_of_its_hours()
  run([[hours = "22:00-06:00"]], [[serve "2026-11-26 23:00" 1; until_why "is online"; end KILL
    ip -o address show dev wwan0 scope global | grep -q inet || exit 1
    serve "2026-11-27 07:00" 1; until_why "is off"; end TERM; true]])
end

function T.test_a_modem_that_cannot_be_taken_offline_is_tried_again()
  run([[hours = "22:00-06:00"]], [[export FAILS=1; serve "2026-11-27 07:00" 1; until_log 1 "not off: no answer"
    until_log 1 ": off: it is outside of its hours"; end TERM; true]])
end

function T.test_a_budget_survives_a_kill_and_starts_again_with_the_month()
  run([[budget = "90 kB", day = 15]], [[serve "2026-11-20 12:00" 1; until_why "is online"
    traffic; until_log 1 "off: its 90 kB for the month are used up"
    end KILL; serve "2026-12-14 12:00" 1; until_why "is off"
    end KILL; serve "2026-12-15 00:00" 1; until_why "is online"; end KILL
    serve "2026-12-16 00:00" 1; until_why "is online"; traffic; until_log 3 "off: its 90 kB"; end TERM
    [ "$(grep -c "online: as" /run/test/log)" = 3 ] ]])
end

-- All that a running daemon depends on, when a person, or the network, sets the clock.
function T.test_a_clock_that_is_set_is_noticed_at_once()
  run([[hours = "22:00-06:00"]], [[serve "2026-11-26 12:00" 1; until_why "is off since"
    for i in 1 2; do
      set_clock 39600; until_why "is online"; set_clock -3600; until_why "is off since"
      set_clock 31575600; until_why "is online"; set_clock -1000000000; until_why "is off since"
    done; moontower status >/dev/null; echo "status $?"
    set_clock 39600; until_why "is online"; ping -q -c 1 -W 5 -I wwan0 8.8.8.8 >/dev/null || exit 1
    set_clock 0; until_why "is off since"; end TERM; ! grep -i traceback /run/test/log]])
end

-- A day later than it began, so that `why` shows when the policy has read the clock that was set back.
function T.test_a_budget_is_not_spent_by_a_clock_that_was_ahead()
  run([[budget = "90 kB", day = 15]], [[serve "2026-11-20 12:00" 1; until_why "is online"
    set_clock 31536000; traffic; until_log 1 "off: its 90 kB for the month are used up"
    set_clock 86400; until_why "go online in 20"; set_clock 2160000; until_why "is online"
    moontower down >/dev/null; end TERM
    ! grep -i traceback /run/test/log]])
end

return T
