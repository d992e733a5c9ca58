-- SPDX-License-Identifier: MIT
-- What is in files of a card, by their numbers (3GPP TS 31.102 and 51.011, ETSI TS 102 221): what says of what kind
-- the card is, and which operator's, stays; numbers become others; of all else only the length is left.

local M = {}

local KEPT = {}
for _, id in ipairs {
  0x2f00, 0x2f05, 0x2f06, 0x2f08, -- EF_DIR, EF_PL, EF_ARR, EF_UMPC: of the card
  0x6f05, 0x6f06, 0x6f38, 0x6f56, 0x6fad, 0x6fae, -- languages, EF_ARR, EF_UST or EF_SST, EF_EST, EF_AD, EF_Phase
  0x6f30, 0x6f31, 0x6f60, 0x6f61, 0x6f62, 0x6f7b, 0x6fd9, 0x6fdb, -- lists of networks, and how often to look for them
  0x6f46, 0x6fc5, 0x6fc6, 0x6fcd, -- EF_SPN, EF_PNN, EF_OPL, EF_SPDI: names of networks
  0x6f3e, 0x6f3f, -- EF_GID1, EF_GID2: which brand's card it is
  0x6fb7, 0x6fe8, -- emergency numbers, EF_NASCONFIG
} do KEPT[id] = true end
local ICCID, IMSI, MSISDN = 0x2fe2, 0x6f07, 0x6f40

local OF_NUMBER = 14 -- bytes at the end of a record of EF_MSISDN; a name is before them

-- ---- digits, two a byte, the low half first ----

local function digits_of(bytes)
  return (bytes:gsub(".", function(byte) return ("%02X"):format(byte:byte()):reverse() end))
end

local function bytes_of(digits)
  return (digits:gsub("(%x)(%x)", function(low, high) return string.char(tonumber(high .. low, 16)) end))
end

-- Others for the decimal digits in front; what fills up stays.
local function replace_digits(others, digits, kind)
  local number, rest = digits:match "^(%d*)(.*)$"
  return number == "" and digits or others:digits(number, kind) .. rest
end

local function replace_number(others, bytes, kind) return bytes_of(replace_digits(others, digits_of(bytes), kind)) end

-- Its length, and the parity with the first digit.
local function replace_imsi(others, bytes)
  local digits = digits_of(bytes:sub(2))
  return bytes:sub(1, 1) .. bytes_of(digits:sub(1, 1) .. replace_digits(others, digits:sub(2), "imsi"))
end

-- A name, which the owner gives; how long the number is and of which type; the number; where it goes on.
local function replace_msisdn(others, bytes)
  local name = #bytes - OF_NUMBER
  return ("\xff"):rep(name) .. bytes:sub(name + 1, name + 2) .. replace_number(others, bytes:sub(name + 3, -3))
    .. bytes:sub(-2)
end

---@param others recording.pseudonyms
---@param id integer? of the file; nil: it is not known
---@param bytes string that are read from it, or written
---@return string other
function M.replace(others, id, bytes)
  if KEPT[id] or not bytes:find "[^\xff]" then
    return bytes
  elseif id == ICCID then
    return replace_number(others, bytes, "iccid")
  elseif id == IMSI and #bytes > 1 then
    return replace_imsi(others, bytes)
  elseif id == MSISDN and #bytes >= OF_NUMBER then
    return replace_msisdn(others, bytes)
  end
  return others:zeros(bytes)
end

return M
