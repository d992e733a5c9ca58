-- SPDX-License-Identifier: MIT
-- Where a modem is, by the AT commands of each maker: answers of real modems that were published, and what they say.

local at_location = require "modem.at_location"
local air = require "support.air"
local errors = require "errors"
local lu = require "luaunit"
local maker = require "maker"
local position = require "at.position"
local task = require "task"

local T = {}

local eq = lu.assertEquals

local function receivers_of(name)
  for _, made in ipairs(maker.all()) do
    if made.name == name then return made.receivers end
  end
end

local function read(name, lines, number)
  return position.read(receivers_of(name)[number or 1].position, lines)
end

local function place(report)
  return ("%.5f %.5f"):format(report.latitude, report.longitude)
end

-- From programs for EC20, EC25 and BG96 that show an answer in a comment: MoWeather's EC20.cpp, DWM-222's
-- modem_usb.py, LooUQ's gnss.
function T.test_quectel()
  local report = read("quectel", { "+QGPSLOC: 024158.0,40.90340,111.78228,1.5,1125.0,2,307.37,0.0,0.0,271223,04" })
  eq({ place(report), report.altitude, report.hdop, report.fix, report.heading, report.satellites, report.time },
    { "40.90340 111.78228", 1125.0, 1.5, "2d", 307.37, 4, "2023-12-27T02:41:58Z" })
  eq(place(read("quectel", { "+QGPSLOC: 202008.0,-22.98486,-43.35916,2.5,4.0,2,0.00,0.0,0.0,290119,09" })),
    "-22.98486 -43.35916")
  eq(place(read("quectel", { "+QGPSLOC: 142748.0,2259.0881S,04321.5515W,2.0,-83.0,2,0.00,0.0,0.0,140119,10" })),
    "-22.98480 -43.35919") -- AT+QGPSLOC=0
  eq(place(read("quectel", { "+QGPSLOC: 113355.0,44.74770,-85.56527,1.2,192.0,2,277.11,0.0,0.0,250420,10" })),
    "44.74770 -85.56527")
end

-- From programs for SIM7600 (buffers of a tracker, and one on an ESP32) and A7670 (an ESP-IDF example).
function T.test_simcom()
  local report = read("simcom", { "+CGPSINFO: 3433.035574,S,05829.585934,W,310520,210511.0,6.6,0.0,0.0" })
  eq({ place(report), report.altitude, report.speed, report.time },
    { "-34.55059 -58.49310", 6.6, 0, "2020-05-31T21:05:11Z" })
  eq(place(read("simcom", { "+CGPSINFO: 4429.967842,N,01124.141582,E,250325,160319.0,57.7,0.0," })),
    "44.49946 11.40236")
  eq(read("simcom", { "+CGPSINFO: ,,,,,,,," }), {})
  report = read("simcom", {
    "+CGNSSINFO: 3,13,,07,00,42.4344826,N,59.5115700,E,210624,065131.01,58.0,0.047,,2.47,1.70,1.80,06",
  }, 2)
  eq({ place(report), report.fix, report.satellites, report.hdop, report.altitude, report.time },
    { "42.43448 59.51157", "3d", 20, 1.7, 58.0, "2024-06-21T06:51:31Z" })
  report = read("simcom", {
    "+CGNSSINFO: 2,09,05,00,00,3113.330650,N,12121.262554,E,131117,091918.0,32.9,0.0,255.0,,,,",
  }, 2)
  eq(place(report), "31.22218 121.35438")
end

-- From programs for GM862 (a position in a comment) and LE910C1 (with the satellites of GLONASS at the end).
function T.test_telit()
  local report = read("telit", { "$GPSACP: 120631.999,5433.9472N,00954.8768E,1.0,46.5,3,167.28,0.36,0.19,130707,11" })
  eq({ place(report), report.fix, report.heading, report.satellites, report.time },
    { "54.56579 9.91461", "3d", 167.28, 11, "2007-07-13T12:06:31Z" })
  lu.assertAlmostEquals(report.speed, 0.1, 1e-9)
  eq(place(read("telit", { "$GPSACP: 210926.000,4217.8003N,08341.3158W,2.3,258.2,3,17.8,4.8,2.6,220520,05,00" })),
    "42.29667 -83.68860")
  eq(read("telit", { "$GPSACP: ,,,,,1,,,,,," }), {})
end

-- A test program's example of an MC74xx; AT!GPSLOC? of Sierra's manual (2130617), from another continent; one of 2010
-- in a script for an MC87xx.
function T.test_sierra()
  local report = read("sierra", {
    "Lat: 49 Deg 44 Min 57.00 Sec N  (0x008D823D)", "Lon: 13 Deg 22 Min 48.54 Sec E  (0x00260F21)",
    "Time: 2018 11 21 2 10:10:02 (GPS)", "LocUncAngle: 0.0 deg  LocUncA: 192 m  LocUncP: 13 m  HEPE: 192.439 m",
    "3D Fix", "Altitude: 332 m  LocUncVe: 64.0 m", "Heading: 0.0 deg  VelHoriz: 0.0 m/s  VelVert: 0.0 m/s",
  })
  eq({ place(report), report.altitude, report.accuracy, report.fix, report.speed, report.time },
    { "49.74917 13.38015", 332, 192.439, "3d", 0, "2018-11-21T10:09:44Z" }) -- 18 seconds before the time of GPS
  report = read("sierra", {
    "Lat: 49 Deg 10 Min 21.49 Sec N (0x008BDE6C)", "Lon: 123 Deg 4 Min 14.76 Sec W (0xFEA1EE9A)",
  })
  eq(place(report), "49.17264 -123.07077")
  report = read("sierra", {
    "Lat: 50 Deg 34 Min 58.69 Sec N  (0x008FE165)", "Lon: 8 Deg 32 Min 31.62 Sec E  (0x00184C2E)",
    "Time: 2010 07 07 2 10:58:44 (GPS)", "LocUncAngle: 1  LocUncA: 21  LocUncP: 19  HEPE: f", "3D Fix",
    "Altitude: 217  LocUncVe: 20",
  })
  eq({ place(report), report.altitude, report.accuracy }, { "50.58297 8.54212", 217 })
  for _, none in ipairs { "Not Available", "Unknown" } do eq(read("sierra", { none }), {}) end
end

-- Degrees come without zeros in front, and near Greenwich they have one digit.
function T.test_sierra_near_the_meridian()
  local function at(longitude) return read("sierra", { "Lat: 51 Deg 30 Min 26.00 Sec N", "Lon: " .. longitude }) end
  eq(place(at "0 Deg 7 Min 39.93 Sec W"), "51.50722 -0.12776")
  eq(place(at "1 Deg 15 Min 0.00 Sec W"), "51.50722 -1.25000")
  eq(place(at "1 Deg 5 Min 60.00 Sec E"), "51.50722 1.10000")
end

function T.test_sierra_numbers_that_cannot_be()
  local long = ("9"):rep(30)
  for _, longitude in ipairs {
    "181 Deg 0 Min 0.00 Sec E", "1 Deg 60 Min 0.00 Sec E", "1 Deg 0 Min 61 Sec E", "1 Deg 0 Min 0.00 Sec Q",
    "1 Deg " .. long .. " Min 0.00 Sec E", long .. " Deg 1 Min 0.00 Sec E", "1 Deg 1 Min . Sec E",
  } do
    eq(read("sierra", { "Lat: 51 Deg 30 Min 26.00 Sec N", "Lon: " .. longitude }), {})
  end
  for _, time in ipairs { long .. " 11 21 2 10:10:02 (GPS)", "2018 " .. long .. " 21 2 10:10:02 (GPS)",
    "2018 11 21 2 " .. long .. ":10:02 (GPS)" } do
    local report = read("sierra", { "Lat: 1 Deg 0 Min 0.00 Sec N", "Lon: 1 Deg 0 Min 0.00 Sec E", "Time: " .. time })
    eq({ place(report), report.time }, { "1.00000 1.00000", nil })
  end
end

-- ---- which commands a modem takes ----

-- A port that answers from a table, and tells sentences of its own.
local function modem_with(name, answers)
  local port = air.port(answers)
  port.group, port.own = task.group(), task.queue()
  function port:urcs() return self.own end
  return {
    at = port, description = { name = "test", key = "test", manufacturer = name, controls = {}, incarnation = "1" },
  }, port
end

function T.test_the_first_that_the_modem_knows()
  local modem, port = modem_with("SIMCOM INCORPORATED", { ["AT+CGNSSPWR?"] = "+CGNSSPWR: 1" })
  local receiver = assert(at_location.receiver(modem))
  eq({ receiver.was_on, port.asked[2] }, { true, "AT+CGPS?" })
  port.group:__close()
end

function T.test_a_modem_without_one()
  local modem, port = modem_with("Quectel", {})
  local receiver, err = at_location.receiver(modem)
  eq({ receiver, err.code }, { nil, "unsupported" })
  eq(select(2, at_location.receiver(modem, errors.new { code = "unsupported", message = "as QMI says" })).message,
    "as QMI says")
  port.group:__close()
  modem, port = modem_with("Quectel", { ["AT+QGPS?"] = false })
  eq(select(2, at_location.receiver(modem)).code, "timeout")
  port.group:__close()
end

-- The FM160 has its sentences in answers alone.
function T.test_fibocom_answers_in_sentences()
  local modem, port = modem_with("Fibocom", {
    ["AT+GTGPSPOWER?"] = "+GTGPSPOWER: 0", ["AT+GTGPSPOWER=1"] = "", ["AT+GTGPSPOWER=0"] = "",
    ["AT+GTGPS?"] = "+GTGPS: \n$GPGSA,A,1,,,,,,,,,,,,,,,,*32\n$GPGSV,1,1,0,1*54\n"
      .. "$GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,*47\n"
      .. "$GPRMC,123519,A,4807.038,N,01131.000,E,022.4,084.4,230394,003.1,W*6A",
  })
  local receiver = assert(at_location.receiver(modem))
  eq(receiver.was_on, false)
  local told = task.queue()
  local _ <close> = port.group
  assert(receiver:start(function(item) told:push(item) end))
  local running = port.group:spawn(receiver.run, receiver)
  local item
  repeat item = told:pop() until item.report
  eq(place(item.report), "48.11730 11.51667")
  running:cancel(task.unwanted)
  receiver:stop()
  eq(port.asked[#port.asked], "AT+GTGPSPOWER=0")
end

return T
