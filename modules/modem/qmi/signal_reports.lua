-- SPDX-License-Identifier: MIT
-- When the modem tells by itself, over QMI, how well it receives.

local nas = require "qmi.nas"

---@class modem.qmi
local M = {}

-- By how much a value has to change, in dB, until the modem tells: so listeners that want all changes cost little.
local DELTAS = { rssi = 3, rsrp = 2, rsrq = 2, sinr = 3 }
local CLOSELY = 1 -- dB
local STEPS = { rsrp = { -120, -110, -100, -90, -80 }, rssi = { -95, -85, -75, -65 } } -- for modems without deltas

-- By the name of each value, its fields in Config Signal Info v2.
local fields = {
  rssi = { "lte_rssi", "wcdma_rssi", "gsm_rssi" }, rsrp = { "lte_rsrp", "nr5g_rsrp" },
  rsrq = { "lte_rsrq", "nr5g_rsrq" }, sinr = { "lte_snr", "nr5g_snr" },
}

local function in_tenths(list)
  local tenfold = {}
  for i, value in ipairs(list) do tenfold[i] = math.floor(value * 10 + 0.5) end
  return tenfold
end

-- Each value has a delta, or a list of thresholds: what is waited for counts exactly, unless each dB is told anyway.
local function by_deltas(thresholds)
  local config = {}
  for name, delta in pairs(DELTAS) do
    for _, field in ipairs(fields[name]) do
      if thresholds[name] and not thresholds.closely then
        config[field .. "_threshold_list"] = in_tenths(thresholds[name])
      else
        config[field .. "_delta"] = (thresholds.closely and CLOSELY or delta) * 10
      end
    end
  end
  return config
end

-- The older message: thresholds alone, the same for all technologies.
local function by_steps(thresholds)
  local function list(name)
    local values = table.move(STEPS[name] or {}, 1, #(STEPS[name] or {}), 1, {})
    for _, value in ipairs(thresholds[name] or {}) do values[#values + 1] = math.floor(value + 0.5) end
    table.sort(values)
    return values[1] and values or nil
  end
  return {
    rssi_threshold = list "rssi", rsrp_threshold = list "rsrp", rsrq_threshold = list "rsrq",
    lte_snr_threshold = thresholds.sinr and in_tenths(thresholds.sinr),
  }
end

---Has the modem tell when a value passes one of these, and otherwise when it has changed by a few dB.
---@param thresholds modem.signal_thresholds
---@return true? ok
---@return moontower.error? err
function M:watch_signal(thresholds)
  local client = self.qmi:shared_client "nas"
  self.is_signal_watched = true
  local reply, err = client:set_up(nas.config_signal_info_v2, by_deltas(thresholds))
  if not reply and err.code == "unsupported" then
    reply, err = client:set_up(nas.config_signal_info, by_steps(thresholds))
  end
  return reply and true or nil, err
end

return M
