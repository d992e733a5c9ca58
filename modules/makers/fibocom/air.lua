-- SPDX-License-Identifier: MIT
-- Fibocom's commands about signal and cells: those of FM modems (Qualcomm's and MediaTek's chips), and those of the
-- L850 and L860 (Intel's).
--
-- Sources: AT manuals of FM150/FM160 and FM350 (V2.10); answers of real modems, which tests/lua/air has.
-- The FM150 and its kin write channels and PCIs in hexadecimal below a label ("LTE service cell:"); the FM350 has
-- neither label nor hexadecimal channels.

local air = require "at.air"
local fields = require "at.fields"
local standard = require "at.standard"

-- A band is 100 + B of LTE, "50" and n of 5G.
local function band(text)
  return math.tointeger(tonumber(text:match "^%s*50(%d%d?%d?)%s*$" or text:match "^%s*1(%d%d)%s*$"
    or text:match "^%s*(%d%d?)%s*$"))
end

-- Five for each MHz, but 6 for 1.4; 255 is unknown.
local blocks = fields.either(fields.lte_blocks, function(text)
  local number = math.tointeger(tonumber(text))
  return number and number > 0 and number % 25 == 0 and number <= 2000 and number // 5 or nil
end)

local hex = fields.hex
local identity = { cell_id = hex(0xffffffffe), tac = hex(0xfffffd), lac = hex(0xfffd), band = band, bandwidth = blocks }

-- Measurements are numbers of steps (27.007, 8.69); SINR of LTE is in half dBs. 5G's SINR is such a number on
-- Qualcomm's chips. What it is on MediaTek's is not known; AT+CESQ tells it there.
local lte = { rsrp = fields.step(1, 97, 1, -140), rsrq = fields.step(0, 34, 0.5, -19.5),
  sinr = fields.measured("sinr", 0.5) }
local nr = { rsrp = fields.step(1, 126, 1, -156), rsrq = fields.step(0, 126, 0.5, -43) }
local sinr_of_nr = fields.step(0, 127, 0.5, -23)

local function row(labelled, is, technology, code, order, kinds)
  return {
    is = is, technology = technology, order = order, kinds = kinds,
    when = { [0] = labelled and ".*cell" or "%+GTCCINFO", is == "neighbour" and "2" or "1", code },
  }
end

local function kinds_of(values, labelled, sinr)
  local kinds = { rsrp = values.rsrp, rsrq = values.rsrq, sinr = sinr }
  if labelled then kinds.channel, kinds.pci, kinds.psc = hex(3279165), hex(1007, 0), hex(511, 0) end
  return kinds
end

local forms = {}
for _, labelled in ipairs { true, false } do
  local of_lte = kinds_of(lte, labelled, lte.sinr)
  local of_nr = kinds_of(nr, labelled, labelled and sinr_of_nr or fields.unknown)
  local function add(...) forms[#forms + 1] = row(labelled, ...) end
  add("primary", "LTE", "4", "- - mcc mnc tac cell_id channel pci band bandwidth sinr - rsrp rsrq", of_lte)
  add("primary", "5G", "9", "- - mcc mnc tac cell_id channel pci band bandwidth sinr - rsrp rsrq", of_nr)
  add("primary", "UMTS", "2", "- - mcc mnc lac cell_id channel psc band", kinds_of({}, labelled))
  add("neighbour", "LTE", "4", "- - mcc mnc tac cell_id channel pci bandwidth - rsrp rsrq", of_lte)
  add("neighbour", "5G", "9", "- - mcc mnc tac cell_id channel pci sinr - rsrp rsrq", of_nr)
end
local cells = air.command { asks = "AT+GTCCINFO?", kinds = identity, forms = forms }

-- "PCC:103,280,1424,75,75,1,1,1,3,-107" and "SCC 1:2,0,101,62,200,50,255,...": their ends differ between firmware.
local LTE_BAND, NR_BAND = "1%d%d", "50%d%d?%d?"
local carriers = air.command {
  asks = "AT+GTCAINFO?",
  kinds = { band = band, bandwidth = blocks, state = fields.choice { ["1"] = "inactive", ["2"] = "active" } },
  forms = {
    { is = "primary", technology = "LTE", when = { [0] = "PCC", LTE_BAND }, order = "band pci channel bandwidth" },
    { is = "primary", technology = "5G", when = { [0] = "PCC", NR_BAND }, order = "band pci channel bandwidth" },
    { is = "secondary", technology = "LTE", when = { [0] = "SCC ?%d*", "[12]", [3] = LTE_BAND },
      order = "state - band pci channel bandwidth" },
    { is = "secondary", technology = "5G", when = { [0] = "SCC ?%d*", "[12]", [3] = NR_BAND },
      order = "state - band pci channel bandwidth" },
  },
}

-- ---- L850, L860 ----

-- +GTCAINFO: the number of carriers in a line of its own, then 14 values for the primary one and 10 for others.
local intel_carriers = air.command {
  asks = "AT+GTCAINFO?", prefix = "+GTCAINFO",
  kinds = { rsrp = lte.rsrp, rsrq = lte.rsrq, sinr = lte.sinr, bandwidth = fields.lte_width,
    cell_id = fields.either(fields.kinds.cell_id, hex(0xffffffe)), tac = fields.either(fields.kinds.tac, hex(0xfffd)) },
  forms = {
    { is = "primary", technology = "LTE", least = 14,
      order = "- band mcc mnc tac cell_id pci rsrp rsrq sinr channel - bandwidth" },
    { is = "secondary", technology = "LTE", least = 10, most = 10,
      order = "- band pci rsrp rsrq sinr channel - bandwidth" },
  },
}

-- +XMCI: 4 is the cell that serves, 5 another one; after the channels comes the path loss. Numbers of 32 bits that are
-- all ones, or half of them, are unknown.
local intel_cells = air.command {
  asks = "AT+XMCI=1", prefix = "+XMCI",
  kinds = { cell_id = hex(0xffffffe), tac = hex(0xfffd), pci = hex(503, 0), channel = hex(262143),
    rsrp = lte.rsrp, rsrq = lte.rsrq, sinr = lte.sinr },
  forms = {
    { is = "primary", technology = "LTE", when = { "4" },
      order = "- mcc mnc tac cell_id pci channel - - rsrp rsrq sinr" },
    { is = "neighbour", technology = "LTE", when = { "5" }, order = "- - - - - pci channel - - rsrp rsrq" },
  },
}

-- +XLEC: <n>,<number of carriers>,<bandwidth of each>...,BAND_LTE_3.
local function width_of_first(count)
  return { is = "primary", technology = "LTE", when = { [2] = tostring(count), [3 + count] = "BAND_LTE_%d+" },
    order = "- - bandwidth " .. ("- "):rep(count - 1) .. "band", kinds = { bandwidth = fields.lte_width } }
end
local intel_width = air.command {
  asks = "AT+XLEC?", prefix = "+XLEC", forms = { width_of_first(1), width_of_first(2), width_of_first(3) },
}

-- +XCESQ: <n>,<rxlev>,<ber>,<rscp>,<ecno>,<rsrq>,<rsrp>,<snr>: as 27.007's +CESQ has them, and an SNR in half dBs,
-- which may be below 0. Source: ModemManager's plugin xmm, with its tests.
local intel_levels = air.command {
  asks = "AT+XCESQ?", prefix = "+XCESQ",
  forms = {
    { is = "signal", technology = "UMTS", least = 8, order = "- - - rscp ecio",
      kinds = { rscp = fields.step(1, 96, 1, -120), ecio = fields.step(0, 49, 0.5, -24) } },
    { is = "signal", technology = "LTE", least = 8, order = "- - - - - rsrq rsrp sinr",
      kinds = { rsrq = lte.rsrq, rsrp = lte.rsrp, sinr = lte.sinr } },
  },
}

---@type maker.air
return {
  signal = { cells, intel_cells, intel_levels, standard.quality },
  cells = { cells, carriers, intel_carriers, intel_cells, intel_width },
}
