-- SPDX-License-Identifier: MIT
-- Bands and radio technologies: as people write them, and as modems do.

local bands = require "settings.bands"
local locks = require "settings.locks"
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

-- Both kinds of 5G, or each apart.
function T.test_standalone_and_beside_lte()
  lu.assertEquals(bands.parse "n71+n41+B2", { lte = { 2 }, nr = { 41, 71 } })
  lu.assertEquals(bands.parse "sa-n41+nsa-n71", { lte = {}, nr = { 41 }, nsa = { 71 } })
  lu.assertEquals(bands.parse "SA-N41 B2 n5", { lte = { 2 }, nr = { 5, 41 }, nsa = { 5 } })
  lu.assertEquals(bands.format { lte = { 2 }, nr = { 41 }, nsa = { 71 } }, "B2+sa-n41+nsa-n71")
  lu.assertEquals(bands.joined({}, { 41, 71 }, { 41, 71 }), { lte = {}, nr = { 41, 71 } })
  lu.assertTrue(bands.same({ lte = { 2 }, nr = { 41 }, nsa = { 71 } }, bands.parse "nsa-n71"))
  lu.assertFalse(bands.same({ lte = { 2 }, nr = { 41 }, nsa = { 71 } }, bands.parse "n41"))
  lu.assertStrContains(bands.refusal(bands.parse "nsa-n71", { lte = {}, nr = { 41 } }).message, "nsa-n71")
  for _, text in ipairs { "sa-B2", "sa-41", "xsa-n41", "sa-n" } do lu.assertNil(bands.parse(text), text) end
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

function T.test_5g_standalone_and_beside_lte()
  for text, name in pairs {
    ["lte+sa"] = "lte+sa", ["LTE, 5G NSA"] = "lte+nsa", ["lte 5g-sa 5g-nsa"] = "lte+nr", ["sa"] = "nr",
    ["5G SA"] = "nr", ["NR5G-SA"] = "nr", ["lte+nr+sa"] = "lte+nr", ["umts+lte+nsa"] = "umts+lte+nsa",
  } do
    lu.assertEquals(technologies.wanted(text), name, text)
  end
  lu.assertEquals(select(2, technologies.wanted "nsa").hint, 'Say "lte+nsa".')
  for name, words in pairs {
    ["lte+nr"] = "LTE, 5G SA, 5G NSA", ["nr"] = "5G SA", ["umts+lte+nsa"] = "UMTS, LTE, 5G NSA",
    ["lte+sa"] = "LTE, 5G SA", ["auto"] = "all that it has",
  } do
    lu.assertEquals(technologies.describe(name), words)
  end
end

function T.test_cells()
  lu.assertEquals(locks.parse "lte-8665/214+LTE-1300", {
    lte = { { channel = 1300 }, { channel = 8665, pci = 214 } }, nr = {},
  })
  lu.assertEquals(locks.parse("nr-504990/347@n41").nr, { { channel = 504990, pci = 347, band = 41, scs = 30 } })
  lu.assertEquals(locks.parse("nr-125090@n71:15").nr, { { channel = 125090, band = 71, scs = 15 } })
  for _, text in ipairs { "off", "lte-1300+lte-8665/214", "nr-504990/347@n41:30", "nr-627264@n78:15" } do
    lu.assertEquals(locks.format(locks.parse(text)), text)
  end
  for _, text in ipairs {
    "", "lte", "8665", "lte-", "lte-8665/504", "lte-300000", "lte-8665@n2", "nr-504990/1008@n41", "nr-504990@n78",
    "nr-504990", "gsm-1", "lte-1/2/3",
  } do
    local value, err = locks.parse(text)
    lu.assertNil(value, text)
    lu.assertEquals(err.code, "invalid")
  end
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
