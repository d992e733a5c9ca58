-- SPDX-License-Identifier: MIT
-- `share`: a computer on another interface gets the connection's prefix from the program that runs there, and loses it.

local lu = require "luaunit"
local world = require "support.world"

local T = {}

local function run(script, ...)
  local result = world.run(". $SUPPORT/lan.sh\n" .. script, ...)
  lu.assertNotStrContains(result.err, "traceback")
  return result
end

local programs = {
  dnsmasq = "run_dnsmasq --conf-dir=/run/lan/dnsmasq.d,.bak",
  radvd = "run_radvd",
}

-- Through the modem, and after its prefix has changed; at the end everything is as before.
local LIFE = [[
lan >/run/lan/before
moontower up --apn r.ispsn --share br-lan || exit
until_client 2600:100e:b02d:1:
until_pinged 2001:4860:4860::8888
moontower status || exit
moontower simulate fault renumber
moontower up --apn r.ispsn --share br-lan || exit
until_client '2600:100e:b02d:1:.* deprecated'
until_client '2600:100e:b02e:1:.* dynamic'
client ip -6 -o address show scope global | grep 2600:100e:b02e:1: | grep -q deprecated && exit 99
until_pinged 2001:4860:4860::8888
moontower down
until_client '2600:100e:b02e:1:.* deprecated'
lan | diff /run/lan/before - && echo as before
]]

for name, start in pairs(programs) do
  T["test_a_computer_gets_the_prefix_by_" .. name] = function()
    local result = run(start .. "\n" .. LIFE)
    lu.assertEquals(result.status, 0, result.out .. result.err)
    lu.assertStrContains(result.out, "shared    2600:100e:b02d:1::/64 with br-lan, by " .. name)
    lu.assertStrContains(result.out, "2600:100e:b02d:1::2/128")
    lu.assertStrContains(result.out, "as before")
    lu.assertEquals(result.after, result.before)
  end
end

-- The connection comes up, but `up` says what is wrong, and the next command leaves nothing.
local MISTAKES = {
  { "--share nope", "there is no interface nope", "ip link" },
  { "--share wwan0", "wwan0 is the modem's own interface", "br-lan" },
  { "--share lo", "lo is no Ethernet" },
  { "--share br-lan", "no program announces prefixes on br-lan", "Install dnsmasq" },
  { "--share br-lan", "dnsmasq runs on br-lan, but reads no folder", "conf-dir=/etc/dnsmasq.d", "run_dnsmasq" },
  { "--share br-lan", "no program announces", "Install", "run_dnsmasq --except-interface=br-lan" },
  { "--share br-lan", "dnsmasq: bad option", nil,
    "run_dnsmasq --conf-dir=/run/lan/dnsmasq.d; echo nonsense >/run/lan/dnsmasq.d/mine" },
  { "--ip ipv4 --share br-lan", "the connection has no IPv6", "Was it asked for?", programs.radvd },
}

function T.test_what_cannot_be_shared()
  world.all_of(MISTAKES, function(case)
    local options, words, hint, before = table.unpack(case, 1, 4)
    local result = run((before or ":") .. [[

pid() { cat /run/lan/dnsmasq.pid 2>/dev/null; }
dnsmasq=$(pid)
lan >/run/lan/before
moontower up --apn r.ispsn ]] .. options .. [[; echo "exit $?"
ping -q -c 1 -W 5 -I wwan0 8.8.8.8 || exit
moontower status >/run/test/status; echo "exit $?"; grep nothing /run/test/status
moontower down
lan | diff /run/lan/before - && [ "$dnsmasq" = "$(pid)" ] && echo as before]])
    lu.assertEquals(result.status, 0, result.out .. result.err)
    lu.assertStrContains(result.out, words)
    lu.assertStrContains(result.out, hint or "")
    lu.assertStrContains(result.out, "exit 1\n")
    lu.assertStrContains(result.out, "exit 11\nhost      nothing is shared with")
    lu.assertStrContains(result.out, "as before")
    lu.assertEquals(result.after, result.before)
  end)
end

function T.test_a_prefix_that_is_too_long()
  local result = run [[
cat >/run/test/long.lua <<'END'
local addresses = { { address = "2001:db8::2", prefix_length = 72 } }
print(require("link.share").plan({ key = "wwan0", name = "wwan0" }, "br-lan", addresses, addresses[1]))
END
moontower run /run/test/long.lua]]
  lu.assertStrContains(result.out, "nil\tthe network gives a /72", false, result.err)
end

-- A program that is started later, started again, or ended; an address that another program takes away.
function T.test_the_daemon_shares_again()
  local result = run [[
. $SUPPORT/daemon.sh
lan >/run/lan/before
echo 'return { modems = { { apn = "r.ispsn", share = "br-lan" } }, on_stop = "disconnect" }' >/run/test/config.lua
start
until_why 'is online'
until_in /run/test/log 'nothing is shared with br-lan: no program announces'
run_dnsmasq --conf-dir=/run/lan/dnsmasq.d
until_client 2600:100e:b02d:1:
ip address flush dev br-lan scope global
until_in /run/test/log 'it is begun again'
until_pinged 2001:4860:4860::8888
kill -KILL "$(cat /run/lan/dnsmasq.pid)"
moontower status | grep 'dnsmasq, which announces it, does not run' || exit
run_dnsmasq --conf-dir=/run/lan/dnsmasq.d
client ip address flush dev lan0 scope global
client ip link set lan0 down
client ip link set lan0 up
until_pinged 2001:4860:4860::8888
moontower status || exit
end
lan | sed 's/^[0-9]*: //' | diff /run/lan/before - && echo as before]]
  lu.assertEquals(result.status, 0, result.out .. result.err)
  lu.assertStrContains(result.out, "as before")
end

-- Two commands change the same program at the same moment, and two links end at the same moment. resolvconf is slow, so
-- that a link's journal is there for a while after its sharing has ended.
function T.test_two_modems_share_with_one_interface()
  local result = run([[
run_dnsmasq --conf-dir=/run/lan/dnsmasq.d
mkdir -p /run/resolvconf/interface /run/stand-ins
printf '#!/bin/sh\ncat >/dev/null\nsleep 0.5\n' >/run/stand-ins/resolvconf
chmod +x /run/stand-ins/resolvconf
PATH=/run/stand-ins:$PATH
lan >/run/lan/before
for round in 1 2 3; do
  moontower up --device simulated1 --apn r.ispsn --share br-lan --no-probe & one=$!
  moontower up --device simulated2 --apn r.ispsn --share br-lan --no-probe || exit
  wait $one || exit
  moontower status --device simulated1 | grep shared || exit
  moontower status --device simulated2 | grep shared || exit
  moontower down --device simulated1 & one=$!
  moontower down --device simulated2 || exit
  wait $one || exit
  lan | diff /run/lan/before - || exit
done
echo as before]], nil, nil, { "--count", "2" })
  lu.assertEquals(result.status, 0, result.out .. result.err)
  lu.assertStrContains(result.out, "as before")
end

-- dnsmasq comes back where it was upgraded under way, and where we are killed while it ends.
function T.test_dnsmasq_is_never_left_ended()
  local result = run [[
mkdir /run/stand-ins
cp "$(command -v dnsmasq)" /run/stand-ins/dnsmasq
PATH=/run/stand-ins:$PATH
run_dnsmasq --conf-dir=/run/lan/dnsmasq.d
cp /run/stand-ins/dnsmasq /run/stand-ins/new
mv /run/stand-ins/new /run/stand-ins/dnsmasq
moontower up --apn r.ispsn --share br-lan || exit
until_client 2600:100e:b02d:1:
moontower down
old=$(cat /run/lan/dnsmasq.pid)
kill -STOP "$old"
moontower up --apn r.ispsn --share br-lan & up=$!
until grep -qs '^SigPnd.*4000$\|^ShdPnd.*4000$' "/proc/$old/status"; do sleep 0.02; done
kill -KILL $up
wait $up
kill -CONT "$old"
until [ "$(cat /run/lan/dnsmasq.pid)" != "$old" ] && pgrep -x dnsmasq --runstates S,R,D; do sleep 0.02; done
moontower down && echo finished]]
  lu.assertStrContains(result.out, "shared    2600:100e:b02d:1::/64 with br-lan, by dnsmasq")
  lu.assertStrContains(result.out, "finished", false, result.err)
end

-- Killed anywhere: the next command puts right what is left.
function T.test_killed_at_any_moment()
  for name, start in pairs(programs) do
    local result = run(start .. [[

. $SUPPORT/unchanged.sh
lan >/run/lan/before
was
for pause in 0.02 0.05 0.1 0.15 0.2 0.3 0.5 1; do
  moment="killed after $pause s"
  moontower up --apn r.ispsn --share br-lan --no-probe >/run/test/output 2>&1 & up=$!
  sleep $pause; kill -KILL $up 2>/dev/null; wait $up
  run moontower down
  lan | diff /run/lan/before - >/run/test/output || fail "the LAN is not as before"
  same
done
run moontower up --apn r.ispsn --share br-lan
until_client '2600:100e:b02d:1:'
until_pinged 2001:4860:4860::8888
moontower down && echo finished]])
    lu.assertStrContains(result.out, "finished", false, name .. result.out .. result.err)
  end
end

return T
