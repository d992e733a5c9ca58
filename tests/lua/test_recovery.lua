-- SPDX-License-Identifier: MIT
-- The policy reconnect against the faults that users suffer: what is noticed, how, and what brings the modem back.

local lu = require "luaunit"
local task = require "task"
local world = require "support.world"

local T = {}

-- Quick enough for a test: what takes ten seconds on a real link takes a tenth here.
local SERVE = [[
cat >/run/test/config.lua <<END
return { modems = { { apn = "r.ispsn", policy = { "reconnect",
  every = 0.2, timeout = 0.3, misses = 2, first = 0.1, max = 0.5, steady = 0.1, $OPTIONS } } } }
END
. $SUPPORT/daemon.sh
start
until_why "is online"
fault() { moontower simulate fault "$@"; }
]]

-- Over both protocols at the same time; each time all has to be as before once the modem is taken down.
local function run(script, options)
  local compositions, functions = { "mbim", "qmi" }, {}
  for i, composition in ipairs(compositions) do
    functions[i] = function()
      return world.run(("OPTIONS='%s'\n"):format(options or "") .. SERVE .. script .. [[

        moontower why; moontower down; end; ! grep Traceback /run/test/log]],
        nil, nil, { "--composition", composition })
    end
  end
  local results = assert(task.all(table.unpack(functions)))
  for i, result in ipairs(results) do
    lu.assertEquals(result.status, 0, compositions[i] .. ": " .. result.out .. result.err)
    lu.assertNotStrContains(result.out .. result.err, "left open")
    lu.assertEquals(result.after, result.before)
  end
end

function T.test_a_connection_that_the_network_ends_is_made_again()
  run [[fault disconnect 39; until_why "connect, because the network ended the connection: .*39.: connected"]]
end

function T.test_a_connection_that_ends_without_a_word_is_noticed()
  run [[fault disconnect-silent; until_why "ended without an indication: connected" ]]
end

function T.test_a_network_that_goes_and_comes_back_is_waited_for()
  run [[fault network-drop 1; until_why "is offline\|lost the network\|network ended"; until_why "is online"]]
end

function T.test_new_addresses_are_put_on_the_host_without_reconnecting()
  run [[ip -o -4 address show dev wwan0 | grep -o 'inet [0-9.]*' >/run/test/1
    fault renumber; until_why "new settings, because .*: applied"
    ip -o -4 address show dev wwan0 | grep -o 'inet [0-9.]*' >/run/test/2
    ! cmp -s /run/test/1 /run/test/2 || exit 1
    [ "$(ip -o -4 address show dev wwan0 scope global | wc -l)" = 1 ] || exit 1
    ping -c 1 -W 5 -I wwan0 8.8.8.8 >/dev/null || exit 1
    [ "$(moontower why | grep -c ' connect, because')" = 1 ] ]]
end

function T.test_a_dead_path_escalates_until_it_recovers()
  run [[fault blackhole-until reconnect; until_why "  reconnect, because nothing"; until_why "is online"
    fault blackhole-until attach; until_why "detach and attach, because nothing"; until_why "is online"
    fault blackhole-until radio; until_why "radio off and on, because"; until_why "is online"
    fault blackhole-until reset; until_why "  reset, because"; until_why "is online"]]
end

function T.test_a_mute_modem_is_reset()
  run([[fault open-dead; fault forget; fault disconnect-silent; until_why "  reset, because"; until_why "is online"]])
end

function T.test_the_sim_is_waited_for()
  run [[fault sim-remove; until_why "is offline"; fault sim-insert; until_why "is online"]]
end

function T.test_a_wrong_apn_never_escalates_and_is_tried_less_and_less()
  run [[fault refuse-apn; fault disconnect; until_why "missing or unknown APN"; sleep 3
    ! moontower why | grep "detach\|radio off\|reset, because" || exit 1
    tries=$(moontower why | grep -c " connect, because"); [ $tries -lt 12 ] || { echo "$tries tries"; exit 1; }
    fault none; until_why "is online"]]
end

function T.test_a_link_is_not_probed_while_traffic_flows()
  run([[ping -q -i 0.05 -I wwan0 8.8.8.8 >/dev/null & pinger=$!
    fault no-dns; sleep 1.5; moontower why | grep -q "is online" || exit 1
    kill $pinger; until_why "is offline.*nothing answers"
    fault none; until_why "is online"]], 'probes = { "dns:68.28.50.11" }')
end

function T.test_without_probes_unanswered_packets_show_a_dead_link()
  run([[fault blackhole-until reconnect; ping -q -i 0.05 -w 5 -I wwan0 8.8.8.8 >/dev/null &
    until_why "packets have been sent through wwan0, and none received: done" && until_why "is online"]], "probes = {}")
end

-- On a busy machine, a probe may notice it first.
function T.test_addresses_that_another_program_takes_away_are_put_back()
  run([[ip address flush dev wwan0 scope global
    until_why "another program has changed the interface: applied"
    ping -c 1 -W 5 -I wwan0 8.8.8.8 >/dev/null]], "probes = {}")
end

return T
