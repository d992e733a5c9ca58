-- SPDX-License-Identifier: MIT
-- Sierra Wireless's messages of the device management service.

local dms = require "qmi.dms"
local sierra = require "makers.sierra.qmi"

---Adds them to the device management service.
return function(register)
  local function handle(message, handler)
    register(message, function(modem, values)
      if not modem.personality.compositions then
        return nil, "invalid-qmi-command" -- another maker's modem
      end
      return handler(modem, values)
    end)
  end

  handle(sierra.get_current_firmware, function(modem)
    local personality = modem.personality
    local image = personality.image
    return {
      model = personality.hardware, boot_version = personality.firmware, amss_version = personality.firmware,
      sku_id = personality.sku, package_id = "", carrier_id = "6", pri_version = image.pri,
      carrier = modem:carrier(), config_version = image.pri,
    }
  end)

  handle(sierra.get_usb_composition, function(modem)
    local supported = {}
    for number in pairs(modem.personality.compositions) do
      supported[#supported + 1] = number
    end
    table.sort(supported)
    return { current = modem:composition_number(), supported = supported }
  end)

  -- It holds from the next start on.
  handle(sierra.set_usb_composition, function(modem, values)
    if not modem.personality.compositions[values.current] then
      return nil, "invalid-argument"
    end
    modem:choose_composition(values.current)
    return {}
  end)

  register(dms.set_fcc_authentication, function(modem)
    modem.fcc_locked = false
    return {}
  end)
end
