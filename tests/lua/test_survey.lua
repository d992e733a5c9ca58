-- SPDX-License-Identifier: MIT
-- A survey: what it measures, and that the modem is as before afterwards, however it ends.

local json = require "dkjson"
local lu = require "luaunit"
local process = require "core.process"
local state = require "state"
local survey = require "survey"
local world = require "support.world"

local T = {}

-- The network is in band 25, and no other. `as_before` waits until nothing is on trial, and the connection works.
local HELPERS = [[
. $SUPPORT/unchanged.sh
trials() { find /var/lib/moontower/trials -name '*.json' 2>/dev/null | grep -q .; }
as_before() { awaited="no trial"; until_true '! trials'; awaited="no guard"; until_true '! guard'
  awaited="all bands"; until_true 'moontower bands --json | grep -q "All bands"'
  awaited="online"; until_true 'ping -c 1 -W 1 -I wwan0 8.8.8.8'; echo "as before"; }
SHORT="--seconds 0.5 --wait 5"
run moontower up --apn r.ispsn
]]

local function run(script, options)
  local result = world.run(HELPERS .. script .. "\nmoontower down >/dev/null", nil,
    "moontower simulate set search=0.05 reset_time=0.2", options)
  lu.assertEquals(result.status, 0, result.out .. result.err)
  lu.assertNotStrContains(result.out .. result.err, "traceback")
  lu.assertEquals(result.after, result.before)
  return result.out, result.err
end

function T.test_bands()
  for _, options in ipairs { {}, { "--composition", "qmi" } } do
    local out = run([[
moontower survey B25 B26 $SHORT --best --json >/run/test/told 2>/run/test/said || { cat /run/test/said; exit 1; }
as_before; cat /run/test/told]], options)
    lu.assertStrContains(out, "as before\n")
    local told = assert(json.decode(out:match "(%b{})%s*$"))
    lu.assertEquals({ told.best, told.rows[1].name, told.rows[2].name }, { "B25", "B25", "B26" })
    lu.assertEquals({ told.rows[1].band, told.rows[1].signal.rsrp.least }, { "B25", -98 })
    lu.assertEquals(told.rows[1].round_trips.lost, 0)
    lu.assertStrContains(told.rows[2].problem, "no network")
  end
end

function T.test_speed_and_a_picture()
  local out = run [[
moontower survey B25 $SHORT --run 'echo 42; test $MOONTOWER_INTERFACE = wwan0' --svg /run/test/s.svg \
  >/run/test/told || exit
as_before; cat /run/test/told; xmllint --noout /run/test/s.svg && echo "a picture"
moontower survey B25 $SHORT --run 'echo none >&2; false' | grep none]]
  lu.assertStrContains(out, "42.0")
  lu.assertStrContains(out, "a picture\n")
  lu.assertStrMatches(out, ".*`echo none >&2; false`: none\n.*")
end

-- What was measured for minutes is not lost with the picture.
function T.test_a_picture_for_which_the_disk_has_no_room()
  local out, err = run [[
moontower survey B25 $SHORT --svg /dev/full --json; echo "status $?"; as_before]]
  lu.assertStrContains(out, '"name":"B25"')
  lu.assertStrContains(out, "status 1\n")
  lu.assertStrContains(err, "moontower: error: write /dev/full: no space left on device")
end

function T.test_kept()
  local out = run [[
moontower survey B25 B26 $SHORT --keep >/run/test/told || exit
moontower bands; trials || echo "none on trial"; moontower bands all >/dev/null; as_before; tail -1 /run/test/told]]
  lu.assertStrContains(out, "bands     B25\n")
  lu.assertStrContains(out, "none on trial\n")
  lu.assertStrContains(out, "Kept: B25.\n")
end

-- The picture is where the person is who gave the command.
function T.test_a_picture_beside_the_daemon()
  local out = run [[
. $SUPPORT/daemon.sh
echo 'return { modems = { { apn = "r.ispsn", policy = { "reconnect", probes = {} } } } }' >/run/test/config.lua
start; until_why "is online"
mkdir /run/test/here && cd /run/test/here
moontower survey B25 $SHORT --best --svg picture.svg >/run/test/told || exit
xmllint --noout picture.svg && ls; tail -1 /run/test/told
moontower survey B25 $SHORT --svg - 2>/dev/null | xmllint --recover --noout - 2>/dev/null && echo "a picture"
as_before; end TERM]]
  lu.assertStrContains(out, "picture.svg\nBest: B25. `moontower bands B25` sets it.\n")
end

-- Killed, interrupted or unplugged in a band without a network: the guard puts everything back. What was measured is
-- kept, and not measured again.
function T.test_whatever_happens()
  for _, deed in ipairs {
    "kill -KILL $survey", "kill -INT $survey", "moontower simulate fault unplug 0.5 >/dev/null",
  } do
    local out = run([[
env --default-signal=INT moontower survey B25 B26 B41 --seconds 0.5 --wait 60 >/run/test/first 2>&1 & survey=$!
awaited="a stop without a network"
until_true 'moontower simulate state | grep -q "registration.*searching" && grep -q "^B25  *RSRP" /run/test/first'
]] .. deed .. [[; wait $survey; as_before
moontower survey B25 B26 B41 --resume $SHORT >/run/test/second 2>&1; as_before; cat /run/test/second]])
    lu.assertStrMatches(out, "as before\nas before\n.*B25%s+LTE.*", nil, nil, deed)
    lu.assertNotStrContains(out, "RSRP -98", false, deed) -- its line while it is measured
  end
end

function T.test_beside_the_daemon()
  run [[
. $SUPPORT/daemon.sh
echo 'return { modems = { { apn = "r.ispsn", policy = { "reconnect", probes = {} } } } }' >/run/test/config.lua
start; until_why "is online"
moontower survey B25 B26 $SHORT >/run/test/told || exit
grep -q "^B25  *LTE" /run/test/told || exit 1
until_why "is online"; as_before; end TERM]]
end

function T.test_what_a_person_has_named()
  local stops = assert(survey.stops({}, "bands", { "b2", "n71", "lte-1/2", "lte" }))
  lu.assertEquals(stops[1].modem, { bands = "B2", rat = "lte" })
  lu.assertEquals(stops[2].modem, { bands = "sa-n71", rat = "sa" })
  lu.assertEquals(stops[3].modem, { lock = "lte-1/2" })
  lu.assertEquals(stops[4].modem, { rat = "lte" })
end

-- Of an earlier survey counts what it has measured, unless it came to its end.
function T.test_what_is_left()
  local rows = { { name = "B2" }, { name = "B4" }, { name = "lte" } }
  local folder = state.persistent.folder
  state.persistent.folder = os.tmpname()
  os.remove(state.persistent.folder)
  local left = {}
  for i, finished in ipairs { false, true } do
    state.persistent.save("surveys", "1", { rows = rows, finished = finished, date = "" })
    left[i] = survey.left("1")
  end
  left[3] = survey.left("2")
  process.run { "rm", "-r", "-f", state.persistent.folder }
  state.persistent.folder = folder
  lu.assertEquals(left, { rows, {}, {} })
end

-- Resumed at fewer stops, it shows those, and still has the others.
function T.test_fewer_stops_take_nothing_away()
  run [[
env --default-signal=INT moontower survey B25 B26 B41 --seconds 0.5 --wait 60 >/run/test/first 2>&1 & survey=$!
until_true 'grep -q "^B25  *RSRP" /run/test/first'; kill -INT $survey; wait $survey; as_before
moontower survey B26 --resume $SHORT >/run/test/second || exit; ! grep -q "^B25" /run/test/second || exit
moontower survey B25 B26 --resume $SHORT >/run/test/third || exit; grep -c "^B2[56]  *LTE" /run/test/third
grep -q '"B25"' /var/lib/moontower/surveys/*.json || exit]]
end

-- Speed counts where it was measured, else SINR, else RSRP; what has a problem counts for nothing.
function T.test_the_best()
  local function row(name, sinr, rsrp, speed, problem)
    return {
      name = name, speed = speed, problem = problem,
      signal = { sinr = sinr and { mean = sinr }, rsrp = rsrp and { mean = rsrp } },
    }
  end
  lu.assertEquals(survey.best({ row("a", 1, -80), row("b", 5, -90), row("c", 9, -70, nil, "no") }).name, "b")
  lu.assertEquals(survey.best({ row("a", 1, -80, 3), row("b", 5, -90, 2) }).name, "a")
  lu.assertEquals(survey.best({ row("a", nil, -80), row("b", nil, -90) }).name, "a")
  lu.assertNil(survey.best {})
end

-- The picture is XML, whatever words are in it.
function T.test_a_picture_of_odd_words()
  local text = require "survey.picture"({
    { name = "<B&2>", signal = { rsrp = { mean = -90, least = -95, most = -85 } }, speed = 3 },
    { name = '"', problem = "none" },
  }, "a < b")
  local result = assert(process.run { "xmllint", "--nonet", "--noout", "-", stdin = text, timeout = 60 })
  lu.assertEquals({ result.status, result.stderr }, { 0, "" })
end

return T
