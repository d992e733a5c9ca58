-- SPDX-License-Identifier: MIT
-- Locks to a channel or a cell, as people write them: "lte-8665" (an EARFCN), "lte-8665/214" (with the cell's PCI),
-- "nr-504990/347@n41:30" (an NR-ARFCN, a PCI, the band, the subcarrier spacing in kHz), several with + between; "off".

local errors = require "errors"
local radio = require "radio"

---@class settings.lock
---@field channel integer EARFCN or NR-ARFCN
---@field pci integer? nil: any cell of the channel
---@field band integer? of 5G
---@field scs integer? kHz, of 5G

---@class settings.locks
---@field lte settings.lock[]
---@field nr settings.lock[]

local M = {}

local HIGHEST = { lte = 262143, nr = 3279165 } -- 36.101 table 5.7.3-1, 38.104 table 5.4.2.1-1
local HIGHEST_PCI = { lte = 503, nr = 1007 }
local TDD = { 34, 38, 39, 40, 41, 46, 48, 50, 51, 53, 77, 78, 79, 90, 96, 102, 104 }
local is_tdd = {}
for _, band in ipairs(TDD) do is_tdd[band] = true end

local function mistake(word, why)
  return errors.fail {
    code = "invalid", source = "settings", message = ("'%s' is no cell: %s"):format(word, why),
    hint = "A channel is written as lte-8665, a cell as lte-8665/214, one of 5G as nr-504990/347@n41:30.",
  }
end

-- Without the band: the one that has the channel, if there is but one; without the spacing: the usual one of the band.
local function completed(word, lock)
  local name = lock.band and "n" .. lock.band or radio.band_of("5G", lock.channel)
  if not name then
    return mistake(word, "the channel is in several bands, and none is named")
  elseif not radio.nr(lock.channel, name) then
    return mistake(word, ("the band %s does not have this channel"):format(name))
  end
  lock.band = math.tointeger(tonumber(name:sub(2)))
  lock.scs = lock.scs or (is_tdd[lock.band] and 30 or 15)
  return lock
end

local function parse_one(word)
  local kind, channel, rest = word:match "^(%a+)%-(%d+)(.*)$"
  local pci, band, scs = (rest or ""):match "^/?(%d*)@?n?(%d*):?(%d*)$"
  if not pci or not HIGHEST[kind] then
    return mistake(word, "it is not understood")
  end
  local lock = {
    channel = math.tointeger(tonumber(channel)), pci = math.tointeger(tonumber(pci)),
    band = math.tointeger(tonumber(band)), scs = math.tointeger(tonumber(scs)),
  }
  if lock.channel > HIGHEST[kind] or (lock.pci or 0) > HIGHEST_PCI[kind] then
    return mistake(word, "there is no such number")
  elseif kind == "lte" and (lock.band or lock.scs) then
    return mistake(word, "a channel of LTE says its band, and has one spacing")
  end
  if kind == "nr" then
    local done, err = completed(word, lock)
    return done and kind, done or err
  end
  return kind, lock
end

local function order(a, b)
  if a.channel ~= b.channel then return a.channel < b.channel end
  return (a.pci or -1) < (b.pci or -1)
end

---@param text string
---@return settings.locks? locks
---@return moontower.error? err
function M.parse(text)
  local locks = { lte = {}, nr = {} }
  if text:lower() == "off" then
    return locks
  end
  for word in text:lower():gmatch "[^+,%s]+" do
    local kind, lock = parse_one(word)
    if not kind then
      return nil, lock
    end
    table.insert(locks[kind], lock)
  end
  table.sort(locks.lte, order)
  table.sort(locks.nr, order)
  if #locks.lte + #locks.nr == 0 then
    return mistake(text, "no cell is named")
  end
  return locks
end

local function format_one(kind, lock)
  return ("%s-%d%s%s%s"):format(kind, lock.channel, lock.pci and "/" .. lock.pci or "",
    lock.band and "@n" .. lock.band or "", lock.scs and ":" .. lock.scs or "")
end

---@param locks settings.locks
---@return string
function M.format(locks)
  local words = {}
  for _, kind in ipairs { "lte", "nr" } do
    for _, lock in ipairs(locks[kind]) do words[#words + 1] = format_one(kind, lock) end
  end
  return words[1] and table.concat(words, "+") or "off"
end

---@param a settings.locks
---@param b settings.locks
---@return boolean
function M.same(a, b)
  table.sort(a.lte, order)
  table.sort(a.nr, order)
  return M.format(a) == M.format(b)
end

---A class of a maker's: by AT commands, as settings/by_command.lua makes them.
---@param fields table asks, read, commands, and what else differs
---@return table class
function M.class(fields)
  fields.name = "lock"
  function fields.normalise(_, wanted)
    if type(wanted) == "table" then
      return wanted
    end
    return M.parse(tostring(wanted))
  end
  fields.same = function(_, now, wanted) return M.same(now, wanted) end
  fields.show = function(_, value) return M.format(value) end
  fields.blank = { lte = {}, nr = {} }
  return require("settings.by_command").class(fields)
end

---Does any of them name a channel alone, and any a cell?
---@param list settings.lock[]
---@return boolean channels
---@return boolean cells
function M.kinds(list)
  local channels, cells = false, false
  for _, lock in ipairs(list) do
    channels, cells = channels or lock.pci == nil, cells or lock.pci ~= nil
  end
  return channels, cells
end

---@param message string
---@param hint string?
---@return moontower.error
function M.refusal(message, hint)
  return errors.new { code = "unsupported", source = "settings", message = message, hint = hint }
end

return M
