-- SPDX-License-Identifier: MIT
-- Where the modem is, by its receiver for GPS.

local lu = require "luaunit"
local tools = require "support.behaviours.tools"

local eq, fails, fault = tools.eq, tools.fails, tools.fault

local behaviours = {}

local place = { 40.7484, -73.9857, 42.5, 0, 8, "3d" }

local function place_of(report, err)
  lu.assertNil(err and tostring(err))
  return { report.latitude, report.longitude, report.altitude, report.speed, report.satellites, report.fix }
end

function behaviours.location(modem, sim)
  eq(place_of(modem:location { seconds = 60 }), place)
  eq(sim:is_receiver_on(), false)
  do
    local _ <close> = assert(modem:locate())
    local second <close> = assert(modem:locate())
    eq(sim:is_receiver_on(), true)
    eq(place_of(modem:location { seconds = 60 }), place)
    local report
    repeat report = assert(second:next()) until report.latitude
    eq(place_of(report), place)
  end
  eq(sim:is_receiver_on(), false)
end

function behaviours.location_without_a_view_of_the_sky(modem, sim)
  sim.sky = "none"
  local err = fails("timeout", modem:location { seconds = 1.5 })
  lu.assertStrContains(err.message, "no satellites are received")
  eq(sim:is_receiver_on(), false)
  sim.sky, sim.first_fix = "open", 0.5
  eq(place_of(modem:location { seconds = 60 }), place)
end

function behaviours.location_of_a_modem_that_is_unplugged(modem, sim)
  local waiting = assert(modem:locate())
  fault(sim, "unplug")
  local report, err
  repeat report, err = waiting:next() until not report
  eq(err.code, "gone")
  waiting:close()
  fails("gone", modem:locate())
end

return behaviours
