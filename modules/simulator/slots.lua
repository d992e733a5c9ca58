-- SPDX-License-Identifier: MIT
-- When the modem may notify the host that a message waits: at most once in each interval.
--
-- A host polls the notification endpoint of a real USB modem every 32 ms, and fetches one message for each
-- notification: so each answer and each indication takes one of these slots, however many wait.

local task = require "task"

---@class simulator.slots of one control channel
---@field private modem simulator.modem
---@field private again fun()
---@field private last number when the last slot was
---@field private waits boolean? does a timer run?
---@field private is_due boolean? has it just fired?
local Slots = {}
Slots.__index = Slots

local slots = {}

---@param modem simulator.modem
---@param again fun() called in the next slot, after one was refused
---@return simulator.slots
function slots.new(modem, again)
  return setmetatable({ modem = modem, again = again, last = 0 }, Slots)
end

-- The next slot is a whole number of intervals after the last one.
local function wait(self)
  local now, interval = task.now(), self.modem.interval
  local seconds = interval - (now - self.last) % interval
  self.waits = true
  self.modem:after(seconds, function()
    self.waits, self.is_due, self.last = false, true, now + seconds
    self.again()
    self.is_due = false
  end)
end

---May a notification be given now? To be asked only when there is one to give.
---@return boolean
function Slots:take()
  local modem = self.modem
  if modem.interval > 0 and not self.is_due then
    if not self.waits then
      wait(self)
    end
    return false
  end
  self.is_due = false
  modem.notifications = modem.notifications + 1
  return true
end

return slots
