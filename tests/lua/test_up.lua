-- SPDX-License-Identifier: MIT
-- `moontower up`, `down` and `status` on the simulated modem, as a user runs them.

local lu = require "luaunit"
local world = require "support.world"

local T = {}

local UP = "moontower up --carrier calyx-sprint"

local function assert_online(host)
  lu.assertStrContains(host, "184.250.142.38/30")
  lu.assertStrContains(host, "2600:100e:b02d:1::2/64")
  lu.assertStrContains(host, "default via 184.250.142.37 dev wwan0 proto 77")
  lu.assertStrContains(host, "nameserver 68.28.50.11\nnameserver 68.28.58.11")
end

function T.test_up_reports_each_step()
  local result = world.run(UP)
  world.assert_success(result)
  assert_online(result.after)
  for _, line in ipairs {
    "modem     Sierra Wireless MC7455, firmware SWI9X30C_02.24.05.06",
    "SIM       ready, 310120",
    "network   registered at home on Sprint, LTE, -71 dBm",
    "bearer    r.ispsn, IPv4 and IPv6, ",
    "wwan0     184.250.142.38/30 via 184.250.142.37, MTU 1500\n          2600:100e:b02d:1::2/64",
    "DNS       68.28.50.11, 68.28.58.11",
    "online    8.8.8.8 answers in ",
  } do
    lu.assertStrContains(result.out, line)
  end
end

function T.test_up_then_down_leaves_nothing()
  local result = world.run(UP .. " && moontower down")
  world.assert_success(result)
  lu.assertEquals(result.after, result.before)
end

function T.test_up_twice_keeps_the_session()
  local result = world.run(UP .. " && moontower simulate state --json", nil, UP)
  world.assert_success(result)
  lu.assertStrContains(result.out, "connected already")
  lu.assertEquals(result.after, result.before)
  assert_online(result.after)
end

function T.test_another_apn_replaces_the_session()
  local result = world.run("moontower up --apn ''", nil, UP .. " --no-dns")
  world.assert_success(result)
  lu.assertStrContains(result.out, "replaced  r.ispsn, which is up: the network's choice of an APN takes its place\n")
  lu.assertStrContains(result.out, "default APN")
  lu.assertStrContains(result.after, "nameserver 68.28.50.11")
end

-- It would be waited for twice, and longer than asked for.
function T.test_without_a_network_the_same_connection_is_not_tried_once_more()
  local result = world.run(UP .. " --wait 1", nil, UP .. "; moontower simulate fault network-drop")
  lu.assertEquals(result.status, 5, result.out .. result.err)
  lu.assertStrContains(result.err, "no network after 1 seconds of searching")
  lu.assertNotStrContains(result.err, "does not come back")
end

function T.test_a_connection_that_does_not_come_back_for_the_same_reason()
  local result = world.run [[moontower up --apn r.ispsn >/dev/null; moontower simulate fault sim-remove
    moontower up --apn r.ispsn]]
  lu.assertEquals(select(2, result.err:gsub("there is no SIM", "")), 1, result.err)
  lu.assertStrContains(result.err, "which was there before, does not come back\n")
end

-- It takes nothing away from `up`, and needs no answer of the modem.
function T.test_status_reports_that_up_is_running()
  local result = world.run([[moontower simulate set latency=0.2
    moontower up --apn r.ispsn >/run/test/up 2>&1 & up=$!
    n=0; until [ "$(cat /run/moontower/locks/simulated 2>/dev/null)" = $up ]; do
      n=$((n+1)); [ $n -lt 10000 ] || exit 1; done
    moontower status; echo "status $?"; moontower status --json | tr -d ' \n'; wait $up; echo "up $?"]])
  lu.assertStrContains(result.out, "(MBIM), in use: `moontower up --apn r.ispsn` (process ")
  lu.assertStrContains(result.out, "status 11\n")
  lu.assertStrContains(result.out, '"online":false')
  lu.assertStrContains(result.out, '"used_by":{')
  lu.assertStrContains(result.out, "up 0\n")
  lu.assertEquals(result.err, "")
end

-- Its turn ends soon.
function T.test_up_waits_for_a_status_that_is_at_work()
  local result = world.run([[moontower simulate set latency=0.2; moontower status >/dev/null & status=$!
    n=0; until [ "$(cat /run/moontower/locks/simulated 2>/dev/null)" = $status ]; do
      n=$((n+1)); [ $n -lt 10000 ] || exit 1; done
    moontower simulate set latency=0; moontower up --apn r.ispsn]])
  world.assert_success(result)
end

function T.test_up_without_arguments_keeps_what_is_up()
  local result = world.run("moontower up && moontower up --metric 60", nil, UP .. " --no-dns --metric 50")
  world.assert_success(result)
  lu.assertEquals(select(2, result.out:gsub("r.ispsn, IPv4 and IPv6, connected already", "")), 2)
  lu.assertStrContains(result.after, "metric 60")
  lu.assertNotStrContains(result.after, "68.28.50.11")
end

function T.test_up_without_arguments_is_what_the_configuration_says_if_there_is_one()
  local result = world.run("moontower up", nil, UP .. "; echo APN=internet >/etc/mbim-network.conf")
  lu.assertEquals(result.status, 6)
  lu.assertStrContains(result.out, "replaced  r.ispsn, which is up: internet takes its place\n")
  lu.assertEquals(result.after, result.before)
end

-- Where the link itself may be the only way to this computer.
function T.test_the_connection_that_a_failing_up_replaces_comes_back()
  for _, protocol in ipairs { "mbim", "qmi" } do
    for _, case in ipairs {
      { "up --apn wrong", 6, "cause 33" }, { "up --apn wrong --user me --auth pap", 6, "cause 33" },
      { "up --metric 1024", 1, "metric 1024 already" },
    } do
      local result = world.run("export MOONTOWER_PASSWORD=wrong\nmoontower " .. case[1]
        .. "; s=$?; moontower status >&2 && exit $s", nil, [[
        ip route add default dev lo metric 1024
        MOONTOWER_PASSWORD=secret moontower up --apn r.ispsn --user them --auth chap --metric 50 --no-dns]],
        { "--composition", protocol })
      lu.assertEquals(result.status, case[2], result.out .. result.err)
      lu.assertStrContains(result.err, case[3])
      lu.assertStrContains(result.out, "restored  r.ispsn is connected again, as 184.250.142.38\n")
      lu.assertNotStrContains(result.out .. result.err, "secret")
      lu.assertEquals(result.after, result.before)
    end
  end
end

-- Both at a moment when the old connection is gone, and the new one is not there yet.
local SWITCH = [[moontower simulate fault slow-connect 5
  moontower up --apn %s --no-probe >/run/test/switch 2>&1 & switch=$!
  while moontower simulate state | grep -q '0: r.ispsn'; do kill -0 $switch || exit 99; done
  moontower simulate fault none; kill -%s $switch; wait $switch; s=$?; cat /run/test/switch
  moontower status; exit $s]]

function T.test_an_interrupted_up_brings_back_what_it_replaces()
  local result = world.run(SWITCH:format("''", "INT"), nil, UP)
  lu.assertEquals(result.status, 130, result.out .. result.err)
  lu.assertStrContains(result.out, "bearer    r.ispsn, IPv4 and IPv6, connected already")
  lu.assertEquals(result.after, result.before)
end

-- It was typed over the connection that it replaces.
function T.test_the_end_of_the_terminal_does_not_end_a_switch()
  local result = world.run(SWITCH:format("''", "HUP"), nil, UP)
  lu.assertEquals(result.status, 0, result.out .. result.err)
  lu.assertStrContains(result.out, "bearer    default APN, IPv4 and IPv6, connected already")
  local failed = world.run(SWITCH:format("wrong", "HUP"), nil, UP)
  lu.assertEquals(failed.status, 6, failed.out .. failed.err)
  lu.assertStrContains(failed.out, "bearer    r.ispsn, IPv4 and IPv6, connected already")
  lu.assertEquals(failed.after, failed.before)
end

function T.test_json_is_for_programs()
  local result = world.run(UP .. " --json")
  world.assert_success(result)
  local values = require("dkjson").decode(result.out)
  lu.assertEquals(values.link.addresses[1].address, "184.250.142.38")
  lu.assertEquals(values.dns, { "68.28.50.11", "68.28.58.11" })
  lu.assertEquals({ values.online, values.probe.spec }, { true, "8.8.8.8" })
  lu.assertEquals(values.network.signal_dbm, -71)
  lu.assertTrue(values.answers > 0)
end

function T.test_json_errors()
  local result = world.run("moontower up --apn wrong --json")
  lu.assertEquals(result.status, 6)
  local err = require("dkjson").decode(result.out).error
  lu.assertEquals(err.code, "connect-refused")
  lu.assertEquals(err.detail.nw_error, 33)
end

function T.test_ipv4_only()
  local result = world.run("moontower up --apn r.ispsn --ip ipv4")
  world.assert_success(result)
  lu.assertStrContains(result.after, "184.250.142.38")
  lu.assertNotStrContains(result.after, "2600:")
end

function T.test_ipv6_only()
  local result = world.run("moontower up --apn r.ispsn --ip ipv6")
  world.assert_success(result)
  lu.assertStrContains(result.after, "2600:")
  lu.assertNotStrContains(result.after, "184.250.142.38")
  lu.assertStrContains(result.out, "2001:4860:4860::8888 answers")
end

function T.test_refused_dual_stack_falls_back_as_the_cause_says()
  local given = { [50] = "184.250.142.38", [51] = "2600:", [52] = "184.250.142.38", [0] = "184.250.142.38" }
  for cause, address in pairs(given) do
    local result = world.run(UP, { "refuse=" .. cause })
    world.assert_success(result)
    lu.assertStrContains(result.after, address)
    lu.assertNotStrContains(result.after, cause == 51 and "184.250" or "2600:")
  end
end

-- Over MBIM as with Ethernet frames over QMI, some modems leave it to DHCP to tell the address.
function T.test_addresses_by_dhcp()
  for _, options in ipairs { {}, { "--composition", "qmi" } } do
    local result = world.run("moontower up --apn r.ispsn --ip ipv4 && moontower down", { "dhcp" }, nil, options)
    world.assert_success(result)
    lu.assertStrContains(result.out, "184.250.142.38/30 via 184.250.142.37, MTU 1500")
    lu.assertStrContains(result.out, "DNS       68.28.50.11, 68.28.58.11")
    lu.assertEquals(result.after, result.before)
    result = world.run("moontower up --apn r.ispsn --ip ipv4", { "dhcp=no" }, nil, options)
    world.assert_clean_failure(result, 6, "tells no address, and no server answers DHCP")
  end
end

function T.test_news_that_never_come()
  for _, options in ipairs { {}, { "--composition", "qmi" } } do
    local result = world.run("moontower simulate fault network-drop 1; " .. UP, { "no-news" }, nil, options)
    world.assert_success(result)
    lu.assertStrContains(result.out, "registered at home")
  end
end

function T.test_a_network_that_gives_only_one_of_two_families()
  local result = world.run(UP, { "downgrade=ipv4" })
  world.assert_success(result)
  lu.assertStrContains(result.out, "r.ispsn, IPv4, ")
end

function T.test_fragmented_answers()
  world.assert_success(world.run(UP, { "fragments" }))
end

function T.test_duplicate_answers_and_floods_do_no_harm()
  world.assert_success(world.run(UP, { "duplicate" }))
  world.assert_success(world.run(UP, { "flood=1000" }))
end

function T.test_a_network_that_comes_later()
  local result = world.run(UP, { "network-drop=2" })
  world.assert_success(result)
  assert_online(result.after)
end

function T.test_a_bearer_without_pings_stays_up_and_says_so()
  local result = world.run(UP .. " --probe 192.0.2.1")
  lu.assertEquals(result.status, 10, result.err)
  lu.assertStrContains(result.out, "192.0.2.1 does not answer")
  assert_online(result.after)
end

-- Without the right to send a ping, it is this host that is at fault.
function T.test_a_host_that_cannot_ask()
  local result = world.run("setpriv --bounding-set=-net_raw " .. UP)
  lu.assertEquals(result.status, 10, result.err)
  lu.assertStrContains(result.out, "this host cannot ask: 8.8.8.8: operation not permitted")
  lu.assertStrContains(result.out, "CAP_NET_RAW")
  assert_online(result.after)
end

-- As of a full disk, and not as by a signal in the middle of it.
function T.test_no_file_may_be_written()
  local result = world.run("(ulimit -f 0; " .. UP .. " 2>&1; echo status $?) | cat")
  lu.assertStrContains(result.out, "file too large")
  lu.assertStrContains(result.out, "status 1\n")
  lu.assertEquals(result.after, result.before)
end

function T.test_no_dns_leaves_the_resolver_alone()
  local result = world.run(UP .. " --no-dns")
  world.assert_success(result)
  lu.assertNotStrContains(result.after, "68.28.50.11")
end

function T.test_status_when_offline()
  local result = world.run("moontower status")
  lu.assertEquals(result.status, 11)
  lu.assertStrContains(result.out, "not connected")
  lu.assertEquals(result.after, result.before)
end

function T.test_status_does_not_end_a_session_of_another_program()
  local result = world.run("rm /run/moontower/modems/*; moontower status", nil, UP)
  lu.assertStrContains(result.out, "184.250.142.38")
end

function T.test_exit_statuses_of_what_is_not_there()
  local result = world.run("moontower devices --json; echo $?; moontower devices; echo $?; moontower up",
    nil, "moontower simulate fault unplug; until ! ls /run/moontower/simulator/mbim; do sleep 0.02; done")
  lu.assertStrContains(result.out, "[]\n3\n3\n")
  lu.assertEquals(result.status, 3)
  result = world.run("moontower up; echo $?; moontower up --json", nil, nil, { "--count", "2" })
  lu.assertStrContains(result.out, "3\n")
  lu.assertStrContains(result.out, '"several-modems"')
  lu.assertEquals(result.status, 3)
end

function T.test_the_modem_goes_while_the_ping_waits()
  local waiting = "until ip -4 -o address show dev wwan0 | grep -q 184; do sleep 0.02; done; sleep 0.1"
  local result = world.run(
    ("moontower up --apn r.ispsn & up=$!; %s; moontower simulate fault unplug; wait $up"):format(
    waiting), { "blackhole" })
  lu.assertEquals(result.status, 3, result.out .. result.err)
  lu.assertNotStrContains(result.out, "stays up")
  result = world.run(
    ("moontower up --apn r.ispsn & up=$!; %s; moontower simulate fault disconnect; wait $up"):format(
    waiting), { "blackhole" })
  lu.assertEquals(result.status, 6, result.out .. result.err)
  lu.assertStrContains(result.err, "ended while it was tried out")
  lu.assertEquals(result.after, result.before)
end

function T.test_silent_dns_servers_are_warned_of()
  local result = world.run(UP, { "no-dns" })
  world.assert_success(result)
  lu.assertStrContains(result.out, "But none of the DNS servers answers (68.28.50.11, 68.28.58.11)")
  result = world.run(UP .. " --json")
  lu.assertTrue(require("dkjson").decode(result.out).probe.dns_answers)
end

function T.test_half_a_dual_stack_is_reported()
  for fault, words in pairs { ["refuse-ipv6"] = "no IPv6: ", ["refuse-ipv4"] = "no IPv4: " } do
    for _, protocol in ipairs { "mbim", "qmi" } do
      local result = world.run("moontower up --apn r.ispsn && moontower status", { fault }, nil,
        { "--composition", protocol })
      world.assert_success(result)
      lu.assertEquals(select(2, result.out:gsub(words, "")), 2, result.out)
    end
  end
  local result = world.run("moontower up --apn r.ispsn --json", nil, nil, { "--factory" })
  local bearer = require("dkjson").decode(result.out).bearer
  lu.assertEquals(bearer.ip, "ipv4")
  lu.assertStrContains(bearer.missing.ipv6, "only IPv4 allowed")
end

-- The same names and types for the same things; keys in the same order each time.
function T.test_json_of_up_and_status()
  local result = world.run("moontower up --apn r.ispsn --json; echo ---; moontower status --json; echo ---; "
    .. "moontower status --json")
  world.assert_success(result)
  local up, status, again = result.out:match("^(.*)%-%-%-\n(.*)%-%-%-\n(.*)$")
  lu.assertEquals(status, again)
  up, status = require("dkjson").decode(up), require("dkjson").decode(status)
  up.probe, up.answers, up.bearer.seconds, up.bearer.adopted, up.link.adopted = nil, nil, nil, true, true
  status.radio, status.signal, status.cells, status.differences = nil, nil, nil, nil
  lu.assertEquals(up, status)
end

-- The SIM's PIN is no way out of a lock of the modem's, and none is sent.
function T.test_a_locked_modem_is_not_given_the_pin()
  local pin = "echo 1234 >/run/pin; chmod 600 /run/pin; "
  for _, protocol in ipairs { "mbim", "qmi" } do
    local result = world.run(pin .. "moontower setup calyx-sprint --yes --pin-file /run/pin; echo setup $?; "
      .. "moontower up --pin-file /run/pin", { "network-lock" }, nil, { "--composition", protocol })
    lu.assertEquals(result.status, 4, result.out .. result.err)
    lu.assertStrContains(result.out, "setup 0\n")
    for _, words in ipairs { "has taken its PIN", "PUK, not its PIN" } do lu.assertNotStrContains(result.err, words) end
    lu.assertStrContains(result.err, "network lock")
  end
end

-- The answer of an FCC-locked modem about its card is no reason to look at the card.
function T.test_no_sim_while_the_radio_is_locked()
  local locked = world.run("moontower up", { "fcc-lock", "sim-remove" })
  lu.assertEquals(locked.status, 4)
  lu.assertStrContains(locked.err, "`moontower unlock`")
  local missing = world.run("moontower up", { "sim-remove" })
  lu.assertEquals(missing.status, 4)
  lu.assertNotStrContains(missing.err, "unlock")
end

-- The modem is connected all along: only the host's side is not as it was written down.
function T.test_status_compares_with_what_the_kernel_has()
  local undone = {
    ["ip link set wwan0 down"] = { "wwan0 is down", "default route" },
    ["ip addr flush dev wwan0"] = { "184.250.142.38 is missing on wwan0", "2600:100e:b02d:1::2 is missing" },
    ["ip route flush dev wwan0"] = { "the IPv4 default route via 184.250.142.37 through wwan0 is missing" },
    ["ip -6 route del default dev wwan0"] = { "the IPv6 default route" },
    ["ip route change default via 184.250.142.37 dev wwan0 proto 77 metric 700 onlink; "
      .. "ip route del default dev wwan0; ip route add default dev wwan0 metric 700"] = { "via 184.250.142.37" },
    ["echo nameserver 192.0.2.1 >/etc/resolv.conf"] = { "the DNS server 68.28.50.11 is not in use: /etc/resolv.conf" },
  }
  for command, expected in pairs(undone) do
    local result = world.run("moontower status", nil, ("%s; %s"):format(UP, command))
    lu.assertEquals(result.status, 11, command .. result.out)
    for _, words in ipairs(expected) do lu.assertStrContains(result.out, words) end
    lu.assertStrContains(result.out, "Run that again")
  end
end

-- The network ends it, and no policy is there to see that.
function T.test_status_of_a_link_that_has_outlived_its_connection()
  local result = world.run("moontower status; test $? = 11 && moontower down", nil,
    UP .. "; moontower simulate fault disconnect")
  world.assert_success(result)
  lu.assertStrContains(result.out, "bearer    not connected\n")
  lu.assertStrContains(result.out, "host      wwan0 is still set up for a connection that is over\n")
  lu.assertStrContains(result.out, "takes everything back")
  lu.assertNotStrContains(result.after, "184.250.142")
end

function T.test_up_mends_what_status_found()
  local result = world.run(UP .. " && moontower status", nil,
    UP .. "; ip addr flush dev wwan0; ip link set wwan0 down")
  world.assert_success(result)
  assert_online(result.after)
end

function T.test_status_of_a_connection_that_the_host_does_not_use()
  local result = world.run("moontower status --json", nil,
    UP .. "; rm /run/moontower/links/*; ip addr flush dev wwan0")
  lu.assertEquals(result.status, 11)
  local values = require("dkjson").decode(result.out)
  lu.assertFalse(values.online)
  lu.assertEquals(values.differences[1].what, "address")
end

function T.test_a_foreign_resolv_conf_survives_down()
  local result = world.run("echo 'nameserver 192.0.2.53' >/etc/resolv.conf; moontower down", nil, UP)
  world.assert_success(result)
  lu.assertStrContains(result.after, "nameserver 192.0.2.53")
end

-- Whose it was, and what a program or a person has appended meanwhile: also when `up` has written it once more.
function T.test_what_is_appended_to_resolv_conf_survives()
  local preparation = "echo 'nameserver 192.0.2.53' >/etc/resolv.conf; chmod 640 /etc/resolv.conf; "
    .. "chgrp 42 /etc/resolv.conf || true; stat -c '%u %g %a' /etc/resolv.conf >/run/test/owner; " .. UP
  local script = [[echo 'options edns0' >>/etc/resolv.conf
    ip addr flush dev wwan0; moontower up >/dev/null; grep -c 68.28 /etc/resolv.conf; moontower down
    cat /etc/resolv.conf; stat -c '%u %g %a' /etc/resolv.conf | cmp - /run/test/owner]]
  local result = world.run(script, nil, preparation)
  world.assert_success(result)
  lu.assertStrMatches(result.out, "2\n.* is offline\nnameserver 192%.0%.2%.53\noptions edns0\n")
  result = world.run("echo 'options edns0' >>/etc/resolv.conf; moontower down; cat /etc/resolv.conf", nil,
    "rm /etc/resolv.conf; " .. UP)
  world.assert_success(result)
  lu.assertStrMatches(result.out, ".* is offline\noptions edns0\n")
end

function T.test_status_waits_for_a_slow_modem_instead_of_opening_it_again()
  local result = world.run("moontower simulate set latency=2.5; moontower status", nil, UP)
  world.assert_success(result)
  lu.assertStrContains(result.out, "connected already")
end

function T.test_ipv6_switched_off_on_the_host()
  local off = "sysctl -q -w net.ipv6.conf.wwan0.disable_ipv6=1"
  local result = world.run(UP, nil, off .. "; " .. UP)
  world.assert_success(result)
  lu.assertStrContains(result.out, "connected already")
  lu.assertNotStrContains(result.out, "2600:")
  lu.assertEquals(result.after, result.before)
end

-- Neither is the modem to blame, nor is an address waited for that cannot come.
function T.test_ipv6_switched_off_on_the_host_and_nothing_else()
  local off = "sysctl -q -w net.ipv6.conf.wwan0.disable_ipv6=1"
  local result = world.run("moontower up --apn r.ispsn --ip ipv6", nil, off)
  world.assert_clean_failure(result, 6, "this host has it switched off (net.ipv6.conf.wwan0.disable_ipv6)")
  lu.assertStrContains(result.err, "sysctl net/ipv6/conf/wwan0/disable_ipv6=0")
end

function T.test_another_ip_type_is_another_session()
  local result = world.run("moontower up --apn r.ispsn --ip ipv4", nil, UP)
  world.assert_success(result)
  lu.assertNotStrContains(result.out, "connected already")
  lu.assertNotStrContains(result.after, "2600:")
end

function T.test_down_waits_its_turn_beside_up()
  local result = world.run("moontower simulate set latency=0.1; " .. UP .. [[ >/dev/null & up=$!
    n=0; until [ "$(cat /run/moontower/locks/simulated 2>/dev/null)" = $up ]; do
      n=$((n+1)); [ $n -lt 10000 ] || exit 1; done
    moontower down && wait $up]])
  world.assert_success(result)
  lu.assertEquals(result.after, result.before)
end

function T.test_a_killed_up_leaves_no_session_after_down()
  local result = world.run(
    world.killed(UP, 0.35) .. "; moontower down; moontower simulate state --json", { "slow-connect=1" })
  lu.assertStrContains(result.out, '"sessions":[]')
  lu.assertEquals(result.after, result.before)
end

function T.test_interrupted_while_it_pings()
  local result = world.run(world.interrupted(UP .. " --probe 192.0.2.1", "^DNS"))
  world.assert_clean_failure(result, 130, "stopping")
end

function T.test_an_interrupted_up_leaves_what_was_up_before()
  local result = world.run(world.interrupted(UP .. " --probe 192.0.2.1", "^DNS"), nil, UP)
  lu.assertEquals(result.status, 130)
  assert_online(result.after)
  lu.assertEquals(result.after, result.before)
end

function T.test_a_resolv_conf_that_cannot_be_put_back_is_not_forgotten()
  local result = world.run(
    "mount -o remount,ro /etc && moontower down; echo status $?; mount -o remount,rw /etc; moontower down", nil, UP)
  lu.assertEquals(result.status, 0, result.err)
  lu.assertStrContains(result.out, "status 1\n")
  lu.assertStrContains(result.err, "this computer is not as it was before `up`: write /etc/resolv.conf")
  lu.assertNotStrContains(result.after, "68.28.50.11")
end

-- openresolv 3.12 in little: it makes its folder at the first call, and refuses to take away what is not there.
local OPENRESOLV = [[mkdir /run/test/bin; echo resolvconf=YES >/etc/resolvconf.conf
cat >/run/test/bin/resolvconf <<'END'
#!/bin/sh
force=; [ "$1" != -f ] || { force=1; shift; }
records=/run/resolvconf/interfaces; mkdir -p $records
case $1 in
-a) cat >"$records/$2" ;;
-d) if [ -e "$records/$2" ]; then rm "$records/$2"
  elif [ ! "$force" ]; then echo "No resolv.conf for $2" >&2; exit 1; fi
esac
{ echo "# by resolvconf"; [ ! -e /run/eth0 ] || cat /run/eth0; cat $records/* 2>/dev/null; } | head -4 >/etc/resolv.conf
END
chmod +x /run/test/bin/resolvconf]]
local WITH_IT = "PATH=/run/test/bin:$PATH; "

function T.test_openresolv_before_its_first_call()
  local result = world.run(WITH_IT .. UP .. "; cat /run/resolvconf/interfaces/wwan0.moontower; "
    .. "resolvconf -d wwan0.moontower; moontower down; echo status $?; ls /run/resolvconf/interfaces", nil, OPENRESOLV)
  lu.assertEquals(result.err, "")
  lu.assertStrContains(result.out, "nameserver 68.28.50.11\n")
  lu.assertStrMatches(result.out, ".*status 0\n")
end

function T.test_resolvconf_with_no_room_for_our_servers_is_reported()
  local result = world.run(WITH_IT .. UP, nil, OPENRESOLV
    .. "; for i in 1 2 3; do echo nameserver 192.0.2.$i; done >/run/eth0")
  lu.assertStrContains(result.err,
    "resolvconf prefers the DNS servers of other links (192.0.2.1, 192.0.2.2, 192.0.2.3) to those of wwan0")
end

function T.test_a_resolv_conf_that_is_a_link()
  local result = world.run(UP .. " && moontower down && readlink /etc/resolv.conf", nil,
    "cp /etc/resolv.conf /run/elsewhere; ln -sf /run/elsewhere /etc/resolv.conf")
  world.assert_success(result)
  lu.assertStrContains(result.out, "/run/elsewhere")
  lu.assertEquals(result.after, result.before)
end

-- As on read-only systems, where resolv.conf is a link into /run.
function T.test_a_resolv_conf_that_is_a_link_out_of_a_read_only_folder()
  for _, make in ipairs { "echo nameserver 192.0.2.1 >/run/elsewhere", "rm -f /run/elsewhere" } do
    local result = world.run(UP .. " && cat /run/elsewhere && moontower down && cat /run/elsewhere", nil,
      make .. "; ln -sf /run/elsewhere /etc/resolv.conf; mount -o remount,ro /etc")
    lu.assertStrContains(result.out, "\nnameserver 68.28.50.11\n", false, result.err)
    lu.assertEquals(result.after, result.before)
    lu.assertEquals(result.out:match "offline\n(.*)$", make:find "echo" and "nameserver 192.0.2.1\n" or "")
  end
end

-- As after chattr +i: it can be neither replaced nor written.
function T.test_a_resolv_conf_that_is_immutable()
  local result = world.run(UP .. "; echo status $?; moontower status; moontower down", nil,
    "cp /etc/resolv.conf /run/mounted; mount --bind /run/mounted /etc/resolv.conf; "
    .. "mount -o remount,bind,ro /etc/resolv.conf")
  lu.assertStrContains(result.err, "wwan0 stays up, but its DNS servers are not in use: write /etc/resolv.conf: ")
  lu.assertStrContains(result.out, "status 0\n")
  lu.assertStrContains(result.out, "the DNS server 68.28.50.11 is not in use: /etc/resolv.conf does not name it")
  lu.assertEquals(result.after, result.before)
end

function T.test_a_resolv_conf_that_leads_nowhere()
  for _, options in ipairs { "rw", "ro" } do
    local result = world.run(UP .. "; echo status $?; moontower down; echo status $?; readlink /etc/resolv.conf", nil,
      "ln -sf /run/nowhere/file /etc/resolv.conf; mount -o remount," .. options .. " /etc")
    lu.assertEquals(result.out:match "status 0\n(.*)$":match "offline\n(.*)$", "status 0\n/run/nowhere/file\n")
    lu.assertEquals(result.err:find("its DNS servers are not in use: write /etc/resolv.conf: ", 1, true) ~= nil,
      options == "ro", result.err)
  end
end

function T.test_the_host_after_the_modem_is_pulled_out()
  local result = world.run(UP .. "; moontower simulate fault unplug; moontower down")
  lu.assertEquals(result.status, 3)
  lu.assertNotStrContains(result.after, "68.28.50.11")
  lu.assertNotStrContains(result.after, "proto 77")
end

-- As in many containers.
function T.test_proc_sys_is_read_only()
  local result = world.run(UP .. " && moontower down; echo status $?", nil,
    "mount --bind /proc/sys /proc/sys && mount -o remount,bind,ro /proc/sys")
  lu.assertStrContains(result.out, "status 0\n")
  lu.assertStrContains(result.err, "read-only file system; it heeds router advertisements as it did before")
  lu.assertEquals(result.after, result.before)
end

function T.test_resolv_conf_is_a_mount_in_a_read_only_folder()
  local result = world.run(UP .. " && cat /etc/resolv.conf && moontower down; echo status $?", nil,
    "cp /etc/resolv.conf /run/mounted; mount --bind /run/mounted /etc/resolv.conf; mount -o remount,bind,ro /etc")
  lu.assertEquals(result.err, "")
  lu.assertStrContains(result.out, "nameserver 68.28.50.11\n")
  lu.assertStrContains(result.out, "status 0\n")
  lu.assertEquals(result.after, result.before)
end

function T.test_a_resolv_conf_that_cannot_be_written_need_not_be()
  local result = world.run(UP .. "; moontower status; " .. UP .. " --no-dns && moontower down", nil,
    "mount -o remount,ro /etc")
  lu.assertEquals(result.status, 0, result.err)
  lu.assertStrContains(result.err, "wwan0 stays up, but its DNS servers are not in use: write /etc/resolv.conf: "
    .. "read-only file system\n  To leave this computer's DNS servers alone, go online without: `moontower up "
    .. "--no-dns`")
  lu.assertStrContains(result.out, "the DNS server 68.28.50.11 is not in use: /etc/resolv.conf does not name it")
  lu.assertEquals(result.after, result.before)
end

-- Whether the interface was up before is not to be seen on it.
local function as_if_down(host) return (host:gsub(",UP,LOWER_UP", "")) end

function T.test_down_finds_what_is_marked_when_nothing_is_written_down()
  local result = world.run(UP .. "; rm -r /run/moontower/links; moontower down")
  world.assert_success(result)
  lu.assertEquals(as_if_down(result.after), result.before)
  result = world.run(UP .. "; cd /run/moontower; rm -r links modems dns; moontower down; ip -o addr show dev wwan0 "
    .. "scope global; ip route show proto 77; cat /etc/resolv.conf || true")
  lu.assertStrContains(result.err, "what stood in /etc/resolv.conf before moontower wrote it is lost")
  lu.assertEquals(result.out:match "is offline\n(.*)$", "")
end

function T.test_up_finds_what_is_marked_when_nothing_is_written_down()
  local result = world.run(UP .. "; rm -r /run/moontower/links; "
    .. UP .. " && ip route show proto 77 && moontower down")
  world.assert_success(result)
  local _, routes = result.out:gsub("default via[^\n]* metric 700", "")
  lu.assertEquals(routes, 1, result.out)
  lu.assertNotStrContains(result.out, "metric 701")
  lu.assertEquals(as_if_down(result.after), result.before)
end

return T
