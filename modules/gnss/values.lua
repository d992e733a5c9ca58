-- SPDX-License-Identifier: MIT
-- How receivers write coordinates, times and dates: in NMEA, and in the answers to AT commands.
--
-- Each reader returns nil for what makes no sense, whatever comes.

local M = {}

local KNOT = 1852 / 3600 -- metres a second
local sides = { N = 1, E = 1, S = -1, W = -1 }

---Degrees and minutes in one number: "4807.038", "N" is 48 degrees and 7.038 minutes.
---@param text string?
---@param side string? "N", "S", "E" or "W"
---@return number? degrees
function M.coordinate(text, side)
  local degrees, minutes = (text or ""):match "^(%d?%d?%d)(%d%d%.?%d*)$"
  local sign, most = sides[side or ""], (side == "N" or side == "S") and 90 or 180
  minutes = tonumber(minutes)
  local value = sign and minutes and minutes < 60 and tonumber(degrees) + minutes / 60
  return value and value <= most and sign * value or nil
end

---@param text string?
---@param least number?
---@param most number?
---@return number?
function M.number(text, least, most)
  local value = tonumber((text or ""):match "^%s*([-+]?%d+%.?%d*)%s*$")
  return value and value >= (least or -math.huge) and value <= (most or math.huge) and value or nil
end

---@param text string?
---@return integer?
function M.whole(text) return math.tointeger(tonumber((text or ""):match "^%s*(%d+)%s*$")) end

---Knots as metres a second.
---@param text string?
---@return number?
function M.knots(text)
  local value = M.number(text, 0)
  return value and value * KNOT
end

---@param text string?
---@return number? degrees
function M.heading(text) return M.number(text, 0, 360) end

---"123519.00" is the time of day.
---@param text string?
---@return string? "12:35:19"
function M.time_of_day(text)
  local hour, minute, second = (text or ""):match "^(%d%d)(%d%d)(%d%d)%.?%d*$"
  if hour and hour < "24" and minute < "60" and second <= "60" then
    return ("%s:%s:%s"):format(hour, minute, second)
  end
end

---"230394" is a day.
---@param text string?
---@return string? "2094-03-23": of this century
function M.day(text)
  local day, month, year = (text or ""):match "^(%d%d)(%d%d)(%d%d)$"
  if day and day >= "01" and day <= "31" and month >= "01" and month <= "12" then
    return ("20%s-%s-%s"):format(year, month, day)
  end
end

---@param day string?
---@param time_of_day string?
---@return string? "2026-11-30T12:35:19Z"
function M.time(day, time_of_day) return day and time_of_day and ("%sT%sZ"):format(day, time_of_day) or nil end

return M
