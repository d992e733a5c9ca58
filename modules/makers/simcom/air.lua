-- SPDX-License-Identifier: MIT
-- SIMCom's command about signal and cells: AT+CPSI?
--
-- Sources: AT manuals of SIM7500/SIM7600, SIM7070 (V1.08), SIM8200 (V1.00 and V1.01), A76xx; answers of real modems,
-- which tests/lua/air has. LTE has RSRQ before RSRP, 5G alone has it behind, and 5G beside LTE has had
-- both. TACs are hexadecimal, cell ids are not.

local air = require "at.air"
local fields = require "at.fields"
local standard = require "at.standard"

local measured = fields.measured

-- ---- units ----

-- Powers are in tenths of a dBm, whole dBm, or numbers of steps (27.007, 8.69). RSRP tells which, as RSRQ alone cannot.
local function within(min, max)
  return function(text)
    local value = tonumber(text:match "^%-?%d+%.?%d*$")
    return value ~= nil and value >= min and value <= max
  end
end

local units = {
  { is = within(-1560, -200), rsrp = measured("rsrp", 0.1), rsrq = measured("rsrq", 0.1),
    rssi = measured("rssi", 0.1) },
  { is = within(-156, -31), rsrp = fields.kinds.rsrp, rsrq = fields.kinds.rsrq, rssi = fields.kinds.rssi },
  { is = within(1, 97), rsrp = fields.step(1, 97, 1, -140), rsrq = fields.step(0, 34, 0.5, -19.5),
    rssi = fields.unknown, sinr = fields.unknown },
}

-- <RSSNR> of LTE: SINR = 2 * RSSNR - 20, say the manuals of SIM7600 and SIM8200.
local snr_of_lte = fields.number(0, 25, 2, -20)

-- That of 5G is in dB on some firmware, and in tenths on other: what may be either is unknown. AT+CESQ may tell it.
local function snr_of_nr(text)
  local value = tonumber(text:match "^%s*(%-?%d+%.?%d*)%s*$")
  if value and text:find(".", 1, true) then
    return fields.kinds.sinr(text)
  end
  return value and (value > 40 or value < -23) and measured("sinr", 0.1)(text) or nil
end

-- ---- the lines ----

local PLMN, BAND, CHANNEL = "%d%d%d%-%d+", ".*BAND%d+", "%d%d%d%d%d+"

-- Each of these once for each unit; `rsrp` is the place of RSRP.
local lines = {
  { technology = "LTE", is = "primary", rsrp = 12, when = { "LTE", [3] = PLMN },
    order = "- - plmn tac cell_id pci band channel bandwidth - rsrq rsrp rssi sinr",
    kinds = { sinr = snr_of_lte, bandwidth = fields.lte_width } },
  { technology = "5G", is = "primary", rsrp = 9, when = { "NR5G.*", [3] = PLMN, [7] = BAND },
    order = "- - plmn tac cell_id pci band channel rsrp rsrq sinr" },
  { technology = "5G", is = "primary", rsrp = 8, when = { "NR5G.*", [3] = PLMN, [7] = CHANNEL },
    order = "- - plmn tac cell_id pci channel rsrp rsrq sinr" },
  { technology = "5G", is = "secondary", rsrp = 5, when = { "NR5G.*", "%d+", BAND },
    order = "- pci band channel rsrp rsrq sinr - bandwidth" },
  { technology = "5G", is = "secondary", rsrp = 5, when = { "NR5G.*", "%d+", CHANNEL },
    order = "- pci channel rsrq rsrp sinr" },
}

local forms = {
  { technology = "UMTS", is = "primary", when = { "WCDMA", [3] = PLMN },
    order = "- - plmn lac cell_id - psc channel - ecio rscp",
    kinds = { ecio = measured("ecio", -1), rscp = measured("rscp", -1) } },
  { technology = "GSM", is = "primary", when = { "GSM", [3] = PLMN }, order = "- - plmn lac cell_id channel rssi",
    kinds = { channel = function(text) return fields.kinds.channel(text:match "^%d+" or "") end } }, -- "27 EGSM 900"
}
for _, line in ipairs(lines) do
  for _, unit in ipairs(units) do
    local kinds, when = { sinr = snr_of_nr, bandwidth = fields.nr_width }, { [line.rsrp] = unit.is }
    for _, more in ipairs { line.kinds or {}, unit } do
      for name, kind in pairs(more) do kinds[name] = kind end
    end
    for place, wanted in pairs(line.when) do when[place] = wanted end
    forms[#forms + 1] =
      { technology = line.technology, is = line.is, order = line.order, when = when, kinds = kinds }
  end
end

local cells = air.command {
  asks = "AT+CPSI?", prefix = "+CPSI", kinds = { tac = fields.hex(0xfffffd), lac = fields.hex(0xfffd) }, forms = forms,
}

---@type maker.air
return { signal = { cells, standard.quality }, cells = { cells } }
