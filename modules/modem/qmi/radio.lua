-- SPDX-License-Identifier: MIT
-- The modem's radio, over QMI: is it on, and switching it.

local dms = require "qmi.dms"
local errors = require "errors"

local SWITCH_TIME = 20

---@class modem.qmi
local M = {}

function M:radio()
  local reply, err = self.qmi:request(dms.get_operating_mode)
  if not reply then
    return nil, err
  elseif not reply.mode then
    return errors.lacks("qmi", "Get Operating Mode", "mode")
  end
  return {
    hardware = reply.hardware_restricted_mode and "off" or "on",
    software = reply.mode == "online" and "on" or "off",
  }
end

function M:set_radio(on)
  local reply, err = self.qmi:request(dms.set_operating_mode, { mode = on and "online" or "low-power" }, SWITCH_TIME)
  -- Asked for the mode that it is in, a modem may say so instead.
  if not reply and not (err.detail and err.detail.status == "no-effect") then
    return nil, err
  end
  return self:radio()
end

return M
