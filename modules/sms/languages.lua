-- SPDX-License-Identifier: MIT
-- The national languages of SMS (3GPP TS 23.038, annex A): tables in the place of GSM's alphabet (locking shift) and of
-- its extension (single shift), by the number of the language.
--
-- Those of India have one plan, as Unicode's blocks of these scripts have: a letter is its place in the block. What a
-- script lacks is blank.

local M = {
  ---@type table<integer, table<integer, string>> letters by septet, where they differ from GSM's alphabet
  locking = {},
  ---@type table<integer, table<integer, string>> letters by the septet behind an escape, where they differ from GSM's
  single = {},
}

local function letters(...)
  local found, list = {}, { ... }
  for i = 1, #list, 2 do
    local at = list[i]
    for _, code in utf8.codes(list[i + 1]) do
      found[at], at = utf8.char(code), at + 1
    end
  end
  return found
end

-- ---- Turkish, Spanish, Portuguese ----

M.locking[1] = letters(0x04, "€", 0x07, "ı", 0x0b, "Ğğ", 0x1c, "Şş", 0x40, "İ", 0x60, "ç")
M.single[1] = letters(0x47, "Ğ", 0x49, "İ", 0x53, "Ş", 0x63, "ç", 0x67, "ğ", 0x69, "ı", 0x73, "ş")
M.single[2] = letters(0x09, "ç", 0x41, "Á", 0x49, "Í", 0x4f, "Ó", 0x55, "Ú", 0x61, "á", 0x69, "í", 0x6f, "ó", 0x75, "ú")
M.locking[3] = letters(0x04, "ê", 0x06, "úíóç", 0x0b, "Ôô", 0x0e, "Áá", 0x12, "ªÇÀ∞^\\€Ó|", 0x1c, "ÂâÊ", 0x24, "º",
  0x40, "Í", 0x5b, "ÃÕÚ", 0x60, "~", 0x7b, "ãõ`")
M.single[3] = letters(0x05, "ê", 0x09, "ç", 0x0b, "Ôô", 0x0e, "Áá", 0x12, "ΦΓ", 0x15, "ΩΠΨΣΘ", 0x1f, "Ê", 0x41, "À",
  0x49, "Í", 0x4f, "Ó", 0x55, "Ú", 0x5b, "ÃÕ", 0x61, "Â", 0x69, "í", 0x6f, "ó", 0x75, "ú", 0x7b, "ãõ", 0x7f, "â")

-- ---- India ----

-- Places in the block, "." for what is no letter of the language: the septets of PLAIN are the same in all of them.
local PLAN = [[
  01 02 03 05 06 07 08 09 0a 0b .  0c 0d .  0e 0f 10 11 12 13 14 15 16 17 18 19 1a .  1b 1c 1d 1e
  .  .  1f 20 21 22 23 24 .  .  25 26 .  27 .  28 .  .  .  .  .  .  .  .  .  .  .  .  29 2a 2b .
  2c 2d 2e 2f 30 31 32 33 34 35 36 37 38 39 3c 3d 3e 3f 40 41 42 43 44 45 46 47 48 49 4a 4b 4c 4d
]]
local PLAIN = { 0x20, " !", 0x28, ")(", 0x2c, ",", 0x2e, ".", 0x30, "0123456789:;", 0x3f, "?",
  0x61, "abcdefghijklmnopqrstuvwxyz" }
local LAST = { 0x60, 0x7b, 0x7c, 0x7d, 0x7e, 0x7f } -- septets of letters that each language has at other places

local PLAIN_SINGLE = { 0x00, '@£$¥¿"¤%&\'\f*+', 0x0e, "-/<=>¡^¡_#*", 0x28, "{}", 0x2f, "\\", 0x3c, "[~]", 0x40,
  "|ABCDEFGHIJKLMNOPQRSTUVWXYZ", 0x65, "€" }
local ZERO, DANDA = 0x66, 0x0964 -- the digit in each block; the first of two signs that Hindi's block has for all
-- Septets of those behind the digits, in order.
local REST = {
  0x26, 0x27, 0x2a, 0x2b, 0x2c, 0x2d, 0x2e, 0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0x3a,
}

local function numbers(text)
  local list = {}
  for word in text:gmatch "%S+" do list[#list + 1] = tonumber(word, 16) or false end
  return list
end

local plan = numbers(PLAN)

---@param block integer
---@param lacking string what its script lacks of PLAN
---@param last string letters at LAST
local function indian_locking(block, lacking, last)
  local found, is_lacking = letters(table.unpack(PLAIN)), {}
  for _, place in ipairs(numbers(lacking)) do is_lacking[place] = true end
  for i, place in ipairs(plan) do
    if place then found[i - 1] = is_lacking[place] and " " or utf8.char(block + place) end
  end
  for i, place in ipairs(numbers(last)) do found[LAST[i]] = utf8.char(block + place) end
  return found
end

-- Digits are at 0x1c to 0x25, behind the two signs and a blank. A language with `begins` has its digits from there on.
local function indian_single(block, rest, begins)
  local found = letters(table.unpack(PLAIN_SINGLE))
  if begins ~= 0x19 then
    found[0x19], found[0x1a] = begins and " " or utf8.char(DANDA), begins and " " or utf8.char(DANDA + 1)
  end
  local at = begins or 0x1c
  for digit = 0, 9 do
    if at == 0x1b then at = at + 1 end
    found[at], at = utf8.char(block + ZERO + digit), at + 1
  end
  local places = numbers(rest)
  for i, place in ipairs(places) do
    local septet = begins == 0x19 and (i <= 2 and 0x23 + i or REST[i - 2]) or REST[i]
    found[septet] = utf8.char(block + place)
  end
  return found
end

-- Bengali, Gujarati, Hindi, Kannada, Malayalam, Oriya, Punjabi, Tamil, Telugu
local india = {
  [4] = { 0x0980, "0d 0e 11 12 29 31 33 34 35 45 46 49 4a", "4e 57 5c 5d 70 71",
    "5f 60 61 62 63 72 73 74 75 76 77 78 79 7a", 0x19 },
  [5] = { 0x0a80, "0e 12 29 31 34 46 4a", "50 60 61 62 63 71", "" },
  [6] = { 0x0900, "", "50 72 7b 7c 7e 7f", "51 52 53 54 58 59 5a 5b 5c 5d 5e 5f 60 61 62 63 70 71" },
  [7] = { 0x0c80, "01 0d 11 29 34 45 49", "55 56 60 61 62 63", "5e 71 72" },
  [8] = { 0x0d00, "01 0d 11 29 3c 45 49", "57 60 61 62 63 79", "70 71 72 73 74 75 7a 7b 7c 7d 7e 7f" },
  [9] = { 0x0b00, "0d 0e 11 12 29 31 34 45 46 49 4a", "56 57 60 61 62 63", "5c 5d 5f 70 71" },
  [10] = { 0x0a00, "0b 0c 0d 0e 11 12 29 31 34 37 3d 43 44 45 46 49 4a", "51 70 71 72 73 74", "59 5a 5b 5c 5e 75" },
  [11] = { 0x0b80, "01 0b 0c 0d 11 16 17 18 1b 1d 20 21 22 25 26 27 2b 2c 2d 3c 3d 43 44 45 49", "50 57 70 71 72 79",
    "73 74 75 76 77 78 7a" },
  [12] = { 0x0c00, "0d 11 29 34 3c 45 49", "55 56 60 61 62 63", "58 59 78 79 7a 7b 7c 7d 7e 7f", 0x1c },
}
for number, one in pairs(india) do
  M.locking[number] = indian_locking(one[1], one[2], one[3])
  M.single[number] = indian_single(one[1], one[4], one[5])
end

-- ---- Urdu ----

M.locking[13] = letters(0x00, "اآبٻڀپڦتۂٿ", 0x0b, "ٹٽ", 0x0e, "ٺټثجځڄڃڅچڇحخد",
  0x1c, "ڌڈډڊ !ڏڍذرڑړ)(ڙز,ږ.ژ0123456789:;ښسش?",
  0x40, "صضطظعفقکڪ" .. "ګگڳڱلمنںڻڼوۄەہھءیېے\u{64d}\u{650}\u{64f}\u{657}\u{654}"
  .. "abcdefghijklmnopqrstuvwxyz\u{655}\u{651}\u{653}\u{656}\u{670}")
M.single[13] = letters(0x00, '@£$¥¿"¤%&\'\f*+', 0x0e, "-/<=>¡^¡_#*\u{600}\u{601}", 0x1c,
  "۰۱۲۳۴۵۶۷۸۹،؍{}\u{60e}\u{60f}\u{610}\u{611}\u{612}\\\u{613}\u{614}؛؟ـ\u{652}\u{658}٫٬ٲٳۍ"
  .. "[~]۔|ABCDEFGHIJKLMNOPQRSTUVWXYZ", 0x65, "€")

return M
