-- SPDX-License-Identifier: MIT
-- Bands and bandwidths, as several messages of NAS, network access, have them.

local parts = require "schema.message"
local qmi = require "qmi.message"

local u8, u16, u32, enum = qmi.u8, qmi.u16, qmi.u32, qmi.enum

local declared = {}

local function number(bands, prefix, first, list)
  for i, band in ipairs(list) do
    if band ~= 0 then
      bands[prefix .. band] = first + i - 1
    end
  end
end

-- By name, up to a highest number.
local function bands_to(highest)
  local bands = {
    ["gsm-450"] = 40, ["gsm-480"] = 41, ["gsm-750"] = 42, ["gsm-850"] = 43, ["gsm-900-extended"] = 44,
    ["gsm-900-primary"] = 45, ["gsm-900-railways"] = 46, ["gsm-dcs-1800"] = 47, ["gsm-pcs-1900"] = 48,
    ["wcdma-2100"] = 80, ["wcdma-pcs-1900"] = 81, ["wcdma-dcs-1800"] = 82, ["wcdma-1700-us"] = 83,
    ["wcdma-850"] = 84, ["wcdma-800"] = 85, ["wcdma-2600"] = 86, ["wcdma-900"] = 87, ["wcdma-1700-japan"] = 88,
    ["wcdma-1500-japan"] = 90, ["wcdma-850-japan"] = 91,
    ["td-scdma-a"] = 200, ["td-scdma-b"] = 201, ["td-scdma-c"] = 202, ["td-scdma-d"] = 203, ["td-scdma-e"] = 204,
    ["td-scdma-f"] = 205,
  }

  -- CDMA's band classes have their own numbers.
  for class = 0, 19 do
    bands["bc-" .. class] = class
  end

  -- From 120 on: LTE's bands in the order in which modems learnt them.
  number(bands, "lte-", 120, {
    1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 17, 33, 34, 35, 36, 37, 38, 39, 40, 18, 19, 20, 21, 24, 25, 41,
    42, 43, 23, 26, 32, 125, 126, 127, 28, 29, 30, 66, 250, 46, 27, 31, 47, 48, 71,
  })
  -- From 250 on: NR's.
  number(bands, "nr5g-", 250, {
    1, 2, 3, 5, 7, 8, 20, 28, 38, 41, 50, 51, 66, 70, 71, 74, 75, 76, 77, 78, 79, 80, 81, 82, 83, 84, 85, 257, 258,
    259, 260, 261, 12, 25, 34, 39, 40, 65, 86, 48, 14, 13, 18, 26, 30, 29, 53, 46, 91, 92, 93, 94,
  })

  for name, value in pairs(bands) do
    bands[name] = value <= highest and value or nil
  end
  return bands
end

function declared.active_band() return enum(u16, bands_to(0xffff)) end

-- One byte of it, which is enough for LTE.
function declared.active_band_u8() return enum(u8, bands_to(0xff)) end

-- In MHz, after the technology where it is not LTE.
local function bandwidths() return {
  ["1.4"] = 0, ["3"] = 1, ["5"] = 2, ["10"] = 3, ["15"] = 4, ["20"] = 5, ["5gnr-5"] = 6, ["5gnr-10"] = 7,
  ["5gnr-15"] = 8, ["5gnr-20"] = 9, ["5gnr-25"] = 10, ["5gnr-30"] = 11, ["5gnr-40"] = 12, ["5gnr-50"] = 13,
  ["5gnr-60"] = 14, ["5gnr-80"] = 15, ["5gnr-90"] = 16, ["5gnr-100"] = 17, ["5gnr-200"] = 18, ["5gnr-400"] = 19,
  ["gsm-0.2"] = 20, ["td-scdma-1.6"] = 21, ["wcdma-5"] = 22, ["wcdma-10"] = 23, ["5gnr-70"] = 24,
  ["unknown"] = 0xff,
} end
function declared.bandwidth() return enum(u32, bandwidths()) end
function declared.bandwidth_u8() return enum(u8, bandwidths()) end

return parts.types(declared)
