-- SPDX-License-Identifier: MIT
-- Changes on trial: what works is kept; what does not, or is killed, unplugged or interrupted, is undone, and the modem
-- is online as before.

local json = require "dkjson"
local lu = require "luaunit"
local world = require "support.world"

local T = {}

-- The network is in band 25. `begin COMMAND` starts it and waits until its order has taken effect; `as_before` waits
-- until nothing is on trial, no guard is left, the bands are as before, and the connection works; `forget` is what a
-- restart of the computer leaves behind.
local HELPERS = [[
. $SUPPORT/unchanged.sh
trials() { find /var/lib/moontower/trials /run/moontower/replaced -name '*.json' 2>/dev/null | grep -q .; }
begin() { "$@" >/run/test/begun 2>&1 & begun=$!; awaited="searching after $*"
  until_true 'moontower simulate state | grep -q "registration.*searching"'; trials || fail "not armed"; }
as_before() { awaited="no trial"; until_true '! trials'; awaited="no guard"; until_true '! guard'
  awaited="all bands"; until_true 'moontower bands --json | grep -q "All bands"'
  awaited="online"; until_true 'ping -c 1 -W 1 -I wwan0 8.8.8.8'; echo "as before"; }
killed() { kill -KILL $begun; wait $begun 2>/dev/null; }
forget() { kill_guard; ip address flush dev wwan0
  find /run/moontower -type f ! -path '*/simulator/*' ! -path '*/devices/*' -delete; }
run moontower up --apn r.ispsn
]]

local function in_world(script, options)
  local result = world.run(HELPERS .. script, nil, "moontower simulate set search=0.05 reset_time=0.2", options)
  lu.assertNotStrContains(result.out .. result.err, "traceback")
  return result
end

local function assert_words(text, list)
  for _, words in ipairs(list) do lu.assertStrContains(text, words, false, text) end
end

local QMI = { "--composition", "qmi" }
local both = { { name = "mbim" }, { name = "qmi", options = QMI } }

function T.test_what_works_is_kept()
  world.all_of(both, function(protocol)
    local result = in_world("moontower bands B25+B26 && moontower bands && works && ! trials && moontower lock",
      protocol.options)
    world.assert_success(result)
    assert_words(result.out, { "All bands -> B25+B26\n", "Sprint, LTE\n", "Kept.\n", "bands     B25+B26\n" })
  end)
end

function T.test_what_is_so_already_is_not_tried()
  local result = in_world("moontower bands all; moontower bands all --plan; moontower bands B4 --plan; echo status $?")
  assert_words(result.out, { "as it is", "status 12\n" })
end

function T.test_json()
  local result = in_world("moontower bands --json; echo ,; moontower bands B25 --json; echo ,; moontower lock --json")
  local list = assert(json.decode("[" .. result.out .. "]"))
  lu.assertEquals({ list[1].setting, list[1].now, list[1].trial }, { "bands", "All bands", nil })
  lu.assertEquals(list[1].value.lte, { 1, 2, 3, 4, 5, 7, 8, 12, 13, 20, 25, 26, 29, 41 })
  lu.assertEquals({ list[2].result, list[2].holds, list[2].steps[1].now }, { "kept", true, "B25" })
  lu.assertEquals({ list[3].setting, list[3].now, list[3].trial }, { "lock" })
end

function T.test_a_band_without_a_cell()
  world.all_of(both, function(protocol)
    local result = in_world("moontower bands B4 --within 1; echo status $?; as_before", protocol.options)
    assert_words(result.out, { "All bands -> B4\n", "B4 -> All bands\n", "status 12\n", "as before\n" })
    lu.assertStrContains(result.err, "no network within 1 seconds: it is searching")
  end)
end

function T.test_what_the_modem_accepts_and_ignores()
  local result = in_world("moontower simulate fault ignore-settings; moontower bands B4; echo status $?; as_before")
  assert_words(result.out, { "status 12\n", "as before\n" })
  lu.assertStrContains(result.err, "the modem accepted the order and does not follow it")
end

-- The guard of the change before may be about to end, or a command be looking whether there is one.
function T.test_a_guard_waits_for_the_last_one()
  local result = in_world([[moontower bands B25+B26 >/dev/null
    flock /run/moontower/locks/trial_* sh -c 'echo >/run/test/held; sleep 1' & until_true '[ -e /run/test/held ]'
    moontower bands all; echo status $?]])
  assert_words(result.out, { "B25+B26 -> All bands\n", "Kept.\nstatus 0\n" })
end

-- `setup` would say more of its changes, and that nothing was changed.
function T.test_an_error_before_anything_is_changed_is_that_of_the_command()
  local result = in_world("moontower bands n78; echo status $?; as_before")
  assert_words(result.out, { "as before\n" })
  assert_words(result.err, { "moontower: Bands: ", "n78" })
end

-- It is on the network, and connected again, and packets are lost.
function T.test_no_host_answers_any_more()
  local result = in_world([[moontower bands B25 >/run/test/begun 2>&1 & begun=$!; awaited=armed; until_true trials
    moontower simulate fault blackhole; wait $begun; echo status $?; moontower simulate fault none; as_before
    cat /run/test/begun]])
  assert_words(result.out, { "status 12\n", "as before\n", "no host answers, as one did before" })
end

function T.test_the_command_is_killed()
  world.all_of(both, function(protocol)
    local result = in_world("begin moontower bands B4; killed; as_before", protocol.options)
    assert_words(result.out, { "as before\n" })
  end)
end

function T.test_the_terminal_hangs_up()
  local result = in_world("begin env --default-signal=HUP moontower bands B4; kill -HUP $begun; wait $begun; as_before")
  assert_words(result.out, { "as before\n" })
end

-- The next command ends the trial before it begins.
function T.test_the_command_and_its_guard_are_killed()
  world.all_of({ "moontower lock", "moontower up --apn r.ispsn", "moontower bands all" }, function(command)
    local result = in_world("begin moontower bands B4; kill_guard; killed; trials && "
      .. command .. "; as_before")
    assert_words(result.out, { "as before\n" })
    lu.assertStrContains(result.err, "a change on trial has lost its guard; it is put back")
  end)
end

-- The modem starts again with the computer, and keeps its bands.
function T.test_the_computer_restarts()
  local result = in_world([[begin moontower bands B4; killed; forget; moontower simulate fault unplug 0.2
    awaited=modem; until_true 'moontower devices | grep -q MBIM'; moontower up --apn r.ispsn; as_before]])
  assert_words(result.out, { "as before\n" })
  lu.assertStrContains(result.err, "a change on trial has lost its guard; it is put back")
end

-- It is back after a second, without the connection that it had: that is made once more.
function T.test_the_modem_is_unplugged()
  world.all_of(both, function(protocol)
    local result = in_world([[begin moontower bands B4; moontower simulate fault unplug 1; wait $begun
      as_before; cat /run/test/begun]], protocol.options)
    assert_words(result.out, { "as before\n" })
  end)
end

function T.test_what_is_on_trial_while_the_modem_is_away()
  local result = in_world("begin moontower bands B4; moontower simulate fault unplug; wait $begun; moontower lock; "
    .. "moontower lock --json; moontower simulate fault replug; as_before")
  assert_words(result.out, { "The modem is not there. On trial in it: `moontower bands B4`, ", '"guarded":true',
    "as before\n" })
end

function T.test_unplugged_after_a_kill()
  local result = in_world("begin moontower bands B4; moontower simulate fault unplug 1; killed; as_before")
  assert_words(result.out, { "as before\n" })
end

-- ---- technologies and cells, of a modem with 5G ----

local RM520N = { "--modem", "rm520n" }

function T.test_technologies()
  local result = in_world([[moontower technology lte+nsa && moontower technology && moontower technology sa --within 1
    echo status $?; moontower technology; works; moontower technology auto && moontower technology]], RM520N)
  assert_words(result.out, { "auto -> lte+nsa\n", "may use   LTE, 5G NSA\n", "nr -> lte+nsa\n", "status 12\n",
    "may use   all that it has\n" })
end

function T.test_technologies_of_another_maker()
  local result = in_world("moontower technology lte && moontower technology umts --within 1; echo status $?; "
    .. "moontower technology --json; works")
  assert_words(result.out, { "auto -> lte\n", "status 12\n", '"now":"lte"' })
end

function T.test_a_lock_to_a_cell()
  local result = in_world([[moontower lock lte-8665/214 && moontower lock && moontower lock lte-8665/5 --within 1
    echo status $?; moontower lock; works; moontower reset >/dev/null; moontower lock; moontower lock --off &&
    moontower lock --json]], RM520N)
  assert_words(result.out, { "off -> lte-8665/214\n", "lte-8665/5 -> lte-8665/214\n", "status 12\n",
    "locked to lte-8665/214\n", "lte-8665/214 -> off\n", '"now":"off"' })
end

function T.test_a_killed_lock()
  local result = in_world([[begin moontower lock lte-1300; killed; awaited=none
    until_true '! trials'; until_true '! guard'; until_true 'moontower lock | grep "no cell"'; awaited=online
    until_true 'ping -c 1 -W 1 -I wwan0 8.8.8.8'; echo as before]], RM520N)
  assert_words(result.out, { "as before\n" })
end

-- Where the network has 5G standalone, that alone is enough, and so is its band; in another one it is not found.
function T.test_5g_standalone()
  local result = in_world([[moontower simulate set offer=sa; moontower technology sa &&
    moontower bands sa-n41+nsa-n71 && moontower bands sa-n78 --within 1; echo status $?; moontower bands
    moontower bands all && moontower bands; works]], RM520N)
  assert_words(result.out, { "auto -> nr\n", "-> sa-n41+nsa-n71\n", "status 12\n", "+sa-n41+nsa-n71\n",
    "bands     all\n" })
end

function T.test_a_modem_without_locks()
  local result = in_world "moontower lock; moontower lock lte-8665; echo status $?"
  assert_words(result.out, { "this modem offers no way to do that\n", "status 1\n" })
  lu.assertStrContains(result.err, "this modem offers no way to set lock")
end

-- ---- beside the daemon ----

local SERVE = [[cat >/run/test/config.lua <<'END'
return { modems = { { apn = "r.ispsn", policy = { "reconnect", every = 0.2, timeout = 0.3, misses = 2, first = 0.1,
  max = 0.5, steady = 0.1 } } } }
END
serve 1
]]

function T.test_beside_the_daemon()
  world.all_of(both, function(protocol)
    local result = in_world(SERVE .. "moontower bands B4 --within 1; echo status $?; as_before; online 1; "
      .. "moontower bands B25 && works && online 1; end", protocol.options)
    assert_words(result.out, { "status 12\n", "as before\n", "All bands -> B25\n", "Kept.\n" })
  end)
end

function T.test_a_command_in_the_daemon_is_killed()
  local result = in_world(SERVE .. "begin moontower bands B4; killed; as_before; online 1; end")
  assert_words(result.out, { "as before\n" })
end

function T.test_the_daemon_is_killed()
  local result = in_world(SERVE .. "begin moontower bands B4; end KILL; as_before; serve 1; works; end")
  assert_words(result.out, { "as before\n" })
end

-- As when the unit is restarted, or the computer: the daemon finds what has lost its guard. That is killed first: it
-- begins as soon as the daemon has ended.
function T.test_the_daemon_and_the_guard_are_killed()
  world.all_of(both, function(protocol)
    local result = in_world(SERVE .. [[begin moontower bands B4; kill_guard; end KILL; trials && serve 1; as_before
      grep "lost its guard" /run/test/log; end]], protocol.options)
    assert_words(result.out, { "as before\n", "a change on trial has lost its guard; it is put back\n" })
  end)
end

-- A guard that dies after the daemon has looked: here, the kernel lets go of its lock a second later.
function T.test_the_guard_dies_after_the_daemon_has_begun()
  local result = in_world(SERVE .. [[begin moontower bands B4; kill_guard; end KILL
    trials && { flock /run/moontower/locks/trial_* sleep 1 & serve 1; as_before
      grep "lost its guard" /run/test/log; end; }]])
  assert_words(result.out, { "as before\n", "a change on trial has lost its guard; it is put back\n" })
end

function T.test_unplugged_beside_the_daemon()
  local result = in_world(SERVE .. [[begin moontower bands B4; moontower simulate fault unplug 1; wait $begun
    as_before; online 1; end]])
  assert_words(result.out, { "as before\n" })
end

-- ---- with a person ----

-- One that works is undone, too, without a person who confirms it.
function T.test_a_person_confirms_it()
  local result = in_world([[moontower bands B25 --confirm --within 60 && moontower lock && moontower bands && guard &&
    moontower lock --keep && awaited=guard && until_true '! guard' && moontower bands]])
  world.assert_success(result)
  assert_words(result.out, { "`moontower lock --keep` keeps it; at ", "Kept: `moontower bands B25`.\n",
    "on trial  `moontower bands B25`, undone at " })
end

function T.test_no_person_confirms_it()
  local result = in_world("moontower bands B25 --confirm --within 4 && as_before; moontower lock --keep; "
    .. "echo status $?")
  assert_words(result.out, { "as before\n", "status 1\n" })
  lu.assertStrContains(result.err, "no change is on trial")
end

function T.test_a_person_undoes_it()
  local result = in_world("moontower bands B25 --confirm && moontower lock --undo && as_before")
  assert_words(result.out, { "Undone.\n", "as before\n" })
end

function T.test_one_at_a_time()
  local result = in_world("moontower bands B25 --confirm && moontower bands B26; echo status $?; moontower lock --undo")
  assert_words(result.out, { "status 8\n", "Undone.\n" })
  lu.assertStrContains(result.err, "`moontower bands B25` is on trial in this modem")
end

-- Without a connection, a network is enough; without a network, nothing is waited for.
function T.test_a_modem_that_was_not_online()
  local result = in_world([[run moontower down; moontower bands B4 --within 1; moontower bands
    moontower simulate fault network-drop; moontower bands B4 && moontower bands]])
  assert_words(result.out, { "B4 -> All bands\n", "bands     All bands\n", "Kept.\n", "bands     B4\n" })
  lu.assertStrContains(result.err, "no network within 1 seconds")
end

return T
