-- SPDX-License-Identifier: MIT
-- `moontower up`, `down` and `status` on a modem that speaks QMI, as a user runs them; and QMI inside MBIM.

local json = require "dkjson"
local lu = require "luaunit"
local world = require "support.world"

local T = {}

local UP = "moontower up --carrier calyx-sprint"
local QMI = { "--composition", "qmi" }
local STATE = "{ cat /run/moontower/qmi/simulated.json 2>/dev/null; moontower simulate state --json; }"

local function run(command, faults, preparation)
  return world.run(command, faults, preparation, QMI)
end

local function fails(status, words, faults, command)
  world.assert_clean_failure(run(command or UP, faults), status, words)
end

local function assert_online(host)
  lu.assertStrContains(host, "184.250.142.38/30")
  lu.assertStrContains(host, "2600:100e:b02d:1::2/64")
  lu.assertStrContains(host, "default via 184.250.142.37 dev wwan0 proto 77")
  lu.assertStrContains(host, "nameserver 68.28.50.11\nnameserver 68.28.58.11")
end

-- The output of STATE, after any output before it.
local function state_in(result)
  return json.decode(result.out:match("%b{}%s*$"))
end

local function services_of(clients)
  local services = {}
  for i, client in ipairs(clients) do services[i] = client.service end
  table.sort(services)
  return services
end

-- The only clients that are left in the modem are those of the connection: one a family.
local function assert_clients(result, count)
  local expected = {}
  for i = 1, count do expected[i] = "wds" end
  lu.assertEquals(services_of(state_in(result).clients), expected)
end

local numbers = { wds = 1, dms = 2, nas = 3, uim = 11, wda = 26 }

-- Those of `up` are left for the next run: one a service, and one WDS client a family. The next run knows each of them.
local function assert_kept(result, count)
  local expected, in_modem, written_down = { "dms", "nas", "uim", "wda" }, {}, {}
  for _ = 1, count do expected[#expected + 1] = "wds" end
  table.sort(expected)
  lu.assertEquals(services_of(state_in(result).clients), expected)
  for i, client in ipairs(state_in(result).clients) do
    in_modem[i] = ("%d %d"):format(numbers[client.service], client.client)
  end
  for i, entry in ipairs(json.decode(result.out:match("(%b{})%s*%b{}%s*$")).clients) do
    written_down[i] = ("%d %d"):format(entry.service, entry.client)
    lu.assertNotNil(entry.persistent)
  end
  table.sort(in_modem)
  table.sort(written_down)
  lu.assertEquals(written_down, in_modem)
end

-- A modem has two control ports in this composition: one modem, and the second port can be chosen.
function T.test_the_second_port()
  local result = run([[moontower up --apn r.ispsn && moontower up --device wwan1 --apn ims --no-dns &&
    moontower status --device /run/moontower/simulator/qmi2 && ping -c1 -W5 -I wwan1 8.8.8.8 >/dev/null &&
    moontower down --device wwan1 && moontower status && moontower down; ip -o route show dev wwan1
    moontower down; moontower down --device wwan1; ]] .. STATE)
  world.assert_success(result)
  for _, line in ipairs {
    "/run/moontower/simulator/qmi2 (QMI)", "wwan1     184.250.142.66/30 via",
    "/run/moontower/simulator/qmi2 is offline",
    "wwan0     184.250.142.38/30 via", "/run/moontower/simulator/qmi is offline",
  } do
    lu.assertStrContains(result.out, line)
  end
  assert_clients(result, 0)
  lu.assertEquals(result.after, result.before)
end

function T.test_up_reports_each_step()
  local result = run(UP)
  world.assert_success(result)
  assert_online(result.after)
  for _, line in ipairs {
    "modem     Sierra Wireless MC7455, firmware SWI9X30C_02.24.05.06   /run/moontower/simulator/qmi (QMI)",
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

function T.test_up_keeps_its_clients_and_no_other()
  local result = run(STATE, nil, UP)
  assert_kept(result, 2)
  lu.assertEquals(#state_in(result).sessions, 1)
end

function T.test_up_then_down_leaves_nothing_but_clients()
  local result = run(UP .. " && moontower down && " .. STATE)
  world.assert_success(result)
  lu.assertEquals(result.after, result.before)
  lu.assertEquals(state_in(result).sessions, {})
  assert_kept(result, 2)
end

function T.test_down_while_offline_gives_the_clients_back()
  local result = run(UP .. " && moontower down && moontower down && ls /run/moontower/qmi && " .. STATE)
  world.assert_success(result)
  lu.assertEquals(result.after, result.before)
  assert_clients(result, 0)
  lu.assertNotStrContains(result.out, "simulated.json")
end

-- However often it is connected, by whichever way the connection ended.
function T.test_kept_clients_do_not_become_more()
  local result = run(([[for i in 1 2 3 4 5 6; do UP; moontower down; UP; moontower simulate fault disconnect
    moontower status; moontower up --apn r.ispsn --ip ipv4; moontower up --apn wrong; UP; UP --no-aggregation
    moontower simulate fault lose-client; done >/dev/null 2>&1; UP >/dev/null; ]]):gsub("UP", UP) .. STATE)
  assert_kept(result, 2)
  lu.assertEquals(#state_in(result).sessions, 1)
end

-- Client ids that the modem has given to others, or to none, since.
function T.test_kept_clients_that_the_modem_has_forgotten()
  for _, name in ipairs { "qmi-sync", "lose-client" } do
    local result = run("moontower simulate fault " .. name .. " && " .. UP .. " && " .. STATE, nil,
      UP .. "; moontower down")
    world.assert_success(result)
    assert_online(result.after)
    assert_kept(result, 2)
  end
end

-- Indications would pile up in the modem while no program reads them.
function T.test_a_client_that_gets_indications_is_not_kept()
  local result = run([[cat >/run/test/wait.lua <<'END'
local modem <close> = assert(require("modem").find())
local events <close> = modem:events("registration", "radio", "sim")
END
moontower run /run/test/wait.lua && ]] .. STATE, nil, UP .. "; moontower down")
  lu.assertEquals(services_of(state_in(result).clients), { "wda", "wds", "wds" })
end

function T.test_status_leaves_no_clients()
  local result = run("moontower status; " .. STATE)
  lu.assertStrContains(result.out, "not connected")
  lu.assertEquals(result.after, result.before)
  assert_clients(result, 0)
end

function T.test_up_twice_keeps_the_session()
  local result = run(UP .. " && moontower status && " .. STATE, nil, UP)
  world.assert_success(result)
  local _, count = result.out:gsub("connected already", "")
  lu.assertEquals(count, 2)
  lu.assertEquals(result.after, result.before)
  assert_online(result.after)
  assert_kept(result, 2)
end

function T.test_another_apn_replaces_the_session()
  local result = run("moontower up --apn '' && " .. STATE, nil, UP .. " --no-dns")
  world.assert_success(result)
  lu.assertStrContains(result.out, "default APN")
  lu.assertStrContains(result.after, "nameserver 68.28.50.11")
  assert_kept(result, 2)
end

function T.test_another_ip_type_is_another_session()
  local result = run("moontower up --apn r.ispsn --ip ipv4 && " .. STATE, nil, UP)
  world.assert_success(result)
  lu.assertNotStrContains(result.out, "connected already")
  lu.assertNotStrContains(result.after, "2600:")
  assert_kept(result, 2) -- that of the other family waits for its next use
end

function T.test_json_is_for_programs()
  local result = run(UP .. " --json")
  world.assert_success(result)
  local values = json.decode(result.out)
  lu.assertEquals(values.modem.protocol, "qmi")
  lu.assertEquals(values.link.addresses[1].address, "184.250.142.38")
  lu.assertEquals(values.dns, { "68.28.50.11", "68.28.58.11" })
  lu.assertEquals({ values.online, values.probe.spec }, { true, "8.8.8.8" })
  lu.assertEquals(values.network.signal_dbm, -71)
end

function T.test_json_errors()
  local result = run("moontower up --apn wrong --json")
  lu.assertEquals(result.status, 6)
  local err = json.decode(result.out).error
  lu.assertEquals(err.code, "connect-refused")
  lu.assertEquals(err.detail.nw_error, 33)
end

function T.test_one_family_alone()
  local result = run("moontower up --apn r.ispsn --ip ipv6")
  world.assert_success(result)
  lu.assertStrContains(result.after, "2600:")
  lu.assertNotStrContains(result.after, "184.250.142.38")
  lu.assertStrContains(result.out, "2001:4860:4860::8888 answers")
end

-- As an operator does that has no IPv4 any more: the modem knows, and does not even ask it.
function T.test_a_family_that_is_refused()
  local why = [[cat >/run/why.lua <<'END'
local modem = require "modem"
local connection = modem.connection(assert(modem.select()))
print(connection.ip, connection.refused.ipv4.detail.why)
END
moontower run /run/why.lua]]
  for _, protocol in ipairs { "", " --protocol qmi" } do
    local composition = protocol == "" and QMI or nil
    local result = world.run(UP .. protocol .. "; moontower status >/dev/null; " .. why, { "refuse-ipv4=208" }, nil,
      composition)
    world.assert_success(result)
    lu.assertStrContains(result.out, "bearer    r.ispsn, IPv6, ")
    lu.assertStrContains(result.after, "2600:100e:b02d:1::2/64")
    lu.assertStrContains(result.out, "ipv6\tIPv4 not allowed for this APN")
    result = world.run(UP .. protocol, { "refuse-ipv6=33" }, nil, composition)
    world.assert_success(result)
    lu.assertStrContains(result.out, "bearer    r.ispsn, IPv4, ")
  end
end

function T.test_missing_prerequisites()
  world.all_of({
    { 6, "requested service option not subscribed (cause 33)", nil, "moontower up --apn nonsense" },
    { 4, "there is no SIM", "sim-remove" },
    { 4, "asks for its PIN, 3 tries left", "pin-lock" },
    { 4, "asks for its PUK, 10 tries left", "puk" },
    { 5, "switched off by hardware", "radio-off" },
    { 5, "the network refuses this SIM: ", "deny=3" },
    { 5, "no network after 1 second", "network-drop", UP .. " --wait 1" },
    { 5, "roaming may cost money", "roam" },
  }, function(case)
    fails(case[1], case[2], { case[3] }, case[4])
  end)
end

-- The modem has found the SIM's application, and started none: it is asked to.
function T.test_a_sim_that_was_not_started()
  local result = run(UP, { "unprovisioned" })
  world.assert_success(result)
  lu.assertStrContains(result.out, "SIM       ready, 310120")
end

function T.test_a_modem_that_takes_other_sims_only()
  for _, options in ipairs { QMI, {} } do
    local result = world.run(UP .. " --pin-file /run/pin", { "network-lock" },
      "echo 1234 >/run/pin; chmod 600 /run/pin", options)
    lu.assertStrContains(result.err, "takes only SIMs of one operator, and this SIM is another (network lock)")
    lu.assertNotStrContains(result.err, "PIN from")
  end
end

function T.test_a_locked_sim_says_where_its_pin_belongs()
  local result = run(UP, { "pin-lock" })
  lu.assertStrContains(result.err, "Put it into /etc/moontower/pin")
end

function T.test_roaming_is_asked_for()
  world.assert_success(run(UP .. " --roaming", { "roam" }))
end

function T.test_a_radio_that_was_off()
  -- Switched on for the connection, and off again when there is none.
  local off = [[cat >/run/off.lua <<'END'
local modem <close> = assert(require("modem").find())
assert(modem:set_radio(false))
END
moontower run /run/off.lua]]
  local result = run(UP, nil, off)
  world.assert_success(result)
  lu.assertStrContains(result.out, "radio     switched on")
  result = run("moontower up --apn wrong; " .. STATE, nil, off)
  lu.assertEquals(state_in(result).radio.software, "off")
  assert_clients(result, 0)
end

function T.test_a_network_that_comes_later()
  local result = run(UP, { "network-drop=2" })
  world.assert_success(result)
  assert_online(result.after)
end

function T.test_duplicate_answers_and_floods_do_no_harm()
  world.assert_success(run(UP, { "duplicate" }))
  world.assert_success(run(UP, { "flood=1000" }))
end

-- A shell command: waits until the modem has no connection, and these clients.
local function until_clients(pattern)
  return ([[until moontower simulate state --json | tr -d ' \n' | grep -q '"clients":\[%s\].*"sessions":\[\]'; do
    sleep 0.02; done; ]]):format(pattern)
end

local ONE_OF_EACH = ("{[^}]*},"):rep(4) .. "{[^}]*}"

function T.test_interrupted()
  for _, case in ipairs {
    { UP, "^SIM", { "network-drop" } },
    { UP .. " --probe 192.0.2.1", "^DNS" },
  } do
    local command = world.interrupted(case[1], case[2])
    local result = run(command .. "; s=$?; " .. until_clients "" .. STATE .. "; exit $s", case[3])
    world.assert_clean_failure(result, 130, "stopping")
    lu.assertEquals(state_in(result).sessions, {})
    assert_clients(result, 0)
  end
end

-- The first connection has asked for the client ids that the lines need, so that those are shown while it connects.
function T.test_interrupted_while_it_connects()
  local result = run(world.interrupted(UP, "^network") .. "; s=$?; " .. until_clients(ONE_OF_EACH) .. STATE
      .. "; exit $s",
    { "slow-connect=2" }, UP .. "; moontower down")
  world.assert_clean_failure(result, 130, "stopping")
  lu.assertEquals(state_in(result).sessions, {})
  assert_kept(result, 1) -- the one that was connecting is given back
end

function T.test_interrupted_while_it_connects_for_the_first_time()
  local result = run("env --default-signal=INT " .. UP .. [[ >/run/test/shown &
    until moontower simulate state --json | grep -q wds; do sleep 0.02; done
    kill -INT $!; wait $!; s=$?; ]] .. until_clients "" .. STATE .. "; exit $s", { "slow-connect=2" })
  world.assert_clean_failure(result, 130, "stopping")
  lu.assertEquals(state_in(result).sessions, {})
  assert_clients(result, 0)
end

-- The ids that were being given are given back; before that, the file says that there may be such.
function T.test_interrupted_while_the_modem_gives_client_ids()
  local result = run("env --default-signal=INT " .. UP .. [[ >/run/test/shown &
    until grep -q '"allocating":true' /run/moontower/qmi/*.json 2>/dev/null; do sleep 0.01; done
    kill -INT $!; wait $!; s=$?; ]] .. until_clients "" .. "ls /run/moontower/qmi; exit $s", { "latency=0.3" })
  world.assert_clean_failure(result, 130, "stopping")
  lu.assertEquals(result.out, "")
end

-- Killed at any moment, the next start repairs what was left, in the modem too.
function T.test_killed()
  world.all_of({ 0.02, 0.04, 0.07, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5 }, function(seconds)
    local kill = world.killed(UP, seconds)
    local result = run(kill .. "; moontower down && " .. STATE, { "latency=0.02" })
    lu.assertEquals(result.status, 0, result.err)
    lu.assertEquals(result.after, result.before)
    lu.assertEquals(state_in(result).sessions, {})
    result = run(kill .. "; " .. UP .. " && " .. STATE, { "latency=0.02" })
    lu.assertEquals(result.status, 0, result.err)
    assert_online(result.after)
    lu.assertEquals(#state_in(result).sessions, 1)
    -- Ids that the modem had just given when we were killed are in use by no program until the modem restarts: ids are
    -- asked for at the same time, so each of them once at most.
    local services = {}
    for _, client in ipairs(state_in(result).clients) do
      services[client.service] = (services[client.service] or 0) + 1
    end
    for service, count in pairs(services) do
      lu.assertTrue(count <= (service == "wds" and 4 or 2), result.out)
    end
    lu.assertTrue(services.wds >= 2, result.out)
  end)
end

function T.test_killed_while_it_connects()
  local result = run(world.killed(UP, 0.6) .. "; moontower down; " .. STATE, { "slow-connect=1" })
  lu.assertEquals(state_in(result).sessions, {})
  lu.assertEquals(result.after, result.before)
  assert_clients(result, 0)
end

function T.test_the_host_after_the_modem_is_pulled_out()
  local result = run(UP .. "; moontower simulate fault unplug; moontower down")
  lu.assertEquals(result.status, 3)
  lu.assertNotStrContains(result.after, "68.28.50.11")
  lu.assertNotStrContains(result.after, "proto 77")
end

function T.test_the_modem_was_replugged()
  local result = run(UP .. " && " .. STATE, nil,
    UP .. "; moontower simulate fault unplug; moontower simulate fault replug")
  world.assert_success(result)
  assert_online(result.after)
  lu.assertNotStrContains(result.out, "connected already")
  assert_kept(result, 2)
end

-- ---- QMI inside MBIM ----

local INSIDE = UP .. " --protocol qmi"

function T.test_inside_mbim()
  local result = world.run(INSIDE .. " && moontower status && " .. STATE)
  world.assert_success(result)
  assert_online(result.after)
  lu.assertStrContains(result.out, "connected already")
  assert_clients(result, 2)
end

function T.test_inside_mbim_up_then_down_leaves_nothing()
  local result = world.run(INSIDE .. " && moontower down && " .. STATE)
  world.assert_success(result)
  lu.assertEquals(result.after, result.before)
  lu.assertEquals(state_in(result).sessions, {})
  assert_clients(result, 0)
end

function T.test_inside_mbim_up_twice_keeps_the_session()
  local result = world.run(INSIDE, nil, INSIDE)
  world.assert_success(result)
  lu.assertStrContains(result.out, "connected already")
  lu.assertEquals(result.after, result.before)
end

function T.test_inside_mbim_what_is_missing()
  world.all_of({
    { 6, "requested service option not subscribed (cause 33)", nil, "moontower up --apn nonsense --protocol qmi" },
    { 4, "asks for its PIN, 3 tries left", "pin-lock" },
    { 5, "the network refuses this SIM: ", "deny=3" },
  }, function(case)
    world.assert_clean_failure(world.run(case[4] or INSIDE, { case[3] }), case[1], case[2])
  end)
end

function T.test_mbim_is_nothing_for_a_modem_that_speaks_qmi()
  fails(1, "speaks QMI, not MBIM", nil, UP .. " --protocol mbim")
end

return T
