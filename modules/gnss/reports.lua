-- SPDX-License-Identifier: MIT
-- What a receiver knows now, put together from the sentences of one moment.
--
-- Receivers send GGA, RMC, GSA and GSV in any order, and none of them says that it is the last. A moment has one time
-- of day: it is complete when both GGA (or GNS) and RMC have come, or else when the next one begins.

local nmea = require "gnss.nmea"
local values = require "gnss.values"

local M = {}

local GROUPS = 24 -- of satellites: systems, and the signals of each

---@class gnss.report
---@field latitude number? degrees, north above 0; nil: there is no fix
---@field longitude number? degrees, east above 0
---@field altitude number? metres above the sea
---@field speed number? metres a second
---@field heading number? degrees from north, of the movement
---@field accuracy number? metres: two in three positions are nearer than that
---@field hdop number? how much the satellites' places dilute it
---@field fix "2d"|"3d"|nil
---@field time string? UTC of the position: "2026-11-30T12:35:19Z"
---@field satellites integer? that are used
---@field in_view integer? satellites that the receiver looks for
---@field strongest number? dB-Hz: the best received of them

-- Metres for a dilution of 1, of a receiver without help.
local ERROR = 5

---@param report gnss.report
---@return gnss.report
function M.completed(report)
  if report.latitude and not report.accuracy and report.hdop then
    report.accuracy = report.hdop * ERROR
  end
  return report
end

---@class gnss.reports
---@field private moment table what has come of the present one
---@field private fix "2d"|"3d"|nil as told last: some tell it after the rest of a moment
---@field private groups table<string, { in_view: integer, strongest: number? }> satellites by system and signal
---@field private group_count integer
local Reports = {}
Reports.__index = Reports

---@return gnss.reports
function M.new() return setmetatable({ moment = { used = 0 }, groups = {}, group_count = 0 }, Reports) end

local function in_view_of(self)
  local by_talker, strongest = {}, nil
  for key, group in pairs(self.groups) do
    local talker = key:sub(1, 2) -- the signals of a system come from the same satellites
    by_talker[talker] = math.max(by_talker[talker] or 0, group.in_view)
    strongest = group.strongest and math.max(strongest or 0, group.strongest) or strongest
  end
  local sum
  for _, count in pairs(by_talker) do sum = (sum or 0) + count end
  return sum, strongest
end

-- A receiver that does not tell measures its height once it uses four satellites.
local function fix_of(self, place)
  return self.fix or place.altitude and (place.satellites or 0) >= 4 and "3d" or "2d"
end

local function report_of(self)
  local moment = self.moment
  local place, movement = moment.place or {}, moment.RMC or {}
  local from = place.latitude and place.longitude and place or movement
  local has_fix = from.latitude and from.longitude
  local in_view, strongest = in_view_of(self)
  return M.completed {
    latitude = has_fix and from.latitude, longitude = has_fix and from.longitude,
    altitude = has_fix and place.altitude or nil, hdop = has_fix and place.hdop or nil,
    speed = has_fix and movement.speed or nil, heading = has_fix and movement.heading or nil,
    fix = has_fix and fix_of(self, place) or nil,
    time = has_fix and values.time(movement.day, moment.time_of_day) or nil,
    satellites = place.satellites or moment.used > 0 and moment.used or nil, in_view = in_view, strongest = strongest,
  }
end

-- The next moment begins; what the present one says, unless that has been returned.
local function begin(self)
  local has_any = self.moment.place or self.moment.RMC or self.moment.has_view
  local report = has_any and not self.moment.is_told and report_of(self) or nil
  self.moment = { used = 0 }
  return report
end

local function take_view(self, sentence)
  local key, report = sentence.talker .. (sentence.signal or ""), nil
  if sentence.number == 1 then
    if self.moment.first_view == key and not self.moment.place and not self.moment.RMC then
      report = begin(self) -- some tell nothing else before they have a fix
    end
    self.moment.first_view, self.moment.has_view = self.moment.first_view or key, true
    if not self.groups[key] and self.group_count < GROUPS then
      self.group_count = self.group_count + 1
      self.groups[key] = {}
    end
    if self.groups[key] then
      self.groups[key] = { in_view = sentence.in_view }
    end
  end
  local group = self.groups[key]
  for _, satellite in ipairs(group and sentence.satellites or {}) do
    group.strongest = satellite.strength and math.max(group.strongest or 0, satellite.strength) or group.strongest
  end
  return report
end

local function take_place(self, sentence)
  local kind, moment = sentence.kind == "RMC" and "RMC" or "place", self.moment
  local is_next = moment[kind] ~= nil or moment.is_timed and moment.time_of_day ~= sentence.time_of_day
  local report = is_next and begin(self) or nil
  moment = self.moment
  moment[kind], moment.time_of_day, moment.is_timed = sentence, sentence.time_of_day, true
  if moment.place and moment.RMC then
    moment.is_told = true
    return report_of(self)
  end
  return report
end

---@param line string a whole sentence
---@return gnss.report? report of a moment that is complete
function Reports:take(line)
  local sentence = nmea.read(line)
  if not sentence then
    return nil
  elseif sentence.kind == "GSV" then
    return take_view(self, sentence)
  elseif sentence.kind == "GSA" then
    self.moment.used = self.moment.used + sentence.used
    self.fix = sentence.fix or self.fix
    return nil
  end
  return take_place(self, sentence)
end

return M
