-- SPDX-License-Identifier: MIT
-- What a PDU says: the service centre's address, then a TPDU of 3GPP TS 23.040, 9.2.2, as modems have it in PDU mode.

local alphabet = require "sms.alphabet"
local errors = require "errors"
local printable = require "base.printable"

---What one PDU says.
---@class sms.part
---@field kind "received"|"outgoing"|"report" SMS-DELIVER, SMS-SUBMIT or SMS-STATUS-REPORT
---@field number string? of the sender; of an outgoing one, and in a report, of the receiver. "+" if international. A
--- name if `is_name`: fit for a terminal
---@field is_name boolean?
---@field smsc string? the service centre's number
---@field time string? ISO 8601, with its zone if that is valid: when the service centre got it
---@field coding "gsm7"|"ucs2"|"8bit"|nil of the payload; nil: there is none
---@field payload string? octets, or septets
---@field locking integer? the language of its letters (languages.lua), in 7 bits
---@field single integer? that of letters behind an escape
---@field class integer? 0: to be shown at once, 1: for the modem, 2: for the card, 3: for another device
---@field ports { to: integer, from: integer }? of programs that it is between
---@field concatenation { reference: string, count: integer, number: integer }? it is a part of a longer one
---@field wants_report boolean? of an outgoing one
---@field delivery { state: "delivered"|"pending"|"failed", time: string?, reference: integer }? of a report

local check = errors.check

local Reader = {}
Reader.__index = Reader

local function malformed(what)
  check(nil, errors.new { code = "malformed", source = "sms", message = "not a message: " .. what })
end

---@return string
function Reader:take(count, what)
  local last = self.at + count - 1
  if last > #self.bytes then
    malformed(("it ends within the %s"):format(what))
  end
  local taken = self.bytes:sub(self.at, last)
  self.at = last + 1
  return taken
end

---@return integer
function Reader:octet(what) return self:take(1, what):byte() end

-- ---- numbers and times ----

local digits = "0123456789*#abc"

-- Digits in half octets, the low one first; 15 fills.
local function digits_of(octets, count)
  local list = {}
  for i = 1, #octets do
    local octet = octets:byte(i)
    for _, digit in ipairs { octet & 15, octet >> 4 } do
      if #list < count and digit < 15 then list[#list + 1] = digits:sub(digit + 1, digit + 1) end
    end
  end
  return table.concat(list)
end

local TYPE_OF_NUMBER, INTERNATIONAL, ALPHANUMERIC = 0x70, 0x10, 0x50

local function number_of(kind, octets, count)
  if kind & TYPE_OF_NUMBER == ALPHANUMERIC then
    return printable(alphabet.from_septets(alphabet.unpack(octets, count * 4 // 7))), true
  end
  local number = digits_of(octets, count)
  if number == "" then
    return nil
  end
  return kind & TYPE_OF_NUMBER == INTERNATIONAL and "+" .. number or number
end

-- Its length counts half octets.
local function read_address(reader)
  local count = reader:octet "number"
  local kind = reader:octet "number"
  return number_of(kind, reader:take((count + 1) // 2, "number"), count)
end

-- Its length counts octets, with that of its kind.
local function read_centre(reader)
  local length = reader:octet "service centre's number"
  if length == 0 then
    return nil
  end
  local octets = reader:take(length, "service centre's number")
  return (number_of(octets:byte(1), octets:sub(2), 2 * (length - 1)))
end

local NEGATIVE = 8 -- of the zone's low half octet

local function zone_of(octet)
  local quarters = (octet & 7) * 10 + (octet >> 4)
  if octet >> 4 > 9 or quarters > 56 then
    return "" -- no such zone
  end
  return ("%s%02d:%02d"):format(octet & NEGATIVE ~= 0 and "-" or "+", quarters // 4, quarters % 4 * 15)
end

local limits = { { 0, 99 }, { 1, 12 }, { 1, 31 }, { 0, 23 }, { 0, 59 }, { 0, 59 } }

local function read_time(reader)
  local octets = reader:take(7, "time")
  local numbers = {}
  for i, limit in ipairs(limits) do
    local octet = octets:byte(i)
    local number = (octet & 15) * 10 + (octet >> 4)
    if octet & 15 > 9 or octet >> 4 > 9 or number < limit[1] or number > limit[2] then
      return nil
    end
    numbers[i] = number
  end
  return ("20%02d-%02d-%02dT%02d:%02d:%02d"):format(table.unpack(numbers)) .. zone_of(octets:byte(7))
end

-- ---- the text ----

local codings = { [0] = "gsm7", "8bit", "ucs2", "gsm7" }
local COMPRESSED, HAS_CLASS, EIGHT_BITS = 0x20, 0x10, 0x04

-- 3GPP TS 23.038, 4: how it is coded, and its class. Codes that are reserved mean GSM's alphabet.
local function scheme_of(code)
  local group = code >> 4
  if group < 8 then
    local class = code & HAS_CLASS ~= 0 and code & 3 or nil
    return code & COMPRESSED ~= 0 and "8bit" or codings[code >> 2 & 3], class
  elseif group == 15 then
    return code & EIGHT_BITS ~= 0 and "8bit" or "gsm7", code & 3
  end
  return group == 14 and "ucs2" or "gsm7" -- voice mail waits
end

local concatenations = { [0x00] = ">BBB", [0x08] = ">I2BB" } -- by the element: reference, count, number

local SINGLE_SHIFT, LOCKING_SHIFT = 0x24, 0x25
local ports = { [0x04] = ">BB", [0x05] = ">I2I2" } -- by the element: of the receiver, of the sender

local function read_header(header, part)
  local reader = setmetatable({ bytes = header, at = 1 }, Reader)
  while reader.at <= #header do
    local element = reader:octet "header"
    local value = reader:take(reader:octet "header", "header")
    local format = concatenations[element]
    if format and #value == string.packsize(format) then
      local reference, count, number = string.unpack(format, value)
      if number >= 1 and number <= count and count > 1 then
        part.concatenation = { reference = ("%d/%d"):format(element, reference), count = count, number = number }
      end
    elseif ports[element] and #value == string.packsize(ports[element]) then
      local to, from = string.unpack(ports[element], value)
      part.ports = { to = to, from = from }
    elseif element == SINGLE_SHIFT then
      part.single = value:byte()
    elseif element == LOCKING_SHIFT then
      part.locking = value:byte()
    end
  end
end

local HAS_HEADER, WANTS_REPORT = 0x40, 0x20 -- of the first octet

local function read_payload(reader, first, part, code)
  part.coding, part.class = scheme_of(code)
  local coding, length = part.coding, reader:octet "text's length"
  local octets = reader:take(coding == "gsm7" and (length * 7 + 7) // 8 or length, "text")
  local skipped = 0
  if first & HAS_HEADER ~= 0 then
    local header = setmetatable({ bytes = octets, at = 1 }, Reader)
    skipped = 1 + header:octet "header"
    read_header(header:take(skipped - 1, "header"), part)
  end
  part.payload = octets:sub(skipped + 1)
  if coding == "gsm7" then
    local septets = (skipped * 8 + 6) // 7
    part.payload = alphabet.unpack(part.payload, length - septets, septets * 7 - skipped * 8)
  end
end

-- ---- kinds ----

local readers = {}

local function read_deliver(reader, first, part)
  part.kind = "received"
  part.number, part.is_name = read_address(reader)
  reader:octet "protocol"
  local code = reader:octet "coding"
  part.time = read_time(reader)
  read_payload(reader, first, part, code)
end

readers[0] = read_deliver
readers[3] = read_deliver -- is reserved, and to be read so

local validity_lengths = { [0] = 0, 7, 1, 7 }

readers[1] = function(reader, first, part)
  part.kind, part.wants_report = "outgoing", first & WANTS_REPORT ~= 0 or nil
  reader:octet "reference"
  part.number, part.is_name = read_address(reader)
  reader:octet "protocol"
  local code = reader:octet "coding"
  reader:take(validity_lengths[first >> 3 & 3], "validity")
  read_payload(reader, first, part, code)
end

local HAS_CODE, HAS_TEXT = 0x02, 0x04 -- of a report's parameters

local function state_of(status)
  return status < 0x20 and "delivered" or status < 0x40 and "pending" or "failed"
end

readers[2] = function(reader, first, part)
  part.kind = "report"
  local reference = reader:octet "reference"
  part.number, part.is_name = read_address(reader)
  part.time = read_time(reader)
  local delivered_at = read_time(reader)
  part.delivery = { reference = reference, time = delivered_at, state = state_of(reader:octet "status") }
  local parameters = reader.at <= #reader.bytes and reader:octet "parameters" or 0
  if parameters & 0x80 ~= 0 or parameters & HAS_TEXT == 0 then
    return -- what follows is not known, or there is no text
  end
  reader:take(parameters & 1, "protocol")
  local code = parameters & HAS_CODE ~= 0 and reader:octet "coding" or 0
  read_payload(reader, first, part, code)
end

---@type fun(pdu: string): sms.part?, moontower.error?
return errors.protect(function(pdu)
  local reader = setmetatable({ bytes = pdu, at = 1 }, Reader)
  local part = { smsc = read_centre(reader) }
  local first = reader:octet "kind"
  readers[first & 3](reader, first, part)
  return part
end)
