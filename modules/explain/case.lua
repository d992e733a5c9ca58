-- SPDX-License-Identifier: MIT
-- What is explained: one modem, or what may be one, or the lack of any.

local hosts = require "explain.host"
local hotplug = require "modem.hotplug"
local modems = require "modem"
local task = require "task"

local SETTLING = 5 -- seconds

---@class explain.case
---@field host explain.host
---@field name string? the USB path, the PCI address, or the name of one that a file describes; nil: nothing is there
---@field asked string? which modem was meant, where that was said
---@field description modem.description? nil: none of our drivers' modems
---@field waiting modem.waiting|explain.waiting|nil it waits for firmware
---@field usb string? its folder in /sys/bus/usb/devices
---@field pci string? its folder in /sys/bus/pci/devices
---@field ids { vendor: string, product: string }? four hexadecimal digits each
---@field title string? what it calls itself
---@field facts explain.facts? once a link has asked for them, or as a recording has them
---@field recorded table<string, explain.result>? by the link: of a recording, nothing else can be looked at
---@field modem modem.modem? once a link has opened it
---@field private refused moontower.error?
local Case = {}
Case.__index = Case

local M = {}

---@param fields table
---@return explain.case case keep it in a <close> variable
function M.new(fields)
  fields.host = fields.host or hosts.new()
  return setmetatable(fields, Case)
end

---Opens the modem by the way that `up` took, and takes it from no other program. Nothing is sent to it yet.
---@return modem.modem?
---@return moontower.error? err
function Case:open()
  if not self.modem and not self.refused then
    local last = modems.connection(self.description) or {}
    self.modem, self.refused = modems.open(self.description, {
      proxy = last.proxy, protocol = last.protocol, patience = 0, takes_none = true,
    })
  end
  return self.modem, self.refused
end

---Waits until udev is through with ports that a driver has just made: the device may be a modem then.
function Case:settle()
  local plugged <close> = hotplug.new { "bus" }
  local deadline = task.now() + SETTLING
  plugged:renew()
  repeat
    for _, description in ipairs((modems.list())) do
      if description.name == self.name then self.description = description end
    end
  until self.description or not plugged:wait(math.max(deadline - task.now(), 0))
end

---A USB device without interfaces.
---@return boolean
function Case:is_unconfigured()
  for _, entry in ipairs(self.host:list(self.usb)) do
    if entry:sub(1, #self.name + 1) == self.name .. ":" then return false end
  end
  return true
end

function Case:close()
  if self.modem then
    self.modem:close()
    self.modem = nil
  end
end
Case.__close = Case.close

return M
