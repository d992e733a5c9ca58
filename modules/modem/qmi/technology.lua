-- SPDX-License-Identifier: MIT
-- Whether a modem that is registered in LTE uses 5G beside it (NSA): Get Serving System names LTE alone then.

local dms = require "qmi.dms"
local dsd = require "qmi.dsd"
local serving = require "modem.qmi.serving_system"

---@class modem.qmi
local M = {}

---Asked once: most modems have no 5G, and are asked nothing else.
---@return boolean?
function M:knows_nr()
  if self.has_nr == nil then
    local reply = self.qmi:request(dms.get_capabilities)
    for _, interface in ipairs(reply and (reply.info or {}).radio_interface_list or {}) do
      self.has_nr = self.has_nr or interface == "5gnr"
    end
    self.has_nr = self.has_nr or reply and false
  end
  return self.has_nr
end

-- DSD knows which systems carry data. Without that service, the signal tells: it has 5G only while that is used.
local function uses_nr(self)
  local reply, err = self.qmi:request(dsd.get_system_status)
  for _, system in ipairs(reply and reply.available_systems or {}) do
    if system.technology == "5gnr" and (system.service_options or {})["5g-nsa"] then
      return true
    end
  end
  local is_known = reply and reply.available_systems or err and (err.code == "timeout" or err.code == "gone")
  local signal = not is_known and self:signal "protocol"
  return signal and signal.nr ~= nil
end

---Adds what Get Serving System does not tell of 5G: that it is used beside LTE, or where the modem is in it.
---@param registration modem.registration
---@return modem.registration
function M:with_nr(registration)
  if registration.technology == "LTE" and self:knows_nr() and uses_nr(self) then
    registration.technology = serving.NSA
  elseif registration.technology == serving.SA then
    local cells = self:cells "protocol"
    local primary = cells and cells.serving[1] or {}
    registration.tac, registration.cell_id = primary.tac, primary.cell_id
  end
  return registration
end

return M
