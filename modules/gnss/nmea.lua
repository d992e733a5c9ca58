-- SPDX-License-Identifier: MIT
-- Sentences of NMEA 0183: taken out of a stream, checked, and read.
--
-- Of the sentences that receivers send, five tell all that is asked for: GGA and GNS (where), RMC (where, when, how
-- fast), GSA (which satellites are used), GSV (which are in view). Others are passed on unread.

local values = require "gnss.values"

local M = {}

-- The standard has 82 characters; makers' own sentences are longer.
local LONGEST = 256

---@class gnss.sentence
---@field kind "GGA"|"GNS"|"RMC"|"GSA"|"GSV"
---@field talker string "GP", "GL", "GA", "GB", "GN" ...
---@field time_of_day string?
---@field [string] any

---The checksum: the exclusive or of all characters between "$" and "*".
---@param text string
---@return integer
function M.checksum(text)
  local sum = 0
  for i = 1, #text do sum = sum ~ text:byte(i) end
  return sum
end

---Is this a whole sentence?
---@param line string without its end
---@return boolean
function M.is_sentence(line)
  local text, sum = line:match "^%$(%u[%w ,.%-+:/_]*)%*(%x%x)$"
  return text ~= nil and #line <= LONGEST and M.checksum(text) == tonumber(sum, 16)
end

local function where(fields, from)
  return {
    time_of_day = values.time_of_day(fields[from]),
    latitude = values.coordinate(fields[from + 1], fields[from + 2]),
    longitude = values.coordinate(fields[from + 3], fields[from + 4]),
  }
end

-- A position without a fix is the last one there was.
local function without_position(sentence) sentence.latitude, sentence.longitude = nil, nil end

local readers = {}

function readers.GGA(fields)
  local found = where(fields, 1)
  found.satellites, found.hdop = values.whole(fields[7]), values.number(fields[8], 0, 99)
  found.altitude = values.number(fields[9])
  if not fields[6] or fields[6] == "" or fields[6] == "0" then
    without_position(found)
  end
  return found
end

function readers.GNS(fields)
  local found = where(fields, 1)
  found.satellites, found.hdop = values.whole(fields[7]), values.number(fields[8], 0, 99)
  found.altitude = values.number(fields[9])
  if not (fields[6] or ""):find "[^N]" then
    without_position(found)
  end
  return found
end

function readers.RMC(fields)
  local found = where({ fields[1], fields[3], fields[4], fields[5], fields[6] }, 1)
  found.speed, found.heading, found.day = values.knots(fields[7]), values.heading(fields[8]), values.day(fields[9])
  if fields[2] ~= "A" then
    without_position(found)
  end
  return found
end

local fixes = { ["2"] = "2d", ["3"] = "3d" }

function readers.GSA(fields)
  local used = 0
  for i = 3, 14 do used = used + (values.whole(fields[i]) and 1 or 0) end
  return { fix = fixes[fields[2] or ""], used = used }
end

function readers.GSV(fields)
  local found = {
    count = values.whole(fields[1]), number = values.whole(fields[2]), in_view = values.whole(fields[3]) or 0,
    satellites = {},
  }
  local last = #fields
  if (last - 3) % 4 == 1 then -- the signal's id, of NMEA 4.11
    found.signal, last = fields[last], last - 1
  end
  for i = 4, last - 3, 4 do
    local id = values.whole(fields[i])
    if id then found.satellites[#found.satellites + 1] = { id = id, strength = values.number(fields[i + 3], 1, 99) } end
  end
  return found.count and found.number and found or nil
end

---@param line string a whole sentence
---@return gnss.sentence? sentence nil: nothing that is read here
function M.read(line)
  local talker, kind, rest = line:match "^%$(%u%u)(%u%u%u),([^*]*)"
  local read = readers[kind or ""]
  if not read then
    return nil
  end
  local fields = {}
  for field in (rest .. ","):gmatch "([^,]*)," do fields[#fields + 1] = field end
  local sentence = read(fields)
  if sentence then
    sentence.kind, sentence.talker = kind, talker
  end
  return sentence
end

-- ---- a stream ----

---@class gnss.lines
---@field private rest string
local Lines = {}
Lines.__index = Lines

---@return gnss.lines
function M.lines() return setmetatable({ rest = "" }, Lines) end

---@param bytes string as they come
---@return string[] sentences whole ones, without their ends
function Lines:feed(bytes)
  local list, start = {}, 1
  local text = self.rest .. bytes
  if not bytes:find "[\r\n]" then
    self.rest = text:sub(-LONGEST)
    return list
  end
  for line, behind in text:gmatch "([^\r\n]*)[\r\n]+()" do
    line = line:match "%$[^$]*$" or "" -- noise may stand in front of it
    if M.is_sentence(line) then list[#list + 1] = line end
    start = behind
  end
  self.rest = text:sub(start):sub(-LONGEST)
  return list
end

return M
