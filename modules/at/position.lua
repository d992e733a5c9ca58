-- SPDX-License-Identifier: MIT
-- Answers to AT commands that tell where the modem is, as data: the order of their values, or the words in front of
-- them.

local reports = require "gnss.reports"
local text = require "at.text"
local values = require "gnss.values"

local M = {}

local LEAP_SECONDS = 18 -- by which the time of GPS is ahead of UTC, since 2017

---@class at.position a command that asks where the modem is
---@field asks string
---@field prefix string? of the line that has the values
---@field order string? their names, with blanks in between: "-" has no meaning here
---@field words table<string, string>? for answers that are made for people: patterns, by name
---@field alone boolean? its answer consists of sentences of NMEA

-- Two to three digits in front of the point are degrees; more, degrees and minutes.
local function coordinate(word, side)
  local most = (side == "N" or side == "S") and 90 or 180
  local degrees = #(word:match "^%d+" or "") <= (most == 90 and 2 or 3) and values.number(word, 0, most)
  if degrees then
    return (side == "S" or side == "W") and -degrees or degrees
  end
  return values.coordinate(word, side)
end

local signs = { N = 1, E = 1, S = -1, W = -1 }

-- Degrees, minutes and seconds as three numbers.
local function in_parts(degrees, minutes, seconds, side)
  local sign, most = signs[side], (side == "N" or side == "S") and 90 or 180
  minutes, seconds = values.number(minutes, 0, 59), values.number(seconds, 0, 60)
  local all = sign and minutes and seconds and degrees + minutes / 60 + seconds / 3600
  return all and all <= most and sign * all or nil
end

-- "40.90340", "-43.35916", "2259.0881S", "40 Deg 44 Min 54.24 Sec N".
local function any_coordinate(word)
  local degrees, minutes, seconds, side = word:match "^(%d%d?%d?) Deg (%d%d?) Min ([%d.]+) Sec (%u)$"
  if side then
    return in_parts(degrees, minutes, seconds, side)
  end
  local digits, letter = word:match "^([%d.]+)(%u)$"
  if digits then
    return coordinate(digits, letter)
  end
  return values.number(word, -180, 180)
end

-- "2018 11 21 2 10:10:02 (GPS)", whose third last is the day of the week.
local function time_of_gps(word)
  local year, month, day, hour, minute, second = word:match "^(%d%d%d%d) (%d%d?) (%d%d?) %d (%d%d?):(%d%d?):(%d%d?)"
  if not year then
    return nil
  end
  local days = os.time { year = year, month = month, day = day, hour = 12 }
  local noon = os.time(os.date("!*t", days) --[[@as osdateparam]]) -- that clock's way from UTC
  local time = days + (days - noon) - 12 * 3600 + hour * 3600 + minute * 60 + second
  local is_gps = word:find("(GPS)", 1, true)
  return os.date("!%Y-%m-%dT%H:%M:%SZ", math.tointeger(is_gps and time - LEAP_SECONDS or time))
end

local fixes = { ["2"] = "2d", ["3"] = "3d" }

local kinds = {
  latitude = any_coordinate, longitude = any_coordinate, altitude = values.number,
  accuracy = function(word) return values.number(word, 0) end,
  hdop = function(word) return values.number(word, 0, 99) end,
  heading = values.heading, knots = values.knots,
  kmh = function(word) local value = values.number(word, 0) return value and value / 3.6 end,
  speed = function(word) return values.number(word, 0) end,
  satellites = values.whole, time_of_day = values.time_of_day, day = values.day, time = time_of_gps,
  fix = function(word) return fixes[word] end,
}

local function put(found, name, word)
  if name == "ns" or name == "ew" then -- the side of the value before it
    local which = name == "ns" and "latitude" or "longitude"
    found[which] = coordinate(found.words[which] or "", word)
  elseif name ~= "-" then
    local value = kinds[name](word)
    if name == "satellites" and value then
      value = value + (found.satellites or 0) -- of several systems
    end
    found[name] = value == nil and found[name] or value
    found.words[name] = word
  end
end

local function by_order(declared, lines)
  local found = { words = {} }
  for _, line in ipairs(lines) do
    if text.prefix(line) == declared.prefix then
      local fields, place = text.fields(line), 0
      for name in declared.order:gmatch "%S+" do
        place = place + 1
        put(found, name, tostring(fields[place] or ""))
      end
    end
  end
  return found
end

local function by_words(declared, lines)
  local found, all = { words = {} }, table.concat(lines, "\n")
  for name, pattern in pairs(declared.words) do
    local word = all:match(pattern)
    if word then put(found, name, word) end
  end
  return found
end

---What an answer says.
---@param declared at.position
---@param lines string[]
---@return gnss.report report without a latitude where it tells no place
function M.read(declared, lines)
  local found = declared.order and by_order(declared, lines) or by_words(declared, lines)
  if not found.latitude or not found.longitude then
    return { satellites = found.satellites }
  end
  return reports.completed {
    latitude = found.latitude, longitude = found.longitude, altitude = found.altitude, accuracy = found.accuracy,
    hdop = found.hdop, heading = found.heading, speed = found.speed or found.kmh or found.knots, fix = found.fix,
    satellites = found.satellites, time = found.time or values.time(found.day, found.time_of_day),
  }
end

return M
