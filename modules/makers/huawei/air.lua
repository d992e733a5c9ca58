-- SPDX-License-Identifier: MIT
-- Huawei's commands about signal and cells.
--
-- Sources: AT guides of ME909s and MT5700; answers of real modems, which tests/lua/air has. Cell ids, PCIs
-- and areas are hexadecimal.

local air = require "at.air"
local fields = require "at.fields"

local hex, step = fields.hex, fields.step

-- Numbers of steps; of LTE and 5G, the order of what follows RSRP is the same, but 5G has no RSSI before it. What the
-- numbers of 5G's RSRQ mean is not published.
local signal = air.command {
  asks = "AT^HCSQ?", prefix = "^HCSQ",
  kinds = {
    rssi = step(1, 96, 1, -120), rsrp = step(1, 97, 1, -140), sinr = step(0, 251, 0.2, -20),
    rsrq = step(0, 34, 0.5, -19.5), rscp = step(1, 96, 1, -120), ecio = step(0, 65, 0.5, -32),
  },
  forms = {
    { is = "signal", technology = "LTE", when = { "LTE" }, order = "- rssi rsrp sinr rsrq" },
    { is = "signal", technology = "5G", when = { "NR" }, order = "- rsrp sinr" },
    { is = "signal", technology = "UMTS", when = { "WCDMA" }, order = "- rssi rscp ecio" },
    { is = "signal", technology = "GSM", when = { "GSM" }, order = "- rssi" },
  },
}

local cells = air.command {
  asks = "AT^MONSC", prefix = "^MONSC",
  kinds = { cell_id = hex(0xffffffffe), pci = hex(1007, 0), tac = hex(0xfffffd), lac = hex(0xfffd) },
  forms = {
    { is = "primary", technology = "5G", when = { "NR.*" },
      order = "- mcc mnc channel - cell_id pci tac rsrp rsrq sinr" },
    { is = "primary", technology = "LTE", when = { "LTE.*" },
      order = "- mcc mnc channel cell_id pci tac rsrp rsrq rssi" },
    { is = "primary", technology = "UMTS", when = { "WCDMA" },
      order = "- mcc mnc channel psc cell_id lac rscp - ecio" },
    { is = "primary", technology = "GSM", when = { "GSM" }, order = "- mcc mnc - channel - cell_id lac rssi" },
  },
}

---@type maker.air
return { signal = { cells, signal }, cells = { cells } }
