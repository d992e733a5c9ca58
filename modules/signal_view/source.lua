-- SPDX-License-Identifier: MIT
-- What a modem tells of its signal and of where it is, as it tells it.
--
-- The modem pushes what has changed. One that has told nothing for a while is asked, less and less often, as long as it
-- answers what it has told before: one that pushes is left alone. What differs shows that it pushes nothing, or only
-- larger steps; then it is asked again as soon as it may have measured.

local radio_words = require "radio.words"
local task = require "task"

local M = {
  first_pause = 2, longest_pause = 60, -- seconds until it is asked; modems measure once in a second or two
}

---@class signal_view.modem_source: signal_view.source
---@field private modem modem.modem
---@field private events modem.events
---@field private signal modem.signal?
---@field private pause number? nil: nothing was asked yet
local Source = {}
Source.__index = Source

local function place_of(self)
  local words, registration = {}, self.registration
  local bands = self.cells and radio_words.bands(self.cells.serving) or ""
  words[1] = bands ~= "" and bands or registration and registration.technology
  local name = registration and (registration.provider.name ~= "" and registration.provider.name
    or registration.provider.id)
  if name and name ~= "" then
    words[#words + 1] = "on " .. name
  end
  local primary = self.cells and self.cells.serving[1]
  if primary and primary.cell_id then
    words[#words + 1] = ("cell %d"):format(primary.cell_id)
  end
  return table.concat(words, " ")
end

-- All of it, at first.
local function ask_all(self)
  local signal, err = self.modem:signal "antennas"
  if not signal then
    return nil, err
  end
  self.registration = self.modem:registration()
  self.cells = self.modem:cells()
  self.signal, self.pause = signal, M.first_pause
  return { signal = signal, place = place_of(self) }
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

-- Each antenna for itself is told only to those who ask.
local function with_antennas(self, signal)
  if self.signal.antennas and not signal.antennas then
    local asked = self.modem:signal "antennas"
    return asked or signal
  end
  return signal
end

local function read(self, event)
  if event.name == "signal" then
    self.signal, self.pause = with_antennas(self, event.value), M.first_pause
    return { signal = self.signal }
  end
  self[event.name == "cell" and "cells" or "registration"] = event.value
  return { place = place_of(self) }
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
    signal, err = self.modem:signal "antennas"
    if err and err.code == "gone" then
      return nil, err
    elseif signal and not same(signal, self.signal) then
      self.signal, self.pause = signal, M.first_pause
      return { signal = signal }
    end
    self.pause = math.min(self.pause * 2, M.longest_pause)
  end
end

function Source:close() self.events:close() end
Source.__close = Source.close

---@param modem modem.modem
---@return signal_view.modem_source keep it in a <close> variable
function M.new(modem)
  return setmetatable({
    modem = modem, title = ("%s  %s"):format(modem.description.name, modem:describe()),
    events = modem:events("signal", "registration"),
  }, Source)
end

return M
