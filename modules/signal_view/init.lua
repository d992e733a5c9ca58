-- SPDX-License-Identifier: MIT
-- A live view of a signal, to aim an antenna by: a picture on a terminal, a line for each change elsewhere.
--
-- It goes by what the modem indicates; the clock only moves the line of the last minutes on.

local frame = require "signal_view.frame"
local fullscreen = require "terminal.fullscreen"
local gauges = require "signal_view.gauges"
local json = require "base.json"
local printable = require "base.printable"
local signal_words = require "radio.signal_words"
local task = require "task"
local terminal = require "terminal"

local M = {}

local WIDTH, HEIGHT = 80, 24 -- of a terminal that does not say
local SLOWEST, FASTEST = 2, 0.125 -- seconds between two tones: of the worst signal, and of the best

---@class signal_view.source
---@field next fun(self): { signal: modem.signal?, place: string? }?, moontower.error? waits for what has changed: the
--- signal, or where the modem is; nil: no more will come
---@field title string the modem's name

---@class signal_view.options
---@field json boolean? an object a line
---@field beep boolean? a tone, the faster the better the signal is

local function time_of_day() return os.date "%H:%M:%S" end

-- ---- on a terminal ----

---@class signal_view.view
---@field source signal_view.source
---@field state signal_view.gauges
---@field place string?
---@field time string of the latest value
---@field changes core.queue what the main task draws for: true, or { ended = error? }
local View = {}
View.__index = View

local function take(self, change)
  self.place = change.place or self.place
  if change.signal then
    self.state:take(change.signal)
    self.time = time_of_day()
  end
end

local function follow(self)
  while true do
    local change, err = self.source:next()
    if not change then
      self.changes:push { ended = true, err = err }
      return
    end
    take(self, change)
    self.changes:push(true)
  end
end

local function move_on(self)
  for _ in task.every(gauges.PACE) do
    self.state:tick()
    self.changes:push(true)
  end
end

local function follow_size(self, screen)
  while screen:wait_resized() do self.changes:push(true) end
end

-- The quality is read again before each tone.
local function beep(self)
  while true do
    local quality = self.state:quality()
    if quality then
      terminal.write_raw("out", "\a")
      terminal.flush()
    end
    task.sleep(SLOWEST * (FASTEST / SLOWEST) ^ (quality or 0))
  end
end

local function draw(self, screen)
  local columns, rows = terminal.width() or WIDTH, terminal.rows() or HEIGHT
  local title = printable(self.source.title .. (self.place and "  " .. self.place or ""))
  screen:draw(frame(self.state, title, self.time or "", columns, rows, terminal.is_utf8()))
end

local function show(source, screen, options)
  local self = setmetatable({ source = source, state = gauges.new(), changes = task.queue() }, View)
  local group <close> = task.group()
  group:spawn(follow, self)
  group:spawn(move_on, self)
  group:spawn(follow_size, self, screen)
  if options.beep then
    group:spawn(beep, self)
  end
  while true do
    draw(self, screen)
    local change
    repeat -- several at once are one picture
      change = self.changes:pop()
      if change ~= true then
        return nil, change.err
      end
    until self.changes:length() == 0
  end
end

-- ---- for programs, and where nothing can be drawn again ----

local function print_changes(source, options)
  terminal.stream()
  local last
  while true do
    local change, err = source:next()
    if not change then
      return nil, err
    end
    local line = change.signal and (options.json and json.encode(change.signal) or signal_words.sentence(change.signal))
    if line and line ~= last then
      last = line
      if options.json then
        local timed = { time = os.date "!%Y-%m-%dT%H:%M:%SZ" }
        for key, value in pairs(change.signal) do timed[key] = value end
        print(json.encode(timed))
      else
        print(printable(("%s  %s"):format(time_of_day(), line)))
      end
    end
  end
end

---Shows a signal until it is interrupted, or no more can come.
---@param source signal_view.source
---@param options signal_view.options
---@return nil
---@return moontower.error? err why there can be no more
function M.run(source, options)
  local screen <close> = not options.json and fullscreen.open() or nil
  if screen then
    return show(source, screen, options)
  end
  return print_changes(source, options)
end

return M
