-- SPDX-License-Identifier: MIT
-- Bands as people write them ("B2+B12+n71": LTE with B, 5G with n, sa-n41 and nsa-n41 apart) and as modems do: masks,
-- lists and words of bits.

local errors = require "errors"
local setting = require "settings.setting"

---@class settings.bands
---@field lte integer[] sorted
---@field nr integer[] sorted: of 5G standalone, and beside LTE where that has none of its own
---@field nsa integer[]? those beside LTE, where they differ

local M = {}

local HIGHEST = { lte = 256, nr = 512, nsa = 512 }
local kinds = { b = "lte", n = "nr", ["sa-n"] = "nr", ["nsa-n"] = "nsa" }

local function add(list, band)
  for _, other in ipairs(list) do
    if other == band then return end
  end
  list[#list + 1] = band
end

---@param bands settings.bands
---@return integer[] those of 5G beside LTE
function M.nsa(bands) return bands.nsa or bands.nr end

-- Those of "n" are for both kinds of 5G; where one is named apart, the other may differ.
local function parted(bands, is_apart)
  if is_apart then
    for _, band in ipairs(bands.both) do
      add(bands.nr, band)
      add(bands.nsa, band)
    end
  else
    bands.nr, bands.nsa = bands.both, nil
  end
  bands.both = nil
  for _, list in pairs(bands) do table.sort(list) end
  return bands
end

---@param text string "B2+B12+n71"; commas and blanks will do, too
---@return settings.bands? bands
---@return moontower.error? err
function M.parse(text)
  local bands, count, is_apart = { lte = {}, nr = {}, nsa = {}, both = {} }, 0, false
  for word in text:gmatch("[^+,%s]+") do
    local letter, digits = word:lower():match("^([a-z-]+)(%d%d?%d?)$")
    local kind, band = kinds[letter], math.tointeger(tonumber(digits))
    if not kind or band < 1 or band > HIGHEST[kind] then
      return errors.fail {
        code = "invalid", source = "settings", message = ("'%s' is no band"):format(word),
        hint = "Bands are written as in \"B2+B12+n71\": B for LTE, n for 5G, sa-n and nsa-n for one kind of it.",
      }
    end
    is_apart, count = is_apart or #letter > 1, count + 1
    add(bands[letter == "n" and "both" or kind], band)
  end
  if count == 0 then
    return errors.fail { code = "invalid", source = "settings", message = "no bands given" }
  end
  return parted(bands, is_apart)
end

local function same_list(a, b) return table.concat(a, " ") == table.concat(b, " ") end

---What a modem tells of both kinds of 5G, as one value.
---@param lte integer[]
---@param nr integer[]
---@param nsa integer[]? nil: it does not tell
---@return settings.bands
function M.joined(lte, nr, nsa)
  return { lte = lte, nr = nr, nsa = nsa and not same_list(nr, nsa) and nsa or nil }
end

---@param bands settings.bands
---@return string
function M.format(bands)
  local words = {}
  for _, band in ipairs(bands.lte or {}) do words[#words + 1] = "B" .. band end
  for _, band in ipairs(bands.nr or {}) do words[#words + 1] = (bands.nsa and "sa-n" or "n") .. band end
  for _, band in ipairs(bands.nsa or {}) do words[#words + 1] = "nsa-n" .. band end
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

---Is a modem as wanted? Of a kind that is not named, any band will do.
---@param now settings.bands
---@param wanted settings.bands
---@param usable (fun(list: integer[], kind: string): integer[])? of a list, those that count
---@return boolean
function M.same(now, wanted, usable)
  usable = usable or function(list) return list end
  local function is_same(kind, list, other)
    return #other == 0 or setting.same_set(usable(list, kind), usable(other, kind))
  end
  return is_same("lte", now.lte, wanted.lte) and is_same("nr", now.nr, wanted.nr)
    and is_same("nr", M.nsa(now), M.nsa(wanted))
end

---The value for programs: lists by the kind of network.
---@param bands settings.bands
---@return { lte: integer[], sa: integer[], nsa: integer[] }
function M.public(bands)
  local copy = { lte = bands.lte, sa = bands.nr, nsa = M.nsa(bands) }
  for kind, list in pairs(copy) do copy[kind] = setmetatable({ table.unpack(list) }, { __jsontype = "array" }) end
  return copy
end

---Why a modem cannot use these bands; nil if it can.
---@param wanted settings.bands
---@param able settings.bands
---@return moontower.error?
function M.refusal(wanted, able)
  local lacking = { lte = M.without(wanted.lte or {}, able.lte or {}), nr = M.without(wanted.nr or {}, able.nr or {}) }
  lacking.nsa = wanted.nsa and M.without(wanted.nsa, able.nr or {})
  if #lacking.lte + #lacking.nr + #(lacking.nsa or {}) > 0 then
    return errors.new {
      code = "unsupported", source = "settings",
      message = ("this modem does not have %s"):format(M.format(lacking)),
      hint = "It has " .. M.format(able) .. ".",
    }
  end
end

return M
