-- SPDX-License-Identifier: MIT
-- The lines of `up`, in their order. What is only shown is asked when the connection is there, or while it is waited
-- for: each answer that the modem gives before that takes its turn, 32 ms on many USB modems.

local snapshot = require "modem.snapshot"
local task = require "task"

local SLOW = 1 -- seconds after which a wait is long enough for questions

---@class modem.screen : up.watcher
---@field is_full boolean for programs, which get more than the lines show
---@field private modem modem.modem
---@field private watcher up.watcher
---@field private lines { names: string[], show: fun(told: modem.snapshot, watcher: up.watcher) }[] that wait for
--- answers, and those after them
---@field private step { [1]: string, [2]: string }? that was begun last
---@field private lock task.mutex
local Screen = {}
Screen.__index = Screen

local M = {}

---@param modem modem.modem
---@param watcher up.watcher
---@param is_full boolean
---@return modem.screen
function M.new(modem, watcher, is_full)
  return setmetatable({
    modem = modem, watcher = watcher, is_full = is_full, lines = {}, lock = task.mutex(),
  }, Screen)
end

function Screen:doing(label, text)
  self.step = { label, text }
  self.watcher:doing(label, text)
end

function Screen:rest()
  self.step = nil
  self.watcher:rest()
end

local NOTHING = {}

local function in_turn(name)
  return function(self, ...)
    if #self.lines == 0 then
      self.watcher[name](self.watcher, ...)
      return
    end
    local values = table.pack(...)
    self:later(NOTHING, function(_, watcher) watcher[name](watcher, table.unpack(values, 1, values.n)) end)
  end
end

Screen.done, Screen.data = in_turn "done", in_turn "data"

---Shows something that the modem has to be asked for.
---@param names string[] the questions, as snapshot.ask has them
---@param show fun(told: modem.snapshot, watcher: up.watcher)
function Screen:later(names, show) table.insert(self.lines, { names = names, show = show }) end

-- Each line is removed after it was shown: showing one may ask the modem, and may be cancelled while it waits.
local function show_lines(self, told)
  for _ = 1, #self.lines do
    self.lines[1].show(told, self.watcher)
    table.remove(self.lines, 1)
  end
end

local function names_of(lines)
  local names, is_asked = {}, {}
  for _, line in ipairs(lines) do
    for _, name in ipairs(line.names) do
      if not is_asked[name] then
        is_asked[name], names[#names + 1] = true, name
      end
    end
  end
  return names
end

---Asks what is still to be asked, and shows all lines so far.
---@param failure moontower.error? why `up` ends: a modem that has not answered is not asked again
---@return true? ok
---@return moontower.error? err "gone": the lines are shown with what is known
function Screen:catch_up(failure)
  local _ <close> = self.lock:lock()
  local names = names_of(self.lines)
  local is_mute = failure and (failure.code == "timeout" or failure.code == "modem-mute")
  local told, err
  if is_mute then
    err = failure
  else
    told, err = snapshot.ask(self.modem, names)
  end
  show_lines(self, told or snapshot.usual(names, err))
  return (not err or err.code ~= "gone") and true or nil, err
end

---Runs what may have to wait for the network or the SIM; if it takes long, the modem has time for questions.
---@param fn function
---@return any what it returns
function Screen:during(fn)
  local group <close> = task.group()
  group:spawn(function()
    task.sleep(SLOW)
    self:catch_up()
    if self.step then -- it still goes on, below the lines
      self.watcher:doing(self.step[1], self.step[2])
    end
  end)
  return fn()
end

return M
