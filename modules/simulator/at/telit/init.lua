-- SPDX-License-Identifier: MIT
-- Telit's AT commands, as far as they are needed: what the modem is on USB, technologies, bands, restart.

local usb_number = require "simulator.at.usb_number"

local INCORRECT_PARAMETERS = 50

-- ---- +WS46: the numbers of 3GPP TS 27.007 ----

local modes_of = {
  ["12"] = { "gsm" }, ["22"] = { "umts" }, ["25"] = { "gsm", "umts", "lte" }, ["28"] = { "lte" },
  ["29"] = { "gsm", "umts" }, ["30"] = { "gsm", "lte" }, ["31"] = { "umts", "lte" },
}

local function is_set(modes, list)
  local count = 0
  for _ in pairs(modes) do count = count + 1 end
  for _, name in ipairs(list) do
    if not modes[name] then return false end
  end
  return count == #list
end

local function show_technologies(modem)
  for number, list in pairs(modes_of) do
    if is_set(modem.preference.modes, list) then return { "+WS46: " .. number } end
  end
  return nil
end

local function choose_technologies(modem, arguments)
  local list, modes = modes_of[arguments[1]], {}
  for _, name in ipairs(list or {}) do modes[name] = true end
  for _, number in ipairs(list and modem.personality.ws46 or {}) do
    if number == arguments[1] then
      modem:prefer { modes = modes }
      return {}
    end
  end
  return nil, INCORRECT_PARAMETERS
end

-- ---- #BND: GSM, UMTS (a number for each set of bands), LTE as a mask, LTE from band 65 on as another ----

local UMTS = 11

local function masks_of(list)
  local low, high = 0, 0
  for _, band in ipairs(list) do
    if band <= 64 then low = low | 1 << band - 1 else high = high | 1 << band - 65 end
  end
  return low, high
end

local function bands_of(low, high)
  local list = {}
  for band = 1, 128 do
    local mask = band <= 64 and low or high
    if mask >> (band - 1) % 64 & 1 == 1 then list[#list + 1] = band end
  end
  return list
end

-- Those that have no band above 64 show one mask.
local function has_high(modem) return select(2, masks_of(modem.personality.lte_bands)) ~= 0 end

local function show_bands(modem)
  return { (has_high(modem) and "#BND: 0,%d,%X,%X" or "#BND: 0,%d,%X"):format(modem.nv.umts_bands or UMTS,
    masks_of(modem.preference.lte_bands)) }
end

local function list_bands(modem)
  return { (has_high(modem) and "#BND: (0),(0-11,17,18),(%X),(%X)" or "#BND: (0),(0-11,17,18),(%X)"):format(
    masks_of(modem.personality.lte_bands)) }
end

-- Masks with bands that it does not have are refused; so are two that are 0.
local function choose_bands(modem, arguments)
  local umts = math.tointeger(tonumber(arguments[2]))
  local low, high = tonumber(arguments[3] or "", 16), tonumber(arguments[4] or "0", 16)
  local all_low, all_high = masks_of(modem.personality.lte_bands)
  if arguments[1] ~= "0" or not umts or not low or not high or low | high == 0 or low & ~all_low ~= 0
    or high & ~all_high ~= 0 then
    return nil, INCORRECT_PARAMETERS
  end
  modem.nv.umts_bands = umts
  modem:prefer { lte_bands = bands_of(low, high) }
  return {}
end

local function degrees_and_minutes(value, width, positive, negative)
  local degrees, rest = math.modf(math.abs(value))
  return ("%0" .. width .. "d%07.4f%s"):format(degrees, rest * 60, value >= 0 and positive or negative)
end

local function position(modem)
  local place = modem.gps and modem:fix()
  if not place then
    return { "$GPSACP: ,,,,,1,,,,,," }
  end
  return { ("$GPSACP: %s,%s,%s,0.9,%.1f,3,0.0,0.0,0.0,%s,%02d,00"):format(os.date "!%H%M%S.000",
    degrees_and_minutes(place.latitude, 2, "N", "S"), degrees_and_minutes(place.longitude, 3, "E", "W"),
    place.altitude, os.date "!%d%m%y", #modem:satellites()) }
end

local function switch_receiver(modem, arguments)
  if arguments[1] ~= "0" and arguments[1] ~= "1" then
    return nil, INCORRECT_PARAMETERS
  end
  modem:set_gps(arguments[1] == "1")
  return {}
end

local function telit() return { "Telit" } end

---@param handle fun(name: string, parts: table)
return function(handle)
  require("simulator.at.telit.air")(handle)
  handle("I", { run = function() return { "332" } end }) -- no text that would tell who made it
  for _, name in ipairs { "+CGMI", "+GMI" } do handle(name, { run = telit, test = function() return {} end }) end

  handle("#USBCFG", usb_number.command "#USBCFG")
  handle("+WS46", { query = show_technologies, set = choose_technologies, test = function(modem)
    return { ("+WS46: (%s)"):format(table.concat(modem.personality.ws46, ",")) }
  end })
  handle("#BND", { query = show_bands, set = choose_bands, test = list_bands })
  handle("$GPSP", { query = function(modem) return { "$GPSP: " .. (modem.gps and 1 or 0) } end, set = switch_receiver })
  handle("$GPSNMUN", { set = function() return {} end }) -- its NMEA port has the sentences anyway
  handle("$GPSACP", { run = position, query = position })
  handle("#QSS", { query = function(modem) return { "#QSS: 0," .. (modem.card and 1 or 0) } end })
  handle("#REBOOT", { run = function(modem) return {}, nil, function() modem:restart() end end })
end
