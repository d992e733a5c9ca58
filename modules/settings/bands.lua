-- SPDX-License-Identifier: MIT
-- Bands as people write them ("B2+B12+n71": LTE with B, 5G with n) and as modems do: masks, lists and words of bits.

local errors = require "errors"

---@class settings.bands
---@field lte integer[] sorted
---@field nr integer[] sorted

local M = {}

local HIGHEST = { lte = 256, nr = 512 }
local kinds = { b = "lte", n = "nr" }

local function add(list, band)
  for _, other in ipairs(list) do
    if other == band then return end
  end
  list[#list + 1] = band
end

---@param text string "B2+B12+n71"; commas and blanks will do, too
---@return settings.bands? bands
---@return moontower.error? err
function M.parse(text)
  local bands = { lte = {}, nr = {} }
  for word in text:gmatch("[^+,%s]+") do
    local letter, digits = word:lower():match("^([bn])(%d%d?%d?)$")
    local kind, band = kinds[letter], math.tointeger(tonumber(digits))
    if not kind or band < 1 or band > HIGHEST[kind] then
      return errors.fail {
        code = "invalid", source = "settings", message = ("'%s' is no band"):format(word),
        hint = "Bands are written as in \"B2+B12+n71\": B for LTE, n for 5G.",
      }
    end
    add(bands[kind], band)
  end
  if #bands.lte + #bands.nr == 0 then
    return errors.fail { code = "invalid", source = "settings", message = "no bands given" }
  end
  table.sort(bands.lte)
  table.sort(bands.nr)
  return bands
end

---@param bands settings.bands
---@return string
function M.format(bands)
  local words = {}
  for _, band in ipairs(bands.lte or {}) do words[#words + 1] = "B" .. band end
  for _, band in ipairs(bands.nr or {}) do words[#words + 1] = "n" .. band end
  return #words > 0 and table.concat(words, "+") or "none"
end

---The bands whose bits are set in a hexadecimal number of any length.
---@param digits string
---@param base integer? the band of bit 0, less one: 0 if not given
---@return integer[]
function M.of_hex(digits, base)
  local list = {}
  for i = 0, #digits - 1 do
    local nibble = tonumber(digits:sub(-1 - i, -1 - i), 16)
    for bit = 0, 3 do
      if nibble >> bit & 1 == 1 then
        list[#list + 1] = (base or 0) + 4 * i + bit + 1
      end
    end
  end
  return list
end

---The other way round; bands without a bit in that many digits are left out.
---@param list integer[]
---@param base integer? as above
---@param width integer? how many digits: as many as it takes, if not given
---@return string
function M.hex(list, base, width)
  local nibbles, top = {}, 0
  for _, band in ipairs(list) do
    local bit = band - (base or 0) - 1
    if bit >= 0 and (not width or bit < 4 * width) then
      local place = bit // 4
      nibbles[place] = (nibbles[place] or 0) | 1 << bit % 4
      top = math.max(top, place)
    end
  end
  local digits = {}
  for place = (width or top + 1) - 1, 0, -1 do
    digits[#digits + 1] = ("%X"):format(nibbles[place] or 0)
  end
  return table.concat(digits)
end

---The bands whose bits are set in words of 64 bits, as QMI has them.
---@param words integer[]
---@return integer[]
function M.of_words(words)
  local list = {}
  for i, word in ipairs(words) do
    table.move(M.of_hex(("%016x"):format(word), 64 * (i - 1)), 1, 64, #list + 1, list)
  end
  return list
end

---@param list integer[]
---@param count integer how many words
---@return integer[]
function M.words(list, count)
  local words = {}
  for i = 1, count do
    words[i] = math.tointeger(tonumber(M.hex(list, 64 * (i - 1), 16), 16))
  end
  return words
end

---Those of a list that another has not.
---@param list integer[]
---@param others integer[]
---@return integer[]
function M.without(list, others)
  local known, rest = {}, {}
  for _, band in ipairs(others) do known[band] = true end
  for _, band in ipairs(list) do
    if not known[band] then rest[#rest + 1] = band end
  end
  return rest
end

---Why a modem cannot use these bands; nil if it can.
---@param wanted settings.bands
---@param able settings.bands
---@return moontower.error?
function M.refusal(wanted, able)
  local lacking = { lte = M.without(wanted.lte or {}, able.lte or {}), nr = M.without(wanted.nr or {}, able.nr or {}) }
  if #lacking.lte + #lacking.nr > 0 then
    return errors.new {
      code = "unsupported", source = "settings",
      message = ("this modem does not have %s"):format(M.format(lacking)),
      hint = "It has " .. M.format(able) .. ".",
    }
  end
end

return M
