-- SPDX-License-Identifier: MIT
-- NMEA: sentences of real receivers, what they say together, and what no receiver should send.

local lu = require "luaunit"
local nmea = require "gnss.nmea"
local reports = require "gnss.reports"
local values = require "gnss.values"

local T = {}

local eq = lu.assertEquals

local function signed(text) return ("$%s*%02X"):format(text, nmea.checksum(text)) end

-- The reports that come of some sentences, which are signed here.
local function reports_of(texts)
  local known, list = reports.new(), {}
  for _, text in ipairs(texts) do list[#list + 1] = known:take(signed(text)) end
  return list
end

function T.test_coordinates_and_times()
  lu.assertAlmostEquals(values.coordinate("4807.038", "N"), 48.1173, 1e-9)
  lu.assertAlmostEquals(values.coordinate("04321.5515", "W"), -43.359191667, 1e-8)
  for _, odd in ipairs { { "4860.0", "N" }, { "9100.0", "N" }, { "18100.0", "E" }, { "", "N" }, { "4807.038", "" },
    { "4807.038", "X" }, { "48e7", "N" }, { "-4807.0", "N" }, {} } do
    eq(values.coordinate(odd[1], odd[2]), nil)
  end
  eq({ values.day "230394", values.day "320126", values.day "2301" }, { "2094-03-23" })
  eq({ values.time_of_day "123519.00", values.time_of_day "246000" }, { "12:35:19" })
end

-- The example that stands in most descriptions of NMEA.
function T.test_one_moment()
  local known = reports.new()
  eq(known:take "$GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,*47", nil)
  local report = known:take "$GPRMC,123519,A,4807.038,N,01131.000,E,022.4,084.4,230394,003.1,W*6A"
  lu.assertAlmostEquals(report.latitude, 48.1173, 1e-9)
  lu.assertAlmostEquals(report.longitude, 11.516667, 1e-6)
  lu.assertAlmostEquals(report.speed, 11.5236, 1e-3)
  eq({ report.altitude, report.heading, report.satellites, report.hdop, report.accuracy, report.time },
    { 545.4, 84.4, 8, 0.9, 4.5, "2094-03-23T12:35:19Z" })
end

function T.test_a_stream_in_pieces_with_noise()
  local lines = nmea.lines()
  local good = signed "GPRMC,,V,,,,,,,,,,N"
  local text = "\0\255garbage" .. good .. "\r\n$GPRMC,,V*00\r\n" .. good:sub(1, 9) .. "\n" .. ("x"):rep(5000) .. "\r"
    .. good .. "\r\n\r\n$GPGGA" .. good .. "\n"
  local found = {}
  for i = 1, #text do
    for _, line in ipairs(lines:feed(text:sub(i, i))) do found[#found + 1] = line end
  end
  eq(found, { good, good, good })
  eq(nmea.lines():feed(text), found)
end

function T.test_what_is_no_sentence()
  eq(nmea.is_sentence "$GPRMC,,V,,,,,,,,,,N*53", true)
  for _, odd in ipairs { "", "$", "$*00", "GPRMC,,V*53", "$GPRMC,,V,,,,,,,,,,N", "$GPRMC,,V,,,,,,,,,,N*54",
    signed("GP" .. ("A"):rep(300)), signed "GP\27[2J" } do
    eq(nmea.is_sentence(odd), false, odd)
  end
end

-- A receiver repeats the last place, with a mark that it has no fix.
function T.test_without_a_fix_there_is_no_place()
  local list = reports_of {
    "GPGGA,123519,4807.038,N,01131.000,E,0,00,,,M,,M,,", "GPRMC,123519,V,4807.038,N,01131.000,E,,,230326,,",
  }
  eq({ #list, list[1].latitude, list[1].time, list[1].satellites }, { 1, nil, nil, 0 })
  local gga, rmc = "GPGGA,,,,,,0,,,,,,,,", "GPRMC,,V,,,,,,,,,,N"
  eq(#reports_of { gga, rmc, gga, rmc }, 2)
  list = reports_of { "GNGNS,120000.00,4807.038,N,01131.000,E,NNNN,00,,,,,", "GNRMC,120000.00,V,,,,,,,,,,N" }
  eq({ #list, list[1].latitude }, { 1 })
end

function T.test_a_receiver_that_sends_one_of_them_alone()
  local list = reports_of {
    "GPGGA,120000,4807.0,N,01131.0,E,1,05,1.5,10.0,M,,M,,", "GPGGA,120001,4808.0,N,01131.0,E,1,05,1.5,10.0,M,,M,,",
  }
  eq({ #list, list[1].latitude, list[1].altitude, list[1].time }, { 1, 48 + 7 / 60, 10.0, nil })
  list = reports_of {
    "GPRMC,120000,A,4807.0,N,01131.0,E,0.0,,301126,,", "GPRMC,120001,A,4808.0,N,01131.0,E,0.0,,301126,,",
  }
  eq({ #list, list[1].time }, { 1, "2026-11-30T12:00:00Z" })
end

-- Each system, and each signal of it, has sentences of its own; the satellites of two signals are the same.
function T.test_satellites()
  local list = reports_of {
    "GPGSV,2,1,05,01,40,083,46,02,17,308,41,12,07,344,39,14,22,228,45,1", "GPGSV,2,2,05,15,10,100,,1",
    "GPGSV,1,1,02,01,40,083,30,02,17,308,,8", "GLGSV,1,1,03,65,40,083,12,66,,,,67,10,010,48",
    "GNGSA,A,3,01,02,12,14,,,,,,,,,1.8,1.0,1.5", "GNGSA,A,3,65,67,,,,,,,,,,,1.8,1.0,1.5",
    "GNRMC,120000,A,4807.0,N,01131.0,E,0.0,,301126,,", "GNRMC,120001,A,4807.0,N,01131.0,E,0.0,,301126,,",
  }
  eq({ #list, list[1].in_view, list[1].strongest, list[1].satellites, list[1].fix }, { 1, 8, 48, 6, "3d" })
end

-- Fibocom FM160 without an antenna sends neither GGA nor RMC: answers to AT+GTGPS? that the author of fm160d, a web
-- interface for it, has published with its facts.
function T.test_satellites_alone_are_reported_each_time()
  local known, count = reports.new(), 0
  for _ = 1, 3 do
    for _, line in ipairs {
      "$GPGSA,A,1,,,,,,,,,,,,,,,,*32", "$BDGSA,A,1,,,,,,,,,,,,,,,,*23", "$GAGSA,A,1,,,,,,,,,,,,,,,,*23",
      "$PQGSA,A,1,,,,,,,,,,,,,,,,*24", "$GPGSV,1,1,0,1*54", "$BDGSV,1,1,0,1*45", "$GLGSV,1,1,0,1*48",
      "$GAGSV,1,1,0,7*43",
    } do
      lu.assertTrue(nmea.is_sentence(line), line)
      local report = known:take(line)
      count = count + (report and 1 or 0)
      eq(report and { report.in_view, report.latitude } or {}, report and { 0 } or {})
    end
  end
  eq(count, 2)
end

-- Whatever comes, reading does not raise, and nothing piles up.
function T.test_anything_may_come()
  local known, lines = reports.new(), nmea.lines()
  math.randomseed(tonumber(os.getenv "MT_SEED") or 7)
  local pieces = {
    "$", "GP", "GGA", "GSV", "GSA", "RMC", "GNS", ",", ",,,,", "1", "9999999999999999999", "-", ".", "N", "E", "A", "*",
    "4807.038", "\r\n", "\255", "\0",
  }
  for _ = 1, 20000 do
    local parts = {}
    for i = 1, math.random(12) do parts[i] = pieces[math.random(#pieces)] end
    local text = table.concat(parts)
    known:take(signed(text:gsub("[%c%$%*]", "")))
    known:take(text)
    lines:feed(text)
  end
  lu.assertTrue(#lines.rest <= 300)
  lu.assertTrue(known.group_count <= 24)
end

return T
