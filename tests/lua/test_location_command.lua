-- SPDX-License-Identifier: MIT
-- `moontower location` over MBIM and QMI, alone and beside the daemon; gpsd reads its sentences.

local json = require "dkjson"
local lu = require "luaunit"
local programs = require "support.programs"
local world = require "support.world"

local T = {}

function T.setUp() programs.need { gpsd = "gpsd", gpspipe = "gpsd-clients" } end

local eq = lu.assertEquals

local ways = { mbim = {}, qmi = { "--composition", "qmi" } }

for name, options in pairs(ways) do
  T["test_the_command_over_" .. name] = function()
    local result = world.run([[moontower location; moontower location --json; moontower simulate set sky=none
      moontower location --wait 2; echo "status $?"; ls /run/moontower/gnss 2>&1]], nil, nil, options)
    lu.assertStrContains(result.out, "position  40.748400, -73.985700\naccuracy  5 m\naltitude  42 m\n")
    eq(json.decode(result.out:match "%b{}").latitude, 40.7484)
    lu.assertStrContains(result.out, "status 7")
    lu.assertStrContains(result.err, "no fix in 2 seconds: no satellites are received")
    eq(result.after, result.before)
  end

  T["test_a_killed_command_leaves_it_to_the_next_one_over_" .. name] = function()
    local result = world.run([[moontower simulate set sky=none
      moontower location --wait 100 & until grep -q client /run/moontower/gnss/*; do sleep 0.05; done
      until moontower simulate state --json | grep -q '"receiver":"on"'; do sleep 0.05; done
      kill -KILL $!; wait $!; moontower simulate state --json | grep -o '"receiver":"[a-z]*"'
      moontower down; moontower simulate state --json | grep -o '"receiver":"[a-z]*"'; ls /run/moontower/gnss]],
      nil, nil, options)
    eq({ result.out:match '"receiver":"on".*("receiver":"off")\n(.*)$' }, { '"receiver":"off"', "" }, result.out)
  end
end

function T.test_no_trace_has_a_position()
  for _, options in pairs(ways) do
    local result = world.run("moontower trace location --json 2>&1 >/run/test/answer; moontower trace location --nmea "
      .. "2>/run/test/trace >/dev/null & until grep -q NMEA /run/test/trace; do sleep 0.05; done; kill $!; wait $!; "
      .. "cat /run/test/trace", nil, nil, options)
    lu.assertStrContains(result.out, "(hidden)")
    for _, words in ipairs { "40.748", "73.985", "4044.9", "7359.1" } do lu.assertNotStrContains(result.out, words) end
  end
end

function T.test_watch()
  local result = world.run [[moontower location --watch | head -2 | tail -1; moontower location --watch --json | head -1
    moontower simulate set sky=none; moontower location --watch | head -1
    moontower location --watch --wait 5; echo "usage $?"; moontower location --nmea --json; echo "usage $?"
    until moontower simulate state --json | grep -q '"receiver":"off"'; do sleep 0.1; done]]
  lu.assertStrMatches(result.out, "%d%d:%d%d:%d%d  40.748400, %-73.985700, accuracy 5 m, altitude 42 m, [^\n]*\n"
    .. '{[^\n]*}\n%d%d:%d%d:%d%d  no fix, looking for satellites\nusage 2\n'
    .. '{"error":[^\n]*}\nusage 2\n')
  lu.assertStrContains(result.err, "--wait goes with a single fix")
end

-- Until a program has it open, nothing is written: what it reads first is not old.
function T.test_nmea_for_other_programs()
  for _, options in pairs(ways) do
    local result = world.run([[moontower location --nmea >/run/test/path & pid=$!
      until grep -q / /run/test/path; do sleep 0.05; done; path=$(cat /run/test/path); sleep 1.2
      grep -m 1 GGA "$path"; stat -c %a "$path"; date -u +now,%H%M; kill $pid; wait $pid
      moontower location --nmea-port >/run/test/port & pid=$!
      until grep -q / /run/test/port; do sleep 0.05; done; cat /run/test/port; grep -m 1 GSV "$(cat /run/test/port)"
      kill $pid; wait $pid; moontower simulate state --json | grep -o '"receiver":"off"']], nil, nil, options)
    lu.assertStrMatches(result.out, "%$GPGGA,%d+%.00,4044%.9040,N,07359%.1420,W,1,08,[^\n]*\n600\nnow,%d+\n"
      .. '/run/moontower/simulator/nmea\n%$GPGSV,2,1,08,[^\n]*\n"receiver":"off"\n', nil, nil, nil, result.err)
  end
end

function T.test_gpsd_and_gpspipe_agree()
  local result = world.run [[gpsd -N -n -F /run/gpsd.sock -S 2947 2>/run/test/gpsd & gpsd=$!
    moontower location --gpsd; echo "usage $?"
    until [ -S /run/gpsd.sock ]; do kill -0 $gpsd || exit; sleep 0.05; done
    moontower location --nmea --gpsd >/run/test/path & pid=$!
    # gpsd ends when it has neither devices nor clients.
    until grep -q / /run/test/path; do kill -0 $pid || exit; sleep 0.05; done
    gpspipe -w | grep -m 1 '"TPV".*"time"'; gpspipe -w | grep -m 1 '"SKY".*"uSat".*"satellites"'
    kill $pid; wait $pid; kill $gpsd 2>/dev/null; wait $gpsd; rm -f /run/gpsd.sock
    moontower simulate state --json | grep -o '"receiver":"off"'
    moontower location --nmea --gpsd; echo "without $?"]]
  eq(result.status, 0, result.out .. result.err)
  local tpv, sky = result.out:match '({"class":"TPV"[^\n]*)', result.out:match '({"class":"SKY"[^\n]*)'
  tpv, sky = json.decode(tpv), json.decode(sky)
  eq({ tpv.mode, tpv.lat, tpv.lon, tpv.altMSL, sky.uSat, #sky.satellites }, { 3, 40.7484, -73.9857, 42.5, 8, 8 })
  lu.assertStrContains(result.out, '"receiver":"off"\nwithout 1\n')
  lu.assertStrContains(result.err, "systemctl start gpsd")
end

-- ---- beside the daemon ----

-- Two commands share a session; the daemon ends it with the last of them, also with one that is killed.
function T.test_beside_the_daemon()
  for _, options in pairs(ways) do
    local result = world.run([[. $SUPPORT/daemon.sh
      start; moontower location | head -1
      moontower location --watch --json >/run/test/one & one=$!; until_in /run/test/one latitude
      moontower location --watch --json >/run/test/two & two=$!; until_in /run/test/two latitude
      moontower simulate state --json | grep -o '"receiver_sessions":[0-9]*'
      kill -KILL $one; wait $one; lines=$(grep -c latitude /run/test/two)
      until_in /run/test/two latitude $((lines + 2))
      moontower simulate state --json | grep -o '"receiver":"[a-z]*"'
      kill -KILL $two; wait $two; until_true "moontower simulate state --json | grep -q '\"receiver\":\"off\"'"
      until_true '[ -z "$(ls /run/moontower/gnss)" ]'; end; echo ended; grep -c 40.7 /run/test/log]], nil, nil, options)
    eq(result.out, 'position  40.748400, -73.985700\n"receiver_sessions":1\n"receiver":"on"\nended\n0\n', result.err)
  end
end

function T.test_a_killed_daemon_leaves_it_to_the_next_one()
  for _, options in pairs(ways) do
    local result = world.run([[. $SUPPORT/daemon.sh
      start; moontower location --watch --json >/run/test/one & until_in /run/test/one latitude
      end KILL; moontower simulate state --json | grep -o '"receiver":"[a-z]*"'
      start; until_true "moontower simulate state --json | grep -q '\"receiver\":\"off\"'"
      until_true '[ -z "$(ls /run/moontower/gnss)" ]'; end; echo ended]], nil, nil, options)
    eq(result.out, '"receiver":"on"\nended\n', result.err)
  end
end

function T.test_interrupted()
  local result = world.run([[moontower simulate set sky=none
    env --default-signal=INT moontower location & pid=$!
    until moontower simulate state --json | grep -q '"receiver":"on"'; do sleep 0.05; done
    kill -INT $pid; wait $pid; echo "status $?"; moontower simulate state --json | grep -o '"receiver":"[a-z]*"']])
  lu.assertStrContains(result.out, 'status 130\n"receiver":"off"')
end

-- gpsd may have taken the terminal, and be about to say so, when Ctrl-C ends the waiting for that.
function T.test_interrupted_while_gpsd_takes_the_terminal()
  local result = world.run [[cat >/run/test/gpsd.py <<'END'
import socket
listening = socket.socket(socket.AF_UNIX)
listening.bind("/run/gpsd.sock")
listening.listen()
while True:
    connection = listening.accept()[0]
    order = connection.recv(100)
    with open("/run/test/orders", "ab") as orders:
        orders.write(order)
    if order.startswith(b"-"):
        connection.sendall(b"OK\n")
        break
END
    : >/run/test/orders; python3 /run/test/gpsd.py & gpsd=$!
    until [ -S /run/gpsd.sock ]; do sleep 0.05; done
    env --default-signal=INT moontower location --nmea --gpsd & pid=$!
    until grep -q '^+' /run/test/orders; do sleep 0.05; done
    kill -INT $pid; wait $pid; echo "status $?"; kill $gpsd; wait $gpsd; rm -f /run/gpsd.sock
    tr -d '\r' </run/test/orders | sed 's,/dev/pts/.*,PTY,']]
  eq(result.out, "status 130\n+PTY\n-PTY\n")
end

return T
