-- SPDX-License-Identifier: MIT
-- The policy sim-failover beside a simulated modem with two SIM slots.

local lu = require "luaunit"
local world = require "support.world"

local T = {}

local SETTING = [[
. $SUPPORT/daemon.sh
serve() {
  echo "return { modems = { { apn = 'r.ispsn',
    policy = { 'sim-failover', modem = { probes = {}, max = 1 }, $OPTIONS } } } }" >/run/test/config.lua
  start
}
until_slot() {
  awaited="slot $1"
  until_true "moontower slot --json | tr -d ' \n' | grep -q '\"in_use\":true[^}]*\"number\":$1,'"
}
until_online() {
  awaited="online with $1"
  until_true "moontower status --json | tr -d ' \n' | grep -q '\"iccid\":\"$1\"' &&
    moontower why | grep -q 'is online'"
}
switches() { grep -c 'use SIM slot .*because' /run/test/log; }
FIRST=89011200000123456781 SECOND=89011200000123456864
]]

local function run(options, script, model)
  local result = world.run(("OPTIONS='%s'\n"):format(options) .. SETTING .. script
    .. "\nend TERM; moontower down >/dev/null; ! grep -i traceback /run/test/log", nil, nil,
    { "--modem", model or "rm520n" })
  lu.assertEquals(result.status, 0, result.out .. result.err)
  lu.assertEquals(result.after, result.before)
  return result
end

function T.test_a_card_that_does_not_get_online_and_back()
  run("offline = 5, back_after = 2, cooldown = 0, most = 1000", [[
serve; until_online $FIRST
moontower simulate fault pin-lock >/dev/null
until_online $SECOND
until_slot 1 # the preferred one is tried again, and has no PIN
until_online $SECOND
moontower simulate state --json | grep -q '"wrong_pins": *0' || exit 1]])
end

-- Both cards are bad: it does not go to and fro, also not after a restart.
function T.test_it_never_flaps()
  run("offline = 0.5, cooldown = 0, most = 3", [[
moontower simulate fault network-drop >/dev/null
serve; until_in /run/test/log "use SIM slot .*because" 3
until_in /run/test/log "use SIM slot .*its card is" 3
until_in /run/test/log "stays with SIM slot 2 for 8[0-9]* seconds" 1
end TERM; serve; until_in /run/test/log "stays with SIM slot 2 for 8[0-9]* seconds" 2; sleep 1
[ "$(switches)" = 3 ] || { cat /run/test/log; exit 1; } ]])
end

function T.test_a_card_that_is_received_badly()
  run("rsrp = -110, seconds = 0.5, cooldown = 0", [[
serve; until_online $FIRST
moontower simulate set rsrp=-119
until_in /run/test/log "received worse than -110 dBm"
moontower simulate set rsrp=-90
until_true 'moontower why | grep -q "is online"']])
end

function T.test_a_card_without_data()
  run('budget = "90 kB", cooldown = 0, back_after = 0.5', [[
serve; until_online $FIRST
ping -q -c 50 -s 1000 -i 0.01 -I wwan0 8.8.8.8 >/dev/null
until_online $SECOND
until_in /run/test/log "90 kB for the month are used up"
sleep 2; until_online $SECOND; [ "$(switches)" = 1 ] ]])
end

-- There is no other card, or no other slot: it is as `reconnect`.
function T.test_no_other_card()
  run("offline = 0.5, cooldown = 0", [[
serve; until_online $FIRST
moontower simulate fault network-drop >/dev/null
until_in /run/test/log "no other SIM slot has a card and data left, though it has not been online"
[ "$(switches)" = 0 ] ]], "em9191")
  run("offline = 0.5, cooldown = 0", [[
serve; until_online $FIRST; grep -q "does what reconnect does" /run/test/log]], "mc7455")
end

return T
