-- SPDX-License-Identifier: MIT
-- The firmware of a modem over MBIM: its Firmware ID; the images by QMI inside it, as MBIM has no word for those.

local firmware_id = require "mbim.ms_firmware_id"
local inside_mbim = require "qmi.inside_mbim"
local qmi_images = require "modem.qmi.images"

local M = {}

---@param self modem.mbim
---@return modem.image[]?
---@return moontower.error? err
function M.images(self)
  local used = rawget(self, "qmi")
  local own <close> = not used and inside_mbim.open(self.mbim) or nil
  return qmi_images.images { qmi = used or own }
end

---@param self modem.mbim
---@return string? id a UUID
---@return moontower.error? err
function M.firmware_id(self)
  local reply, err = self.mbim:query(firmware_id.get)
  return reply and reply.id, err
end

return M
