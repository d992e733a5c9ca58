-- SPDX-License-Identifier: MIT
-- A SIM card: who it is for, its PIN and its PUK (3GPP TS 31.101).

---@class simulator.card
---@field imsi string
---@field iccid string
---@field number string
---@field pin string
---@field puk string
---@field pin_enabled boolean
---@field verified boolean has the PIN been entered since power came on?
---@field tries integer
---@field puk_tries integer
local Card = {}
Card.__index = Card

local PIN_TRIES, PUK_TRIES = 3, 10

local card = {
  ---How many wrong PINs each card has been given, by its ICCID: also while it was in no modem, or its tries were new.
  ---@type table<string, integer>
  wrong_pins = {},
}

---@param data { imsi: string, iccid: string, number: string, pin: string, puk: string }
---@return simulator.card
function card.new(data)
  return setmetatable({
    imsi = data.imsi, iccid = data.iccid, number = data.number, pin = data.pin, puk = data.puk,
    pin_enabled = false, verified = false, tries = PIN_TRIES, puk_tries = PUK_TRIES,
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

---@return "ready"|"pin"|"puk"|"dead"
function Card:state()
  if self.puk_tries == 0 then
    return "dead"
  elseif self.tries == 0 then
    return "puk"
  end
  return self.pin_enabled and not self.verified and "pin" or "ready"
end

function Card:power_on()
  self.verified = false
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
