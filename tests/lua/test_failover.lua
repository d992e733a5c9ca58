-- SPDX-License-Identifier: MIT
-- The policy failover: a cable that fails in several ways and comes back, beside a simulated modem.

local errors = require "errors"
local lu = require "luaunit"
local net = require "net"
local task = require "task"
local wired_uplink = require "wired_uplink"
local world = require "support.world"

local T = {}

assert(net.link "lo") -- its socket stays open

-- A cable, eth0, to a router in its own network namespace, which ends with the world.
local CABLE = [[
unshare --net sleep 100000 & echo $! >/run/test/router
until [ "$(readlink /proc/$!/exe)" = "$(readlink -f "$(command -v sleep)")" ]; do sleep 0.01; done
router() { nsenter --net=/proc/$(cat /run/test/router)/ns/net "$@"; }
ip link add eth0 type veth peer name lan
ip link set lan netns $(cat /run/test/router); ip address add 192.168.7.2/24 dev eth0; ip link set eth0 up
router sh -c 'ip link set lo up; ip address add 192.168.7.1/24 dev lan; ip link set lan up'
ip route add default via 192.168.7.1 dev eth0 metric 100
n=0; until ping -c 1 -W 1 192.168.7.1; do n=$((n+1)); [ $n -lt 600 ] || exit 1; done]]

-- What takes ten seconds on a real link takes a tenth here, so that the modem may be the way for a moment at any time,
-- also when the daemon ends.
local SERVE = [[
router() { nsenter --net=/proc/$(cat /run/test/router)/ns/net "$@"; }
cat >/run/test/config.lua <<END
return { modems = { { apn = "r.ispsn", policy = { "failover", probes = { "192.168.7.1" },
  every = 0.2, timeout = 0.3, misses = 2, back_after = ${WELL:-0.5}, modem = { probes = {} } } } },
  on_stop = "disconnect" }
END
. $SUPPORT/daemon.sh
way() { ip route get 8.8.8.8 | grep -o 'dev [^ ]*'; }
start
]]

local function run(script, well)
  local result = world.run(("WELL=%s\n"):format(well or "") .. SERVE .. script .. [[

    end; ! grep Traceback /run/test/log]], nil, CABLE)
  lu.assertEquals(result.status, 0, result.out .. result.err)
  lu.assertNotStrContains(result.out .. result.err, "left open")
  return result
end

-- Breaks the cable, and mends it; in between the modem is the way, and afterwards the cable.
local function fails_over(words, breaking, mending)
  local result = run(([[until_why "is standby"; way
    %s
    until_why "is online"; way; moontower why | grep -c "connect, because"
    ip -4 route show default dev wwan0 | grep -c "metric 99"
    %s
    until_why "hand back, because eth0 has been well for 0.5 seconds: the modem is offline"
    until_why "is standby"; way; cat /run/test/log]]):format(breaking, mending))
  lu.assertStrMatches(result.out, "dev eth0\ndev wwan0\n1\n1\ndev eth0\n.*")
  lu.assertStrContains(result.out, words)
  lu.assertEquals(result.after, result.before)
end

function T.test_a_pulled_cable()
  fails_over("eth0 has no carrier", "router ip link set lan down", "router ip link set lan up")
end

function T.test_a_router_that_does_not_answer()
  fails_over("1 probes answered", "router ip address del 192.168.7.1/24 dev lan",
    "router ip address add 192.168.7.1/24 dev lan")
end

function T.test_a_default_route_that_is_taken_away()
  fails_over("eth0 has no default route any more", "ip route del default dev eth0",
    "ip route add default via 192.168.7.1 dev eth0 metric 100")
end

-- A question that the kernel does not answer says nothing about the cable.
function T.test_a_kernel_that_cannot_be_asked()
  local link, routes = net.link, net.routes
  local function restore() net.link, net.routes = link, routes end
  local _ <close> = task.finally(restore)
  local function fails() return errors.fail { code = "io", source = "netlink", message = "no buffer space" } end
  local function of_route() return { { destination = "default", link = "eth0", metric = 100 } } end
  local function without_route() return {} end
  local function works() return { up = true, running = true } end
  local function is_gone() return errors.fail { code = "gone", source = "netlink", message = "no device" } end
  net.link, net.routes = works, of_route
  local wired <close> = assert(wired_uplink.open { wired = "eth0" })
  for _, case in ipairs {
    { works, of_route, nil }, { fails, of_route, nil }, { works, fails, nil },
    { is_gone, of_route, "eth0 is not there" }, { fails, of_route, "eth0 is not there" }, { works, of_route, nil },
    { works, without_route, "eth0 has no default route any more" },
    { works, fails, "eth0 has no default route any more" },
  } do
    net.link, net.routes = case[1], case[2]
    lu.assertEquals(wired:broken(), case[3])
  end
end

-- Neither does a probe that this host could not send.
function T.test_a_host_that_cannot_ask()
  local quorum, broken, asked = net.quorum, nil, 0
  local function restore() net.quorum = quorum end
  local _ <close> = task.finally(restore)
  net.quorum = function()
    asked = asked + 1
    return errors.fail { code = "permission", source = "net", message = "operation not permitted" }
  end
  local wired <close> = assert(wired_uplink.open { wired = "lo", every = 0.01, misses = 1, back_after = 0 })
  function wired:broken() return broken end
  local group <close> = task.group()
  local watching = group:spawn(wired.wait_bad, wired)
  while asked < 3 do task.sleep(0.01) end
  lu.assertStrContains(wired:wait_well(), "has been well")
  broken = "lo has no carrier"
  lu.assertEquals({ watching:join() }, { true, "lo has no carrier" })
end

-- The kernel lets nothing come before it, so all that can be done is to say so.
function T.test_a_cable_whose_metric_is_0_is_warned_of()
  local result = run [[until_why "is standby"; grep -c "has the metric 0" /run/test/log; kill $daemon
    wait $daemon; ip route del default dev eth0; ip route add default via 192.168.7.1 dev eth0; start
    until_why "is standby"; grep -c "default route of eth0 has the metric 0, which no modem" /run/test/log
    ip route del default dev eth0; ip route add default via 192.168.7.1 dev eth0 metric 100]]
  lu.assertEquals(result.out, "0\n1\n")
  lu.assertEquals(result.after, result.before)
end

function T.test_a_cable_that_is_well_only_for_a_moment_is_not_gone_back_to()
  local result = run([[until_why "is standby"
    router ip link set lan down; until_why "is online"
    for n in 1 2 3; do router ip link set lan up; sleep 0.2; router ip link set lan down; sleep 0.2; done
    moontower why | grep -c "hand back"; way; router ip link set lan up
    until_why "is standby"; moontower why | grep -c "hand back\|connect, because"]], 3)
  lu.assertEquals(result.out, "0\ndev wwan0\n2\n")
  lu.assertEquals(result.after, result.before)
end

function T.test_a_killed_daemon_leaves_the_modem_in_charge_until_the_cable_is_well_again()
  local result = run [[until_why "is standby"
    router ip link set lan down; until_why "is online"
    kill -KILL $daemon; wait $daemon 2>/dev/null; start; until_why "is online"; way
    kill -KILL $daemon; wait $daemon 2>/dev/null; router ip link set lan up; start; until_why "is standby"
    way]]
  lu.assertEquals(result.out, "dev wwan0\ndev eth0\n")
  lu.assertEquals(result.after, result.before)
end

return T
