-- SPDX-License-Identifier: MIT
-- Where the modem is: one fix in each protocol, the receiver shared, and off again whatever happens.

local find = require("modem").find
local json = require "dkjson"
local lu = require "luaunit"
local models = "simulator.models."
local netlink = require "core.netlink"
local new_simulated = require("simulator.modem").new
local state = require "state"
local task = require "task"
local tier1 = require "simulator.tier1"
local world = require "support.world"

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
    eq(seen.in_view or 0, 0)
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

-- ---- the command ----

local ways = { mbim = {}, qmi = { "--composition", "qmi" } }

for name, options in pairs(ways) do
  T["test_the_command_over_" .. name] = function()
    local result = world.run([[moontower location; moontower location --json; moontower simulate set sky=none
      moontower location --wait 2; echo "status $?"; ls /run/moontower/gnss 2>&1]], nil, nil, options)
    lu.assertStrContains(result.out, "position   40.748400, -73.985700\naccuracy   5 m\naltitude   42 m\n")
    eq(json.decode(result.out:match "%b{}").latitude, 40.7484)
    lu.assertStrContains(result.out, "status 7")
    lu.assertStrContains(result.err, "no fix in 2 seconds: no satellites are received")
    eq(result.after, result.before)
  end

  T["test_a_killed_command_leaves_it_to_the_next_one_over_" .. name] = function()
    local result = world.run([[moontower simulate set sky=none
      moontower location --wait 100 & until grep -q client /run/moontower/gnss/*; do sleep 0.05; done
      until moontower simulate state --json | grep -q '"receiver":"on"'; do sleep 0.05; done
      kill -KILL $!; wait $!; moontower simulate state --json | grep -o '"receiver":"[a-z]*"'
      moontower down; moontower simulate state --json | grep -o '"receiver":"[a-z]*"'; ls /run/moontower/gnss]],
      nil, nil, options)
    eq({ result.out:match '"receiver":"on".*("receiver":"off")\n(.*)$' }, { '"receiver":"off"', "" }, result.out)
  end
end

function T.test_interrupted()
  local result = world.run([[moontower simulate set sky=none
    env --default-signal=INT moontower location & pid=$!
    until moontower simulate state --json | grep -q '"receiver":"on"'; do sleep 0.05; done
    kill -INT $pid; wait $pid; echo "status $?"; moontower simulate state --json | grep -o '"receiver":"[a-z]*"']])
  lu.assertStrContains(result.out, 'status 130\n"receiver":"off"')
end

return T
