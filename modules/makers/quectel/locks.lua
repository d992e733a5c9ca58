-- SPDX-License-Identifier: MIT
-- Locks of Quectel's modems: AT+QNWLOCK for cells, AT+QNWCFG for channels alone.
--
-- Sources: Quectel's AT manual of RG50xQ and RM5xxQ; answers pasted by users of quectel-rgmii-toolkit and QManager.
-- "common/4g",n and n times EARFCN,PCI; "common/5g",PCI,NR-ARFCN,spacing,band; 0 ends either. What "save_ctrl" does not
-- name is forgotten with the next restart. A lock of 5G is about 5G standalone.

local by_command = require "settings.by_command"
local locks = require "settings.locks"
local setting = require "settings.setting"

local LTE, NR, SAVE = 'AT+QNWLOCK="common/4g"', 'AT+QNWLOCK="common/5g"', 'AT+QNWLOCK="save_ctrl"'
local LTE_CHANNELS, NR_CHANNELS = 'AT+QNWCFG="lte_earfcn_lock"', 'AT+QNWCFG="nr5g_earfcn_lock"'
local MOST = { cells = 10, lte_channels = 2, nr_channels = 32 }

local function numbers(list, first)
  local found = {}
  for i = first, #list do
    for digits in tostring(list[i]):gmatch "%d+" do found[#found + 1] = math.tointeger(tonumber(digits)) end
  end
  return found
end

-- Those that it refuses to tell it does not have.
local function ask(modem, command)
  local values, err = by_command.ask(modem, command)
  if not values and setting.is_unasked(err) then
    return nil, err
  end
  return values or {}
end

local function add_channels(list, values, width)
  local found = numbers(values, 2)
  for i = 1, #found, width do
    list[#list + 1] = { channel = found[i], scs = width == 2 and found[i + 1] or nil }
  end
end

local function read(self, modem)
  local answers = {}
  for i, command in ipairs { LTE, NR, LTE_CHANNELS, NR_CHANNELS } do
    local values, err = ask(modem, command)
    if not values then
      return nil, err
    end
    answers[i] = values
  end
  self.has_channels = answers[3][1] ~= nil
  local lte, nr = numbers(answers[1], 2), numbers(answers[2], 1)
  local found = { lte = {}, nr = {} }
  for i = 1, #lte - 1, 2 do found.lte[#found.lte + 1] = { channel = lte[i], pci = lte[i + 1] } end
  if #nr >= 4 then
    found.nr[1] = { pci = nr[1], channel = nr[2], scs = nr[3], band = nr[4] }
  end
  add_channels(found.lte, answers[3], 1)
  add_channels(found.nr, answers[4], 2)
  return found
end

-- Each list as the command wants it; "0" ends the lock.
local function of_list(list, has_cells, separator, width)
  local words = {}
  for _, lock in ipairs(has_cells and list or {}) do
    words[#words + 1] = width == 2 and lock.channel .. separator .. (separator == "," and lock.pci or lock.scs)
      or tostring(lock.channel)
  end
  return words[1] and ("%d,%s"):format(#words, table.concat(words, separator)) or "0"
end

local function orders_of(value)
  local lte_channels, lte_cells = locks.kinds(value.lte)
  local nr_channels, nr_cells = locks.kinds(value.nr)
  local nr = nr_cells and value.nr[1]
  return {
    [LTE] = of_list(value.lte, lte_cells, ",", 2),
    [NR] = nr and ("%d,%d,%d,%d"):format(nr.pci, nr.channel, nr.scs, nr.band) or "0",
    [LTE_CHANNELS] = of_list(value.lte, lte_channels, ":", 1),
    [NR_CHANNELS] = of_list(value.nr, nr_channels, ":", 2),
  }
end

return locks.class {
  asks = LTE, read = read,

  choices = function(self)
    return self.has_channels and "cells and channels of LTE and 5G; off" or "cells of LTE and 5G; off"
  end,

  why_not = function(self, _, wanted)
    local lte_channels, lte_cells = locks.kinds(wanted.lte)
    local nr_channels, nr_cells = locks.kinds(wanted.nr)
    if lte_channels and lte_cells or nr_channels and nr_cells then
      return locks.refusal("this modem is locked to cells or to channels, not to both")
    elseif (lte_channels or nr_channels) and not self.has_channels then
      return locks.refusal("this modem cannot be locked to a channel alone", "Name the cell, too: lte-8665/214.")
    elseif #wanted.lte > (lte_channels and MOST.lte_channels or MOST.cells) or nr_cells and #wanted.nr > 1
      or #wanted.nr > MOST.nr_channels then
      return locks.refusal("these are more than the modem takes")
    end
  end,

  -- What ends a lock goes first; at last, what holds is written so that it outlives a restart.
  commands = function(_, wanted, now)
    local before, after, ends, begins = orders_of(now), orders_of(wanted), {}, {}
    for _, command in ipairs { LTE, NR, LTE_CHANNELS, NR_CHANNELS } do
      if before[command] ~= after[command] then
        local list = after[command] == "0" and ends or begins
        list[#list + 1] = command .. "," .. after[command]
      end
    end
    table.move(begins, 1, #begins, #ends + 1, ends)
    ends[#ends + 1] = ("%s,%d,%d"):format(SAVE, after[LTE] ~= "0" and 1 or 0, after[NR] ~= "0" and 1 or 0)
    return ends
  end,
}
