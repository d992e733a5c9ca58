-- SPDX-License-Identifier: MIT
-- Sierra Wireless's reports about signal and cells.
--
-- Sources: AT references of EM74xx/MC74xx (41111748) and EM9 (Rev. 14); answers of real modems, which
-- tests/lua/air has. AT!GSTATUS? knows carriers and antennas; AT!LTEINFO? knows PCI, network and
-- neighbours.

local air = require "at.air"
local fields = require "at.fields"

-- "0A14666A (169106666)".
local function in_brackets(max)
  local whole, hex = fields.whole(1, max), fields.hex(max)
  return function(text) return whole(text:match "%((%d+)%)%s*$" or "") or hex(text) end
end

-- Ports are main and diversity, twice, or numbers from 0 on.
local keys = {
  { "LTE band", "lte band" }, { "LTE bw", "lte bandwidth" }, { "LTE dl bw", "lte bandwidth" },
  { "LTE Rx chan", "lte channel" }, { "TAC", "lte tac" }, { "Cell ID", "lte cell_id" }, { "MCC%-MNC", "lte plmn" },
  { "RSRQ %(dB%)", "lte rsrq" }, { "SINR %(dB%)", "lte sinr" },
  { "LTE CA state", "scc state" }, { "LTE Scell band", "scc band" }, { "LTE Scell bw", "scc bandwidth" },
  { "LTE Scell chan", "scc channel" },
  { "LTE S[CS]C%d state", "scc# state" }, { "LTE S[CS]C%d band", "scc# band" },
  { "LTE S[CS]C%d bw", "scc# bandwidth" }, { "LTE S[CS]C%d Rx chan", "scc# channel" },
  { "NR5G band", "nr band" }, { "NR5G d?l? ?bw", "nr bandwidth" }, { "NR5G Rx chan", "nr channel" },
  { "NR5G TAC", "nr tac" }, { "NR5G Cell ID", "nr cell_id" }, { "NR5G MCC%-MNC", "nr plmn" },
  { "NR5G RSRP %(dBm%)", "nr rsrp" }, { "NR5G RSRQ %(dB%)", "nr rsrq" }, { "NR5G SINR %(dB%)", "nr sinr" },
}
for port, name in ipairs { "M", "D", "M1", "D1" } do
  for _, carrier in ipairs { { "PCC", "lte" }, { "SCC", "scc" }, { "SCC%d", "scc#" } } do
    local path = ("%s Rx%s"):format(carrier[1], name)
    keys[#keys + 1] = { path .. " RSSI", ("%s rssi.%d"):format(carrier[2], port) }
    keys[#keys + 1] = { path .. " RSRP", ("%s rsrp.%d"):format(carrier[2], port) }
    keys[#keys + 1] = { path .. " RSSI / RSRP %(dBm%)", ("%s rsrp.%d"):format(carrier[2], port) }
  end
  keys[#keys + 1] = { ("PCC Rx%d RSSI"):format(port - 1), ("lte rssi.%d"):format(port) }
  keys[#keys + 1] = { ("PCC Rx%d RSRP"):format(port - 1), ("lte rsrp.%d"):format(port) }
  keys[#keys + 1] = { ("NR5G%%(sub6%%) Rx%d RSSI %%(dBm%%)"):format(port - 1), ("nr rssi.%d"):format(port) }
end

-- MC73xx and MC77xx have one value for both antennas. Behind the paths' keys, as they have RSRP in the same words.
keys[#keys + 1] = { "RSSI %(dBm%)", "lte rssi" }
keys[#keys + 1] = { "RSRP %(dBm%)", "lte rsrp" }

-- 5G is primary unless LTE is there, too: at/cells.lua sees to that.
local status = air.command {
  asks = "AT!GSTATUS?", layout = "pairs", keys = keys,
  carriers = {
    lte = { is = "primary", technology = "LTE" }, scc = { is = "secondary", technology = "LTE" },
    nr = { is = "primary", technology = "5G" },
  },
  kinds = {
    cell_id = in_brackets(0xffffffffe), tac = in_brackets(0xfffffd),
    state = fields.choice { ACTIVE = "active", INACTIVE = "inactive" },
  },
}

local lte = {
  EARFCN = "channel", MCC = "mcc", MNC = "mnc", TAC = "tac", CID = "cell_id", Bd = "band", D = "bandwidth",
  SNR = "sinr", PCI = "pci", RSRQ = "rsrq", RSRP = "rsrp", RSSI = "rssi",
}
local cells = air.command {
  asks = "AT!LTEINFO?", layout = "columns",
  kinds = { cell_id = fields.hex(0xffffffe), bandwidth = fields.lte_width },
  sections = {
    Serving = { is = "primary", technology = "LTE", columns = lte },
    IntraFreq = { is = "neighbour", technology = "LTE", columns = lte, shares_channel = true },
    InterFreq = { is = "neighbour", technology = "LTE", columns = lte },
    WCDMA = { is = "neighbour", technology = "UMTS",
      columns = { UARFCN = "channel", PSC = "psc", RSCP = "rscp", ECN0 = "ecio" } },
  },
}

---@type maker.air
return { signal = { cells, status }, cells = { cells, status } }
