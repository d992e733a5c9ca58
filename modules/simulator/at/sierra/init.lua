-- SPDX-License-Identifier: MIT
-- Sierra Wireless's AT commands about the modem as such: its lock, who it is, restart, factory state, GPS.

local card = require "simulator.at.card_state"
local switch = require "simulator.at.switch"

local PASSWORD = "A710"
local LEAP_SECONDS = 18 -- by which the time of GPS is ahead of UTC

local function identification(modem)
  local personality = modem.personality
  return {
    "Manufacturer: " .. personality.usb.manufacturer,
    "Model: " .. personality.hardware,
    ("Revision: %s %s"):format(personality.firmware, personality.firmware_build),
    "MEID: " .. personality.imei:sub(1, 14),
    "IMEI: " .. personality.imei,
    "IMEI SV: 12",
    "FSN: " .. personality.usb.serial,
    "+GCAP: +CGSM",
  }
end

-- Where it is, as AT!GPSLOC? has it: degrees, minutes, seconds.
local function coordinate(value, positive, negative)
  local seconds = math.abs(value) * 3600
  return ("%d Deg %d Min %.2f Sec %s"):format(seconds // 3600, seconds // 60 % 60, seconds % 60,
    value >= 0 and positive or negative)
end

local function location(modem)
  local place = modem.gps and modem:fix()
  if not place then
    return { "Not Available" }
  end
  return {
    "Lat: " .. coordinate(place.latitude, "N", "S"),
    "Lon: " .. coordinate(place.longitude, "E", "W"),
    "Time: " .. os.date("!%Y %m %d %w %H:%M:%S", os.time() + LEAP_SECONDS) .. " (GPS)",
    ("LocUncAngle: 0.0  LocUncA: 5  LocUncP: 5  HEPE: 5.000\r\n3D Fix\r\nAltitude: %.1f  LocUncVe: 8.0")
      :format(place.altitude),
  }
end

local function start_gps(modem, arguments)
  if not tonumber(arguments[1]) then
    return nil
  end
  modem:set_gps(true)
  return {}
end

---@param handle fun(name: string, parts: table)
return function(handle)
  for _, subject in ipairs { "usb", "radio", "status", "images" } do
    require("simulator.at.sierra." .. subject)(handle)
  end

  handle("I", { run = identification })

  -- Only the right letters in the right quotation marks will do; a restart locks it again.
  handle("!ENTERCND", {
    set = function(modem, arguments, _, command)
      if arguments[1] ~= PASSWORD or not command.quoted[1] then
        return nil
      end
      modem.unlocked = true
      return {}
    end,
  })

  handle("!RESET", { run = function(modem) return {}, nil, function() modem:restart() end end })
  for name, value in pairs { ["!RMARESET"] = "1", ["!NVRESTORE"] = "0" } do
    handle(name, {
      protected = true,
      set = function(modem, arguments)
        if arguments[1] ~= value then
          return nil
        end
        modem:restore_settings()
        return {}
      end,
    })
  end

  handle("!HWID", { query = function(modem) return { "Revision: " .. modem.personality.hardware_revision } end })
  handle("!UIMS", card.slot("!UIMS: %d", 0))
  handle("!ICCID", card.iccid "!ICCID: %s")
  handle("+CPINC", { query = card.tries { "+CPINC: PIN_TRIES,3,PUK_TRIES,10" } })
  local power_off = switch("power_off", 0, 2, "!PCOFFEN: %d")
  power_off.protected = true
  handle("!PCOFFEN", power_off)

  handle("!GPSFIX", { set = start_gps, test = function() return { "!GPSFIX: (1),(1-255),(0-4294967280)" } end })
  handle("!GPSTRACK", { set = start_gps })
  handle("!GPSEND", {
    set = function(modem)
      modem:set_gps(false)
      return {}
    end,
  })
  handle("!GPSLOC", { query = location })
  handle("!GPSSTATUS", {
    query = function(modem)
      return {
        "Current time: " .. os.date("!%Y %m %d %w %H:%M:%S"),
        "",
        "Last Fix Status    = " .. (modem.gps and "SUCCESS" or "NONE"),
        "Fix Session Status = " .. (modem.gps and "ACTIVE" or "NONE"),
      }
    end,
  })
end
