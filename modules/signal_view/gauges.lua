-- SPDX-License-Identifier: MIT
-- What is shown of a signal: each measure with its range, its best and worst, and its last minutes.

local M = {
  PACE = 5, -- seconds for a character of the line of the last minutes
}

local KEPT = 400 -- characters of that line: more than terminals are wide

---@class signal_view.measure
---@field technology string? its key in the signal: "lte" ...; nil: the signal itself
---@field name string its key there
---@field label string
---@field unit string
---@field least number what an empty bar means
---@field most number what a full one means

-- In the order in which they are shown. The first that is measured is what an antenna is aimed by.
---@type signal_view.measure[]
M.measures = {
  { technology = "nr", name = "sinr", label = "5G SINR", unit = "dB", least = -10, most = 30 },
  { technology = "nr", name = "rsrp", label = "5G RSRP", unit = "dBm", least = -130, most = -60 },
  { technology = "lte", name = "sinr", label = "LTE SINR", unit = "dB", least = -10, most = 30 },
  { technology = "lte", name = "rsrp", label = "LTE RSRP", unit = "dBm", least = -130, most = -60 },
  { technology = "umts", name = "ecio", label = "UMTS Ec/Io", unit = "dB", least = -24, most = 0 },
  { technology = "umts", name = "rscp", label = "UMTS RSCP", unit = "dBm", least = -120, most = -40 },
  { technology = "gsm", name = "rssi", label = "GSM RSSI", unit = "dBm", least = -110, most = -50 },
}

-- Where a modem tells nothing else.
M.plain = { name = "dbm", label = "RSSI", unit = "dBm", least = -113, most = -51 }

---@class signal_view.gauge
---@field measure signal_view.measure
---@field value number? what is measured now
---@field best number since start
---@field worst number
---@field past (number|false)[] one for each PACE, the oldest first; false: none was measured

---@class signal_view.gauges
---@field signal modem.signal? the latest one
---@field by_measure table<signal_view.measure, signal_view.gauge>
local Gauges = {}
Gauges.__index = Gauges

---@return signal_view.gauges
function M.new() return setmetatable({ by_measure = {} }, Gauges) end

local function value_of(signal, measure)
  local part = signal
  if measure.technology then
    part = signal[measure.technology]
  end
  return part and part[measure.name]
end

---@param signal modem.signal
function Gauges:take(signal)
  self.signal = signal
  for _, gauge in pairs(self.by_measure) do gauge.value = value_of(signal, gauge.measure) end
  local has_some
  local function take(measure)
    local value = value_of(signal, measure)
    if value then
      local gauge = self.by_measure[measure] or { measure = measure, best = value, worst = value, past = {} }
      self.by_measure[measure], has_some = gauge, true
      gauge.value, gauge.best, gauge.worst = value, math.max(gauge.best, value), math.min(gauge.worst, value)
    end
  end
  for _, measure in ipairs(M.measures) do take(measure) end
  if not has_some then
    take(M.plain)
  end
end

---Another PACE has passed.
function Gauges:tick()
  for _, gauge in pairs(self.by_measure) do
    table.insert(gauge.past, gauge.value or false)
    if #gauge.past > KEPT then
      table.remove(gauge.past, 1)
    end
  end
end

---Those that are measured now, in their order.
---@return signal_view.gauge[]
function Gauges:list()
  local list = {}
  for _, measure in ipairs(M.measures) do
    local gauge = self.by_measure[measure]
    if gauge and gauge.value then list[#list + 1] = gauge end
  end
  local plain = self.by_measure[M.plain]
  if not list[1] and plain and plain.value then
    list[1] = plain
  end
  return list
end

---How good the signal is, from 0 to 1: by the SINR, where it is measured.
---@return number? quality
function Gauges:quality()
  local gauge = self:list()[1]
  local measure = gauge and gauge.measure
  return gauge and math.max(math.min((gauge.value - measure.least) / (measure.most - measure.least), 1), 0)
end

return M
