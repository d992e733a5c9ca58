-- SPDX-License-Identifier: MIT
-- USB compositions of SIMCom's modems, which are their product ids: AT+CUSBPIDSWITCH of SIM7xxx, AT+CUSBCFG of SIM82xx.
--
-- Sources: AT manuals of SIM7500/SIM7600 (V1.12) and SIM82xx (V1.01); QModem for the modes that are in use. Of these,
-- 901E has no AT port; ids with letters and those for single ports are left out.

local by_command = require "settings.by_command"
local errors = require "errors"

local function choices_of(list)
  local choices = {}
  for number, interfaces in pairs(list) do
    choices[number] = { interfaces = interfaces, product = tostring(number) }
  end
  return function() return choices end
end

-- +CUSBPIDSWITCH: 9001; the modem restarts as soon as it is set.
local Switched = by_command.compositions {
  by = "cusbpidswitch", asks = "AT+CUSBPIDSWITCH?", sets = "AT+CUSBPIDSWITCH=%d,1,1", is_listed = true,
  choices = choices_of {
    [9001] = { "dm", "nmea", "at", "qmi" }, [9011] = { "dm", "nmea", "at", "rndis" },
    [9018] = { "dm", "nmea", "at", "ecm" },
  },
}

local Configured = by_command.compositions {
  by = "cusbcfg", asks = "AT+CUSBCFG?", sets = "AT+CUSBCFG=USBID,1E0E,%d", is_listed = true,
  choices = choices_of {
    [9001] = { "dm", "nmea", "at", "qmi" }, [9003] = { "dm", "nmea", "at", "mbim" },
    [9011] = { "dm", "nmea", "at", "rndis" }, [9018] = { "dm", "nmea", "at", "ecm" },
  },
}

-- "USBID: 0X1E0E,0X9001", beside "USBADB: 0".
function Configured:read(modem)
  local reply, err = modem.at:command(self.asks, { seconds = 10 })
  local id
  for _, line in ipairs(reply and reply.lines or {}) do
    id = line:match "^USBID:%s*0[xX]1[eE]0[eE],%s*0[xX](%x%x%x%x)" or id
  end
  local number = math.tointeger(tonumber(id))
  if reply and not number then
    return errors.fail { code = "malformed", source = "at", message = self.asks .. ": no known USBID" }
  end
  local choices = self.choices()
  return number and {
    interfaces = choices[number] and choices[number].interfaces or {}, by = self.by, exact = number,
    supported = { 9001, 9003, 9011, 9018 },
  }, err
end

return by_command.first(Switched, Configured)
