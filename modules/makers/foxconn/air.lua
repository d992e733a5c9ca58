-- SPDX-License-Identifier: MIT
-- Foxconn's report about signal and cells: AT^DEBUG?
--
-- Sources: answers of real modems, which tests/lua/air has. A T99W has words with values, several in a line, and a
-- decimal TAC; a T77W968 has other words, one of which is the cell's id with the PCI, and a hexadecimal TAC. Some
-- firmware tells only the first carrier there; AT^CA_INFO? has the others.

local air = require "at.air"
local fields = require "at.fields"
local standard = require "at.standard"

-- "-84.1dBm", "13.4dB"; some values have no unit.
local function in_db(kind)
  return function(text) return kind(text:match "^%s*(%-?%d+%.?%d*)%s*dBm?%s*$" or text) end
end
local kinds = {}
for _, name in ipairs { "rsrp", "rsrq", "rssi", "sinr" } do kinds[name] = in_db(fields.kinds[name]) end

-- 0.0 stands for what is not measured on secondary carriers.
local scc = { sinr = function(text) return text ~= "0.0dB" and kinds.sinr(text) or nil end }

-- Of a T77W968: "112819-3(16)" is base station, sector and PCI, "1300/19300" the channels of both directions.
local station_of, sector_of = fields.whole(0, 0xfffff), fields.whole(0, 0xff)
local function cell_of(text)
  local station, sector = text:match "^(%d+)%-(%d+)%("
  station, sector = station and station_of(station), station and sector_of(sector)
  return station and sector and fields.kinds.cell_id(tostring(station << 8 | sector)) or nil
end
local t77w968 = {
  tac = fields.hex(0xfffd), cell_id = cell_of,
  channel = function(text) return fields.kinds.channel(text:match "^%d+" or "") end,
  pci = function(text) return fields.kinds.pci(text:match "%((%d+)%)" or text) end,
}

local status = air.command {
  asks = "AT^DEBUG?", layout = "words", kinds = kinds, ports = { rsrp = in_db(fields.number(-139, -31)) },
  begins = {
    pcell = { is = "primary", technology = "LTE" }, scell = { is = "secondary", technology = "LTE", kinds = scc },
    nr_band = { is = "primary", technology = "5G" },
    ["EARFCN%(DL/UL%)"] = { is = "primary", technology = "LTE", kinds = t77w968 },
    ["SCell%d"] = { is = "secondary", technology = "LTE" },
  },
  words = {
    mcc = "mcc", mnc = "mnc", lte_cell_id = "cell_id", lte_tac = "tac", nr_cell_id = "cell_id", nr_tac = "tac",
    lte_band = "band", lte_band_width = "bandwidth", channel = "channel", pci = "pci", lte_rsrp = "rsrp", rsrq = "rsrq",
    lte_rssi = "rssi", lte_snr = "sinr",
    nr_band = "band", nr_band_width = "bandwidth", nr_channel = "channel", nr_pci = "pci", nr_rsrp = "rsrp",
    nr_rsrq = "rsrq", nr_snr = "sinr", rx_diversity = "rsrp.*",
    ["EARFCN(DL/UL)"] = "channel", EARFCN = "channel", BAND = "band", BW = "bandwidth", PLMN = "plmn", TAC = "tac",
    ["ID(PCI)"] = "cell_id pci", PCI = "pci", RSRP = "rsrp", RSRQ = "rsrq", RSSI = "rssi", ["RS-SINR"] = "sinr",
  },
}

-- "PCC info: Band is LTE_B3, Band_width is 20.0 MHz", and of 5G likewise.
local function width(label, is, technology, band)
  return { is = is, technology = technology, when = { [0] = label .. " info", band }, order = "band bandwidth" }
end
local carriers = air.command {
  asks = "AT^CA_INFO?",
  forms = {
    width("PCC", "primary", "LTE", ".*LTE_B%d+"), width("SCC%d*", "secondary", "LTE", ".*LTE_B%d+"),
    width("PCC", "primary", "5G", ".*NR5G_N%d+"), width("SCC%d*", "secondary", "5G", ".*NR5G_N%d+"),
  },
}

---@type maker.air
return { signal = { status, standard.quality }, cells = { status, carriers } }
