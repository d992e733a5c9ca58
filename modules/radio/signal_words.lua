-- SPDX-License-Identifier: MIT
-- A signal in words, for people.

local M = {}

---Values of modem:signal(): their keys, what people call them, their units.
M.values = {
  { "rsrp", "RSRP", "dBm" }, { "rscp", "RSCP", "dBm" }, { "rsrq", "RSRQ", "dB" }, { "ecio", "Ec/Io", "dB" },
  { "sinr", "SINR", "dB" }, { "rssi", "RSSI", "dBm" }, { "phase", "phase", "degrees" },
}

---@param value number
---@return string
function M.number(value) return value == value // 1 and ("%.0f"):format(value) or ("%.1f"):format(value) end

---@param part table<string, number> such as signal.lte
---@return string
function M.words(part)
  local words = {}
  for _, value in ipairs(M.values) do
    local number = part[value[1]]
    if number then
      words[#words + 1] = ("%s %s %s"):format(value[2], M.number(number), value[3])
    end
  end
  return table.concat(words, ", ")
end

---@param signal modem.signal
---@return string
function M.sentence(signal)
  local parts = {}
  for _, technology in ipairs(require("radio.words").technologies) do
    local part = signal[technology[1]]
    if part and next(part) then
      parts[#parts + 1] = ("%s %s"):format(technology[2], M.words(part))
    end
  end
  if not parts[1] then
    parts[1] = signal.dbm and ("%s dBm"):format(M.number(signal.dbm)) or "no signal is measured"
  end
  for _, antenna in ipairs(signal.antennas or {}) do
    parts[#parts + 1] = ("antenna %d %s"):format(antenna.port, M.words(antenna))
  end
  return table.concat(parts, "; ")
end

return M
