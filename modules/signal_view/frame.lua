-- SPDX-License-Identifier: MIT
-- A picture of the signal that fits a terminal: the bigger that is, the bigger are the figures.

local figures = require "signal_view.figures"
local signal_words = require "radio.signal_words"

local WIDEST = "-100" -- for the scale, which is not to change with each value
local LARGEST_SCALE = 16
local MOST_COLUMNS = 2 -- of gauges beside one another

local function length(text) return utf8.len(text) or #text end

-- The first `width` characters, and as many spaces as are missing.
local function fitted(text, width)
  local count = length(text)
  if count > width then
    return text:sub(1, utf8.offset(text, width + 1) - 1)
  end
  return text .. (" "):rep(width - count)
end

---@class signal_view.layout
---@field columns integer of gauges
---@field width integer of a gauge
---@field scale integer of its figures; 0: they are left out
---@field extras integer lines below them: the bar, and the last minutes

-- Big figures are worth more than the lines below them, and those more than still bigger figures.
local function worth(scale, extras) return (scale > 0 and 4 or 0) + 2 * extras + scale end

-- The best that fits.
local function layout(count, width, height, is_utf8)
  local best, most = { columns = 1, width = width, scale = 0, extras = 0 }, 0
  for columns = 1, math.min(count, MOST_COLUMNS) do
    local room = (width - 2 * (columns - 1)) // columns
    local each = height // ((count + columns - 1) // columns)
    for extras = 0, 2 do
      for scale = 0, LARGEST_SCALE, is_utf8 and 1 or 2 do
        local rows = 1 + extras + figures.height(scale)
        if rows <= each and figures.width(WIDEST, scale) <= room and worth(scale, extras) > most then
          best, most = { columns = columns, width = room, scale = scale, extras = extras }, worth(scale, extras)
        end
      end
    end
  end
  return best
end

-- The end of a list, as long as the line is, with nothing where nothing is known yet.
local function newest(past, width)
  local values, first = {}, #past - width
  for i = 1, width do values[i] = first + i > 0 and past[first + i] or false end
  return values
end

local function gauge_lines(gauge, how, is_utf8)
  local measure, number = gauge.measure, signal_words.number
  local lines = { ("%s %s %s  best %s  worst %s"):format(measure.label, number(gauge.value), measure.unit,
    number(gauge.best), number(gauge.worst)) }
  if how.scale > 0 then
    local big = figures.big(("%.0f"):format(gauge.value), how.scale, is_utf8)
    table.move(big, 1, #big, #lines + 1, lines)
  end
  if how.extras >= 1 then
    lines[#lines + 1] = figures.bar(gauge.value, measure.least, measure.most, how.width, is_utf8)
  end
  if how.extras >= 2 then
    lines[#lines + 1] = figures.line(newest(gauge.past, how.width), measure.least, measure.most, is_utf8)
  end
  return lines
end

-- Gauges in columns, each of them filled before the next.
local function grid(list, how, is_utf8)
  local lines, deep = {}, (#list + how.columns - 1) // how.columns
  for i, gauge in ipairs(list) do
    local column, row = (i - 1) // deep, (i - 1) % deep
    for j, text in ipairs(gauge_lines(gauge, how, is_utf8)) do
      local at = row * (1 + how.extras + figures.height(how.scale)) + j
      lines[at] = (lines[at] or "") .. (column > 0 and "  " or "") .. fitted(text, how.width)
    end
  end
  return lines
end

local ANTENNA = { least = -130, most = -60 }

local function antenna_lines(antennas, width, is_utf8)
  local lines, words, longest = {}, {}, 0
  for i, antenna in ipairs(antennas) do
    words[i] = ("antenna %d  %s"):format(antenna.port, signal_words.words(antenna))
    longest = math.max(longest, length(words[i]))
  end
  local room = width - longest - 2
  for i, antenna in ipairs(antennas) do
    local level = antenna.rsrp or antenna.rssi
    lines[i] = room >= 8 and fitted(words[i], longest) .. "  "
      .. figures.bar(level, ANTENNA.least, ANTENNA.most, room, is_utf8) or words[i]
  end
  return lines
end

---Draws a signal.
---@param state signal_view.gauges
---@param title string of the modem and where it is
---@param time string of the latest value
---@param columns integer of the terminal
---@param rows integer
---@param is_utf8 boolean
---@return string[] lines no more, and no wider, than the terminal
return function(state, title, time, columns, rows, is_utf8)
  local list, antennas = state:list(), state.signal and state.signal.antennas or {}
  local lines = { fitted(title, math.max(columns - length(time) - 1, 0)) .. " " .. time }
  if not list[1] then
    lines[2] = state.signal and "The modem measures no signal just now." or "The modem has not told its signal yet."
  end
  local below = antenna_lines(antennas, columns, is_utf8)
  if #below > rows // 3 then
    below = table.move(below, 1, rows // 3, 1, {})
  end
  if list[1] then
    local shown = grid(list, layout(#list, columns, rows - 1 - #below, is_utf8), is_utf8)
    table.move(shown, 1, #shown, #lines + 1, lines)
  end
  table.move(below, 1, #below, #lines + 1, lines)
  local fit = {}
  for i = 1, math.min(#lines, rows) do fit[i] = fitted(lines[i], columns):match "^(.-)%s*$" end
  return fit
end
