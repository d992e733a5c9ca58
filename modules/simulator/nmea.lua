-- SPDX-License-Identifier: MIT
-- What the simulated modem's receiver knows, in sentences of NMEA 0183, and the serial port that sends them.

local reader = require "gnss.nmea"

local INTERVAL = 1 -- seconds
local IN_A_GSV = 4 -- satellites

local nmea = { kinds = { "gga", "rmc", "gsa", "gsv" } }

local function degrees_and_minutes(value, width, positive, negative)
  local degrees, rest = math.modf(math.abs(value))
  return ("%0" .. width .. "d%07.4f,%s"):format(degrees, rest * 60, value >= 0 and positive or negative)
end

local function sentence(text) return ("$%s*%02X\r\n"):format(text, reader.checksum(text)) end

local function sentences_of_satellites(list)
  local ids, texts = {}, {}
  for i, satellite in ipairs(list) do ids[i] = ("%02d"):format(satellite[1]) end
  local count = math.max((#list + IN_A_GSV - 1) // IN_A_GSV, 1)
  for first = 1, math.max(#list, 1), IN_A_GSV do
    local text = ("GPGSV,%d,%d,%02d"):format(count, first // IN_A_GSV + 1, #list)
    for i = first, math.min(first + IN_A_GSV - 1, #list) do
      text = text .. (",%02d,%02d,%03d,%02d"):format(table.unpack(list[i]))
    end
    texts[#texts + 1] = sentence(text)
  end
  return table.concat(ids, ",") .. (","):rep(12 - math.max(#ids, 1)), table.concat(texts)
end

---@param modem simulator.modem
---@return { gga: string, rmc: string, gsa: string, gsv: string } by kind; of GSV there may be several
function nmea.sentences(modem)
  local place, list = modem:fix(), modem:satellites()
  local ids, gsv = sentences_of_satellites(list)
  local time, date = os.date("!%H%M%S.00"), os.date("!%d%m%y")
  if not place then
    return {
      gga = sentence "GPGGA,,,,,,0,,,,,,,,", rmc = sentence "GPRMC,,V,,,,,,,,,,N",
      gsa = sentence("GPGSA,A,1" .. (","):rep(15)), gsv = gsv,
    }
  end
  local where = degrees_and_minutes(place.latitude, 2, "N", "S") .. ","
    .. degrees_and_minutes(place.longitude, 3, "E", "W")
  return {
    gga = sentence(("GPGGA,%s,%s,1,%02d,0.9,%.1f,M,-34.0,M,,"):format(time, where, #list, place.altitude)),
    rmc = sentence(("GPRMC,%s,A,%s,0.0,0.0,%s,,,A"):format(time, where, date)),
    gsa = sentence(("GPGSA,A,3,%s,1.4,0.9,1.1"):format(ids)), gsv = gsv,
  }
end

---@class simulator.nmea_function
---@field modem simulator.modem
---@field send fun(bytes: string)
local Function = {}
Function.__index = Function

---@param modem simulator.modem
---@param options { send: fun(bytes: string) }
---@return simulator.nmea_function
function nmea.new(modem, options)
  local self = setmetatable({ modem = modem, send = options.send, input = "" }, Function)
  modem:listen(function(event)
    if event == "gps" then
      self:report()
    elseif event == "unplugged" then
      self:reset()
    end
  end)
  return self
end

function Function:reset()
  self.input, self.reporting = "", false
end

---Says what the receiver knows, now and each second for as long as it is on. Without a group, only now.
function Function:report()
  local modem = self.modem
  if not modem:is_receiver_on() or not modem.plugged or self.reporting then
    return
  end
  local sentences, texts = nmea.sentences(modem), {}
  for i, kind in ipairs(nmea.kinds) do texts[i] = modem.nmea_types[kind] and sentences[kind] or "" end
  self.send(table.concat(texts))
  if modem.group then
    self.reporting = true
    modem:after(INTERVAL, function()
      self.reporting = false
      self:report()
    end)
  end
end

---A host switches GPS on and off here with "$GPS_START" and "$GPS_STOP".
---@param bytes string
function Function:receive(bytes)
  self.input = (self.input .. bytes):sub(-64)
  if self.input:find("$GPS_STOP", 1, true) then
    self.input = ""
    self.modem:set_gps(false)
  elseif self.input:find("$GPS_START", 1, true) then
    self.input = ""
    self.modem:set_gps(true)
  end
end

return nmea
