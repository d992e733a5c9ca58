-- SPDX-License-Identifier: MIT
-- What a person sees while a command works: a line per step, the current one counting its seconds on a terminal.

local printable = require "printable"
local task = require "task"
local terminal = require "terminal"

local M = {}

local LABEL = "%-9s %s"

local Terminal = {}
Terminal.__index = Terminal

-- The line being worked on is redrawn in place once a second, and only while there is one.
local function draw(self)
  local seconds = math.floor(task.now() - self.since)
  local tail = " ..." .. (seconds > 0 and (" %d s"):format(seconds) or "")
  -- A line that wraps could not be drawn over.
  local room = (terminal.width() or 80) - #tail - 1
  io.stdout:write("\r\27[K", LABEL:format(self.label, printable(self.text)):sub(1, room), tail)
  io.stdout:flush()
end

function Terminal:doing(label, text)
  self.label, self.text = label, text
  self.since = task.now()
  draw(self)
  self.ticker = self.ticker or self.group:spawn(function()
    while true do
      task.sleep(1)
      draw(self)
    end
  end)
end

local function clear(self)
  if self.label then
    io.stdout:write("\r\27[K")
    io.stdout:flush()
    self.label = nil
    self.ticker:cancel(task.unwanted)
    self.ticker = nil
  end
end

function Terminal:done(label, text)
  clear(self)
  io.stdout:write(LABEL:format(label, printable(text)):match("^(.-)%s*$"), "\n")
  io.stdout:flush()
end

function Terminal:data() end -- luacheck: ignore 212

function Terminal:close()
  clear(self)
  self.group:__close()
end

local Lines = {}
Lines.__index = Lines
function Lines:doing() end -- luacheck: ignore 212
function Lines:done(label, text) -- luacheck: ignore 212
  print((LABEL:format(label, printable(text)):match("^(.-)%s*$")))
  io.stdout:flush()
end
function Lines:data() end -- luacheck: ignore 212
function Lines:close() end -- luacheck: ignore 212

-- For programs: no lines, but one object at the end, its keys the labels.
local Json = {}
Json.__index = Json
function Json:doing() end -- luacheck: ignore 212
function Json:done(label, _, data)
  if data then
    self:data(label, data)
  end
end
function Json:data(label, data) self.values[label:lower()] = data end
function Json:close() end -- luacheck: ignore 212

Terminal.__close, Lines.__close, Json.__close = Terminal.close, Lines.close, Json.close

---A watcher that fits who reads standard output: keep it in a <close> variable.
---@param as_json boolean?
---@return up.watcher
function M.new(as_json)
  if as_json then
    return setmetatable({ values = {} }, Json)
  elseif terminal.is_terminal(1) then
    return setmetatable({ group = task.group() }, Terminal)
  end
  return setmetatable({}, Lines)
end

return M
