-- SPDX-License-Identifier: MIT
-- What stands in a recording in place of what only the modem's owner may know: always the same for the same, of the
-- same length and kind. The salt is forgotten with the process, so none can be guessed back by trying all numbers.

local looks = require "recording.looks"
local sha256 = require "modem.sha256"

local M = {}

local LONG = 5 -- digits in a row are taken for a private number from here on
local LONG_IN_KNOWN = 7 -- and these where it is known what stands there: a network's number has six
local LONG_HEX = 16 -- and digits in hex for a message, or a card's file

-- How many digits stay: those that say which operator, or which model, but not whose.
local IMSI, IMEI, ICCID = 6, 8, 6
local kept = { imsi = IMSI, imei = IMEI, iccid = ICCID }

---What is replaced, and how it is called; "hidden": only its length is left.
M.kinds = {
  { "imsi", "IMSI" }, { "iccid", "ICCID" }, { "imei", "IMEI" }, { "number", "other numbers" },
  { "place", "cells and areas" }, { "word", "names and words" }, { "hidden", "crossed out" },
}

---@class recording.pseudonyms
---@field private salt string
---@field private keeps_cells boolean?
---@field private known table<string, string> what was replaced so far
---@field private count integer of those
---@field private replaced table<string, integer> by kind: how often, since it was asked last
local Pseudonyms = {}
Pseudonyms.__index = Pseudonyms

local MOST = 10000 -- that are remembered: all follow from the salt, but for numbers

-- As many bytes as are wanted, which follow from a text.
local function stream(self, text, count)
  local pieces = {}
  for i = 1, (count + 31) // 32 do
    pieces[i] = sha256(("%s %d %s"):format(self.salt, i, text)):gsub("%x%x", function(byte)
      return string.char(tonumber(byte, 16))
    end)
  end
  return table.concat(pieces)
end

local function remember(self, text, other)
  if not self.known[text] and self.count < MOST and #text >= LONG then
    self.known[text] = other
    self.count = self.count + 1
  end
  return other
end

local function tally(self, kind) self.replaced[kind] = (self.replaced[kind] or 0) + 1 end

---How often each of M.kinds was replaced since this was asked last.
---@return table<string, integer>? counts nil: nothing was
function Pseudonyms:taken()
  local counts = self.replaced
  self.replaced = {}
  return next(counts) and counts or nil
end

local function letter(first, count, byte) return string.char(first + byte % count) end

-- Luhn's check digit, which an IMEI has.
local function has_check_digit(digits)
  local sum = 0
  for i = 1, #digits do
    local digit = digits:byte(-i) - 48
    sum = sum + (i % 2 == 1 and digit or digit * 2 > 9 and digit * 2 - 9 or digit * 2)
  end
  return sum % 10 == 0
end

local function kind_of(digits)
  if #digits == 15 then
    return has_check_digit(digits) and "imei" or "imsi"
  elseif #digits >= 18 and #digits <= 20 and digits:find "^89" then
    return "iccid"
  end
end

local BODY = 14 -- digits of an IMEI before its check digit, or its software version

local function checked(body)
  for digit = 0, 9 do
    if has_check_digit(body .. digit) then return body .. digit end
  end
end

-- Digits for digits, behind those that stay.
local function with_others(self, digits, kind)
  local keep = math.min(kept[kind] or 0, #digits)
  local rest = stream(self, digits, #digits):sub(keep + 1, #digits):gsub(".", function(byte)
    return letter(48, 10, byte:byte())
  end)
  local other = digits:sub(1, keep) .. rest
  if other == digits and rest ~= "" then -- by chance
    other = other:sub(1, -2) .. (other:byte(-1) - 47) % 10
  end
  return remember(self, digits, other)
end

---@param digits string
---@param kind "imsi"|"imei"|"iccid"|nil nil: as it looks
---@return string other
function Pseudonyms:digits(digits, kind)
  local known = self.known[digits]
  if known == digits then
    return known -- a replacement itself
  end
  kind = kind or kind_of(digits)
  tally(self, kind or "number")
  if known then
    return known
  elseif kind == "imei" and #digits > BODY then
    local body = with_others(self, digits:sub(1, BODY), kind) -- an MEID, too
    return remember(self, digits, #digits == BODY + 1 and checked(body) or body .. digits:sub(BODY + 1))
  end
  if kind == "imsi" then -- it begins with the network's number, which is shown alone, too
    for size = 5, IMSI do self:keep(digits:sub(1, size)) end
  end
  return with_others(self, digits, kind)
end

---@param text string a word that says who a person is
---@param kind "imsi"|"imei"|"iccid"|nil
---@return string other letters for letters, digits for digits; marks stay
function Pseudonyms:text(text, kind)
  local digits, filler = text:match "^%+?(%d+)([Ff]*)$"
  if digits then
    return text:sub(1, #text - #digits - #filler) .. self:digits(digits, kind) .. filler
  end
  local bytes, at = stream(self, text, #text), 0
  if text == "" or self.known[text] == text then
    return text
  end
  tally(self, "word")
  local other = text:gsub("[%w\x80-\xff]", function(character)
    at = at + 1
    local byte = bytes:byte(at)
    return character:find "%d" and letter(48, 10, byte) or letter(character:find "%u" and 65 or 97, 26, byte)
  end)
  return remember(self, text, other)
end

---@param text string a PIN, a password, what a person wrote: nothing of it is left but its length
---@return string
function Pseudonyms:blank(text)
  if text:find "%w" then tally(self, "hidden") end
  return (text:gsub("%d", "0"):gsub("[^0]", "x"))
end

---@param digits string in hex, as of an interface's address
---@return string other digits for digits, letters for letters; it stays where it is met again
function Pseudonyms:hex(digits)
  if self.known[digits] == digits then
    return digits
  end
  local bytes, at = stream(self, "hex " .. digits:lower(), #digits), 0
  tally(self, "word")
  local other = digits:gsub("%x", function(digit)
    at = at + 1
    local byte = bytes:byte(at)
    return digit:find "%d" and letter(48, 10, byte) or letter(digit:find "%u" and 65 or 97, 6, byte)
  end)
  return self:keep(other)
end

-- Digits with the two of each byte swapped, as cards keep numbers, and "f" behind.
local function swapped(bytes)
  local digits = bytes:gsub(".", function(byte)
    local number = byte:byte()
    return ("%x%x"):format(number & 15, number >> 4)
  end)
  return digits:match "^%d+f?f?$" and digits
end

local function swap_back(digits)
  return (digits:gsub("(%x)(%x)", function(low, high) return string.char(tonumber(high .. low, 16)) end))
end

---@param bytes string
---@return string other numbers that are coded as cards do become others; of all else, only the length is left
function Pseudonyms:bytes(bytes)
  local digits = #bytes * 2 >= LONG_IN_KNOWN and swapped(bytes)
  if digits then
    local number = digits:match "^%d+"
    return swap_back(self:digits(number) .. digits:sub(#number + 1))
  end
  return self:zeros(bytes)
end

---@param bytes string of which nothing is to be left but their length
---@return string
function Pseudonyms:zeros(bytes)
  if bytes:find "[^%z]" then tally(self, "hidden") end
  return ("\0"):rep(#bytes)
end

---@param bytes string likewise, that make no sense as what they are declared to be: what stands for them makes none
---@return string
function Pseudonyms:nonsense(bytes)
  tally(self, "hidden")
  return ("\255"):rep(#bytes)
end

---@param text string with numbers in it, of which nothing is to be left but how long they are
---@return string
function Pseudonyms:zero_digits(text)
  if text:find "[1-9]" then tally(self, "hidden") end
  return (text:gsub("0[xX]%x+", function(word) return ("0"):rep(#word) end):gsub("%d", "0"))
end

---@param number number likewise
---@return number zero
function Pseudonyms:zero(number)
  if number ~= 0 then tally(self, "hidden") end
  return math.type(number) == "float" and 0.0 or 0
end

---@param number integer of a cell, or of an area
---@return integer other below the next power of two, as it is
function Pseudonyms:number(number)
  local bits = 0
  tally(self, "place")
  while bits < 63 and number >> bits > 0 do bits = bits + 1 end
  local other = ("<i8"):unpack(stream(self, ("number %d"):format(number), 8)) & ((1 << bits) - 1)
  other = other == number and other ~ 1 or other -- by chance
  remember(self, ("%d"):format(number), ("%d"):format(other))
  return other
end

---@param word string how it is written: its base and its width stay
---@param number integer of a cell, or of an area, that it says
---@return string other
function Pseudonyms:place(word, number)
  if self.keeps_cells or self.known[word] == word then
    return self:keep(word)
  end
  local other = self:number(number)
  local is_decimal = word:find "^%d+$" and tonumber(word) == number and not word:find "^0%d"
  local mark, digits = word:match "^(0[xX]?)(%x+)$"
  if not mark or #mark == 1 then
    mark, digits = "", word
  end
  local format = is_decimal and "%d" or (digits:find "%l" and "%0*x" or "%0*X"):gsub("*", #digits)
  return self:keep(mark .. format:format(other))
end

---A text that is a replacement itself, in another form, and so stays.
---@param text string
---@return string text
function Pseudonyms:keep(text) return remember(self, text, text) end

---Replaces the words that are known by now, in a text for people.
---@param text string
---@return string
function Pseudonyms:replace_known(text)
  for known, other in pairs(self.known) do
    if known:find "%D" then
      local at, past = text:find(known, 1, true)
      while at do
        text = text:sub(1, at - 1) .. other .. text:sub(past + 1)
        at, past = text:find(known, at + #other, true)
      end
    end
  end
  return text
end

-- Masks of bits, which modems show as "0x0000010D" and "0000010D", are no person's number.
local function is_mask(run, word) return run:find "^000" or word:find "^0[xX]%x+$" and #word <= #"0x" + 8 end

---Replaces what is known by now, and long runs of digits, in a text for people.
---@param text string
---@param is_known boolean? it is known what kind of text it is, and that it is not private
---@return string
function Pseudonyms:scrub(text, is_known)
  text = text:gsub(("%x"):rep(LONG_HEX) .. "%x*", function(run)
    local is_mask_of_bands, is_filled = #run == LONG_HEX and run:find "^000", run:find "^%d+[fF]+$"
    if run:find "%a" and not is_mask_of_bands and not is_filled then
      tally(self, "hidden")
      return ("0"):rep(#run)
    end
  end)
  text = looks.replace(self, text, is_known)
  local long = is_known and LONG_IN_KNOWN or LONG
  text = text:gsub("%w+", function(word)
    return word:gsub("%d+", function(run)
      local is_private = self.known[run] or #run >= long and not (is_known and is_mask(run, word))
      return is_private and self:digits(run) or nil
    end)
  end)
  return self:replace_known(text)
end

---@param keeps_cells boolean? where the modem was is no secret
---@return recording.pseudonyms
function M.new(keeps_cells)
  local random <close> = assert(io.open("/dev/urandom", "rb"))
  return setmetatable({
    salt = random:read(16), keeps_cells = keeps_cells, known = {}, count = 0, replaced = {},
  }, Pseudonyms)
end

return M
