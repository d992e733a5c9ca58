-- SPDX-License-Identifier: MIT
-- BER-TLV: objects of a tag, a length and a value, as smart cards speak it (ISO/IEC 7816-4, 5.2.2; ITU-T X.690).
--
-- A tag is a number made of its bytes: 0x5a, 0xbf2d, 0x9f70. Bit 6 of its first byte says that the value is objects
-- again, which are decoded by another call: what a tag means is for its reader to know.

local ber_tlv = {}

-- Far more than a card has; four bytes of length at most.
local LONGEST_TAG, LONGEST_LENGTH = 4, 4

---@class ber_tlv.object
---@field tag integer
---@field value string
---@field bytes string the whole object

local function encode_number(number)
  local bytes = ""
  repeat
    bytes = string.char(number & 0xff) .. bytes
    number = number >> 8
  until number == 0
  return bytes
end

local function encode_length(length)
  if length < 0x80 then
    return string.char(length)
  end
  local bytes = encode_number(length)
  return string.char(0x80 | #bytes) .. bytes
end

---One object. Several values are put one behind the other.
---@param tag integer
---@param ... string
---@return string
function ber_tlv.encode(tag, ...)
  local value = table.concat { ... }
  return encode_number(tag) .. encode_length(#value) .. value
end

---A whole number as a value: big-endian, as short as can be, and not negative.
---@param number integer
---@return string
function ber_tlv.integer(number)
  local bytes = encode_number(number)
  return bytes:byte() >= 0x80 and "\0" .. bytes or bytes
end

---@param value string
---@return integer? number nil: it has none, or is longer than eight bytes
function ber_tlv.to_integer(value)
  return #value > 0 and #value <= 8 and (string.unpack(">i" .. #value, value)) or nil
end

-- The tag at a place, and where its length begins.
local function take_tag(bytes, at)
  local tag = bytes:byte(at)
  if not tag then
    return nil
  elseif tag & 0x1f ~= 0x1f then
    return tag, at + 1
  end
  for next_at = at + 1, at + LONGEST_TAG - 1 do
    local byte = bytes:byte(next_at)
    if not byte then
      return nil
    end
    tag = tag << 8 | byte
    if byte < 0x80 then
      return tag, next_at + 1
    end
  end
end

---The length that stands at a place.
---@param bytes string
---@param at integer
---@return integer? length nil: there is no whole one
---@return integer? next where the value begins
function ber_tlv.length(bytes, at)
  local first = bytes:byte(at)
  if not first or first < 0x80 then
    return first, at + 1
  end
  local count = first & 0x7f
  if count == 0 or count > LONGEST_LENGTH or at + count > #bytes then
    return nil
  end
  return (string.unpack(">I" .. count, bytes, at + 1)), at + 1 + count
end

---The object at a place.
---@param bytes string
---@param at integer? 1 without
---@return ber_tlv.object? object nil: there is no whole one
---@return integer? next where the next one begins
function ber_tlv.take(bytes, at)
  at = at or 1
  local tag, length_at = take_tag(bytes, at)
  if not tag then
    return nil
  end
  local length, value_at = ber_tlv.length(bytes, length_at)
  if not length or length > #bytes - value_at + 1 then
    return nil
  end
  local last = value_at + length - 1
  return { tag = tag, value = bytes:sub(value_at, last), bytes = bytes:sub(at, last) }, last + 1
end

---All objects that a value consists of.
---@param bytes string
---@return ber_tlv.object[]? objects nil: these are no objects, or not whole ones
function ber_tlv.decode(bytes)
  local objects, at = {}, 1
  while at <= #bytes do
    local object, next_at = ber_tlv.take(bytes, at)
    if not object then
      return nil
    end
    objects[#objects + 1], at = object, next_at
  end
  return objects
end

---The value of the first object with a tag; with several tags, what is inside of the first, and so on.
---@param bytes string
---@param tag integer
---@param ... integer
---@return string?
function ber_tlv.find(bytes, tag, ...)
  for _, object in ipairs(ber_tlv.decode(bytes) or {}) do
    if object.tag == tag then
      return ... and ber_tlv.find(object.value, ...) or not ... and object.value or nil
    end
  end
end

return ber_tlv
