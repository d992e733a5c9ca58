-- SPDX-License-Identifier: MIT
-- The policy mqtt, with the real broker of Debian (mosquitto) and its clients.

local discovery = require "mqtt.discovery"
local json = require "base.json"
local lu = require "luaunit"
local process = require "core.process"
local program = require "core.program"
local programs = require "support.programs"
local world = require "support.world"

local T = {}

function T.setUp() programs.need { mosquitto = "mosquitto", mosquitto_pub = "mosquitto-clients" } end

local executable = program.executable

local SETTING = [[
. $SUPPORT/daemon.sh
printf 'listener 1883 127.0.0.1\nallow_anonymous true\n' >/run/test/broker.conf
broker() { mosquitto -c ${1:-/run/test/broker.conf} >>/run/test/broker.log 2>&1 & broker=$!
  until mosquitto_pub -p 1883 $LOGIN -t test -n 2>/dev/null; do sleep 0.05; done; }
stop_broker() { kill ${1:--TERM} $broker; wait $broker 2>/dev/null; }
hear() { mosquitto_sub -p 1883 $LOGIN -v -t "$1" >>/run/test/heard & heard=$!; }
serve() { echo "return { modems = { { apn = 'r.ispsn', policy = { 'reconnect', probes = {}, first = 0.1 } } },
  policies = { { 'mqtt', host = '127.0.0.1', topic = 'home/roof', $1 } } }" >/run/test/config.lua
  start; until_why "is online"; }
until_heard() { until_in /run/test/heard "$@"; }
finish() { end ${1:-TERM}; moontower down >/dev/null; }
]]

local function run(script)
  local result = world.run(SETTING .. script)
  lu.assertEquals(result.status, 0, result.out .. result.err)
  lu.assertNotStrContains(result.out .. result.err, "raceback")
  lu.assertEquals(result.after, result.before)
  return result.out
end

function T.test_states_events_and_discovery()
  local out = run [[
broker; hear '#'; serve ""
until_heard '^home/roof/availability online'
until_heard '^home/roof/simulated/state .*"online":true'
until_heard '^home/roof/simulated/state .*"technology":"LTE"'
moontower simulate fault disconnect >/dev/null
until_heard '^home/roof/event .*"event":"tried"'
until_heard '^homeassistant/sensor/home_roof_simulated/lte_rsrp/config'
until_heard '^homeassistant/sensor/home_roof_simulated/month/config'
finish; until_heard '^home/roof/availability offline'
kill $heard; stop_broker; grep -h "^home/roof/simulated/state\|^homeassistant" /run/test/heard]]
  local state = json.decode(out:match 'home/roof/simulated/state ([^\n]*"technology":"LTE"[^\n]*)')
  lu.assertEquals({ state.modem, state.network.id, state.network.technology }, { "simulated", "310120", "LTE" })
  lu.assertEquals(math.type(state.lte.rsrp or state.dbm), "integer")
  for _, word in ipairs { "imei", "iccid", "imsi", "359072060000011", "89011200000123456781", "310120000000123" } do
    lu.assertNotStrContains(out:lower(), word)
  end
  local described = json.decode(out:match "lte_rsrp/config (%b{})")
  lu.assertEquals(described.state_topic, "home/roof/simulated/state")
  lu.assertEquals(described.availability_topic, "home/roof/availability")
end

-- Retained: who comes later is told, too.
function T.test_one_who_comes_later()
  run [[
broker; serve ""; hear 'home/roof/+/state'
until_heard '"online":true'; kill $heard; finish; stop_broker]]
end

function T.test_the_last_will()
  run [[
broker; hear 'home/#'; serve ""; until_heard 'availability online'
end KILL; until_heard 'availability offline'
start; until_heard 'availability online' 2; kill $heard; finish; stop_broker]]
end

-- What happens while the broker is away is told once it is back.
function T.test_a_broker_that_goes_and_comes()
  run [[
serve ""; until_in /run/test/log 'mqtt: the broker: Connection refused'
moontower simulate fault disconnect >/dev/null; until_why "cause 36.: connected"
broker; hear 'home/#'
until_heard 'availability online'; until_heard '/event .*"event":"tried"'
stop_broker -KILL; until_in /run/test/log 'mqtt: the broker' 2
broker; kill $heard; hear 'home/#'; until_heard 'availability online' 2
kill $heard; finish; stop_broker]]
end

-- It answers pings, but takes no message: it is left, and tried again.
function T.test_a_broker_that_acknowledges_nothing()
  run [[
/usr/bin/python3 -c '
import socket
server = socket.create_server(("127.0.0.1", 1883))
held = []
while True:
    held.append(server.accept()[0]); held[-1].recv(1000)
    held[-1].send(bytes([0x20, 2, 0, 0])); print("met", flush=True)
' >/run/test/met & broker=$!
until_true 'grep -q 075B /proc/net/tcp'
serve ""; until_in /run/test/log 'mqtt: the broker does not acknowledge'; until_in /run/test/met met 2
finish; kill $broker]]
end

-- As when the modem is offline: what was asked first is all that is asked until the daemon has ended.
function T.test_a_name_server_that_is_silent_does_not_hold_up_the_end()
  local out = run [[
/usr/bin/python3 -c '
import socket
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.1", 53)); print("bound", flush=True)
while True: print(server.recv(500), flush=True)' >/run/test/asked & names=$!
until_in /run/test/asked bound
cp /etc/resolv.conf /run/test/resolv.conf
printf 'nameserver 127.0.0.1\noptions timeout:30 attempts:3\n' >/etc/resolv.conf
echo "return { modems = {}, policies = { { 'mqtt', host = 'broker.example' } } }" >/run/test/config.lua
start; until_in /run/test/asked example
end TERM; grep example /run/test/asked | sort | uniq -d
kill $names; cat /run/test/resolv.conf >/etc/resolv.conf]]
  lu.assertEquals(out, "")
end

function T.test_a_password()
  local out = run [[
mosquitto_passwd -b -c /run/test/passwords roof "open sesame" 2>/dev/null; chmod 644 /run/test/passwords
printf 'listener 1883 127.0.0.1\npassword_file /run/test/passwords\nuser root\n' >/run/test/broker.conf
echo "open sesame" >/run/test/password; chmod 600 /run/test/password; LOGIN="-u roof"
mosquitto -c /run/test/broker.conf >>/run/test/broker.log 2>&1 & broker=$!
serve "user = 'roof', password_file = '/run/test/password'"
until_in /run/test/log 'mqtt: connected'
tr '\0' '\n' </proc/$daemon/cmdline | grep -c sesame; grep -c sesame /run/test/log
chmod 644 /run/test/password; kill -KILL $broker; wait $broker 2>/dev/null
mosquitto -c /run/test/broker.conf >>/run/test/broker.log 2>&1 & broker=$!
until_in /run/test/log 'mqtt: /run/test/password: others than its owner can read'
chmod 600 /run/test/password; echo wrong >/run/test/password
until_in /run/test/log 'mqtt: the broker: .*not authori'
finish; stop_broker; true]]
  lu.assertEquals(out, "0\n0\n")
end

function T.test_a_password_without_a_user()
  local out = run [[
echo "return { modems = { { policy = 'reconnect' } }, policies = { { 'mqtt', host = 'h', password_file = '/p' } } }" \
  >/run/test/config.lua; chmod 644 /run/test/config.lua
moontower serve --check --config /run/test/config.lua 2>&1; true]]
  lu.assertStrContains(out, "`password_file` needs `user`")
end

-- Three of the ten routers of the example: the worst comes first.
function T.test_the_example_of_a_fleet()
  local folder = executable:match "^(.*)/"
  local result = assert(process.run { program.home .. "/scripts/examples/fleet/run", "3", "300", timeout = 900, env = {
    PATH = ("%s:%s:%s/../programs/usr/sbin:%s/../programs/usr/bin"):format(folder, os.getenv "PATH", folder, folder),
  } })
  lu.assertEquals(result.status, 0, result.stdout .. result.stderr)
  lu.assertStrMatches(result.stdout, ".*fleet/router1/availability online\n.*")
  lu.assertStrMatches(result.stdout,
    ".*\nrouter03 +%-93 +yes\nrouter02 +%-90 +yes\nrouter01 +%-87 +yes\n")
end

function T.test_names_in_topics()
  lu.assertEquals(discovery.id "1-1.2/x y", "1-1_2_x_y")
end

return T
