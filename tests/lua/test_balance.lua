-- SPDX-License-Identifier: MIT
-- The policy balance over two simulated modems: traffic over both, one that dies and works again, and nothing left.

local lu = require "luaunit"
local world = require "support.world"

local T = {}

-- Quick enough for a test: what takes ten seconds on a real link takes a tenth here.
local SERVE = [[
cat >/run/test/config.lua <<END
return { modems = { { apn = "r.ispsn" } }, policies = { { "balance", weights = { simulated1 = 3 },
  every = 0.2, timeout = 0.3, misses = 2, first = 0.1, max = 0.5, steady = 0.1 } } }
END
. $SUPPORT/daemon.sh
# The hops of the default routes, "wwan0 wwan0 wwan1 wwan1" with both modems in both families.
hops() { echo $({ ip route show default; ip -6 route show default; } | grep -o 'dev wwan[0-9]' | cut -c5- | sort); }
host_routes() { for f in -4 -6; do ip $f route show table all proto 77; rules $f; done; ip nexthop
  grep -c nameserver /etc/resolv.conf; }
rules() { ip $1 rule | grep 'proto 77'; }
both() { until_true '[ "$(hops)" = "wwan0 wwan0 wwan1 wwan1" ]'; }
only() { until_true "[ \"\$(hops)\" = \"$1 $1\" ]"; }
addresses() { ip -o -4 address show scope global | sed 's/.*inet \([0-9.]*\).*/\1/'; }
sent() { ip -s -o link show dev $1 | sed 's/.*TX: [^\\]*\\ *[0-9]* *\([0-9]*\).*/\1/'; }
finish() { moontower down --device wwan0 >/dev/null; moontower down --device wwan1 >/dev/null
  end
  [ -z "$(rules -4; rules -6; ip nexthop; ls /run/moontower/multipath)" ] || { host_routes; exit 1; }
  ! grep Traceback /run/test/log; }
]]

local function run(script)
  local result = world.run(SERVE .. script, nil, nil, { "--count", "2" })
  lu.assertEquals(result.status, 0, result.out .. result.err)
  lu.assertNotStrContains(result.out .. result.err, "left open")
  lu.assertEquals(result.after, result.before)
  return result.out
end

function T.test_traffic_uses_both_by_weight()
  local out = run [[start; both; ip nexthop
    a=$(sent wwan0); b=$(sent wwan1)
    for i in $(seq 80); do ping -c 1 -W 0.01 198.51.100.$i; ping -c 1 -W 0.01 2001:db8::$i; done >/dev/null 2>&1
    echo sent $(($(sent wwan0) - a)) $(($(sent wwan1) - b))
    ping -c 1 -W 5 8.8.8.8 >/dev/null || exit 1
    for a in $(addresses); do ping -c 1 -W 5 -I $a 8.8.8.8 >/dev/null || exit 1; done; finish]]
  local hop, group = out:match "id (%d+) via %S+ dev wwan0 ", out:match "group (%S+)" -- in the order of connecting
  lu.assertStrContains(("/%s/"):format(group), ("/%s,3/"):format(hop))
  local first, second = out:match("sent (%d+) (%d+)")
  first, second = tonumber(first), tonumber(second)
  lu.assertTrue(first + second >= 160 and first > second and second > 10, out)
end

function T.test_a_dead_link_leaves_and_comes_back()
  for _, fault in ipairs { "unplug 1", "network-drop 1", "blackhole 2" } do
    run(([[start; both; moontower simulate fault %s --on 1; only wwan1
      ping -c 1 -W 5 8.8.8.8 >/dev/null || exit 1; both; finish]]):format(fault))
  end
end

function T.test_new_addresses_get_new_rules()
  run [[start; both; old=$(rules -4 | grep -o 'from [0-9.]*')
    moontower simulate fault renumber --on 2
    until_true '[ "$(rules -4 | grep -o "from [0-9.]*")" != "$old" ]'; both
    for a in $(addresses); do
      rules -4 | grep -q "from $a " || exit 1; ping -c 1 -W 5 -I $a 8.8.8.8 >/dev/null || exit 1
    done; [ "$(rules -4 | wc -l)" = 2 ] || exit 1; finish]]
end

function T.test_a_modem_that_is_held_or_used_by_a_command_takes_no_part()
  run [[start; both; moontower down --device wwan0 >/dev/null; [ "$(hops)" = "wwan1 wwan1" ] || exit 1
    [ "$(rules -4 | wc -l)" = 1 ] || exit 1
    moontower up --device wwan0 --no-probe >/dev/null || exit 1; both; finish]]
end

function T.test_a_reload_keeps_the_connections()
  run [[start; both; moontower reload; both; moontower simulate state --json --on 1 >/run/test/1
    [ "$(moontower why | grep -c ' connect, because')" = 4 ] || exit 1
    ! grep -q "offline" /run/test/log || exit 1; finish]]
end

function T.test_a_killed_daemon_is_repaired_by_the_next()
  run [[start; both; for seconds in 0 0.1 0.2 0.3 0.4; do
      kill -KILL $daemon; wait $daemon 2>/dev/null; start; sleep $seconds
    done
    kill -KILL $daemon; wait $daemon 2>/dev/null
    moontower down --device wwan0 >/dev/null; [ -z "$(rules -4; rules -6; ip nexthop)" ] || exit 1
    moontower up --device wwan0 --no-probe >/dev/null; start; both; finish]]
end

return T
