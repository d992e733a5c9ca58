-- SPDX-License-Identifier: MIT
-- The daemon's page, asked by curl. In a browser: tests/page.

local entries = require "web.entries"
local lu = require "luaunit"
local process = require "core.process"
local task = require "task"
local web = require "web"
local world = require "support.world"

local T = {}

-- `ask PATH [OPTION...]` prints the body, `code PATH [OPTION...]` the status of HTTP.
local SETTING = [[
. $SUPPORT/daemon.sh
page=http://127.0.0.1:8080
ask() { path=$1; shift; curl -s "$@" "$page$path"; }
code() { path=$1; shift; curl -s -o /dev/null -w '%{http_code}\n' "$@" "$page$path"; }
post() { path=$1; shift; code "$path" -X POST -H "Origin: $page" "$@"; }
configure() { echo "return { modems = { { apn = 'r.ispsn', policy = { 'reconnect', probes = {} } } }, web = { $1 } }" \
  >/run/test/config.lua; }
serve() { configure "$1"; start; until_why "is online"; }
finish() { end TERM; moontower down >/dev/null; }
]]

local function run(script)
  local result = world.run(SETTING .. script)
  lu.assertEquals(result.status, 0, result.out .. result.err)
  lu.assertNotStrContains(result.out .. result.err, "raceback")
  lu.assertEquals(result.after, result.before)
  return result.out
end

function T.test_what_commands_print()
  local out = run [[
serve ""
for name in devices why status; do
  moontower $name --json >/run/test/printed; ask /api/$name | diff - /run/test/printed && echo "$name is the same"
done
ask "/api/status?device=simulated" | grep -c '"online":true'
ask "/api/status?device=nowhere"; echo
ask /metrics | grep '^moontower_online{'
ask / | grep -c '<title>moontower'
finish]]
  lu.assertStrContains(out, "devices is the same\nwhy is the same\nstatus is the same\n1\n")
  lu.assertStrMatches(out, '.*{"error":{[^\n]*nowhere[^\n]*}\n.*')
  lu.assertStrContains(out, 'moontower_online{modem="simulated"} 1\n1\n')
end

function T.test_nothing_else_is_there()
  local out = run [[
serve ""
for path in /../config.lua /page.js/.. /api/at /api/run /api/setup /api/ /api/serve /etc/passwd; do
  code "$path" --path-as-is
done
for value in --help -d ../x "a%20b" "%0a" ""; do code "/api/status?device=$value"; done
code / -X PUT; code / -X DELETE -H "Origin: $page"
finish]]
  lu.assertEquals(out, ("404\n"):rep(8) .. ("400\n"):rep(6) .. "403\n405\n")
end

function T.test_other_sites_get_nothing()
  local out = run [[
serve "hosts = { 'roof.example' }"
for host in evil.example 127.0.0.1.evil.example:8080 localhost.evil.example ""; do code /api/why -H "Host: $host"; done
for host in localhost:8080 127.0.0.1:8080 '[::1]:8080' roof.example ROOF.example:8080; do
  code /api/why -H "Host: $host"
done
code /api/why -H "Origin: http://evil.example"
code /api/down -X POST
code /api/down -X POST -H "Origin: http://evil.example"
code /api/down -X POST -H "Origin: null"
code /api/down
moontower why | grep -c "is online"
finish]]
  lu.assertEquals(out, ("421\n"):rep(3) .. "421\n" .. ("200\n"):rep(5) .. ("403\n"):rep(4) .. "404\n1\n")
end

function T.test_orders()
  local out = run [[
serve ""
ask /api/rights; echo
post /api/down; moontower why | grep -c "is offline"
post "/api/up?device=simulated"; until_why "is online"
post /api/reconnect
post /api/reset; post /api/radio-off
configure "control = true"; moontower reload >/dev/null
until [ "$(ask /api/rights)" = '{"control":true}' ]; do sleep 0.05; done
post /api/radio-off; moontower why | grep -c "radio"
post /api/radio-on; until_why "is online"
finish]]
  lu.assertEquals(out, '{"control":false}\n200\n1\n200\n200\n403\n403\n200\n1\n200\n')
end

-- Not what the command has told before, while it waited for another one.
function T.test_why_an_order_has_failed()
  local group <close> = task.group()
  local page = assert(web.start(group, { address = "127.0.0.1", port = 0, hosts = {}, control = false }, {
    run = function()
      return 1, "", "moontower: waiting until this is done: `moontower up` was given\n"
        .. "moontower: no SIM\n  Put one in.\n"
    end,
    modems = function() return {} end,
  }))
  local place = ("http://127.0.0.1:%d"):format(page.http:port())
  local told = assert(process.run { "curl", "-s", "-X", "POST", "-H", "Origin: " .. place, place .. "/api/up" })
  lu.assertEquals(told.stdout, '{"error":{"message":"no SIM"}}')
  page:close()
end

-- After three wrong ones, not even the right one is taken until a pause is over; another client is not kept away.
function T.test_the_password()
  local out = run [[
echo "open sesame" >/run/test/password; chmod 600 /run/test/password
serve "password_file = '/run/test/password'"
code /; code / -u anyone:; code / -u "anyone:open sesame"
set -- -s -o /dev/null -w '%{http_code}\n' $page/ # in one program, as the pause is short
curl "$@" $page/ $page/ -o /dev/null -o /dev/null -u anyone:wrong --next "$@" -u "anyone:open sesame" \
  --next "$@" -u anyone:wrong
code / -u "anyone:open sesame" --interface 127.0.0.2
until [ $(code / -u "anyone:open sesame") = 200 ]; do sleep 0.2; done
tr '\0' '\n' </proc/$daemon/cmdline | grep -c sesame; grep -c sesame /run/test/log
finish]]
  lu.assertEquals(out, "401\n401\n200\n401\n401\n401\n429\n429\n200\n0\n0\n")
end

function T.test_a_password_that_others_may_read()
  local out = run [[
echo "open sesame" >/run/test/password; chmod 644 /run/test/password
serve "password_file = '/run/test/password'"
code /; grep -o "there is no page: .*" /run/test/log
finish]]
  lu.assertStrContains(out, "000\n")
  lu.assertStrContains(out, "there is no page: /run/test/password: others than its owner can read or change it")
end

-- A page that stays the same is not interrupted by a reload, one that is not wanted any more ends.
function T.test_a_reload()
  local out = run [[
serve ""; code /
curl -s -N http://127.0.0.1:8080/api/live >/run/test/live & live=$!
until_in /run/test/live '^retry'
moontower reload >/dev/null; code /; kill -0 $live && echo "still open"
sed -i 's/web = {.*} }/}/' /run/test/config.lua
moontower reload >/dev/null; code /; wait $live; echo "ended"
finish]]
  lu.assertEquals(out, "200\n200\nstill open\n000\nended\n")
end

-- Events come as they happen; a page that has gone is noticed, and then nothing is done for it.
function T.test_events()
  local out = run [[
serve ""
(curl -sN $page/api/live >/run/test/live) & live=$!
until grep -q retry /run/test/live; do sleep 0.05; done
moontower simulate fault disconnect >/dev/null
until_in /run/test/live '"event":"state".*"state":"online"'
moontower simulate set rssi=10 >/dev/null
until_in /run/test/live '^event: signal'
grep -A1 '^event: signal' /run/test/live | grep -c '"modem":"simulated"'
kill $live
finish]]
  lu.assertStrMatches(out, ".*%d+\n$")
end

-- A hundred clients that send half a request keep neither another client nor the daemon from work.
function T.test_slow_clients()
  local out = run [[
serve ""
mkfifo /run/test/never
/usr/bin/python3 -c '
import socket, sys
held = [socket.create_connection(("127.0.0.1", 8080)) for _ in range(100)]
for one in held: one.send(b"GET /api/why HTTP/1.1\r\nHost: x")
print("held", flush=True)
sys.stdin.read()' <>/run/test/never >/run/test/held 2>/dev/null & slow=$!
until grep -q held /run/test/held; do sleep 0.05; done
code /api/why --interface 127.0.0.2
moontower why | grep -c "is online"
kill $slow
finish]]
  lu.assertEquals(out, "200\n1\n")
end

-- A daemon whose page cannot be goes on, and tries again at a reload.
function T.test_a_port_that_is_taken()
  local out = run [[
mkfifo /run/test/never
/usr/bin/python3 -c '
import socket, sys
one = socket.create_server(("127.0.0.1", 8080)); print("bound", flush=True); sys.stdin.read()' \
  <>/run/test/never >/run/test/bound & other=$!
until grep -q bound /run/test/bound; do sleep 0.05; done
serve ""
grep -o "there is no page: .*" /run/test/log; kill $other; wait $other 2>/dev/null
moontower reload >/dev/null; until [ "$(code /)" = 200 ]; do sleep 0.05; done
finish]]
  lu.assertStrMatches(out, "there is no page: [^\n]*127.0.0.1 port 8080[^\n]*\n.*")
end

function T.test_what_may_not_be_combined()
  local function refused(values, words)
    local config, err, key = entries.load(values)
    lu.assertNil(config)
    lu.assertStrContains(tostring(err), words)
    lu.assertNotNil(key)
  end
  refused({ listen = "0.0.0.0:80" }, "needs a password")
  refused({ listen = "[::]:80" }, "needs a password")
  refused({ listen = "192.168.1.1:80", password_file = "/x" }, "in the clear")
  refused({ certificate = "/x" }, "needs its key")
  lu.assertEquals(entries.load {}.port, 8080)
  lu.assertNotNil(entries.load { listen = "[::1]:80" })
  lu.assertNotNil(entries.load { listen = "192.168.1.1:80", password_file = "/x", behind_proxy = true })
  lu.assertNotNil(entries.load { listen = "192.168.1.1:443", password_file = "/x", certificate = "/c", key = "/k" })
end

return T
