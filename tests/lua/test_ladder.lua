-- SPDX-License-Identifier: MIT
-- The ladder: which rung is used against what, when, and what is remembered of it.

local errors = require "errors"
local ladder = require "ladder"
local fs = require "core.fs"
local lu = require "luaunit"
local process = require "core.process"
local rungs = require "ladder.rungs"
local state = require "state"
local task = require "task"

local T = {}

local KIND = "ladders"
local count = 0

-- A modem that can do everything, and writes down what is done to it.
local function new_modem()
  count = count + 1
  local done = {}
  local modem = {
    description = { name = "modem" .. count, key = "modem" .. count, control = "/dev/null" },
    identity = function() return { imei = "353000000000001" } end,
  }
  return modem, done
end

-- Rungs that take no time; `failing` names those that the modem cannot do.
local function rungs_for(done, failing)
  local list = {}
  for _, usual in ipairs(ladder.rungs) do
    list[#list + 1] = setmetatable({
      run = function()
        table.insert(done, usual.name)
        if failing and failing[usual.name] then
          return errors.fail { code = "unsupported", source = "test", message = "cannot" }
        end
        return "done"
      end,
    }, { __index = usual })
  end
  return list
end

local function new(failing)
  local modem, done = new_modem()
  return ladder.new(modem, rungs_for(done, failing)), done, modem
end

local function err(code, nw_error)
  return errors.new { code = code, source = "test", message = code, detail = { nw_error = nw_error } }
end

local function escalate(steps, times, reason)
  for _ = 1, times do steps:escalate(reason) end
end

local folder = state.persistent.folder

function T.setUp()
  state.persistent.folder = os.tmpname()
  os.remove(state.persistent.folder)
end

function T.tearDown()
  assert(process.run { "rm", "-r", "-f", state.persistent.folder })
  state.persistent.folder = folder
end

function T.test_a_dead_path_escalates_rung_by_rung_and_then_starts_over()
  local steps, done = new()
  escalate(steps, 6, err "unreachable")
  lu.assertEquals(done, {
    "reconnect", "detach and attach", "radio off and on", "reset", "USB reset", "USB power cycle",
  })
  escalate(steps, 2, err "unreachable") -- all others are cooling down
  lu.assertEquals(done[7], "reconnect")
  lu.assertEquals(done[8], "reconnect")
end

function T.test_a_mute_modem_is_not_asked_to_do_things()
  local steps, done = new()
  escalate(steps, 4, err "timeout")
  lu.assertEquals(done, { "reset", "USB reset" })
end

function T.test_a_modem_that_was_asked_long_enough_is_reset_at_once()
  local steps, done = new()
  escalate(steps, 1, err "modem-failed")
  lu.assertEquals(done, { "reset" })
end

-- Its answer is lost: the next rung is not kept waiting for as long as an order to detach may take.
function T.test_a_detach_without_an_answer_is_given_up_soon()
  local usual = rungs.detach_time
  local _ <close> = task.finally(function() rungs.detach_time = usual end)
  rungs.detach_time = 0.01
  local modem = new_modem()
  function modem.detach() task.sleep(3600) end
  local steps = ladder.new(modem, ladder.choose { rungs = { ["detach and attach"] = true } })
  local used, failure = task.timeout(60, steps.escalate, steps, err "unreachable")
  lu.assertEquals({ used, failure.code }, { nil, "busy" }) -- no other rung is left
end

function T.test_a_network_is_given_time()
  local steps, done = new()
  escalate(steps, 2, err "not-registered")
  lu.assertEquals(done, {})
  escalate(steps, 1, err "not-registered")
  lu.assertEquals(done, { "detach and attach" })
  escalate(steps, 3, err "not-registered")
  lu.assertEquals(done, { "detach and attach", "radio off and on" })
end

function T.test_trouble_that_no_rung_helps_against_never_escalates()
  local steps, done = new()
  for _, code in ipairs { "sim-missing", "sim-locked", "sim-blocked", "sim-failure", "modem-locked", "radio-off",
    "roaming-refused",
    "registration-denied", "permission", "gone", "disconnected" } do
    escalate(steps, 20, err(code))
  end
  for _, cause in ipairs { 8, 27, 29, 33 } do
    escalate(steps, 20, err("connect-refused", cause))
  end
  lu.assertEquals(done, {})
end

function T.test_a_wrong_apn_is_remembered_when_the_network_stops_saying_why()
  local steps, done = new()
  escalate(steps, 1, err("connect-refused", 27))
  escalate(steps, 20, err "connect-refused")
  escalate(steps, 20, err("connect-refused", 26))
  lu.assertEquals(done, {})
  steps:recovered()
  escalate(steps, 3, err "connect-refused")
  lu.assertEquals(done, { "detach and attach" })
end

function T.test_rungs_that_the_modem_cannot_do_are_skipped()
  local steps, done = new { ["reset"] = true, ["USB reset"] = true }
  lu.assertEquals(steps:escalate(err "modem-failed"), "USB power cycle")
  lu.assertEquals(done, { "reset", "USB reset", "USB power cycle" })
end

function T.test_a_full_disk_is_no_trouble_of_the_modems()
  for _, source in ipairs { "fs", "netlink", "dns" } do
    local steps, done = new()
    escalate(steps, 9, errors.new { code = "io", source = source, message = "no space left on device" })
    lu.assertEquals(done, {}, source)
  end
  local steps, done = new()
  escalate(steps, 9, errors.new { code = "no-address", source = "host", message = "IPv6 is switched off here" })
  lu.assertEquals(done, {})
end

function T.test_without_a_rung_that_works_it_says_so()
  local steps = new { ["reset"] = true, ["USB reset"] = true, ["USB power cycle"] = true }
  local rung, why = steps:escalate(err "modem-failed")
  lu.assertNil(rung)
  lu.assertStrContains(tostring(why), "cooling down")
end

function T.test_position_and_rests_outlive_the_program()
  local steps, done, modem = new()
  escalate(steps, 4, err "unreachable") -- up to reset, which ends the task, or the program
  local again = ladder.new(modem, steps.rungs)
  escalate(again, 1, err "unreachable")
  lu.assertEquals(done[5], "USB reset")
  again:recovered()
  escalate(ladder.new(modem, steps.rungs), 2, err "modem-failed") -- reset and USB reset are cooling down
  lu.assertEquals({ done[6], done[7] }, { "USB power cycle", nil })
end

function T.test_another_modem_in_the_same_socket_starts_at_the_bottom()
  local steps, done, modem = new()
  escalate(steps, 4, err "unreachable")
  steps:recovered()
  modem.identity = function() return { imei = "353000000000002" } end
  local again = ladder.new(modem, steps.rungs)
  again:recovered()
  escalate(again, 1, err "modem-failed")
  lu.assertEquals(done[5], "reset")
end

function T.test_a_clock_that_is_set_back_does_not_make_rungs_rest_for_years()
  local steps, done, modem = new()
  state.persistent.save(KIND, modem.description.key, { position = 0, used = { reset = os.time() + 1e6 } })
  escalate(ladder.new(modem, steps.rungs), 1, err "modem-failed")
  lu.assertEquals(done, { "reset" })
end

function T.test_a_state_file_that_makes_no_sense_is_no_state()
  local steps, done, modem = new()
  assert(state.persistent.save(KIND, modem.description.key, {}))
  assert(fs.write(state.persistent.path(KIND, modem.description.key), '{ "position": "x", "used": "y", "imei": 7 }'))
  escalate(ladder.new(modem, steps.rungs), 1, err "unreachable")
  lu.assertEquals(done, { "reconnect" })
end

function T.test_a_hook_is_the_last_rung_and_gets_the_modem()
  local modem = new_modem()
  modem.net = "wwan7"
  local file = os.tmpname()
  local hook = ladder.hook { "sh", "-c", 'echo "$MOONTOWER_MODEM $MOONTOWER_NET" >' .. file }
  lu.assertEquals(ladder.new(modem, { hook }):escalate(err "unreachable"), "sh")
  lu.assertEquals(assert(process.run { "cat", file }).stdout, modem.description.key .. " wwan7\n")
  os.remove(file)
  local failed, why = ladder.hook({ "sh", "-c", "exit 3" }).run(modem)
  lu.assertNil(failed)
  lu.assertStrContains(tostring(why), "status 3")
end

return T
