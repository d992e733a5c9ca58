-- SPDX-License-Identifier: MIT
-- Microsoft's Firmware ID: which firmware package fits the modem, as Windows Update would ask.

local mbim = require "mbim.command"

---@class mbim.ms_firmware_id
local firmware, command = mbim.commands "ms-firmware-id"

command("get", 1, "Firmware ID", function() return {
  query = {},
  response = { mbim.uuid "id" },
} end)

return firmware
