-- SPDX-License-Identifier: MIT
-- The SIM by AT: its state and numbers, its PIN.

local at_slots = require "modem.at_slots"
local card_files = require "modem.card_files"
local errors = require "errors"
local text = require "at.text"

local ANSWER_TIME, PIN_TIME = 10, 20
local SPN, AD, ICCID = card_files.SPN, 0x6fad, 0x2fe2
local LEAST_IMSI = 6

---@class modem.by_at
local M = {}

local function lines_of(self, command)
  local reply, err = self.at:command(command, { seconds = ANSWER_TIME })
  return reply and reply.lines, err
end

-- Digits in pairs, the second one of each first; 0xf fills the last.
local function iccid_of(self)
  local bytes = card_files.by_at(self, ICCID)
  local digits = bytes and bytes:gsub(".", function(byte)
    return ("%x%x"):format(byte:byte() & 15, byte:byte() >> 4)
  end):match "^%d+"
  return digits
end

-- A line of digits, among others that may have come unasked.
local function imsi_in(lines)
  for _, line in ipairs(lines or {}) do
    local imsi = select(2, text.prefix(line)):match '^%s*"?(%d%d%d%d%d%d%d+)"?%s*$'
    if imsi then return imsi end
  end
end

-- After AT+CSCS="UCS2", which another program may have chosen, each character is four hexadecimal digits.
local function number_in(value)
  local letters = value:gsub("00(%x%x)", function(digits) return string.char(tonumber(digits, 16)) end)
  return #letters * 4 == #value and letters:match "^%+?(%d+)$" or value:match "^%+?(%d+)"
end

---@return modem.sim?
---@return moontower.error? err
function M:sim_state()
  local sim, err = at_slots.sim(self)
  if sim and not sim.iccid and sim.state ~= "missing" then
    sim.iccid = iccid_of(self)
  end
  return sim, err
end

function M:sim()
  local sim, err = self:sim_state()
  if not sim then
    return nil, err
  end
  sim.numbers = {}
  if sim.state == "ready" then
    sim.imsi = imsi_in((lines_of(self, "AT+CIMI")))
    for line in text.after(lines_of(self, "AT+CNUM") or {}, "+CNUM"):gmatch "[^\n]+" do
      table.insert(sim.numbers, number_in(tostring(text.fields(line)[2])))
    end
  end
  return sim
end

-- 27.007, 8.3: what AT+CPIN? asks for, in MBIM's words.
local types = {
  ["SIM PIN"] = "pin1", ["SIM PUK"] = "puk1",
  ["PH-SIM PIN"] = "device-sim-pin", ["PH-SIM PUK"] = "device-sim-puk",
  ["PH-FSIM PIN"] = "device-first-sim-pin", ["PH-FSIM PUK"] = "device-first-sim-puk",
  ["PH-NET PIN"] = "network-pin", ["PH-NET PUK"] = "network-puk",
  ["PH-NETSUB PIN"] = "network-subset-pin", ["PH-NETSUB PUK"] = "network-subset-puk",
  ["PH-SP PIN"] = "service-provider-pin", ["PH-SP PUK"] = "service-provider-puk",
  ["PH-CORP PIN"] = "corporate-pin", ["PH-CORP PUK"] = "corporate-puk",
}

-- nil: the modem does not tell, and pin.lua is careful then.
local function tries_of(self, word)
  local told = "\n" .. text.after(lines_of(self, "AT+CPINR") or {}, "+CPINR"):upper()
  return math.tointeger(tonumber(told:match("\n" .. word:gsub("%-", "%%-") .. "%s*,%s*(%d+)")))
end

function M:pin()
  local lines, err = lines_of(self, "AT+CPIN?")
  local word = lines and at_slots.wanted(lines)
  if lines and not word then
    return errors.lacks("at", "AT+CPIN?", "state")
  elseif not word or not types[word] then -- PIN2 is not needed to connect
    return word and { type = "pin1", locked = false }, err
  end
  return { type = types[word], locked = true, tries = tries_of(self, word) }
end

---Enters PIN1. Whether it may be: modem/pin.lua.
---@param pin string
---@return true? ok
---@return moontower.error? err
function M:enter_pin(pin)
  local reply, err = self.at:command(('AT+CPIN="%s"'):format(pin), { seconds = PIN_TIME, secret = true })
  return reply and true, err
end

-- The card says how many digits of the IMSI are the network's.
local function mnc_length(self)
  local bytes = self:card_file(AD)
  local length = bytes and #bytes >= 4 and bytes:byte(4) & 15
  return length == 3 and 3 or length == 2 and 2 or nil
end

function M:home_provider()
  local lines, err = lines_of(self, "AT+CIMI")
  local imsi = imsi_in(lines)
  if err then
    return nil, err
  elseif not imsi or #imsi < LEAST_IMSI then
    return errors.lacks("at", "AT+CIMI", "IMSI")
  end
  local length = mnc_length(self) or (imsi:find "^3[01]" and 3 or 2) -- North America has three
  local name = self:card_file(SPN)
  return { id = imsi:sub(1, 3 + length), name = name and card_files.name_of(name) or "" }
end

return M
