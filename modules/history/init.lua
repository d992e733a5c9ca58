-- SPDX-License-Identifier: MIT
-- A day of each modem, in files below /var/lib/moontower/history: written at most every five minutes, bounded in size.
--
-- The ring is made of segments of an hour, numbered one after the other. A write replaces the latest segment; the
-- others stay as they are until they are removed. So a kill costs what has not been written yet, a damaged file costs
-- an hour, and flash is spared. Their numbers go on where the clock goes back, as one without a battery does.

local log = require "log"
local record = require "history.record"
local state = require "state"

local M = {
  KIND = "history",
  PAUSE = 300, -- seconds between writes, at least
  DAY = 24 * 60 * 60,
}

local SEGMENT = 60 * 60 -- seconds
local SEGMENTS = 25 -- 24 full ones, and the latest
local LARGEST = 512 << 10 -- bytes of a segment; then the next one begins
local MOST_WAITING = 8 << 10 -- bytes of a modem that wait for a write; more are counted, and lost

---@class history.ring
---@field private prefix string of its segments
---@field private number integer? of the latest segment; nil: nothing was written yet
---@field private waiting table<string, string> lines of each modem that are not written yet
---@field private lost table<string, integer> how many lines there was no room for
---@field private has_failed boolean? the last write has
local Ring = {}
Ring.__index = Ring

---@class history.segment
---@field started integer
---@field modems table<string, string> lines by the name of the modem

local function name_of(prefix, number) return ("%s-%06d"):format(prefix, number) end

-- The numbers of a ring's segments, in order.
local function numbers_of(names, prefix)
  local numbers = {}
  for _, name in ipairs(names) do
    local its, number = name:match "^(.+)%-(%d+)$"
    if its == prefix then
      numbers[#numbers + 1] = math.tointeger(tonumber(number))
    end
  end
  table.sort(numbers)
  return numbers
end

---A ring that one daemon writes.
---@param prefix string? another name for each daemon of this computer: "day", if not given
---@return history.ring
function M.new(prefix)
  prefix = (prefix or "day"):gsub("[^%w._-]", "_") -- as the names of files are
  return setmetatable({ prefix = prefix, waiting = {}, lost = {} }, Ring)
end

---Adds a line, which is written with the next write.
---@param modem string its name
---@param line string of history.record
function Ring:add(modem, line)
  local waiting = self.waiting[modem] or ""
  if #waiting + #line > MOST_WAITING then
    self.lost[modem] = (self.lost[modem] or 0) + 1
    return
  end
  self.waiting[modem] = waiting .. line .. "\n"
end

-- The segment that is written to now; a new one, once that has its hour, or the clock was set back.
local function current(self, now)
  if not self.number then
    local numbers = numbers_of(state.persistent.list(M.KIND) or {}, self.prefix)
    self.number = numbers[#numbers] or 0
  end
  local segment = self.number > 0 and state.persistent.load(M.KIND, name_of(self.prefix, self.number))
  local length = 0
  for _, lines in pairs(segment and segment.modems or {}) do length = length + #lines end
  if not segment or now < segment.started or now - segment.started >= SEGMENT or length >= LARGEST then
    return { started = now, modems = {} }, self.number + 1
  end
  return segment, self.number
end

local function remove_oldest(self)
  for _, number in ipairs(numbers_of(state.persistent.list(M.KIND) or {}, self.prefix)) do
    if number <= self.number - SEGMENTS then
      state.persistent.remove(M.KIND, name_of(self.prefix, number))
    end
  end
end

---Writes what waits, if anything does. The caller sees to it that this is not done too often.
---@param now integer
---@return boolean written
function Ring:write(now)
  for modem, count in pairs(self.lost) do
    self.waiting[modem] = self.waiting[modem] .. record.line(now, record.words("lost", { count = count })) .. "\n"
  end
  self.lost = {}
  if not next(self.waiting) then
    return false
  end
  local segment, number = current(self, now)
  for modem, lines in pairs(self.waiting) do segment.modems[modem] = (segment.modems[modem] or "") .. lines end
  local ok, err = state.persistent.save(M.KIND, name_of(self.prefix, number), segment)
  if not ok then
    local say = self.has_failed and log.debug or log.warn -- once, not at each try
    say("the history of the last minutes cannot be written, and is kept in memory: %s", err)
    self.has_failed = true
    return false
  end
  self.has_failed, self.waiting = nil, {}
  if number ~= self.number then
    self.number = number
    remove_oldest(self)
  end
  return true
end

---@param waiting string? lines that are not written yet
---@param texts string[] lines of segments, in order
---@param since integer
---@param until_ integer
---@return history.record[]
local function records(texts, waiting, since, until_)
  local list = {}
  for _, text in ipairs { table.concat(texts), waiting } do
    for line in text:gmatch "[^\n]+" do
      local one = record.read(line)
      if one and one.time >= since and one.time <= until_ then
        list[#list + 1] = one
      end
    end
  end
  return list
end

---@class history.modem
---@field modem string its name
---@field records history.record[] in the order in which they were written

---What is known of each modem.
---@param ring history.ring? of the daemon that this is run in: it has what is not written yet
---@param since integer
---@param until_ integer
---@param modem string? only this one
---@return history.modem[]? modems by name
---@return moontower.error? err
function M.read(ring, since, until_, modem)
  local names, err = state.persistent.list(M.KIND)
  if not names then
    return nil, err
  end
  local segments = {}
  for _, name in ipairs(names) do
    local segment = state.persistent.look(M.KIND, name)
    if segment then
      segment.name = name
      segments[#segments + 1] = segment
    end
  end
  table.sort(segments, function(a, b)
    return a.started < b.started or a.started == b.started and a.name < b.name
  end)
  local texts, found = {}, {}
  local function text_of(name)
    texts[name] = texts[name] or {}
    return texts[name]
  end
  for _, segment in ipairs(segments) do
    for name, lines in pairs(segment.modems) do table.insert(text_of(name), lines) end
  end
  for name in pairs(ring and ring.waiting or {}) do text_of(name) end
  for name, list in pairs(texts) do
    local its = (not modem or modem == name) and records(list, ring and ring.waiting[name], since, until_) or {}
    if its[1] then
      found[#found + 1] = { modem = name, records = its }
    end
  end
  table.sort(found, function(a, b) return a.modem < b.modem end)
  return found
end

return M
