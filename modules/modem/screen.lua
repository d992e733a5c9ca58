-- SPDX-License-Identifier: MIT
-- The lines of `up`, in their order. What is only shown is asked while the modem is waited for, or when the connection
-- is there: each answer takes its turn, 32 ms on many USB modems, and those turns pass unused while an order to connect
-- waits for its answer.

local snapshot = require "modem.snapshot"
local task = require "task"

---@class modem.screen : up.watcher
---@field is_full boolean for programs, which get more than the lines show
---@field private modem modem.modem
---@field private watcher up.watcher
---@field private lines { names: string[], show: fun(told: modem.snapshot, watcher: up.watcher) }[] that wait for
--- answers, and those after them
---@field private group task.group of the questions
---@field private asked table<string, fun(): table?, moontower.error?> while the modem was waited for, by their names
---@field private answered table<string, boolean> those of them whose answers are there
---@field private step { [1]: string, [2]: string }? that was begun last
---@field private lock task.mutex
local Screen = {}
Screen.__index = Screen

local M = {
  idle = 0.032, -- seconds after which a wait has room for questions, one turn: a modem that is quicker gets none
}

---To be kept in a <close> variable.
---@param modem modem.modem
---@param watcher up.watcher
---@param is_full boolean
---@return modem.screen
function M.new(modem, watcher, is_full)
  return setmetatable({
    modem = modem, watcher = watcher, is_full = is_full, lines = {}, asked = {}, answered = {},
    group = task.group(), lock = task.mutex(),
  }, Screen)
end

function Screen:__close(err) self.group:__close(err) end

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

-- A line is removed after it was shown: showing it may ask the modem, and may be cancelled while it waits.
local function show_first(self, told)
  self.lines[1].show(told, self.watcher)
  table.remove(self.lines, 1)
end

local function show_all(self, told)
  for _ = 1, #self.lines do show_first(self, told) end
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
    told, err = snapshot.ask(self.modem, names, self.asked)
  end
  show_all(self, told or snapshot.usual(names, err))
  return (not err or err.code ~= "gone") and true or nil, err
end

local function is_answered(self, line)
  for _, name in ipairs(line.names) do
    if not self.answered[name] then
      return false
    end
  end
  return true
end

-- What is waited for still goes on, below the lines.
local function show_step(self)
  if self.step then
    self.watcher:doing(self.step[1], self.step[2])
  end
end

-- Shows the lines that all is known for.
local function show_answered(self)
  local has_shown = false
  while self.lines[1] and is_answered(self, self.lines[1]) do
    show_first(self, assert(snapshot.ask(self.modem, self.lines[1].names, self.asked)))
    has_shown = true
  end
  if has_shown then
    show_step(self)
  end
end

-- The question outlives the wait: it is not asked twice.
local function start_asking(self, name)
  local asking = self.group:spawn(snapshot.ask_one, self.modem, name)
  self.asked[name] = function()
    local _, answer, err = asking:join()
    return answer, err
  end
  return self.asked[name]
end

-- One question after the other: should the modem answer in turn, no more than one delays what comes after the wait.
-- What it refuses while it is busy is asked again at the end. One that is silent gets no other question, and a person,
-- who waits, sees what is known; a program gets the rest at the end.
local function ask_ahead(self)
  local _ <close> = self.lock:lock()
  for _, name in ipairs(names_of(self.lines)) do
    if not self.answered[name] then
      local answer, err = (self.asked[name] or start_asking(self, name))()
      if answer or err.code == "unsupported" then
        self.answered[name] = true
        show_answered(self)
      elseif err.code == "timeout" or err.code == "gone" then
        if err.code == "timeout" and not self.is_full then
          show_all(self, snapshot.usual(names_of(self.lines), err))
          show_step(self)
        end
        return
      else
        self.asked[name] = nil
      end
    end
  end
end

---Runs what may have to wait for the modem, the network or the SIM; if it does, there is time for questions.
---@param fn function
---@return any what it returns
function Screen:during(fn)
  local group <close> = task.group()
  group:spawn(function()
    task.sleep(M.idle)
    ask_ahead(self)
  end)
  return fn()
end

return M
