-- SPDX-License-Identifier: MIT
-- Random faults of those that a healthy system survives: the same ones for the same seed.
--
--   local source = chaos.new(7)
--   local name, arguments, mend = source:next()
--   assert(faults.apply(modem, name, arguments))
--   ... and when it has lasted long enough: for _, fault in ipairs(mend) do assert(faults.apply(modem, fault)) end

---@class simulator.chaos
---@field private state integer
---@field private list table[] what may happen
local Chaos = {}
Chaos.__index = Chaos

---@class simulator.chaos.module
local chaos = {
  ---The faults that end all faults so far.
  mend_all = { "none", "sim-insert" },
}

-- An argument is a fixed one, or { least, most } of a number with a decimal place, or of an integer when these are.
local BRIEF, SOME = { 0.1, 1.5 }, { 1, 3 }

-- Faults that pass by themselves, or end when the host reacts, need no mending; the others are ended by faults.
local possible = {
  { "disconnect" }, { "disconnect", { 8, 50 } }, { "disconnect-silent" }, { "network-drop", BRIEF },
  { "detach", mend = { "none" } },
  { "deny", mend = { "none" } },
  { "renumber" },
  { "blackhole", BRIEF }, { "stall", BRIEF }, { "throttle", BRIEF }, { "no-dns", mend = { "none" } },
  { "blackhole-until", "reconnect", mend = { "none" } }, { "blackhole-until", "attach", mend = { "none" } },
  { "blackhole-until", "radio", mend = { "none" } }, { "blackhole-until", "reset", mend = { "none" } },
  { "refuse-apn", mend = { "none" } }, { "refuse-auth", mend = { "none" } },
  { "latency", { 0.01, 0.5 }, mend = { "none" } }, { "slow-connect", BRIEF, mend = { "none" } },
  { "silent", SOME }, { "busy", SOME }, { "garbage", SOME }, { "truncate", SOME }, { "wrong-id", SOME },
  { "duplicate", SOME }, { "noise", SOME }, { "flood", { 1, 200 } },
  { "hang", mend = { "none" } }, { "hang-hard", mend = { "usb-reset" } }, { "usb-reset" }, { "forget" },
  { "unplug", BRIEF }, { "unplug", mend = { "replug" } },
  { "sim-remove", mend = { "sim-insert" } }, { "pin-lock", mend = { "sim-insert" } },
  { "radio-off", mend = { "radio-on" } },
  { "fragments", SOME, protocol = "mbim" }, { "out-of-order", SOME, protocol = "mbim" },
  { "lose-client", protocol = "qmi" }, { "qmi-sync", protocol = "qmi" }, { "tlv-missing", SOME, protocol = "qmi" },
  { "tlv-shuffled", SOME, protocol = "qmi" }, { "bare-failure", SOME, protocol = "qmi" },
}

---@param seed integer
---@param protocol "mbim"|"qmi"|nil what the modem speaks, for faults that only this has
---@return simulator.chaos
function chaos.new(seed, protocol)
  local list = {}
  for _, entry in ipairs(possible) do
    if not entry.protocol or entry.protocol == protocol then
      list[#list + 1] = entry
    end
  end
  return setmetatable({ state = seed, list = list }, Chaos)
end

-- SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014). Not math.random: its
-- state is shared.
local function draw(self)
  self.state = self.state + 0x9e3779b97f4a7c15
  local z = self.state
  z = (z ~ z >> 30) * 0xbf58476d1ce4e5b9
  z = (z ~ z >> 27) * 0x94d049bb133111eb
  return z ~ z >> 31
end

---A whole number, for waits and choices by the same seed.
---@param least integer
---@param most integer
---@return integer
function Chaos:integer(least, most)
  return least + (draw(self) >> 1) % (most - least + 1)
end

local function argument(self, range)
  if type(range) ~= "table" then
    return range
  elseif math.type(range[1]) == "integer" then
    return tostring(self:integer(range[1], range[2]))
  end
  return ("%.2f"):format(self:integer(math.floor(range[1] * 100), math.floor(range[2] * 100)) / 100)
end

---What goes wrong next. No two calls in a row are needed to be apart: faults may overlap.
---@return string name of a fault
---@return string[] arguments
---@return string[] mend the faults that undo it, without arguments; empty when it passes by itself
function Chaos:next()
  local entry = self.list[self:integer(1, #self.list)]
  return entry[1], { argument(self, entry[2]) }, entry.mend or {}
end

return chaos
