-- SPDX-License-Identifier: MIT
-- Answers to Microsoft's Firmware ID: handlers[cid], as in basic_connect.lua.

local firmware_id = require "mbim.ms_firmware_id"

return {
  [firmware_id.get.cid] = { query = function(modem)
    local id = modem.personality.firmware_id
    if not id then
      return nil, "no-device-support"
    end
    return { id = id }
  end },
}
