-- SPDX-License-Identifier: MIT
-- Where the simulated modem is, in sentences of NMEA 0183, and the serial port that sends them while GPS is on.

local INTERVAL = 1 -- seconds

local nmea = {}

local function degrees_and_minutes(value, width, positive, negative)
  local degrees, rest = math.modf(math.abs(value))
  return ("%0" .. width .. "d%07.4f,%s"):format(degrees, rest * 60, value >= 0 and positive or negative)
end

-- The checksum after the star is the exclusive or of all characters.
local function sentence(text)
  local sum = 0
  for letter in text:gmatch(".") do
    sum = sum ~ letter:byte()
  end
  return ("$%s*%02X\r\n"):format(text, sum)
end

---@param place { latitude: number, longitude: number, altitude: number }
---@return { gga: string, rmc: string }
function nmea.sentences(place)
  local where = degrees_and_minutes(place.latitude, 2, "N", "S") .. ","
    .. degrees_and_minutes(place.longitude, 3, "E", "W")
  local time, date = os.date("!%H%M%S.00"), os.date("!%d%m%y")
  return {
    gga = sentence(("GPGGA,%s,%s,1,08,0.9,%.1f,M,-34.0,M,,"):format(time, where, place.altitude)),
    rmc = sentence(("GPRMC,%s,A,%s,0.0,0.0,%s,,,A"):format(time, where, date)),
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

---Says where the modem is, now and each second for as long as GPS is on. Without a group, only now.
function Function:report()
  local modem = self.modem
  if not modem.gps or not modem.plugged or self.reporting then
    return
  end
  local sentences = nmea.sentences(modem.personality.position)
  self.send(sentences.gga .. sentences.rmc)
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
