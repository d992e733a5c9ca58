-- SPDX-License-Identifier: MIT
-- Telit's commands about signal and cells: those of its own modems, and those of the LN940, which another company
-- makes.
--
-- Sources: AT guides of LE910, ME910, LM960 (Rev. 8) and LN940; answers of real modems, which tests/lua/test_at_air.lua
-- has. Of 5G, no answers are published: AT+CESQ and AT+C5GREG tell what there is.

local air = require "at.air"
local fields = require "at.fields"
local standard = require "at.standard"

local hex = fields.hex
local NEGATIVE, IMSI = "%-%d+%.?%d*", "%d[%d.*x]+"

-- Of LTE; older technologies have no third measurement. Some firmware has the power of transmission before <DRX>, so
-- the IMSI and <SD>, which is one digit, come one place later. <SINR> is in fifths of a dB above -20.
local sinr = fields.number(0, 250, 0.2, -20)
local field_strength = air.command {
  asks = "AT#RFSTS", prefix = "#RFSTS",
  kinds = { tac = hex(0xfffd), cell_id = hex(0xffffffe), sinr = sinr },
  forms = {
    { is = "primary", technology = "LTE", when = { [3] = NEGATIVE, [4] = NEGATIVE, [12] = IMSI, [14] = "%d" },
      order = "plmn channel rsrp rssi rsrq tac - - - - cell_id - - - band sinr" },
    { is = "primary", technology = "LTE", when = { [3] = NEGATIVE, [4] = NEGATIVE, [13] = IMSI, [15] = "%d" },
      order = "plmn channel rsrp rssi rsrq tac - - - - - cell_id - - - band - - sinr" },
  },
}

-- Of LTE: the fifth has seven digits. It is a cell's id on some modems, and a PCI on other ones.
local PCI, CELL = "0000[01]%x%x", "%x%x%x%x%x%x%x"
local function is_cell(text) return text:find("^" .. CELL .. "$") ~= nil and not text:find("^" .. PCI .. "$") end

local serving = air.command {
  asks = "AT#SERVINFO", prefix = "#SERVINFO",
  kinds = { tac = hex(0xfffd), cell_id = hex(0xffffffe), pci = hex(503, 0) },
  forms = {
    { is = "primary", technology = "LTE", when = { [5] = PCI }, order = "channel rssi - plmn pci tac - - rsrp" },
    { is = "primary", technology = "LTE", when = { [5] = is_cell },
      order = "channel rssi - plmn cell_id tac - - rsrp" },
  },
}

-- ---- LN940 ----

-- The values are in a line below the prefix.
local field_strength_of_ln = air.command {
  asks = "AT^RFSTS?",
  forms = {
    { is = "primary", technology = "LTE", when = { [0] = "%^RFSTS", [3] = NEGATIVE, [4] = NEGATIVE, [12] = IMSI },
      order = "plmn channel rsrp rssi rsrq - - - - - pci - - - band" },
  },
}

-- "PCC info: Band is LTE_B7, Band_width is 20.0 MHz".
local function width(label, is)
  return { is = is, technology = "LTE", when = { [0] = label .. " info", ".*LTE_B%d+" }, order = "band bandwidth" }
end
local carriers = air.command { asks = "AT^CA_INFO?", forms = { width("PCC", "primary"), width("SCC%d*", "secondary") } }

---@type maker.air
return {
  signal = { field_strength, field_strength_of_ln, standard.quality },
  cells = { field_strength, serving, field_strength_of_ln, carriers },
}
