-- SPDX-License-Identifier: MIT
-- Bands and radio technologies: as people write them, and as modems do.

local bands = require "settings.bands"
local lu = require "luaunit"
local technologies = require "settings.technologies"

local T = {}

function T.test_parse()
  lu.assertEquals(bands.parse "B2+B12+n71", { lte = { 2, 12 }, nr = { 71 } })
  lu.assertEquals(bands.parse "b12, b2 B2", { lte = { 2, 12 }, nr = {} })
  for _, text in ipairs { "", "+", "B", "B0", "B257", "n513", "2", "C2", "B2+x", "B2-B4", "B1234" } do
    local list, err = bands.parse(text)
    lu.assertNil(list, text)
    lu.assertEquals(err.code, "invalid")
  end
end

function T.test_format()
  lu.assertEquals(bands.format { lte = { 2, 12 }, nr = { 71 } }, "B2+B12+n71")
  lu.assertEquals(bands.format { lte = {}, nr = {} }, "none")
end

function T.test_hex()
  -- An MC7455's "All bands", and its legend: bit 40 is B41.
  lu.assertEquals(bands.of_hex "00000100130818DF", { 1, 2, 3, 4, 5, 7, 8, 12, 13, 20, 25, 26, 29, 41 })
  lu.assertEquals(bands.hex({ 1, 2, 3, 4, 5, 7, 8, 12, 13, 20, 25, 26, 29, 41 }, 0, 16), "00000100130818DF")
  lu.assertEquals(bands.hex({ 4 }, 0, 16), "0000000000000008")
  lu.assertEquals(bands.of_hex("0000000000000002", 64), { 66 })
  lu.assertEquals(bands.hex({ 2, 64, 66 }, 64, 16), "0000000000000002")
  lu.assertEquals(bands.hex({ 2, 64, 65 }, 0, 16), "8000000000000002")
  -- Quectel writes as many digits as it takes, also more than 64 bits.
  lu.assertEquals(bands.of_hex "42000000000000381a", { 2, 4, 5, 12, 13, 14, 66, 71 })
  lu.assertEquals(bands.hex { 2, 4, 5, 12, 13, 14, 66, 71 }, "42000000000000381A")
  lu.assertEquals(bands.hex {}, "0")
end

function T.test_words()
  lu.assertEquals(bands.words({ 2, 64, 66 }, 2), { math.mininteger | 2, 2 })
  lu.assertEquals(bands.of_words { math.mininteger | 2, 2 }, { 2, 64, 66 })
end

function T.test_every_band_there_and_back()
  for band = 1, 256 do
    lu.assertEquals(bands.of_hex(bands.hex { band }), { band })
    lu.assertEquals(bands.of_words(bands.words({ band }, 4)), { band })
  end
end

function T.test_refusal()
  local able = { lte = { 2, 12 }, nr = {} }
  lu.assertNil(bands.refusal({ lte = { 12 }, nr = {} }, able))
  local err = bands.refusal({ lte = { 2, 71 }, nr = { 71 } }, able)
  lu.assertStrContains(err.message, "B71+n71")
  lu.assertStrContains(err.hint, "B2+B12")
end

function T.test_technologies_as_modems_call_them()
  for text, name in pairs {
    ["Automatic"] = "auto", ["UMTS 3G Only"] = "umts", ["GSM 2G Only"] = "gsm", ["GSM and UMTS"] = "gsm+umts",
    ["LTE Only"] = "lte", ["GSM/UMTS/LTE"] = "gsm+umts+lte", ["UMTS and LTE Only"] = "umts+lte",
    ["WCDMA Only"] = "umts", ["NR 5G Only"] = "nr", ["LTE and NR"] = "lte+nr", ["NR5G:LTE"] = "lte+nr",
    ["TD-SCDMA"] = "tds",
  } do
    lu.assertEquals(technologies.of_text(text), name)
  end
  lu.assertNil(technologies.of_text "Index, Name")
end

function T.test_technologies_as_people_do()
  lu.assertEquals(technologies.wanted "4G", "lte")
  lu.assertEquals(technologies.wanted "lte+3g", "umts+lte")
  lu.assertEquals(technologies.wanted "automatic", "auto")
  for _, wanted in ipairs { "", "6g", "lte+wifi", 6, {} } do
    local name, err = technologies.wanted(wanted)
    lu.assertNil(name)
    lu.assertEquals(err.code, "invalid")
  end
end

return T
