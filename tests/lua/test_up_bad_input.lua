-- SPDX-License-Identifier: MIT
-- Failures on the way online: each ends with a clear error, an exit status for its kind, and a clean host.

local lu = require "luaunit"
local world = require "support.world"

local T = {}

local UP = "moontower up --carrier calyx-sprint"

local function fails(status, words, faults, command)
  world.assert_clean_failure(world.run(command or UP, faults), status, words)
end

function T.test_no_modem()
  local result = world.run(UP, nil, "moontower simulate fault unplug")
  world.assert_clean_failure(result, 3, "no modem is plugged in")
end

function T.test_no_such_device() fails(3, "there is no modem at /dev/nothing", nil, UP .. " --device /dev/nothing") end

function T.test_wrong_apn()
  fails(6, "requested service option not subscribed (cause 33)", nil, "moontower up --apn nonsense")
end

function T.test_sim() world.all_of({
  { 4, "there is no SIM", "sim-remove" },
  { 4, "asks for its PIN, 3 tries left", "pin-lock" },
  { 4, "asks for its PUK", "puk" },
}, function(case) fails(case[1], case[2], { case[3] }) end) end

function T.test_radio_switch() fails(5, "switched off by hardware", { "radio-off" }) end

function T.test_registration_denied()
  fails(5, "the network refuses this SIM: ", { "deny=3" })
end

function T.test_no_network() fails(5, "no network after 1 second", { "network-drop" }, UP .. " --wait 1") end

function T.test_roaming_is_asked_for()
  fails(5, "roaming may cost money", { "roam" })
  world.assert_success(world.run(UP .. " --roaming", { "roam" }))
end

function T.test_a_modem_that_stops_answering()
  world.all_of({ 1, 2, 4 }, function(command) -- the third is the order to connect
    local result = world.run(UP, { "hang@" .. command })
    lu.assertTrue(result.status == 7 or result.status == 3, result.out .. result.err)
    world.assert_clean_failure(result, result.status, "answer")
  end)
end

-- Connecting may take a network long, so here the user loses patience first.
function T.test_a_modem_that_stops_answering_while_it_connects()
  local result = world.run(world.interrupted(UP, "^network"), { "hang@3" })
  world.assert_clean_failure(result, 130, "stopping")
end

function T.test_a_modem_that_is_pulled_out()
  world.all_of({ 1, 2, 3, 4, 5, 6, 7, 8 }, function(command)
    local result = world.run(UP, { "unplug@" .. command })
    lu.assertEquals(result.status, 3, result.out .. result.err)
    lu.assertNotStrContains(result.err, "traceback")
    lu.assertNotStrContains(result.after, "68.28.50.11")
    lu.assertNotStrContains(result.after, "wwan0.json")
  end)
end

function T.test_open_never_answered() fails(7, "does not answer MBIM OPEN", { "open-dead" }) end

function T.test_nonsense_on_the_wire()
  world.all_of({ "garbage@2", "wrong-id@2", "truncate@2", "out-of-order@2", "noise@2" }, function(fault)
    local result = world.run(UP, { fault })
    lu.assertTrue(result.status == 7 or result.status == 1 or result.status == 3, fault .. result.out .. result.err)
    world.assert_clean_failure(result, result.status, "moontower: ")
  end)
end

function T.test_a_single_lost_answer_costs_time_and_nothing_else()
  world.all_of({ 1, 2, 4, 5, 6, 7, 8 }, function(command) -- the third is the order to connect
    world.assert_success(world.run(UP, { "silent=1@" .. command }))
  end)
end

function T.test_interrupted()
  local result = world.run(world.interrupted(UP, "^SIM"), { "network-drop" })
  world.assert_clean_failure(result, 130, "stopping")
end

-- Killed at any moment, the next start repairs what was left.
function T.test_killed()
  world.all_of({ 0.01, 0.02, 0.03, 0.05, 0.08, 0.12, 0.2, 0.3 }, function(seconds)
    local kill = world.killed(UP, seconds)
    local result = world.run(kill .. "; moontower down", { "latency=0.02" })
    lu.assertEquals(result.status, 0, result.err)
    lu.assertEquals(result.after, result.before)
    result = world.run(kill .. "; " .. UP, { "latency=0.02" })
    lu.assertEquals(result.status, 0, result.err)
    lu.assertStrContains(result.after, "184.250.142.38/30")
  end)
end

function T.test_usage()
  local result = world.run("moontower up --metrik 5")
  lu.assertEquals(result.status, 2)
  lu.assertStrContains(result.err, "unknown option '--metrik'")
end

return T
