-- SPDX-License-Identifier: MIT
-- The strength of the signal over QMI.

local nas = require "qmi.nas"

---@class modem.qmi
local M = {}

-- Signal strength in dBm, of the newest technology that is there. Older ones say rssi, 5G only rsrp.
local function signal_of(reply)
  for _, name in ipairs { "lte", "wcdma", "td_scdma", "hdr", "cdma", "gsm", "nr5g" } do
    local strength = reply[name]
    local dbm = type(strength) == "table" and (strength.rssi or strength.rsrp) or math.type(strength) and strength
    if dbm and dbm < 0 and dbm > -125 then
      return { dbm = dbm }
    end
  end
  return {}
end

function M:signal()
  local reply, err = self.qmi:request(nas.get_signal_info)
  if reply then
    return signal_of(reply)
  elseif err.code ~= "unsupported" then
    return nil, err
  end
  reply, err = self.qmi:request(nas.get_signal_strength) -- modems from before LTE
  return reply and { dbm = (reply.signal_strength or {}).strength }, err
end

---How an indication of signal strength reads.
---@param values table
---@return table value
function M.signal_notified(_, values) return signal_of(values) end

return M
