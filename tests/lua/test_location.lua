-- SPDX-License-Identifier: MIT
-- Where the modem is: the verbs, by each way. The receiver is shared, and off again whatever happens.

local errors = require "errors"
local find = require("modem").find
local lu = require "luaunit"
local models = "simulator.models."
local netlink = require "core.netlink"
local new_simulated = require("simulator.modem").new
local qmi_location = require "modem.qmi.location"
local state = require "state"
local task = require "task"
local tier1 = require "simulator.tier1"

local T = {}

local eq = lu.assertEquals

local entered, refused = tier1.enter()
if entered then
  assert(netlink.link "lo") -- its socket stays open
end

local bits = require("simulator.composition").bits

-- What each way takes.
local WAYS = {
  mbim = { model = "mc7455", composition = "mbim" },
  qmi = { model = "mc7455", composition = "qmi" },
  inside = { model = "mc7455", composition = "mbim", protocol = "qmi" }, -- QMI inside MBIM
  at = { model = "ec25", mask = bits.ecm | bits.modem | bits.nmea }, -- with an NMEA port
  at_alone = { model = "ec25", mask = bits.ecm | bits.modem },
  telit = { model = "ln920", mask = bits.ecm | bits.modem | bits.nmea },
}

-- Calls fn(sim, modem) with a simulated modem, over a way.
local function with_modem(name, fn)
  local way = WAYS[name]
  if not entered then
    lu.skip("no world of our own here: " .. tostring(refused))
  end
  state.remove("channels", "simulated")
  local group <close> = task.group()
  local sim = new_simulated(require(models .. way.model), group)
  if way.mask then
    sim.nv.usb.mask = way.mask
    sim:apply_composition()
  else
    sim:compose(way.composition)
  end
  sim.latency, sim.search_time = 0, 0.02
  assert(tier1.start(sim, group))
  local _ <close> = task.finally(function() sim:unplug() end)
  local modem <close> = assert(find(nil, { protocol = way.protocol, at_only = true }))
  fn(sim, modem)
end

local function each_way(fn)
  for name in pairs(WAYS) do
    with_modem(name, function(sim, modem) fn(sim, modem, name) end)
  end
end

local function is_remembered() return state.look("gnss", "simulated") ~= nil end

-- ---- the verbs ----

function T.test_one_fix_and_the_receiver_is_off_again()
  each_way(function(sim, modem, name)
    local report = assert(modem:location { seconds = 60 })
    eq({ report.latitude, report.longitude, report.altitude, report.speed, report.satellites, report.fix },
      { 40.7484, -73.9857, 42.5, 0, 8, "3d" }, name)
    lu.assertStrMatches(report.time, "20%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%dZ")
    eq({ sim:is_receiver_on(), is_remembered() }, { false, false })
  end)
end

function T.test_several_tasks_share_one_session()
  each_way(function(sim, modem, name)
    local has_nmea = name ~= "at_alone"
    local first, second = assert(modem:locate()), assert(modem:locate { nmea = has_nmea })
    eq({ sim.gps and 1 or sim:receiver_sessions(), is_remembered() }, { 1, true })
    eq(assert(first:next()).latitude ~= nil or assert(first:next()).latitude ~= nil, true)
    if has_nmea then
      lu.assertStrMatches(assert(second:next_sentence()), "%$G.*%*%x%x")
    else
      eq(select(2, modem:locate { nmea = true }).code, "unsupported")
    end
    first:close()
    first:close() -- as a variable's end does it again
    eq(sim:is_receiver_on(), true)
    assert(second:next())
    second:close()
    eq({ sim:is_receiver_on(), is_remembered() }, { false, false })
    assert(modem:location { seconds = 60 })
  end)
end

function T.test_a_task_that_is_cancelled_switches_it_off()
  each_way(function(sim, modem)
    local ok, err = task.timeout(0.3, function()
      local place <close> = assert(modem:locate())
      repeat local report = place:next() until not report
    end)
    eq({ ok, err.code, sim:is_receiver_on(), is_remembered() }, { nil, "timeout", false, false })
  end)
end

function T.test_no_view_of_the_sky()
  each_way(function(sim, modem)
    sim.sky = "none"
    local seen
    local report, err = modem:location { seconds = 1.5, progress = function(known) seen = known end }
    eq({ report, err.code, sim:is_receiver_on() }, { nil, "timeout", false })
    lu.assertStrContains(err.message, "no satellites are received")
    lu.assertStrContains(err.hint, "view of the sky")
    eq(seen and seen.in_view or 0, 0)
  end)
end

function T.test_a_modem_that_is_unplugged_meanwhile()
  each_way(function(sim, modem)
    sim.sky = "none"
    local group <close> = task.group()
    local result
    group:spawn(function() result = table.pack(modem:location { seconds = 60 }) end)
    repeat task.sleep(0.02) until sim:is_receiver_on()
    sim:unplug()
    group:wait()
    eq({ result[1], result[2].code }, { nil, "gone" })
  end)
end

-- QMI without LOC: the AT port is asked instead, and what that cannot either is told in QMI's words.
function T.test_where_qmi_has_none_at_is_asked()
  for _, name in ipairs { "mbim", "qmi" } do
    with_modem(name, function(sim, modem)
      local why = errors.new { code = "unsupported", message = "no LOC" }
      local by_qmi = qmi_location.receiver
      local _ <close> = task.finally(function() qmi_location.receiver = by_qmi end)
      function qmi_location.receiver() return nil, why end
      eq(assert(modem:location { seconds = 60 }).latitude, 40.7484, name)
      eq({ sim.gps, is_remembered() }, { false, false })
      modem.at:close()
      rawset(modem, "at", false)
      eq({ modem:location { seconds = 60 } }, { nil, why })
    end)
  end
end

function T.test_one_that_was_on_stays_on()
  for _, name in ipairs { "at", "at_alone", "telit" } do
    with_modem(name, function(sim, modem)
      sim:set_gps(true)
      assert(modem:location { seconds = 60 })
      eq({ sim.gps, is_remembered() }, { true, false }, name)
    end)
  end
end

function T.test_what_a_killed_run_has_left_on_by_at()
  with_modem("at", function(sim, modem)
    sim:set_gps(true)
    state.save("gnss", "simulated", { incarnation = modem.description.incarnation, commands = { "AT+QGPSEND" } })
    modem:close()
    local again <close> = assert(find(nil, { at_only = true }))
    eq({ sim.gps, is_remembered(), again.description.protocol }, { false, false, "at" })
  end)
  with_modem("at", function(sim, modem) -- one that has restarted since
    sim:set_gps(true)
    state.save("gnss", "simulated", { incarnation = "0", commands = { "AT+QGPSEND" } })
    modem:close()
    local _ <close> = assert(find(nil, { at_only = true }))
    eq({ sim.gps, is_remembered() }, { true, false })
  end)
end

-- A run that has no way to the receiver leaves it to one that has.
function T.test_what_a_killed_run_has_left_on_by_qmi_and_the_next_one_speaks_at()
  with_modem("at", function(_, modem)
    state.save("gnss", "simulated", { incarnation = modem.description.incarnation, client = 7 })
    modem:close()
    local _ <close> = assert(find(nil, { at_only = true }))
    eq(is_remembered(), true)
    state.remove("gnss", "simulated")
  end)
end

-- A firmware that does not answer to that order: the next run gives it again.
function T.test_a_modem_that_does_not_answer_when_it_is_switched_off()
  with_modem("at", function(sim, modem)
    local place = assert(modem:locate())
    local command = modem.at.command
    function modem.at.command(port, text, options)
      if text == "AT+QGPSEND" then
        return nil, { code = "timeout" }
      end
      return command(port, text, options)
    end
    place:close()
    eq({ sim.gps, is_remembered() }, { true, true })
  end)
end

-- Its client is made again, with its session; what is written down names the new one.
function T.test_qmi_that_restarts_meanwhile()
  with_modem("qmi", function(sim, modem)
    local place <close> = assert(modem:locate())
    assert(place:next())
    sim:emit "resync"
    eq(sim:is_receiver_on(), false)
    repeat task.sleep(0.02) until sim:is_receiver_on()
    local function is_right() return state.look("gnss", "simulated").client == place.shared.receiver.client.id end
    repeat local report = assert(place:next()) until report.latitude and is_right() -- what came before is read first
  end)
end

function T.test_a_locked_receiver_says_so()
  with_modem("qmi", function(sim, modem)
    sim.engine_lock = "all"
    local report, err = modem:location { seconds = 60 }
    eq({ report, err.code, sim:is_receiver_on() }, { nil, "rejected", false })
    lu.assertStrContains(err.message, "engine lock")
  end)
end

return T
