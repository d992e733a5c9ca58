-- SPDX-License-Identifier: MIT
-- Quectel's AT commands, as far as they are needed: what the modem is on USB, technologies, bands.

local card = require "simulator.at.card_state"
local composition = require "simulator.composition"
local usb_number = require "simulator.at.usb_number"

local INCORRECT_PARAMETERS = 50
local NO_SESSION, NOT_FIXED = 505, 516
local bits = composition.bits

local function name_of(arguments)
  return (arguments[1] or ""):lower()
end

-- AT+QCFG: a name without values shows the setting, with values it sets it -------------------------------------------

local settings = {}

local flags = { bits.diag, bits.nmea, bits.modem } -- then the second AT port, network, ADB, sound

settings.usbcfg = {
  show = function(modem)
    local usb, list = modem.nv.usb, {}
    for i, bit in ipairs(flags) do
      list[i] = usb.mask & bit ~= 0 and 1 or 0
    end
    return ("0x%04X,0x%04X,%s,1,1,0,0"):format(usb.vendor, usb.product, table.concat(list, ","))
  end,
  set = function(modem, arguments)
    local vendor, product = tonumber(arguments[2]), tonumber(arguments[3])
    if not vendor or not product or #arguments < 10 then
      return false
    end
    local usb = modem.nv.usb
    usb.vendor, usb.product = vendor & 0xffff, product & 0xffff
    for i, bit in ipairs(flags) do
      usb.mask = usb.mask & ~bit | (arguments[i + 3] == "1" and bit or 0)
    end
    return true
  end,
}

settings.usbnet = {
  show = function(modem) return tostring(usb_number.now(modem) or 0) end,
  set = function(modem, arguments) return usb_number.choose(modem, arguments[2]) end,
}

local scan_modes = {
  ["0"] = { gsm = true, umts = true, lte = true }, ["1"] = { gsm = true }, ["2"] = { umts = true },
  ["3"] = { lte = true }, ["5"] = { umts = true, lte = true },
}

settings.nwscanmode = {
  show = function(modem)
    for number, modes in pairs(scan_modes) do
      local has = modem.preference.modes
      if modes.gsm == has.gsm and modes.umts == has.umts and modes.lte == has.lte then
        return number
      end
    end
    return "0"
  end,
  set = function(modem, arguments)
    local modes = scan_modes[arguments[2]]
    if modes then
      modem:prefer { modes = { gsm = modes.gsm, umts = modes.umts, lte = modes.lte } }
    end
    return modes ~= nil
  end,
}

local ANY_BAND = 0x7fffffffffffffff -- a mask that stands for all

settings.band = {
  show = function(modem)
    local mask = 0
    for _, band in ipairs(modem.preference.lte_bands) do
      mask = mask | 1 << band - 1
    end
    return ("0x93,0x%x,0x0"):format(mask)
  end,
  -- 0 leaves things as they are.
  set = function(modem, arguments)
    local mask = tonumber((arguments[3] or ""):match("^0?x?(%x+)$") or "", 16)
    local chosen = {}
    for _, band in ipairs(mask and modem.personality.lte_bands or {}) do
      if mask >> band - 1 & 1 ~= 0 or mask == ANY_BAND then
        chosen[#chosen + 1] = band
      end
    end
    if #chosen > 0 then
      modem:prefer { lte_bands = chosen }
    end
    return mask == 0 or #chosen > 0
  end,
}

local function configure(modem, arguments)
  local name = name_of(arguments)
  local setting = settings[name]
  if not setting then
    return nil, INCORRECT_PARAMETERS
  elseif not arguments[2] then
    return { ('+QCFG: "%s",%s'):format(name, setting.show(modem)) }
  elseif not setting.set(modem, arguments) then
    return nil, INCORRECT_PARAMETERS
  end
  return {}
end

---@param handle fun(name: string, parts: table)
return function(handle)
  require("simulator.at.quectel.air")(handle)
  handle("+QINDCFG", {
    set = function(_, arguments, at)
      if arguments[1] ~= "csq" then
        return nil, INCORRECT_PARAMETERS
      end
      at.settings.tells_signal = arguments[2] == "1"
      return {}
    end,
    events = { signal = function(at)
      return at.settings.tells_signal and ('+QIND: "csq",%d,99'):format(at.modem:signal()) or nil
    end },
  })
  handle("I", { run = function(modem)
    local personality = modem.personality
    return { personality.usb.manufacturer, personality.hardware, "Revision: " .. personality.firmware }
  end })
  handle("+QCFG", { set = configure, test = function()
    return {
      '+QCFG: "nwscanmode",(0-3,5),(0,1)', '+QCFG: "band",<bandval>,<ltebandval>,<tdsbandval>,(0,1)',
      '+QCFG: "usbnet",(0-3)', '+QCFG: "usbcfg",<vid>,<pid>,<diag>,<nmea>,<at_port>,<modem>,<rmnet>,<adb>,<uac>',
    }
  end })
  require "simulator.at.quectel.selection"(handle)
  require "simulator.at.quectel.configurations"(handle)
  handle("+QGDCNT", { query = function(modem)
    return { ("+QGDCNT: %d,%d"):format(modem.statistics.out_octets, modem.statistics.in_octets) }
  end })
  handle("+QGDNRCNT", { query = function(modem)
    return modem.personality.nr_bands and { "+QGDNRCNT: 0,0" } or nil
  end })
  handle("+QUIMSLOT", card.slot("+QUIMSLOT: %d", 1))
  handle("+QCCID", card.iccid "+QCCID: %s")
  local tries = card.tries { '+QPINC: "SC",PIN_TRIES,PUK_TRIES', '+QPINC: "P2",3,10' }
  handle("+QPINC", { query = tries, set = tries })
  handle("+QGPSLOC", { set = function(modem)
    local place = modem.gps and modem:fix()
    if not place then
      return nil, modem.gps and NOT_FIXED or NO_SESSION
    end
    return { ("+QGPSLOC: %s,%.5f,%.5f,0.9,%.1f,3,0.00,0.0,0.0,%s,%02d"):format(os.date "!%H%M%S.0", place.latitude,
      place.longitude, place.altitude, os.date "!%d%m%y", #modem:satellites()) }
  end })
  handle("+QGPS", {
    query = function(modem) return { "+QGPS: " .. (modem.gps and 1 or 0) } end,
    set = function(modem)
      modem:set_gps(true)
      return {}
    end,
  })
  handle("+QGPSEND", { run = function(modem)
    modem:set_gps(false)
    return {}
  end })
end
