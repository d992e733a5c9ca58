-- SPDX-License-Identifier: MIT
-- Figures for Prometheus, read by programs that we did not write: promtool, and Prometheus' own parser of OpenMetrics.

local lu = require "luaunit"
local metrics = require "metrics"
local programs = require "support.programs"
local world = require "support.world"

local T = {}

local PARSE = [[
parse() { /usr/bin/python3 -c '
import sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families
for family in text_string_to_metric_families(sys.stdin.read()):
    for sample in family.samples:
        print(family.type, sample.name, sorted(sample.labels.items()), float(sample.value))'; }
]]

local function run(script, ...)
  local result = world.run(PARSE .. script, ...)
  lu.assertEquals({ result.status, result.err }, { 0, "" }, result.out)
  lu.assertEquals(result.after, result.before)
  return result.out
end

function T.test_openmetrics()
  local out = run "moontower up --apn r.ispsn >/dev/null && moontower metrics | parse; moontower down >/dev/null"
  local modem = "('modem', 'simulated')"
  for _, line in ipairs {
    "gauge moontower_online [" .. modem .. "] 1.0",
    "gauge moontower_modem_answers [" .. modem .. "] 1.0",
    "gauge moontower_network_info [" .. modem .. ", ('name', 'Sprint'), ('plmn', '310120'), ('technology', 'LTE')] 1.0",
  } do
    lu.assertStrContains(out, line)
  end
  lu.assertStrMatches(out, ".*\ncounter moontower_link_receive_bytes_total %[[^\n]*%] %d+%.0\n.*")
  lu.assertNotStrContains(out, "imei")
  lu.assertNotStrContains(out, "iccid")
end

function T.test_identified_where_that_is_asked_for()
  lu.assertStrMatches(run "moontower metrics --identify | parse", ".*'imei', '%d+'.*")
end

-- The month is known where it is counted; to look at it writes nothing.
function T.test_nothing_is_written()
  local out = run [[moontower up --apn r.ispsn >/dev/null
    moontower metrics | grep -c month_bytes; ls -A /var/lib/moontower/usage 2>/dev/null
    moontower usage >/dev/null; cat /var/lib/moontower/usage/* >/run/test/usage; ping -q -c 1 8.8.8.8 >/dev/null
    moontower metrics | grep -o 'month_bytes{.*'
    cat /var/lib/moontower/usage/* | cmp - /run/test/usage; moontower down >/dev/null
    rm -r /var/lib/moontower/usage]]
  lu.assertStrMatches(out, "2\nmonth_bytes{modem=\"simulated\"} [1-9]%d*\n")
end

function T.test_a_modem_that_another_program_has()
  local out = run [[exec 9<>/dev/cdc-wdm0; moontower metrics | parse]]
  lu.assertStrContains(out, "moontower_modem_answers [('modem', 'simulated')]")
end

function T.test_promtool_finds_nothing_to_say()
  programs.need { promtool = "promtool" } -- Debian 12 has it in prometheus
  run [[moontower up --apn r.ispsn >/dev/null
    moontower metrics --format prometheus >/run/test/text; moontower down >/dev/null
    promtool check metrics </run/test/text]]
end

-- Texts come from a modem that may be an adversary.
function T.test_odd_texts_stay_inside_their_labels()
  local text = metrics.text({ {
    modem = "1-1", answers = true, signal = { lte = { rsrp = -91.5 } }, attempts = { connect = 2 }, is_online = true,
    identity = { hardware = 'a"b\\c\nd\x07' },
  } }, "openmetrics")
  lu.assertStrContains(text, [[hardware="a\"b\\c?d?"} 1]])
  lu.assertStrContains(text, 'moontower_signal_rsrp_dbm{modem="1-1",technology="LTE"} -91.5\n')
  lu.assertStrContains(text, 'moontower_attempts_total{modem="1-1",what="connect"} 2\n')
end

local DAEMON = [[
. $SUPPORT/daemon.sh
export TEST=/run/test/moontower.prom
cat >/run/test/config.lua <<END
return { modems = { { apn = "r.ispsn", policy = { "reconnect", probes = {}, first = 0.1 } } },
  policies = { { "metrics", file = "$TEST", every = 0.2 } } }
END
]]

-- The file is written again and again; a reader finds it whole, and it is gone with the daemon.
function T.test_the_policy_writes_for_node_exporter()
  local out = run(DAEMON .. [[start; until_why "is online"
until grep -q 'moontower_state{modem="simulated",state="online"} 1' $TEST 2>/dev/null; do sleep 0.05; done
moontower simulate fault disconnect >/dev/null; until_why "is online"
until grep -q 'attempts_total{.*what="connect"' $TEST; do promtool check metrics <$TEST || exit; sleep 0.05; done
moontower metrics | grep -c 'attempts_total{'; end TERM; moontower down >/dev/null; ls /run/test/*.prom 2>&1; true]])
  lu.assertStrMatches(out, "%d+\n.*cannot access.*")
end

return T
