-- SPDX-License-Identifier: MIT
-- The few files that the simulated card lets the UIM service read (3GPP TS 31.102).

local cards = require "simulator.card"
local uim = require "qmi.uim"

local ODD_DIGITS = "9" -- the parity nibble before an IMSI of 15 digits

-- By number: what is in it, and whether the PIN protects it.
local files = {
  [0x2fe2] = { function(card) return cards.bcd(card.iccid) end },
  [0x6f07] = { function(card) return "\8" .. cards.bcd(ODD_DIGITS .. card.imsi) end, protected = true },
  [0x6fad] = { function() return "\0\0\0\3" end }, -- the MNC has three digits
}

local SUCCESS, NOT_FOUND, NOT_SATISFIED = { 0x90, 0x00 }, { 0x6a, 0x82 }, { 0x69, 0x82 }

local function result(words)
  return { sw1 = words[1], sw2 = words[2] }
end

-- The bytes of a file, or why not.
local function open(modem, file)
  local entry = files[file.file_id]
  if not modem.card then
    return nil, "no-sim"
  elseif not entry or not modem.card.iccid then
    return nil, "sim-file-not-found", NOT_FOUND
  elseif entry.protected and modem:sim_state() ~= "ready" then
    return nil, "internal", NOT_SATISFIED
  end
  return entry[1](modem.card)
end

---Adds them to the user identity module service.
return function(handle)
  handle(uim.read_transparent, function(modem, values)
    local bytes, err, words = open(modem, values.file)
    if not bytes then
      return { card_result = words and result(words) }, err
    end
    local offset, length = values.read_information.offset, values.read_information.length
    if offset + length > #bytes then
      return nil, "invalid-argument"
    end
    local last = length == 0 and #bytes or offset + length
    return { card_result = result(SUCCESS), read_result = bytes:sub(offset + 1, last) }
  end)

  handle(uim.get_file_attributes, function(modem, values)
    local bytes, err, words = open(modem, values.file)
    if not bytes then
      return { card_result = words and result(words) }, err
    end
    return {
      card_result = result(SUCCESS),
      file_attributes = { file_size = #bytes, file_id = values.file.file_id, file_type = "transparent" },
    }
  end)
end
