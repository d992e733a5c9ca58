-- SPDX-License-Identifier: MIT
-- A SIM card: who it is for, its PIN and its PUK (3GPP TS 31.101).

local uicc = require "simulator.uicc"

---@class simulator.card
---@field imsi string? nil: no profile of an eUICC is enabled
---@field iccid string?
---@field number string?
---@field gid1 string? hexadecimal digits
---@field spn string? the name that it shows
---@field pin string
---@field puk string
---@field pin_enabled boolean
---@field verified boolean has the PIN been entered since power came on?
---@field tries integer
---@field puk_tries integer
---@field uicc simulator.uicc what is behind its contacts
---@field euicc simulator.euicc? whose profiles it may be
---@field operator table? whose it is: see simulator.modem:operator()
local Card = {}
Card.__index = Card

local PIN_TRIES, PUK_TRIES = 3, 10
local UNKNOWN_INSTRUCTION = 0x6d00

local card = {
  ---The AID of its application for mobile networks.
  USIM = "\xa0\x00\x00\x00\x87\x10\x02\xff\xff\xff\xff\x89\x06\x19\x00\x00",
  ---Answer to reset: what it says when power comes on.
  ATR = "\x3b\x9f\x96\x80\x1f\xc7\x80\x31\xa0\x73\xbe\x21\x13\x67\x43\x20\x07\x18\x00\x00\x01\xa5",
  ---How many wrong PINs each card has been given, by its ICCID: also while it was in no modem, or its tries were new.
  ---@type table<string, integer>
  wrong_pins = {},
}

-- The application is there; what modems do with it has functions of its own.
local usim = {
  aid = card.USIM,
  select = function() return "\x62\x12\x84\x10" .. card.USIM end,
  command = function() return nil, UNKNOWN_INSTRUCTION end,
}

---@param data { imsi: string, iccid: string, number: string, pin: string, puk: string, gid1: string?, spn: string? }
---@param applications simulator.uicc.application[]? beside that for mobile networks
---@return simulator.card
function card.new(data, applications)
  return setmetatable({
    imsi = data.imsi, iccid = data.iccid, number = data.number, pin = data.pin, puk = data.puk,
    gid1 = data.gid1, spn = data.spn, pin_enabled = false, verified = false, tries = PIN_TRIES, puk_tries = PUK_TRIES,
    uicc = uicc.new { usim, table.unpack(applications or {}) },
  }, Card)
end

---Digits two a byte, the low half first, filled up with 0xf (3GPP TS 31.102).
---@param digits string
---@return string
function card.bcd(digits)
  return ((digits .. ("f"):rep(#digits % 2)):gsub("(.)(.)", function(first, second)
    return string.char(tonumber(second .. first, 16))
  end))
end

---The digits of that again.
---@param bytes string
---@return string
function card.digits(bytes)
  return (bytes:gsub(".", function(byte) return ("%02X"):format(byte:byte()):reverse() end):gsub("F$", ""))
end

---@return "ready"|"pin"|"puk"|"dead"|"no-profile"
function Card:state()
  if not self.imsi then
    return "no-profile"
  elseif self.puk_tries == 0 then
    return "dead"
  elseif self.tries == 0 then
    return "puk"
  end
  return self.pin_enabled and not self.verified and "pin" or "ready"
end

---Power has come on: of an eUICC, the profile that is enabled by now is read.
function Card:power_on()
  self.verified = false
  self.uicc:reset()
  local profile = self.euicc and (self.euicc:enabled() or {})
  if self.euicc then
    self.euicc:power_on()
  end
  for _, field in ipairs(profile and { "imsi", "iccid", "number", "operator" } or {}) do
    self[field] = profile[field]
  end
end

-- A card compares the PIN for each operation; a wrong one burns a try whatever it was given for.
local function check(self, pin)
  if self.tries == 0 then
    return false
  elseif pin ~= self.pin then
    self.tries = self.tries - 1
    card.wrong_pins[self.iccid] = (card.wrong_pins[self.iccid] or 0) + 1
    return false
  end
  self.tries = PIN_TRIES
  return true
end

---@param pin string
---@return boolean
function Card:verify(pin)
  self.verified = check(self, pin)
  return self.verified
end

---Switches the PIN on or off.
---@param pin string
---@param enabled boolean
---@return boolean
function Card:enable(pin, enabled)
  if not check(self, pin) then
    return false
  end
  self.pin_enabled, self.verified = enabled, true
  return true
end

---@param pin string
---@param new_pin string
---@return boolean
function Card:change(pin, new_pin)
  if not check(self, pin) then
    return false
  end
  self.pin, self.verified = new_pin, true
  return true
end

---Gives a blocked card a new PIN.
---@param puk string
---@param new_pin string
---@return boolean
function Card:unblock(puk, new_pin)
  if self.puk_tries == 0 then
    return false
  elseif puk ~= self.puk then
    self.puk_tries = self.puk_tries - 1
    return false
  end
  self.pin, self.tries, self.puk_tries, self.verified = new_pin, PIN_TRIES, PUK_TRIES, true
  return true
end

return card
