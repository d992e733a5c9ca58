-- SPDX-License-Identifier: MIT
-- The daemon's last minutes: written down when it cannot mend what has failed, and when a person asks for them.

local lu = require "luaunit"
local ring = require "recording.ring"
local task = require "task"
local world = require "support.world"

local T = {}

local eq = lu.assertEquals

local DAEMON = [[
. $SUPPORT/daemon.sh
FOLDER=/var/lib/moontower/recordings
config() { echo "return { $1 }" >/run/test/config.lua; start; }
has_written() { until_in /run/test/log "what had passed is in" "${1:-1}"; }
lines() { zcat $FOLDER/*.recording; }
]]

local function run(script, options)
  local result = world.run(DAEMON .. script .. "\nend TERM || :", nil, nil, options)
  eq(result.status, 0, result.out .. result.err)
  lu.assertNotStrContains(result.out .. result.err, "traceback")
  return result.out
end

local ways = { { name = "MBIM" }, { name = "QMI", options = { "--composition", "qmi" } } }

-- The network has no such APN: connecting again does not help, nor does anything that is done to the modem.
function T.test_what_led_to_a_refusal()
  world.all_of(ways, function(way)
    local out = run([[
moontower simulate fault refuse-apn 33; config 'modems = { { apn = "wrong" } }'; has_written
ls -l $FOLDER | grep -o '^-rw-------.*' | wc -l; lines | tail -n +2 | grep -vc '"event"\|"modem":'
lines | grep -m 1 -o '"event":"stuck","message":"[^"]*"'
moontower why | grep -o 'what had passed is in /var/lib/moontower/recordings/.*-simulated.recording' | wc -l
moontower record --inspect $FOLDER/*.recording >/run/test/shown; echo $?
grep -c '> .*\(Connect\|Start Network\)' /run/test/shown; grep -o -m 1 'moontower serve' /run/test/shown]], way.options)
    local files, messages, stuck, why, shown, connects, command = out:match(("([^\n]*)\n"):rep(7))
    eq({ files, why, shown, command }, { "1", "1", "0", "moontower serve" })
    lu.assertTrue(tonumber(messages) > 12, out)
    lu.assertTrue(tonumber(connects) >= 1, out)
    eq(stuck, '"event":"stuck","message":"restarting things does not help against that"')
  end)
end

-- Such as an incident's, and the one that a person has asked for.
function T.test_two_are_written_at_once()
  local group <close> = task.group()
  local kept = ring.new(group)
  local port, all = kept:stream "at", {}
  for i = 1, 100 do
    port:show { sent = false, time = task.now(), text = tostring(i), kind = "line" }
    all[i] = tostring(i)
  end
  local function written()
    local texts = {}
    kept:write(function()
      return { stream = function() return { show = function(_, line) texts[#texts + 1] = line.text end } end }
    end)
    return texts
  end
  local first, second = group:spawn(written), group:spawn(written)
  eq({ first:join() }, { true, all })
  eq({ second:join() }, { true, all })
end

-- One trouble is one file, however often it is tried again; it is not written where that is not wanted.
function T.test_one_trouble_is_one_file()
  local policy = 'modems = { { apn = "wrong", policy = { "reconnect", first = 0.1, max = 0.2 } } }'
  local out = run([[
moontower simulate fault refuse-apn 33; config ']] .. policy .. [['; has_written
until_in /run/test/log 'connect: ' 8; ls $FOLDER | wc -l; end TERM; rm -r $FOLDER; : >/run/test/log
config ']] .. policy .. [[, recordings = false'; until_in /run/test/log 'connect: ' 8
ls -d $FOLDER 2>/dev/null | wc -l]])
  eq(out, "1\n0\n")
end

-- A connection that ended, and is made again, is no incident.
function T.test_what_mends_itself()
  local out = run [[
config 'modems = { { apn = "r.ispsn", policy = { "reconnect", first = 0.1 } } }'
until_in /run/test/log 'online: as' 1
moontower simulate fault disconnect; until_in /run/test/log 'online: as' 2
moontower simulate fault unplug 0.1; until_in /run/test/log 'online: as' 3
moontower simulate fault disconnect; until_in /run/test/log 'online: as' 4
moontower record --last /run/test/last 2>/dev/null; zcat /run/test/last | grep -m 1 -o '"state":"online"'
zcat /run/test/last | grep -c '"event":"stuck"'; ls -d $FOLDER 2>/dev/null | wc -l]]
  eq(out, '"state":"online"\n0\n0\n')
end

function T.test_the_newest_five_stay()
  local out = run [[
mkdir -p $FOLDER; for i in 1 2 3 4 5 6; do echo $i >$FOLDER/2025110${i}T000000Z-x.recording; done
echo mine >$FOLDER/notes
moontower simulate fault refuse-apn 33; config 'modems = { { apn = "wrong" } }'; has_written
ls $FOLDER | sed 's/^2026.*simulated/new/']]
  eq(out, "20251103T000000Z-x.recording\n20251104T000000Z-x.recording\n20251105T000000Z-x.recording\n"
    .. "20251106T000000Z-x.recording\nnew.recording\nnotes\n")
end

function T.test_a_policy_that_is_switched_off()
  local out = run [[
echo 'require("daemon.supervisor").pauses = { first = 0, max = 0, steady = 0 }
return require("policy") {
  name = "broken", summary = "Fails.", run = function() error "as it must" end }' >/run/test/broken.lua
config 'modems = {}, policies = { { "/run/test/broken.lua" } }'; has_written
lines | grep -o '"event":"policy-disabled"'; ls $FOLDER | grep -c 'broken.*recording']]
  eq(out, '"event":"policy-disabled"\n1\n')
end

-- Also what has passed at a port that is closed by now, and at an AT port that a command has opened.
function T.test_a_person_asks_for_them()
  world.all_of(ways, function(way)
    local out = run([[
config 'modems = { { apn = "r.ispsn" } }'; until_in /run/test/log 'online: as' 1
moontower at AT+CSQ >/dev/null; moontower reset >/dev/null; until_in /run/test/log 'online: as' 2
moontower record --last /run/test/one 2>/run/test/told; echo $?; cat /run/test/told
moontower record --last /run/test/one 2>/dev/null; echo $?; moontower record --last /run/test/two 2>/dev/null
for file in one two; do moontower record --inspect /run/test/$file >/run/test/shown
  grep -c 'opened: \(mbim\|qmi\)' /run/test/shown; grep -c '> AT: AT+CSQ' /run/test/shown
  grep -c '"event":"state".*"state":"online"' /run/test/shown
done
moontower simulate state >/dev/null; zcat /run/test/one | grep -c 310120000000123]], way.options)
    eq(out, "0\nRecorded in /run/test/one. `moontower record --inspect /run/test/one` shows what is in it.\n1\n"
      .. ("2\n1\n2\n"):rep(2) .. "0\n")
  end)
end

function T.test_without_a_daemon()
  local result = world.run "moontower record --last /run/test/one; echo $?; ls /run/test | grep one"
  eq(result.out, "1\n")
  lu.assertStrContains(result.err, "no daemon")
end

return T
