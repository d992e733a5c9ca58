-- SPDX-License-Identifier: MIT
-- When the simulated modem reports its signal: as Config Signal Info says, or at each change.

local nas = require "qmi.nas"

-- Fields of Config Signal Info v2, by technology and value.
local fields = {
  LTE = { rssi = "lte_rssi", rsrp = "lte_rsrp", rsrq = "lte_rsrq", sinr = "lte_snr" },
  ["5G"] = { rsrp = "nr5g_rsrp", rsrq = "nr5g_rsrq", sinr = "nr5g_snr" },
}
-- The older message's fields, by value, and how many of their units are a dB.
local older = {
  rssi = { "rssi_threshold", 1 }, rsrp = { "rsrp_threshold", 1 }, rsrq = { "rsrq_threshold", 1 },
  sinr = { "lte_snr_threshold", 10 },
}

-- All values of serving cells, in 0.1 dB.
local function measured(modem)
  local values, has = {}, {}
  for _, cell in ipairs(modem:cells().serving) do
    if not has[cell.technology] then
      has[cell.technology] = true
      for name, field in pairs(fields[cell.technology]) do
        values[field] = cell[name] and math.floor(cell[name] * 10 + 0.5)
      end
    end
  end
  return values
end

local function has_passed(list, before, now)
  for _, threshold in ipairs(list or {}) do
    if (before < threshold) ~= (now < threshold) then
      return true
    end
  end
  return false
end

local M = {}

---Has the signal changed enough since the client was told?
---@param modem simulator.modem
---@param client table
---@return boolean
function M.is_due(modem, client)
  local config, now = client.signal_config, measured(modem)
  local told, before = client.signal_told or {}, client.signal_before or {}
  local is_due = config == nil
  for _, names in pairs(fields) do
    for _, field in pairs(names) do
      local value, last = now[field], before[field]
      if (value == nil) ~= (last == nil) then
        is_due = true
      elseif config and value then
        local delta = config[field .. "_delta"]
        is_due = is_due or has_passed(config[field .. "_threshold_list"], last, value)
          or delta ~= nil and math.abs(value - (told[field] or last)) >= delta
      end
    end
  end
  client.signal_before, client.signal_told = now, is_due and now or told
  return is_due
end

local function configure(modem, values, client)
  client.signal_config = values
  client.signal_before = measured(modem)
  client.signal_told = client.signal_before
  return {}
end

---Adds it to the network access service.
function M.register(handle)
  handle(nas.config_signal_info_v2, configure)
  handle(nas.config_signal_info, function(modem, values, client)
    local config = {}
    for _, names in pairs(fields) do
      for name, field in pairs(names) do
        local list = {}
        for i, threshold in ipairs(values[older[name][1]] or {}) do list[i] = threshold * (10 // older[name][2]) end
        config[field .. "_threshold_list"] = list
      end
    end
    return configure(modem, config, client)
  end)
end

return M
