-- SPDX-License-Identifier: MIT
-- A live view of a position: big figures on a terminal, a line for each report elsewhere.

local figures = require "signal_view.figures"
local fullscreen = require "terminal.fullscreen"
local json = require "base.json"
local printable = require "base.printable"
local task = require "task"
local terminal = require "terminal"
local words = require "gnss.words"

local M = {}

local WIDTH, HEIGHT = 80, 24 -- of a terminal that does not say
local LARGEST_SCALE = 4
local STRONGEST = 50 -- dB-Hz: a full bar

---@class gnss_view.source
---@field next fun(self): gnss.report?, moontower.error? waits for what the receiver knows next; nil: no more will come

local function cut(line, columns)
  local count = utf8.len(line) or #line
  return count > columns and line:sub(1, utf8.offset(line, columns + 1) - 1) or line
end

-- The greatest figures that leave room for the lines below them.
local function scale_for(texts, columns, rows)
  for scale = LARGEST_SCALE, 1, -1 do
    local width = 0
    for _, text in ipairs(texts) do width = math.max(width, figures.width(text, scale)) end
    if width <= columns and #texts * (figures.height(scale) + 1) <= rows then
      return scale
    end
  end
end

local function add_coordinates(lines, report, columns, rows, is_utf8)
  local texts = { words.degrees(report.latitude), words.degrees(report.longitude) }
  local scale = scale_for(texts, columns, rows)
  for i, text in ipairs(texts) do
    if scale then
      local big = figures.big(text, scale, is_utf8)
      table.move(big, 1, #big, #lines + 1, lines)
      lines[#lines + 1] = ""
    else
      lines[#lines + 1] = ("%-10s %s"):format(i == 1 and "latitude" or "longitude", text)
    end
  end
end

---Draws what a receiver knows.
---@param report gnss.report? nil: nothing yet
---@param title string
---@param columns integer
---@param rows integer
---@param is_utf8 boolean
---@return string[] lines no more, and no wider, than the terminal
function M.frame(report, title, columns, rows, is_utf8)
  local lines = { title }
  local below = {}
  if report and report.latitude then
    below = words.lines(report)
    table.remove(below, 1)
    add_coordinates(lines, report, columns, rows - 1 - #below, is_utf8)
  else
    lines[2] = "No fix yet: " .. words.search(report or {}) .. "."
  end
  for _, line in ipairs(below) do lines[#lines + 1] = ("%-10s %s"):format(line[1], line[2]) end
  if report and report.strongest then
    local label = ("%-10s %.0f dB-Hz "):format("best", report.strongest)
    local room = math.min(columns - #label, 40)
    lines[#lines + 1] = room >= 8 and label .. figures.bar(report.strongest, 0, STRONGEST, room, is_utf8) or label
  end
  local fit = {}
  for i = 1, math.min(#lines, rows) do fit[i] = cut(lines[i], columns) end
  return fit
end

-- ---- on a terminal ----

local function show(source, title, screen)
  local changes, report, failure = task.queue(), nil, nil
  local group <close> = task.group()
  group:spawn(function()
    repeat
      local next_report, err = source:next()
      report, failure = next_report or report, err
      changes:push(next_report ~= nil)
    until not next_report
  end)
  group:spawn(function()
    while screen:wait_resized() do changes:push(true) end
  end)
  repeat
    local columns, rows = terminal.width() or WIDTH, terminal.rows() or HEIGHT
    screen:draw(M.frame(report, printable(title), columns, rows, terminal.is_utf8()))
  until not changes:pop()
  return nil, failure
end

-- ---- for programs, and where nothing can be drawn again ----

local function print_reports(source, as_json)
  terminal.stream()
  local last
  while true do
    local report, err = source:next()
    if not report then
      return nil, err
    end
    local line = as_json and json.encode(report) or words.sentence(report)
    if line ~= last then
      last = line
      print(as_json and line or printable(("%s  %s"):format(os.date "%H:%M:%S", line)))
    end
  end
end

---Shows a position until it is interrupted, or no more can come.
---@param source gnss_view.source
---@param title string the modem's name
---@param options { json: boolean? } json: an object a line
---@return nil
---@return moontower.error? err why there can be no more
function M.run(source, title, options)
  local screen <close> = not options.json and fullscreen.open() or nil
  if screen then
    return show(source, title, screen)
  end
  return print_reports(source, options.json)
end

return M
