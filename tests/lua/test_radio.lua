-- SPDX-License-Identifier: MIT
-- radio: 3GPP's channel numbers, against published examples, and the tables against each other.

local bands = require "radio.bands"
local lu = require "luaunit"
local radio = require "radio"

local T = {}

local function place(technology, channel, band)
  local found = radio.channel(technology, channel, band)
  return found and { found.band, found.frequency, #found.bands }
end

function T.test_published_channels_of_lte()
  for channel, wanted in pairs {
    [2850] = { "B7", 2630, 1 }, [1814] = { "B3", 1866.4, 1 }, [3350] = { "B7", 2680, 1 }, -- open-rmbt's tests
    [300] = { "B1", 2140, 1 }, [8665] = { "B25", 1992.5, 1 }, [40072] = { "B41", 2538.2, 1 },
    [900] = { "B2", 1960, 1 }, [5230] = { "B13", 751, 1 }, [66786] = { "B66", 2145, 1 },
    [68661] = { "B71", 624.5, 1 },
    [55990] = { "B48", 3625, 1 }, [9560] = { "B28", 793, 1 }, [9820] = { "B30", 2355, 1 },
    [70496] = { "B85", 741, 1 },
  } do
    lu.assertEquals(place("LTE", channel), wanted, channel)
  end
  for _, none in ipairs { 4950, 5400, 10360, 60255, 70646, -1 } do lu.assertNil(radio.lte(none), none) end
  lu.assertNil(radio.lte(nil))
end

function T.test_published_channels_of_5g()
  for channel, frequency in pairs {
    [636000] = 3540, [2016749] = 24255, [632628] = 3489.42, [633928] = 3508.92, -- open-rmbt's and srsRAN's tests
    [620000] = 3300, [653333] = 3799.995, [653334] = 3800.01, [151600] = 758, [2054166] = 26500.02, [501390] = 2506.95,
  } do
    lu.assertEquals(radio.nr(channel).frequency, frequency, channel)
  end
  lu.assertEquals(place("5G", 636000), { nil, 3540, 2 })
  lu.assertEquals(radio.nr(636000).bands, { "n77", "n78" })
  lu.assertEquals(place("5G", 636000, "n78"), { "n78", 3540, 1 })
  lu.assertNil(radio.nr(636000, "n79"))
  lu.assertEquals(radio.band_of("5G", 700000), "n79")
  lu.assertEquals(radio.band_of("5G", 365000), "n3")
  lu.assertNil(radio.nr(3279166))
end

-- Of TS 38.104, table 5.4.2.3-1: the first and last channel of each.
function T.test_the_ends_of_bands_of_5g()
  for name, ends in pairs {
    n1 = { 422000, 434000 }, n2 = { 386000, 398000 }, n3 = { 361000, 376000 }, n5 = { 173800, 178800 },
    n7 = { 524000, 538000 }, n8 = { 185000, 192000 }, n12 = { 145800, 149200 }, n20 = { 158200, 164200 },
    n25 = { 386000, 399000 }, n28 = { 151600, 160600 }, n38 = { 514000, 524000 }, n40 = { 460000, 480000 },
    n41 = { 499200, 537999 }, n46 = { 743334, 795000 }, n48 = { 636667, 646666 }, n66 = { 422000, 440000 },
    n71 = { 123400, 130400 }, n77 = { 620000, 680000 }, n78 = { 620000, 653333 }, n79 = { 693334, 733333 },
    n96 = { 795000, 875000 }, n100 = { 183880, 185000 }, n104 = { 828334, 875000 }, n257 = { 2054166, 2104165 },
    n258 = { 2016667, 2070832 }, n260 = { 2229166, 2279165 }, n261 = { 2070833, 2084999 },
  } do
    for _, channel in ipairs(ends) do lu.assertNotNil(radio.nr(channel, name), name .. " " .. channel) end
    lu.assertNil(radio.nr(ends[1] - 2, name), name)
    lu.assertNil(radio.nr(ends[2] + 2, name), name)
  end
end

function T.test_published_channels_of_umts_and_gsm()
  lu.assertEquals(place("UMTS", 9690), { "B2", 1938, 1 })
  lu.assertEquals(place("UMTS", 10700), { "B1", 2140, 1 })
  lu.assertEquals(place("UMTS", 3012), { "B8", 942.4, 1 })
  lu.assertEquals(place("UMTS", 4400), { nil, 880, 2 })
  lu.assertEquals(place("GSM", 130), { "GSM 850", 869.6, 1 }) -- open-rmbt's tests
  lu.assertEquals(place("GSM", 980), { "GSM 900", 926.2, 1 })
  lu.assertEquals(place("GSM", 512), { nil, nil, 2 })
  lu.assertEquals(place("GSM", 512, "GSM 1900"), { "GSM 1900", 1930.2, 1 })
end

local function each_row(technology)
  local i = 0
  return function()
    i = i + 1
    if bands[technology][i] then
      return table.unpack(bands[technology][i])
    end
  end
end

function T.test_ranges_of_lte_and_names_are_unique()
  local last, names = -1, {}
  for name, first, highest in each_row "LTE" do
    lu.assertTrue(first > last and highest > first, name)
    lu.assertNil(names[name])
    last, names[name] = highest, true
  end
  for number = 1, 88 do
    local is_used = not (number >= 54 and number <= 64 or number >= 77 and number <= 84 or number == 86)
      and number ~= 15 and number ~= 16
    lu.assertEquals(names["B" .. number], is_used or nil, number)
  end
end

-- 36.101 and 38.104 are two documents: what they say of one frequency band has to be the same.
function T.test_lte_and_5g_agree_about_the_same_band()
  local lte, compared = {}, 0
  for name, first, last, frequency in each_row "LTE" do
    lte[name:sub(2)] = { frequency, radio.lte(first).frequency + (last - first + 1) * bands.steps.LTE }
  end
  for name, low, high in each_row "5G" do
    local same = lte[name:sub(2)]
    if same then
      lu.assertAlmostEquals(same[1], low, 1e-6, name)
      lu.assertAlmostEquals(same[2], high, 1e-6, name)
      compared = compared + 1
    end
  end
  lu.assertTrue(compared > 30, compared)
end

-- UMTS leaves 2.4 MHz free at both ends of a band that LTE has whole.
function T.test_umts_lies_within_the_same_band_of_lte()
  for name, _, last, frequency in each_row "UMTS" do
    local found
    for other, first, highest, start in each_row "LTE" do
      if other == name then
        found = true
        lu.assertTrue(frequency > start and frequency < start + 3, name)
        local ends = start + (highest - first + 1) * bands.steps.LTE
        local umts_ends = radio.channel("UMTS", last, name).frequency
        lu.assertTrue(umts_ends < ends and umts_ends > ends - 5, name)
      end
    end
    lu.assertTrue(found, name)
  end
end

function T.test_a_channel_leads_back_to_itself()
  for _, technology in ipairs { "LTE", "UMTS", "5G" } do
    for name, low, high in each_row(technology) do
      local first = technology == "5G" and radio.channel_of("5G", low, name) or low
      local last = technology == "5G" and radio.channel_of("5G", high, name) or high
      for _, channel in ipairs { first + 1, (first + last) // 2, last - 1 } do
        local found = radio.channel(technology, channel, name)
        lu.assertEquals(radio.channel_of(technology, found.frequency, name), channel, name)
      end
    end
  end
  lu.assertNil(radio.channel_of("LTE", 2000, "B2"))
  lu.assertNil(radio.channel_of("5G", 2000, "n2"))
end

function T.test_a_number_that_did_not_fit_into_sixteen_bits()
  lu.assertEquals(radio.unwrapped(66786 & 0xffff, "B66"), 66786)
  lu.assertEquals(radio.unwrapped(1250, "B3"), 1250)
  lu.assertEquals(radio.unwrapped(1250, nil), 1250)
  lu.assertEquals(radio.unwrapped(1250, "B7"), 1250) -- a band that does not have it either way
  lu.assertNil(radio.unwrapped(nil, "B7"))
end

return T
