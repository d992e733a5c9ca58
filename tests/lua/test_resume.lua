-- SPDX-License-Identifier: MIT
-- The computer sleeps: what it was connected to is looked at as soon as it is awake. tests/vm/test_sleep has it sleep.

local clock = require "core.clock"
local lu = require "luaunit"
local resume = require "resume"
local task = require "task"
local world = require "support.world"

local T = {}

local eq = lu.assertEquals

function T.test_the_clock_says_how_long_it_has_slept()
  local first = clock.slept()
  lu.assertTrue(first > -0.01)
  lu.assertTrue(math.abs(clock.slept() - first) < 0.1)
end

-- A clock that is set is no sleep; what has slept before is none, either.
function T.test_only_sleep_counts()
  local kept, alarm, slept = clock.alarm, task.queue(), 100
  local kept_slept = clock.slept
  local _ <close> = task.finally(function() clock.alarm, clock.slept = kept, kept_slept end)
  function clock.alarm() return { next = function() return alarm:pop() end, close = function() end } end
  function clock.slept() return slept end
  local watch <close> = resume.watch()
  local function wakes()
    alarm:push(false)
    return task.timeout(0.01, watch.next, watch)
  end
  eq(wakes(), nil)
  slept = 160.5
  eq(wakes(), 60.5)
  eq(task.timeout(0.01, watch.next, watch), nil)
end

-- The daemon's clock: `sleep_now` ends its alarms, and says that the computer has slept for an hour.
local SETTING = [[
. $SUPPORT/daemon.sh
mkdir -p /run/test/clock
cat >/run/test/sleepy.lua <<'END'
local clock, fs, inotify, task = require "core.clock", require "core.fs", require "core.inotify", require "task"
local alarm, slept = clock.alarm, clock.slept
function clock.slept() return tonumber(fs.read "/run/test/clock/slept" or "") or 0 end
function clock.alarm(when)
  if when ~= math.huge then return alarm(when) end
  local changed = assert(inotify.folder "/run/test/clock")
  local function next_change() return changed:next() and false end
  return { next = next_change, close = function() changed:close() end }
end
return assert(require("policy").load("reconnect", ...))
END
hours=0
sleep_now() { hours=$((hours + 1)); echo $((hours * 3600)) >/run/test/slept; mv /run/test/slept /run/test/clock/slept; }
serve() {
  echo "return { modems = { { apn = 'r.ispsn', fcc_unlock = true,
    policy = { '/run/test/sleepy.lua', probes = {}, every = 3600, max = 3600,
      first = 3600 } } } }" >/run/test/config.lua
  start
}
until_online() { until_in /run/test/log 'online: as' $1; }
]]

local function run(script, options)
  local result = world.run(SETTING .. script .. "\nend TERM; moontower down >/dev/null", nil, nil, options)
  eq(result.status, 0, result.out .. result.err)
  lu.assertNotStrContains(result.out .. result.err, "traceback")
  eq(result.after, result.before)
  return result
end

for _, composition in ipairs { "mbim", "qmi" } do
  local options = { "--composition", composition }

  -- Nothing but the sleep has it look: what would, is an hour away. Once `status` is answered, so are the questions
  -- that follow a connection.
  T["test_a_connection_that_is_over_over_" .. composition] = function()
    run([[
serve; until_online 1; moontower status >/dev/null
moontower simulate fault disconnect-silent; sleep 0.5
[ "$(grep -c 'online: as' /run/test/log)" = 1 ] || exit 1
sleep_now; until_in /run/test/log "the connection has not outlived the computer's sleep"
until_online 2]], options)
  end

  -- The modem wakes up, too, and loses the first question.
  T["test_a_connection_that_is_over_and_a_lost_question_over_" .. composition] = function()
    run([[
serve; until_online 1; moontower status >/dev/null
moontower simulate fault disconnect-silent; moontower simulate fault silent 1; sleep_now; until_online 2]], options)
  end

  -- It had no power, and is locked again.
  T["test_a_modem_without_its_unlock_over_" .. composition] = function()
    run([[
serve; until_online 1
moontower simulate fault no-news; moontower simulate fault fcc-lock; moontower simulate fault forget
sleep_now; until_online 2]], options)
  end

  T["test_a_modem_that_comes_back_at_another_time_over_" .. composition] = function()
    run([[
serve; until_online 1
moontower simulate fault unplug 0.3; sleep_now; until_online 2]], options)
  end

  -- A pause between two attempts ends.
  T["test_a_pause_ends_over_" .. composition] = function()
    run([[
moontower simulate fault refuse-apn 33; serve; until_why 'next .*connect in [234]... s'
moontower simulate fault none; sleep_now; until_online 1]], options)
  end
end

-- A connection that has outlived the sleep stays.
function T.test_a_connection_that_holds()
  local result = run [[
serve; until_online 1; sleep_now
sleep 1; moontower status >/dev/null; echo $?; grep -c 'online: as' /run/test/log]]
  eq(result.out, "0\n1\n")
end

return T
