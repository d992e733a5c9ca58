-- SPDX-License-Identifier: MIT
-- Values in AT answers about the air: how each is written, and what stands for "unknown" there.
--
-- A kind is a function that gets the text of a value, and returns what it means, or nil where it means nothing: an
-- empty text, "-", or a number that 3GPP has no such measurement for. So 255, 99, -32768 and what else firmware puts
-- there need no list: what lies outside of the range is unknown.

local alphabet = require "sms.alphabet"
local hex = require "base.hex"

local M = {}

---@alias at.kind fun(text: string): any

-- ---- numbers ----

local function number_in(text) return tonumber(text:match "^%s*([-+]?%d+%.?%d*)%s*$") end

---A decimal number; one outside of `min` and `max` is unknown.
---@param min number
---@param max number
---@param scale number? what one step is worth; 1 if not given
---@param base number? what 0 is worth; 0 if not given
---@return at.kind
function M.number(min, max, scale, base)
  return function(text)
    local value = number_in(text)
    if value and value >= min and value <= max then
      return scale and value * scale + (base or 0) or value + (base or 0)
    end
  end
end

---A whole number.
---@param min integer
---@param max integer
---@return at.kind
function M.whole(min, max)
  return function(text)
    local value = math.tointeger(tonumber(text:match "^%s*(%d+)%s*$"))
    return value and value >= min and value <= max and value or nil
  end
end

---A hexadecimal number, with or without 0x. Where all bits of a cell's identity are ones, it is unknown.
---@param max integer
---@param min integer? 1, if not given
---@return at.kind
function M.hex(max, min)
  return function(text)
    local digits = text:match "^%s*0?[xX]?(%x+)%s*$"
    local value = digits and #digits <= 15 and not digits:find "^0*[fF][fF][fF][fF][fF][fF][fF]+$"
      and tonumber(digits, 16)
    return value and value >= (min or 1) and value <= max and value or nil
  end
end

---The first of several kinds that makes something of the text.
---@param ... at.kind
---@return at.kind
function M.either(...)
  local kinds = { ... }
  return function(text)
    for _, kind in ipairs(kinds) do
      local value = kind(text)
      if value ~= nil then return value end
    end
  end
end

---A value that some firmware has without telling what it means.
---@return nil
function M.unknown() return nil end

---A word, or a number that stands for something.
---@param meanings table<string, any>
---@return at.kind
function M.choice(meanings)
  return function(text) return meanings[text:match "^%s*(.-)%s*$"] end
end

-- ---- what 3GPP has ----

-- The ranges of 36.133, 38.133 and 25.133, so far as a modem can reach them.
local ranges = {
  rsrp = { -156, -31 }, rsrq = { -43, 20 }, sinr = { -23, 40 }, rssi = { -125, -10 }, rscp = { -125, -15 },
  ecio = { -35, 0 },
}

---A measurement whose number is not in dBm or dB: `scale` is what one step is worth.
---@param name "rsrp"|"rsrq"|"sinr"|"rssi"|"rscp"|"ecio"
---@param scale number? 1 if not given
---@param base number? what 0 is worth
---@return at.kind
function M.measured(name, scale, base)
  local min, max = table.unpack(ranges[name])
  local read = M.number(-math.huge, math.huge, scale, base)
  return function(text)
    local value = read(text)
    return value and value >= min and value <= max and value or nil
  end
end

---A measurement as the number of a step (27.007, 8.69): 1 begins at `base`, and 0 stands for all below.
---@param first integer 0, or 1 where 0 may as well mean that nothing was measured
---@param last integer
---@param step number
---@param base number
---@return at.kind
function M.step(first, last, step, base) return M.number(first, last, step, base - step) end

-- "310-260", "310 260", "31026"; MNC 1 is 01, as it has two digits at least.
local function plmn(text)
  local mcc, mnc = text:match "^%s*(%d%d%d)[- ]?(%d+)%s*$"
  if mcc and #mnc <= 3 then
    return mcc .. (#mnc == 1 and "0" .. mnc or mnc)
  end
end

-- "n78", "NR5G BAND 78", "NR5G_BAND78", "LTE BAND 3", "EUTRAN-BAND4", "LTE_B3", "B3", "3".
local function band(text)
  local number = math.tointeger(tonumber(text:match "(%d+)%s*$"))
  return number and number >= 1 and number <= 1024 and number or nil
end

local function megahertz(text)
  local value = tonumber(text:match "([%d.]+)%s*[mM]?[hH]?[zZ]?%s*$")
  return value and value > 0 and value <= 2000 and value or nil
end

-- After AT+CSCS="UCS2" a name comes in hexadecimal digits, of which each four are a character; no name of a network
-- looks so by itself.
local function letters(text)
  if #text >= 8 and #text % 4 == 0 and not text:find "%X" then
    text = alphabet.from_ucs2(hex.decode(text))
  end
  return text:match "%S" and text or nil
end

---What a field of a name is, unless a declaration says otherwise.
---@type table<string, at.kind>
M.kinds = {
  mcc = function(text)
    local digits = text:match "^%s*(%d%d?%d?)%s*$" -- 001 of test networks may be 1
    return digits and ("0"):rep(3 - #digits) .. digits or nil
  end,
  mnc = function(text) return text:match "^%s*(%d%d?%d?)%s*$" end,
  plmn = plmn,
  cell_id = M.whole(1, 0xffffffffe), tac = M.whole(1, 0xfffffd), lac = M.whole(1, 0xfffd),
  pci = M.whole(0, 1007), psc = M.whole(0, 511), channel = M.whole(1, 3279165), band = band, bandwidth = megahertz,
  timing_advance = M.whole(0, 4000),
  technology = M.choice {
    LTE = "LTE", NR5G = "5G", ["NR5G-SA"] = "5G", ["NR5G-NSA"] = "5G", WCDMA = "UMTS", GSM = "GSM",
  },
  name = letters,
}
for name in pairs(ranges) do M.kinds[name] = M.measured(name) end

-- ---- bandwidths that several makers number alike ----

---36.101's bandwidths in their order.
M.lte_width = M.choice { ["0"] = 1.4, ["1"] = 3, ["2"] = 5, ["3"] = 10, ["4"] = 15, ["5"] = 20 }
---Resource blocks of LTE.
M.lte_blocks = M.choice { ["6"] = 1.4, ["15"] = 3, ["25"] = 5, ["50"] = 10, ["75"] = 15, ["100"] = 20 }
---38.101's bandwidths in the order that Qualcomm's firmware has.
M.nr_width = M.choice {
  ["0"] = 5, ["1"] = 10, ["2"] = 15, ["3"] = 20, ["4"] = 25, ["5"] = 30, ["6"] = 40, ["7"] = 50, ["8"] = 60, ["9"] = 70,
  ["10"] = 80, ["11"] = 90, ["12"] = 100, ["13"] = 200, ["14"] = 400,
}

return M
