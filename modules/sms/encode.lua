-- SPDX-License-Identifier: MIT
-- PDUs of a text: those that a host sends (SMS-SUBMIT), and those that a network delivers (SMS-DELIVER). A text that is
-- too long for one is split into parts.

local alphabet = require "sms.alphabet"
local errors = require "errors"

local M = {}

local MOST_DIGITS, MOST_LETTERS = 20, 11 -- of a number, and of a name
local MOST_PARTS = 255
local HEADER_LENGTH = 6 -- octets: of a part
local GSM, UCS2, HAS_CLASS = 0x00, 0x08, 0x10 -- coding schemes
local INTERNATIONAL, UNKNOWN, NAME = 0x91, 0x81, 0xd0
local SUBMIT, DELIVER, REPORT, NO_MORE, WANTS_REPORT, HAS_HEADER = 0x01, 0x00, 0x02, 0x04, 0x20, 0x40

local function invalid(message) return errors.fail { code = "invalid", source = "sms", message = message } end

-- ---- numbers and times ----

local half_octets = { ["*"] = "a", ["#"] = "b" }

-- Digits in half octets, the low one first.
local function swapped(digits)
  digits = digits:gsub("[*#]", half_octets) .. ("f"):rep(#digits % 2)
  return (digits:gsub("(.)(.)", function(low, high) return string.char(tonumber(high .. low, 16)) end))
end

---Is it a number that a text can be sent to?
---@param number string
---@return boolean
function M.is_number(number)
  local digits = number:match "^%+?([%d*#]+)$"
  return digits ~= nil and #digits <= MOST_DIGITS
end

local function address(number)
  if M.is_number(number) then
    local digits = number:gsub("^%+", "")
    return string.char(#digits, digits ~= number and INTERNATIONAL or UNKNOWN) .. swapped(digits)
  end
  local septets = (alphabet.septets(number) or ""):sub(1, MOST_LETTERS)
  return string.char((#septets * 7 + 3) // 4, NAME) .. alphabet.pack(septets)
end

local function centre(number)
  local digits = number:gsub("^%+", "")
  local octets = string.char(INTERNATIONAL) .. swapped(digits)
  return string.char(#octets) .. octets
end

local function time_of(time) return swapped(os.date("!%y%m%d%H%M%S", time) .. "00") end

-- ---- the text ----

local codings = {
  [GSM] = {
    whole = 160, part = 153,
    -- An escape stays with its letter.
    is_cut = function(septets, last) return septets:byte(last) == 0x1b end, size = 1,
    data = function(header, septets)
      local count = (#header * 8 + 6) // 7
      return string.char(count + #septets) .. header .. alphabet.pack(septets, count * 7 - #header * 8)
    end,
  },
  [UCS2] = {
    whole = 140, part = 134,
    -- So does the first half of a letter with the second one.
    is_cut = function(bytes, last) return bytes:byte(last - 1) & 0xfc == 0xd8 end, size = 2,
    data = function(header, bytes) return string.char(#header + #bytes) .. header .. bytes end,
  },
}

local function split(payload, coding)
  if #payload <= coding.whole then
    return { payload }
  end
  local parts, first = {}, 1
  while first <= #payload do
    local last = math.min(first + coding.part - 1, #payload)
    if last < #payload and coding.is_cut(payload, last) then
      last = last - coding.size
    end
    parts[#parts + 1] = payload:sub(first, last)
    first = last + 1
  end
  return parts
end

-- Coding schemes and user data of all parts, each with its length.
local function user_data(text, reference)
  if not utf8.len(text) then
    return invalid "the text is not UTF-8"
  end
  local septets = alphabet.septets(text)
  local code = septets and GSM or UCS2
  local coding = codings[code]
  local parts = split(septets or alphabet.ucs2(text), coding)
  if #parts > MOST_PARTS then
    return invalid(("the text is too long: it would take %d messages, and %d is the limit"):format(#parts, MOST_PARTS))
  end
  local list = {}
  for i, part in ipairs(parts) do
    local header = #parts > 1 and string.char(HEADER_LENGTH - 1, 0, 3, reference & 0xff, #parts, i) or ""
    list[i] = coding.data(header, part)
  end
  return list, code
end

-- ---- PDUs ----

local function each(list, kind, make)
  local flags = #list > 1 and HAS_HEADER or 0
  for i, data in ipairs(list) do list[i] = make(string.char(kind | flags), data) end
  return list
end

---What a host sends. The service centre is the one that the card names.
---@param number string
---@param text string UTF-8
---@param reference integer of the parts, if it takes several: another one for each text to the same number
---@param wants_report boolean? the network is to tell whether each has been delivered
---@return string[]? pdus
---@return moontower.error? err "invalid"
function M.submit(number, text, reference, wants_report)
  if not M.is_number(number) then
    return invalid(("%s is not a telephone number: digits, perhaps with + before them"):format(number))
  end
  local list, code = user_data(text, reference)
  if not list then
    return nil, code
  end
  return each(list, SUBMIT | (wants_report and WANTS_REPORT or 0), function(first, data)
    return "\0" .. first .. "\0" .. address(number) .. string.char(0, code) .. data
  end)
end

---What a network delivers.
---@param message { smsc: string, number: string, text: string, time: integer, reference: integer, class: integer? }
---number: a number or a name; time: seconds since 1970
---@return string[]? pdus
---@return moontower.error? err "invalid"
function M.deliver(message)
  local list, code = user_data(message.text, message.reference)
  if not list then
    return nil, code
  end
  local time = time_of(message.time)
  code = message.class and code | HAS_CLASS | message.class or code
  return each(list, DELIVER | NO_MORE, function(first, data)
    return centre(message.smsc) .. first .. address(message.number) .. string.char(0, code) .. time .. data
  end)
end

---What a network tells of a message that was sent.
---@param report { smsc: string, number: string, reference: integer, time: integer, status: integer } status: 3GPP TS
---23.040, 9.2.3.15
---@return string pdu
function M.report(report)
  local time = time_of(report.time)
  return centre(report.smsc) .. string.char(REPORT | NO_MORE, report.reference & 0xff) .. address(report.number) .. time
    .. time .. string.char(report.status)
end

return M
