-- SPDX-License-Identifier: MIT
-- What a modem tells of its signal and of where it is, as it tells it.
--
-- The modem pushes what has changed. What it does not push, such as the strength at each antenna, is asked for as often
-- as it is measured. One that pushes all, and has told nothing for a while, is asked less and less often.

local radio_words = require "radio.words"
local task = require "task"

local M = {
  first_pause = 2, longest_pause = 60, -- seconds until it is asked; modems measure once in a second or two
}

local UNTOLD = 3 -- dB: a larger change would have been pushed

---@class signal_view.modem_source: signal_view.source
---@field private modem modem.modem
---@field private events modem.events
---@field private closely table
---@field private signal modem.signal?
---@field private cells modem.cells?
---@field private registration modem.registration?
---@field private tells_half boolean? it does not push all
---@field private pause number? nil: nothing was asked yet
local Source = {}
Source.__index = Source

local function place_of(self)
  local words, registration = {}, self.registration
  local bands = self.cells and radio_words.bands(self.cells.serving) or ""
  words[1] = bands ~= "" and bands or registration and registration.technology
  local name = registration and radio_words.network(registration.provider)
  if name then
    words[#words + 1] = "on " .. name
  end
  local primary = self.cells and self.cells.serving[1]
  if primary and primary.cell_id then
    words[#words + 1] = ("cell %d"):format(primary.cell_id)
  end
  return table.concat(words, " ")
end

-- Parts of a signal that another one lacks: technologies, and antennas.
local function lacks(signal, other)
  for name, part in pairs(other) do
    if type(part) == "table" and not signal[name] then
      return true
    end
  end
  return false
end

-- All of it, at first.
local function ask_all(self)
  local told, err = self.modem:signal "protocol"
  if not told then
    return nil, err
  end
  self.signal = self.modem:signal() or told
  self.registration = self.modem:registration()
  self.cells = self.modem:cells()
  self.tells_half, self.pause = lacks(told, self.signal), M.first_pause
  return { signal = self.signal, place = place_of(self) }
end

-- Has it changed by more than a modem that pushes leaves untold?
local function has_jumped(now, before)
  if type(now) ~= "table" or type(before) ~= "table" then
    return type(now) ~= type(before) or type(now) == "number" and math.abs(now - before) > UNTOLD
  end
  for key, value in pairs(now) do
    if has_jumped(value, before[key]) then return true end
  end
  return lacks(now, before)
end

local function same(a, b)
  if type(a) ~= "table" or type(b) ~= "table" then
    return a == b
  end
  for key, value in pairs(a) do
    if not same(value, b[key]) then return false end
  end
  for key in pairs(b) do
    if a[key] == nil then return false end
  end
  return true
end

local function read(self, event)
  if event.name == "registration" then
    local is_same = self.registration and self.registration.cell_id == event.value.cell_id
    self.registration = event.value
    self.cells = is_same and self.cells or self.modem:cells()
    return { place = place_of(self) }
  end
  local signal = {}
  for name, part in pairs(self.tells_half and self.signal or {}) do signal[name] = part end
  for name, part in pairs(event.value) do signal[name] = part end
  self.signal, self.pause = signal, M.first_pause
  return { signal = signal }
end

-- The next event; false when none has come in that time.
local function next_event(self)
  local is_over, event, err = task.timeout(self.pause, function() return true, self.events:next() end)
  if not is_over then
    return false
  end
  return event, err
end

---Waits for what has changed.
---@return { signal: modem.signal?, place: string? }? change
---@return moontower.error? err "gone" once the modem is
function Source:next()
  if not self.pause then
    return ask_all(self)
  end
  while true do
    local event, err = next_event(self)
    if event then
      return read(self, event)
    elseif event == nil then
      return nil, err
    end
    local signal
    signal, err = self.modem:signal(not self.tells_half and "protocol" or nil)
    if err and err.code == "gone" then
      return nil, err
    end
    local is_untold = self.tells_half or signal and has_jumped(signal, self.signal)
    self.pause = is_untold and M.first_pause or math.min(self.pause * 2, M.longest_pause)
    if signal and not same(signal, self.signal) then
      self.signal = signal
      return { signal = signal }
    end
  end
end

function Source:close()
  local _ <close> = self.closely
  self.events:close()
end
Source.__close = Source.close

---@param modem modem.modem
---@return signal_view.modem_source keep it in a <close> variable
function M.new(modem)
  return setmetatable({
    modem = modem, title = ("%s  %s"):format(modem.description.name, modem:describe()),
    events = modem:events("signal", "registration"), closely = modem:watch_signal_closely(),
  }, Source)
end

return M
