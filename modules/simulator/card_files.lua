-- SPDX-License-Identifier: MIT
-- The few files that the simulated card lets be read (3GPP TS 31.102), whatever protocol asks.

local alphabet = require "sms.alphabet"
local cards = require "simulator.card"
local hex = require "base.hex"

local ODD_DIGITS = "9" -- the parity nibble before an IMSI of 15 digits
local GID_SIZE, NAME_SIZE = 8, 16

local function filled(bytes, size) return bytes .. ("\xff"):rep(size - #bytes) end

local function name_of(text)
  local septets = alphabet.septets(text)
  return septets or "\x80" .. alphabet.ucs2(text)
end

-- By number: what is in it, and whether the PIN protects it.
local files = {
  [0x2fe2] = { function(card) return cards.bcd(card.iccid) end },
  [0x6f07] = { function(card) return "\8" .. cards.bcd(ODD_DIGITS .. card.imsi) end, protected = true },
  [0x6f3e] = { function(card) return filled(hex.decode(card.gid1 or ""), GID_SIZE) end, protected = true },
  [0x6f46] = { function(card) return "\1" .. filled(name_of(card.spn or ""), NAME_SIZE) end },
  [0x6fad] = { function() return "\0\0\0\3" end }, -- the MNC has three digits
}

---@param modem simulator.modem with a card
---@param id integer
---@return string? bytes
---@return "no-file"|"protected"|nil why
return function(modem, id)
  local file = files[id]
  if not file or not modem.card.iccid then
    return nil, "no-file"
  elseif file.protected and modem:sim_state() ~= "ready" then
    return nil, "protected"
  end
  return file[1](modem.card)
end
