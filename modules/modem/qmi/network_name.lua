-- SPDX-License-Identifier: MIT
-- Names of networks, which QMI means to be UTF-8. Some firmware passes on what the network has sent: GSM's letters of 7
-- bits, packed, or UTF-16.

local lazy = require "base.lazy"

local alphabet = lazy "sms.alphabet" -- few names need it

local M = {}

-- High bytes of UTF-16: those of Chinese letters, and the first one that is no byte of an alphabet's letters.
local FIRST_HAN, LAST_HAN, NO_ALPHABET = 0x4e, 0x9f, 0x08

-- UTF-16 without a letter of Latin, which core.schema reads by itself: the high bytes of one script, which no text in
-- other encodings has in every second place.
local function is_utf16(bytes)
  if #bytes < 4 or #bytes % 2 ~= 0 then
    return false
  end
  local first, has_one_script, is_han = bytes:byte(2), true, not utf8.len(bytes)
  for i = 2, #bytes, 2 do
    local high = bytes:byte(i)
    has_one_script = has_one_script and high == first
    is_han = is_han and high >= FIRST_HAN and high <= LAST_HAN
  end
  return has_one_script and first < NO_ALPHABET or is_han
end

local function swapped(bytes) return (bytes:gsub("(.)(.)", "%2%1")) end

-- Packed letters end in a byte that they do not fill, so in a control character, unless they are 8, or 16 ...
local function is_packed(bytes) return bytes:find "[\0-\31\127]" ~= nil end

local function unpacked(bytes)
  local septets = alphabet.unpack(bytes, #bytes * 8 // 7)
  if #septets % 8 == 0 then
    septets = septets:gsub("[\0\r]$", "") -- what fills a seventh byte
  end
  local text = alphabet.from_septets(septets)
  return not text:find "%c" and text or nil
end

---@param plmn { description: string? }? a network, as a message has it
---@return string name "": none
function M.of(plmn)
  local bytes = plmn and plmn.description or ""
  if not bytes:find "[^ -~]" then
    return bytes
  elseif is_utf16(bytes) then
    return alphabet.from_ucs2(swapped(bytes))
  end
  return is_packed(bytes) and unpacked(bytes) or bytes
end

return M
