-- SPDX-License-Identifier: MIT
-- Messages of the device management service about the modem's identity.

local qmi = require "qmi.message"

---@class qmi.dms_identity
local dms, message = qmi.messages "dms"

message("get_model", 0x0022, "Get Model", function() return {
  response = { [0x01] = qmi.string "model" },
} end)

message("get_revision", 0x0023, "Get Revision", function() return {
  response = { [0x01] = qmi.string "revision" }, -- of the firmware
} end)

message("get_ids", 0x0025, "Get IDs", function() return {
  response = {
    [0x10] = qmi.string "esn",
    [0x11] = qmi.string "imei",
    [0x12] = qmi.string "meid",
    [0x13] = qmi.string "imei_software_version",
  },
} end)

return dms
