-- SPDX-License-Identifier: MIT
-- Quectel's commands about signal and cells.
--
-- Sources: AT manuals of EC2x/EG2x/EG9x/EM05 (V2.1), RG50xQ/RM5xxQ (V1.2) and RG520N/RM520N; answers of real modems,
-- which tests/lua/air has. The order of RSRP, RSRQ and SINR differs between LTE, 5G NSA and 5G SA.

local air = require "at.air"
local fields = require "at.fields"

local identity = { cell_id = fields.hex(0xffffffffe), tac = fields.hex(0xfffffd), lac = fields.hex(0xfffd) }

-- Firmware tells dB; manuals of LTE modems say fifths of a dB above -20, which is what greater numbers are.
local lte = { bandwidth = fields.lte_width, sinr = fields.either(fields.kinds.sinr, fields.number(41, 250, 0.2, -20)) }
-- Some firmware tells hundredths of a dB.
local sinr = fields.either(fields.kinds.sinr, fields.measured("sinr", 0.01))
-- Modems with a chip of UNISOC's tell MHz, others the place in 3GPP's list. An early firmware told 20 where the network
-- has 100 MHz.
local nr_width = fields.either(fields.nr_width, fields.number(30, 400))
local nr = { bandwidth = nr_width, sinr = sinr }

local serving = air.command {
  asks = 'AT+QENG="servingcell"', prefix = "+QENG", kinds = identity,
  forms = {
    { is = "primary", technology = "LTE", when = { "servingcell", [3] = "LTE" }, kinds = lte,
      order = "- - - - mcc mnc cell_id pci channel band - bandwidth tac rsrp rsrq rssi sinr" },
    { is = "primary", technology = "LTE", when = { "LTE" }, kinds = lte, -- beside 5G
      order = "- - mcc mnc cell_id pci channel band - bandwidth tac rsrp rsrq rssi sinr" },
    { is = "secondary", technology = "5G", when = { "NR5G%-NSA" }, kinds = nr,
      order = "- mcc mnc pci rsrp sinr rsrq channel band bandwidth" },
    { is = "primary", technology = "5G", when = { "servingcell", [3] = "NR5G%-SA" }, kinds = nr,
      order = "- - - - mcc mnc cell_id pci tac channel band bandwidth rsrp rsrq sinr" },
    { is = "primary", technology = "UMTS", when = { "servingcell", [3] = "WCDMA" },
      order = "- - - mcc mnc lac cell_id channel psc - rscp ecio" },
    { is = "primary", technology = "GSM", when = { "servingcell", [3] = "GSM" },
      order = "- - - mcc mnc lac cell_id - channel" },
  },
}

-- A carrier with state 0 is configured no more. 5G has fewer columns, and some firmware puts state and uplink between.
-- Firmware has 0 for the SINR of secondary carriers of LTE, which it does not measure.
local PCC, SCC, LTE, NR = "[Pp][Cc][Cc]", "[Ss][Cc][Cc]", "LTE.*", "NR5G.*"
local carriers = air.command {
  asks = "AT+QCAINFO", prefix = "+QCAINFO",
  kinds = { state = fields.choice { ["1"] = "inactive", ["2"] = "active" }, sinr = sinr },
  forms = {
    { is = "primary", technology = "LTE", when = { PCC, [4] = LTE }, kinds = { bandwidth = fields.lte_blocks },
      order = "- channel bandwidth band - pci rsrp rsrq rssi sinr" },
    { is = "secondary", technology = "LTE", when = { SCC, [4] = LTE, [5] = "[12]" },
      kinds = { bandwidth = fields.lte_blocks, sinr = function(text) return text ~= "0" and sinr(text) or nil end },
      order = "- channel bandwidth band state pci rsrp rsrq rssi sinr" },
    { is = "primary", technology = "5G", when = { PCC, [4] = NR }, kinds = { bandwidth = fields.nr_width },
      order = "- channel bandwidth band pci rsrp rsrq sinr" },
    { is = "primary", technology = "5G", when = { PCC, [4] = "NR N.*" }, kinds = { bandwidth = nr_width }, -- UNISOC
      order = "- channel bandwidth band - pci rsrp rsrq rssi sinr" },
    { is = "secondary", technology = "5G", when = { SCC, [4] = NR }, most = 8, kinds = { bandwidth = fields.nr_width },
      order = "- channel bandwidth band pci rsrp rsrq sinr" },
    { is = "secondary", technology = "5G", when = { SCC, [4] = NR, [5] = "[12]" }, least = 9,
      kinds = { bandwidth = fields.nr_width }, order = "- channel bandwidth band state pci - - - rsrp rsrq sinr" },
  },
}

local neighbours = air.command {
  asks = 'AT+QENG="neighbourcell"', prefix = "+QENG",
  forms = {
    { is = "neighbour", technology = "LTE", when = { "neighbourcell int%a+", "LTE" },
      order = "- - channel pci rsrq rsrp rssi" },
    { is = "neighbour", technology = "LTE", when = { "neighbourcell", "LTE" }, order = "- - channel pci rsrp rsrq" },
    { is = "neighbour", technology = "5G", when = { "neighbourcell", "NR5G", "%d%d%d%d%d+" },
      order = "- - channel pci rsrp rsrq" },
    { is = "neighbour", technology = "5G", when = { "neighbourcell", "NR" }, order = "- - channel pci rsrp rsrq" },
    { is = "neighbour", technology = "UMTS", when = { "neighbourcell", "WCDMA" },
      order = "- - channel - - - psc rscp ecio",
      kinds = { rscp = fields.measured("rscp", 0.1), ecio = fields.measured("ecio", 0.1) } },
  },
}

local network = air.command {
  asks = "AT+QNWINFO", prefix = "+QNWINFO",
  forms = {
    { is = "primary", technology = "LTE", when = { ".*LTE.*" }, order = "- plmn band channel" },
    { is = "primary", technology = "5G", when = { ".*NR5G.*" }, order = "- plmn band channel" },
  },
}

-- ---- antennas ----

-- A port without an antenna has the least or the greatest value there is.
local ports = {
  rsrp = fields.number(-139, -45),
  sinr = fields.either(fields.number(-19, 40), fields.number(100, 4000, 0.01), fields.number(-1999, -100, 0.01)),
}

local function per_port(asks, prefix, name)
  local order = ("%s.1 %s.2 %s.3 %s.4"):gsub("%%s", name)
  return air.command {
    asks = asks, prefix = prefix, kinds = ports,
    forms = {
      { is = "antennas", least = 5, order = order .. " technology" },
      { is = "antennas", technology = "LTE", most = 4, order = order }, -- of modems without 5G
    },
  }
end

local rsrp, port_sinr = per_port("AT+QRSRP", "+QRSRP", "rsrp"), per_port("AT+QSINR", "+QSINR", "sinr")

---@type maker.air
return {
  signal = { serving, rsrp, port_sinr },
  cells = { serving, carriers, network, neighbours },
}
