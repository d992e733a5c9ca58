-- SPDX-License-Identifier: MIT
-- A profile on trial: killed, interrupted or unplugged at any moment, the one before is enabled again, and its
-- connection is there; alone and beside the daemon.

local esim = require "support.esim"
local lu = require "luaunit"
local programs = require "support.programs"
local world = require "support.world"

local T = {}

function T.setUp() programs.need { lpac = "lpac" } end

local change, SPRINT, TRAVEL = esim.change, esim.SPRINT, esim.TRAVEL

-- Killed at any moment, lpac ends with us, and the guard goes back to the profile before and its connection.
function T.test_killed()
  change([[
run moontower up --apn r.ispsn
moontower simulate set latency=0.02
for moment in 0.1 0.2 0.3 0.5 0.8 1.2; do
  moontower esim enable travel --apn broadband >/run/test/told 2>&1 & command=$!
  sleep $moment; kill -KILL $command 2>/dev/null; wait $command 2>/dev/null
  on_trial=$(ls /var/lib/moontower/esims 2>/dev/null)
  awaited="no lpac"; until_true '! pgrep -P 1 lpac >/dev/null'
  as_before; works
  [ "$on_trial" ] && { enabled ]] .. SPRINT .. [[; moontower status --json | grep -q '"apn":"r.ispsn"' || fail "APN"; }
  moontower esim enable Sprint --apn r.ispsn >/run/test/told 2>&1
done
moontower down >/dev/null]])
end

-- While the guard is at work, the modem goes; or goes and comes before it is.
function T.test_killed_and_unplugged()
  change([[
run moontower up --apn r.ispsn
begin; killed; moontower simulate fault unplug 1; as_before; works; enabled ]] .. SPRINT .. [[

begin; moontower simulate fault unplug 1; killed; as_before; works; enabled ]] .. SPRINT .. [[

moontower down >/dev/null]])
end

-- The next command goes back where the guard is gone, too.
function T.test_killed_with_its_guard()
  local result = change([[
run moontower up --apn r.ispsn
begin; kill_guard; killed; run moontower up --apn r.ispsn; settled; works; enabled ]] .. SPRINT .. [[

moontower down >/dev/null; moontower esim undo; moontower esim undo --json]])
  lu.assertStrContains(result.out, "No profile is on trial.\n{\n  \"undone\":false\n}\n")
end

-- Nothing is on trial then.
function T.test_to_stay()
  change([[
moontower esim enable travel --stay >/run/test/shown 2>&1 & command=$!
awaited="it is enabled"; until_true 'grep -q "is enabled" /run/test/shown'
guard && fail "a guard"
wait $command || fail "enable"; settled; enabled ]] .. TRAVEL)
end

function T.test_interrupted()
  change([[
run moontower up --apn r.ispsn
]] .. world.interrupted("moontower esim enable 'Test Profile' --within 60", "is enabled") .. [[

works; enabled ]] .. SPRINT .. [[; settled
moontower down >/dev/null]])
end

function T.test_unplugged()
  change([[
run moontower up --apn r.ispsn
begin; moontower simulate fault unplug; wait $command; [ $? = 3 ] || fail "its status"
[ "$(ls /var/lib/moontower/esims)" ] || fail "it is not written down"
moontower simulate fault replug
as_before; works; enabled ]] .. SPRINT .. [[

moontower down >/dev/null]])
end

-- The entry of the configuration is that of the profile; its policy goes on with it.
local CONFIG = [[
cat >/run/test/config.lua <<END
return { modems = {
  { iccid = "]] .. TRAVEL .. [[", apn = "broadband", policy = { "reconnect", probes = {} } },
  { apn = "r.ispsn", policy = { "reconnect", probes = {} } },
} }
END
serve 1
]]

function T.test_beside_the_daemon()
  change(CONFIG .. [[
moontower esim enable travel >/run/test/output 2>&1 || fail "enable"
works; moontower status --json | grep -q '"apn":"broadband"' || fail "the entry"
moontower esim enable 'Test Profile' --within 2 >/run/test/output 2>&1; [ $? = 12 ] || fail "no network"
works; moontower status --json | grep -q '"apn":"broadband"' || fail "the entry, again"
online 1; settled
end TERM; moontower down >/dev/null]])
end

-- The daemon goes on, as after a terminal's hang-up, and ends the trial itself.
function T.test_killed_beside_the_daemon()
  change(CONFIG .. [[
within=2; begin; kill -KILL $command; wait $command 2>/dev/null
as_before; online 1; works; enabled ]] .. SPRINT .. [[

end TERM; moontower down >/dev/null]])
end

-- A daemon that is killed in the middle: the guard goes back by itself, or within a new daemon.
function T.test_the_daemon_killed()
  change(CONFIG .. [[
begin; end KILL; wait $command
[ "$(ls /var/lib/moontower/esims)" ] || fail "it is not written down"
as_before; works; enabled ]] .. SPRINT .. [[

serve 1; begin; end KILL; serve 1; as_before; online 1; works; enabled ]] .. SPRINT .. [[

end TERM; moontower down >/dev/null]])
end

-- Where the guard is gone, too, the daemon does it.
function T.test_the_daemon_killed_with_the_guard()
  change(CONFIG .. [[
begin; kill_guard; end KILL; wait $command; serve 1
as_before; online 1; works; enabled ]] .. SPRINT .. [[

grep -q "profile on trial has lost its guard" /run/test/log || fail "$(cat /run/test/log)"
end TERM; moontower down >/dev/null]])
end

return T
