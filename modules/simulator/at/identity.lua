-- SPDX-License-Identifier: MIT
-- AT commands that ask who the modem and its SIM are (3GPP TS 27.007).

local card = require "simulator.at.card_state"

---@param handle fun(name: string, parts: table)
return function(handle)
  local function ask(names, answer)
    for _, name in ipairs(names) do
      handle(name, { run = answer, test = function() return {} end })
    end
  end

  ask({ "+CGMI", "+GMI" }, function(modem) return { modem.personality.usb.manufacturer } end)
  ask({ "+CGMM", "+GMM" }, function(modem) return { modem.personality.hardware } end)
  ask({ "+CGMR", "+GMR" }, function(modem)
    local personality = modem.personality
    return { personality.firmware .. (personality.firmware_build and " " .. personality.firmware_build or "") }
  end)
  ask({ "+CGSN", "+GSN" }, function(modem) return { modem.personality.imei } end)
  ask({ "+GCAP" }, function() return { "+GCAP: +CGSM" } end)

  ask({ "+CIMI" }, function(modem)
    local failure = card.failure(modem)
    if failure then
      return nil, failure
    end
    return { modem.card.imsi }
  end)

  handle("+CCID", card.iccid "+CCID: %s")
  handle("+ICCID", card.iccid "ICCID: %s")

  handle("+CNUM", {
    run = function(modem)
      local failure = card.failure(modem)
      if failure then
        return nil, failure
      end
      return { ('+CNUM: "","+%s",145'):format(modem.card.number) }
    end,
  })
end
