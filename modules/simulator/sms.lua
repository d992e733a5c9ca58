-- SPDX-License-Identifier: MIT
-- SMS for the simulated modem: the PDU in which a text comes in (3GPP TS 23.040), and where it is kept.

local sms = {}

local INTERNATIONAL = "\x91" -- type of address
local DELIVER = "\x04"       -- SMS-DELIVER, and no more messages wait
local SUBMIT = "\x01"        -- SMS-SUBMIT, for as long as the network likes
local LONGEST = 160          -- letters of 7 bits

local function bcd(digits)
  return ((digits .. ("f"):rep(#digits % 2)):gsub("(.)(.)", function(first, second)
    return string.char(tonumber(second .. first, 16))
  end))
end

-- Letters of 7 bits, one after another. Of the GSM alphabet only what it has in common with ASCII is used.
local function pack(text)
  local bytes, buffer, bits = {}, 0, 0
  for letter in text:gmatch(".") do
    buffer, bits = buffer | letter:byte() << bits, bits + 7
    while bits >= 8 do
      bytes[#bytes + 1], buffer, bits = string.char(buffer & 0xff), buffer >> 8, bits - 8
    end
  end
  bytes[#bytes + 1] = bits > 0 and string.char(buffer) or nil
  return table.concat(bytes)
end

-- Takes letters of 7 bits apart again; others than ASCII has become "?".
local function unpack_letters(bytes, count)
  local letters, buffer, bits = {}, 0, 0
  for byte in bytes:gmatch(".") do
    buffer, bits = buffer | byte:byte() << bits, bits + 8
    while bits >= 7 do
      local letter = buffer & 0x7f
      letters[#letters + 1] = (letter == 10 or letter >= 32 and letter < 127) and string.char(letter) or "?"
      buffer, bits = buffer >> 7, bits - 7
    end
  end
  return table.concat(letters, "", 1, math.min(count, #letters))
end

local function plain(text)
  return text:gsub("[^%w %.,;:!%?%%&'\"%(%)%*%+/<=>#\n-]", "?"):sub(1, LONGEST)
end

local function address(digits)
  return string.char(#digits) .. INTERNATIONAL .. bcd(digits)
end

---A text as the network delivers it: the service centre's address, and the TPDU.
---@param smsc string digits
---@param sender string digits
---@param text string
---@return string
function sms.deliver(smsc, sender, text)
  text = plain(text)
  local centre = INTERNATIONAL .. bcd(smsc)
  local time = bcd(os.date("!%y%m%d%H%M%S") .. "00")
  return string.char(#centre) .. centre .. DELIVER .. address(sender) .. "\0\0" .. time
    .. string.char(#text) .. pack(text)
end

---A text that goes out: no service centre's address, and the TPDU.
---@param number string digits, with or without "+"
---@param text string
---@return string
function sms.submit(number, text)
  text = plain(text)
  return "\0" .. SUBMIT .. "\0" .. address((number:gsub("%+", ""))) .. "\0\0" .. string.char(#text) .. pack(text)
end

local function digits_of(bytes, count)
  local digits = bytes:gsub(".", function(byte) return ("%x%x"):format(byte:byte() & 15, byte:byte() >> 4) end)
  return digits:sub(1, count)
end

local TWO_BYTES, TWO_BYTE_LETTERS = 0x0c, 0x08 -- of the coding scheme

local function text_of(scheme, length, bytes)
  if scheme & TWO_BYTES == TWO_BYTE_LETTERS then
    return (bytes:sub(1, length):gsub("(.)(.)", function(high, low)
      return utf8.char(high:byte() << 8 | low:byte())
    end))
  end
  return unpack_letters(bytes, length)
end

local function parse(pdu)
  local is_submit = pdu:byte(2 + pdu:byte(1)) & 3 == 1
  local at = 3 + pdu:byte(1) + (is_submit and 1 or 0)
  local count = pdu:byte(at)
  local number = digits_of(pdu:sub(at + 2, at + 1 + (count + 1) // 2), count)
  at = at + 2 + (count + 1) // 2
  local scheme, time = pdu:byte(at + 1), ""
  if not is_submit then
    time = digits_of(pdu:sub(at + 2, at + 7), 12):gsub("(..)(..)(..)(..)(..)(..)", "%1/%2/%3,%4:%5:%6+00")
    at = at + 7
  end
  return { number = "+" .. number, time = time, text = text_of(scheme, pdu:byte(at + 2), pdu:sub(at + 3)) }
end

---What a PDU says. Whatever host has written it may have made mistakes: then it says nothing.
---@param pdu string
---@return { number: string, time: string, text: string }
function sms.parse(pdu)
  local ok, parts = pcall(parse, pdu)
  return ok and parts or { number = "", time = "", text = "" }
end

return sms
