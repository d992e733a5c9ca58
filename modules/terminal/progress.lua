-- SPDX-License-Identifier: MIT
-- Progress of a command: a line per step; on a terminal, the current one counts its seconds.

local printable = require "base.printable"
local task = require "task"
local terminal = require "terminal"

local M = {}

local LABEL_WIDTH, NARROWEST = 9, 20

-- The text of a line, and how far its label goes.
local function labelled(self, label, text)
  local length = utf8.len(label) or #label
  local width = math.max(self.label_width, length)
  text = printable(text)
  text = text:find("\t", 1, true) and text:gsub("\t", " ") or text
  return label .. (" "):rep(width - length + 1), text, width + 1
end

-- The first `count` characters.
local function cut(text, count)
  local stop = utf8.len(text) and utf8.offset(text, math.max(count, 0) + 1)
  return text:sub(1, (stop or math.max(count, 0) + 1) - 1)
end

-- A finished line: on a terminal that is narrower, several, with the label standing out.
local function print_line(self, label, text)
  local head, rest, indent = labelled(self, label, text)
  local columns = terminal.is_terminal(1) and terminal.width()
  local room = columns and columns - indent
  while room and room >= NARROWEST and (utf8.len(rest) or #rest) > room do
    local stop = cut(rest, room + 1):match("^.*%S()%s") or rest:match("^%S+()%s") -- a word that is too long stays whole
    if not stop then
      break
    end
    print(head .. rest:sub(1, stop - 1))
    head, rest = (" "):rep(indent), rest:sub(stop):gsub("^%s+", "")
  end
  local line = head .. rest
  print(line:sub(-1) == " " and (line:match "^.*%S" or "") or line)
  io.stdout:flush()
end

local Terminal = {}
Terminal.__index = Terminal

-- The line being worked on is redrawn in place once a second, and only while there is one.
local function draw(self)
  local seconds = math.floor(task.now() - self.since)
  local tail = " ..." .. (seconds > 0 and (" %d s"):format(seconds) or "")
  local head, text = labelled(self, self.label, self.text)
  -- A line that wraps could not be drawn over; the last column makes some terminals wrap.
  local room = (terminal.width() or 80) - 1
  terminal.show_line(cut(cut(head .. text, room - #tail) .. tail, room))
end

function Terminal:doing(label, text)
  self.label, self.text = label, text
  self.since = task.now()
  draw(self)
  self.ticker = self.ticker or self.group:spawn(function()
    while true do
      task.sleep(1)
      if self.label then -- the sleep may have ended just before rest() cancelled this task
        draw(self)
      end
    end
  end)
end

function Terminal:done(label, text)
  self:rest()
  print_line(self, label, text)
end

function Terminal:data() end

function Terminal:rest()
  if self.label then
    terminal.show_line(nil)
    self.label = nil
  end
  if self.ticker then
    self.ticker:cancel(task.unwanted)
    self.ticker = nil
  end
end

function Terminal:close()
  self:rest()
  self.group:__close()
end

local Lines = {}
Lines.__index = Lines
function Lines:doing() end
function Lines:done(label, text) print_line(self, label, text) end
function Lines:rest() end
function Lines:data() end
function Lines:close() end

-- For programs: no lines, but one object at the end, its keys the labels.
local Json = {}
Json.__index = Json
function Json:doing() end
function Json:done(label, _, data)
  if data then
    self:data(label, data)
  end
end
function Json:data(label, data) self.values[label:lower()] = data end
function Json:rest() end
function Json:close() end

Terminal.__close, Lines.__close, Json.__close = Terminal.close, Lines.close, Json.close

---A watcher for the present standard output (terminal, pipe, --json): keep it in a <close> variable.
---@param as_json boolean?
---@param label_width integer? of the longest label
---@return up.watcher
function M.new(as_json, label_width)
  label_width = label_width or LABEL_WIDTH
  if as_json then
    return setmetatable({ values = {} }, Json)
  elseif terminal.can_redraw() then
    return setmetatable({ group = task.group(), label_width = label_width }, Terminal)
  end
  return setmetatable({ label_width = label_width }, Lines)
end

return M
