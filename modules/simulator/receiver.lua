-- SPDX-License-Identifier: MIT
-- The simulated modem's receiver for GPS: who keeps it on, and what it knows. Methods of simulator.modem.
--
-- It is one, as in a real modem: on as long as AT commands, the NMEA port or any client of QMI's LOC want it. The event
-- "gps" says that that has changed.

---@class simulator.modem
---@field sky "open"|"none" what the antenna sees
---@field first_fix number seconds from switching it on to the first fix
---@field engine_lock "none"|"mi"|"mt"|"all" LOC's; a modem keeps it
---@field gps boolean do AT commands, or the NMEA port, keep it on?
---@field receiver_users table<any, true> clients of LOC with a session
---@field receiver_since number? when it was switched on
local methods = {}

---The satellites that it uses, and how well it receives them.
local satellites = { { 2, 61, 118, 44 }, { 5, 40, 83, 46 }, { 12, 17, 308, 41 }, { 15, 7, 344, 39 },
  { 18, 22, 228, 45 }, { 25, 33, 61, 42 }, { 26, 54, 190, 47 }, { 29, 71, 12, 43 } }

---As it is after power has come on.
function methods:reset_receiver()
  self.gps, self.receiver_users, self.receiver_since = false, {}, nil
end

---@return integer sessions of LOC
function methods:receiver_sessions()
  local count = 0
  for _ in pairs(self.receiver_users) do count = count + 1 end
  return count
end

---@return boolean
function methods:is_receiver_on() return self.gps or next(self.receiver_users) ~= nil end

local function changed(self)
  if not self:is_receiver_on() then
    self.receiver_since = nil
  end
  self.receiver_since = self.receiver_since or self:is_receiver_on() and self.now() or nil
  self:emit("gps")
end

---Switches it on or off by AT, or at the NMEA port.
---@param on boolean
function methods:set_gps(on)
  self.gps = on
  changed(self)
end

---A client of LOC has a session from now on, or has none any more.
---@param user any
---@param on boolean
function methods:use_receiver(user, on)
  self.receiver_users[user] = on or nil
  changed(self)
end

---@return { latitude: number, longitude: number, altitude: number }? place nil: it has no fix
function methods:fix()
  local seconds = self.receiver_since and self.now() - self.receiver_since
  return self.sky == "open" and seconds and seconds >= self.first_fix and self.personality.position or nil
end

---@return { [1]: integer, [2]: integer, [3]: integer, [4]: integer }[] in_view id, elevation, azimuth, dB-Hz
function methods:satellites() return self.sky == "open" and satellites or {} end

return methods
