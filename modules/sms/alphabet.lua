-- SPDX-License-Identifier: MIT
-- The alphabets of SMS: GSM's of 7 bits with its extension (3GPP TS 23.038, 6.2.1), and UCS-2, which is UTF-16 in use.
--
-- Septets are a string with one septet in each byte; packed, eight of them take seven octets.

local lazy = require "base.lazy"
local languages = lazy "sms.languages"

local M = {}

local ESCAPE = 0x1b

local letters = {} ---@type table<integer, string> by septet
for _, code in utf8.codes(
  "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\27ÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
  .. "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà") do
  letters[letters[0] and #letters + 1 or 0] = utf8.char(code)
end

local extension = { -- behind an escape
  [0x0a] = "\f", [0x14] = "^", [0x28] = "{", [0x29] = "}", [0x2f] = "\\", [0x3c] = "[", [0x3d] = "~", [0x3e] = "]",
  [0x40] = "|", [0x65] = "€",
}

local septets_of = {} ---@type table<string, string>
for septet, letter in pairs(letters) do septets_of[letter] = string.char(septet) end
for septet, letter in pairs(extension) do septets_of[letter] = string.char(ESCAPE, septet) end
septets_of["\27"] = nil

---Septets of a text.
---@param text string UTF-8
---@return string? septets nil: a letter is not in the alphabet
function M.septets(text)
  local list = {}
  for _, code in utf8.codes(text) do
    local septet = septets_of[utf8.char(code)]
    if not septet then
      return nil
    end
    list[#list + 1] = septet
  end
  return table.concat(list)
end

---The text of septets. Behind an escape, one that is not in the extension is that of the alphabet itself.
---@param septets string
---@param locking integer? the language whose letters are in the place of the alphabet's
---@param single integer? the one whose letters are in the place of the extension's
---@return string
function M.from_septets(septets, locking, single)
  local list, is_escaped = {}, false
  local alphabet = locking and languages.locking[locking] or letters
  local behind = single and languages.single[single] or extension
  for i = 1, #septets do
    local septet = septets:byte(i) & 0x7f
    if septet == ESCAPE and not is_escaped then
      is_escaped = true
    else
      list[#list + 1] = is_escaped and (behind[septet] or extension[septet])
        or septet == ESCAPE and " " or alphabet[septet] or letters[septet]
      is_escaped = false
    end
  end
  return table.concat(list)
end

---@param septets string
---@param fill integer? bits before the first one: behind a header they begin at a multiple of seven bits
---@return string octets
function M.pack(septets, fill)
  local octets, buffer, bits = {}, 0, fill or 0
  for i = 1, #septets do
    buffer, bits = buffer | septets:byte(i) << bits, bits + 7
    while bits >= 8 do
      octets[#octets + 1], buffer, bits = string.char(buffer & 0xff), buffer >> 8, bits - 8
    end
  end
  octets[#octets + 1] = bits > 0 and string.char(buffer) or nil
  return table.concat(octets)
end

---@param octets string
---@param count integer septets at most
---@param fill integer? as above
---@return string septets
function M.unpack(octets, count, fill)
  local septets, buffer, bits = {}, 0, -(fill or 0)
  for i = 1, #octets do
    local octet = octets:byte(i)
    if bits < 0 then
      octet = octet >> -bits
    end
    buffer, bits = buffer | octet << math.max(bits, 0), bits + 8
    while bits >= 7 and #septets < count do
      septets[#septets + 1], buffer, bits = string.char(buffer & 0x7f), buffer >> 7, bits - 7
    end
  end
  return table.concat(septets)
end

---A text in UCS-2, in network order; what does not fit into 16 bits is a pair of surrogates.
---@param text string UTF-8
---@return string
function M.ucs2(text)
  local list = {}
  for _, code in utf8.codes(text) do
    if code >= 0x10000 then
      list[#list + 1] = string.pack(">I2", 0xd800 | code - 0x10000 >> 10)
      code = 0xdc00 | code & 0x3ff
    end
    list[#list + 1] = string.pack(">I2", code)
  end
  return table.concat(list)
end

local REPLACEMENT = 0xfffd

---The text of UCS-2. A surrogate without its other half, or half a letter at the end, is U+FFFD.
---@param bytes string
---@return string text UTF-8
function M.from_ucs2(bytes)
  local list, high = {}, nil
  local function add(code) list[#list + 1] = utf8.char(code) end
  for i = 1, #bytes - 1, 2 do
    local unit = string.unpack(">I2", bytes, i)
    local is_low = unit & 0xfc00 == 0xdc00
    if high then
      add(is_low and 0x10000 + ((high & 0x3ff) << 10 | unit & 0x3ff) or REPLACEMENT)
    end
    if unit & 0xfc00 == 0xd800 then
      high = unit
    else
      if not (high and is_low) then add(is_low and REPLACEMENT or unit) end
      high = nil
    end
  end
  if high or #bytes % 2 == 1 then add(REPLACEMENT) end
  return table.concat(list)
end

return M
