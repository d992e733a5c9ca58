-- SPDX-License-Identifier: MIT
-- The control channel that cdc-wdm reads and writes: messages over endpoint 0, each announced on an interrupt endpoint
-- (CDC 1.2; MBIM 1.0 section 8). QMI on USB has it from MBIM.

local notification = require "simulator.usb.notification"
local pipe = require "simulator.usb.pipe"

---@class simulator.usb.control_channel
---@field announcement string the notification that a message is there
---@field notifications simulator.usb.pipe
---@field responses string[] messages that the host has not fetched yet
local Channel = {}
Channel.__index = Channel

local control_channel = {}

---@param interface integer
---@param modem simulator.modem
---@param announcement string? instead of CDC's
---@return simulator.usb.control_channel
function control_channel.new(interface, modem, announcement)
  local self = setmetatable({
    announcement = announcement or notification.encode("response-available", interface),
    notifications = pipe.new(256, modem), responses = {},
  }, Channel)
  self.notifications.on_unlink = function() self:announce_again() end
  return self
end

local function announce(self)
  return self.notifications:send(self.announcement)
end

---The host has stopped to poll, as it does when no program has the port open any more. What it was notified of and has
---not fetched is announced to the next program, or each of that one's messages would come one too late.
function Channel:announce_again()
  self.notifications:flush()
  for _ = 1, #self.responses do announce(self) end
end

---Drops what was not fetched yet.
function Channel:reset()
  self.notifications:flush()
  self.responses = {}
end

---Sends a message. The host fetches one for each notification, so every message gets its own. It is there before it is
---announced: a host that is quick, while the notification is still being written, would fetch nothing.
---@param message string
function Channel:send(message)
  table.insert(self.responses, message)
  if not announce(self) then
    table.remove(self.responses) -- dropped
  end
end

---GET_ENCAPSULATED_RESPONSE.
---@return string message "" when there is none
function Channel:fetch()
  return table.remove(self.responses, 1) or ""
end

return control_channel
