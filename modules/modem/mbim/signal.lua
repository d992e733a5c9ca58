-- SPDX-License-Identifier: MIT
-- How Signal State reads, of whichever version.

local M = {}

---A measured value in steps above a lowest one. Codes from `unknown` on are no values.
---@param code integer?
---@param lowest number
---@param step number
---@param unknown integer
---@return number?
function M.level(code, lowest, step, unknown)
  return code and code < unknown and lowest + code * step or nil
end

---3GPP TS 27.007, +CSQ: -113 dBm and 2 dB a step; 99 is unknown.
---@param reply table
---@return number? dBm
function M.rssi(reply) return M.level(reply.rssi, -113, 2, 32) end

-- A code stands for what is below a bound, so its value is the bound before it.
local function measured_of(entry)
  return { rsrp = M.level(entry.rsrp, -157, 1, 127), sinr = M.level(entry.snr, -23.5, 0.5, 128) }
end

---How Signal State reads.
---@param reply table
---@return modem.signal?
function M.of(reply)
  if not reply.rssi then
    return nil
  end
  local signal = {}
  for _, entry in ipairs(reply.rsrp_snr and reply.rsrp_snr.signals or {}) do
    local class, values = entry.system_type or {}, measured_of(entry)
    local name = class.lte and "lte" or (class["5g"] or class["5g-sa"] or class["5g-nsa"]) and "nr"
    if name and next(values) then
      signal[name] = values
    end
  end
  signal.dbm = M.rssi(reply) or (signal.lte or signal.nr or {}).rsrp
  return signal
end

return M
