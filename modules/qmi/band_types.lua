-- SPDX-License-Identifier: MIT
-- The flags for bands that more than one QMI service uses.

local parts = require "schema.message"
local schema = require "schema"

local u64, flags = schema.u64, schema.flags

local function lte_bands()
  local bands = {}
  for band = 1, 43 do
    bands["eutran-" .. band] = 1 << (band - 1)
  end
  return bands
end

local declared = {}

-- Bands below LTE; bc-* are CDMA band classes.
function declared.bands() return flags(u64, {
  ["bc-0-a-system"] = 1 << 0, ["bc-0-b-system"] = 1 << 1, ["bc-1-all-blocks"] = 1 << 2, ["bc-2"] = 1 << 3,
  ["bc-3-a-system"] = 1 << 4, ["bc-4-all-blocks"] = 1 << 5, ["bc-5-all-blocks"] = 1 << 6,
  ["gsm-dcs-1800"] = 1 << 7, ["gsm-900-extended"] = 1 << 8, ["gsm-900-primary"] = 1 << 9,
  ["bc-6"] = 1 << 10, ["bc-7"] = 1 << 11, ["bc-8"] = 1 << 12, ["bc-9"] = 1 << 13, ["bc-10"] = 1 << 14,
  ["bc-11"] = 1 << 15, ["gsm-450"] = 1 << 16, ["gsm-480"] = 1 << 17, ["gsm-750"] = 1 << 18,
  ["gsm-850"] = 1 << 19, ["gsm-900-railways"] = 1 << 20, ["gsm-pcs-1900"] = 1 << 21, ["wcdma-2100"] = 1 << 22,
  ["wcdma-pcs-1900"] = 1 << 23, ["wcdma-dcs-1800"] = 1 << 24, ["wcdma-1700-us"] = 1 << 25,
  ["wcdma-850-us"] = 1 << 26, ["wcdma-800"] = 1 << 27, ["bc-12"] = 1 << 28, ["bc-14"] = 1 << 29,
  ["bc-15"] = 1 << 31, ["wcdma-2600"] = 1 << 48, ["wcdma-900"] = 1 << 49, ["wcdma-1700-japan"] = 1 << 50,
  ["bc-16"] = 1 << 56, ["bc-17"] = 1 << 57, ["bc-18"] = 1 << 58, ["bc-19"] = 1 << 59,
  ["wcdma-850-japan"] = 1 << 60, ["wcdma-1500"] = 1 << 61,
}) end

-- LTE band n is bit n - 1 and "eutran-n". Higher bands stay numbers here and have lists of their own.
function declared.lte_bands() return flags(u64, lte_bands()) end

return parts.types(declared)
