-- SPDX-License-Identifier: MIT
-- Asks udev and sysfs, and keeps apart what is not there and what could not be read.

local errors = require "errors"
local fs = require "core.fs"
local udev = require "core.udev"

---@class modem.sysfs one or more questions about the same thing
---@field unknown moontower.error? why the first of them could not be answered, such as "too many open files"
local Sysfs = {}
Sysfs.__index = Sysfs

local M = {}

local CONTROL = "/run/udev/control"

---Where events about devices come from: udev where it runs, else the kernel. OpenWrt, for one, has no udev.
---@return "udev"|"kernel"
function M.source() return fs.stat(CONTROL) and "udev" or "kernel" end

---@return modem.sysfs
function M.new() return setmetatable({}, Sysfs) end

-- The answer; nil: it is not there, or could not be read.
local function answer(self, value, err)
  value, err = errors.there(value, err)
  self.unknown = self.unknown or err
  return value or nil
end

---@param subsystem string such as "usb"
---@return table[] devices as core.udev has them
function Sysfs:devices(subsystem) return answer(self, udev.devices(subsystem)) or {} end

---@param device { syspath: string }
---@param subsystem string
---@param devtype string?
---@return table? device the closest such device above it
function Sysfs:parent(device, subsystem, devtype)
  return answer(self, udev.parent(device.syspath, subsystem, devtype))
end

---@param device { syspath: string }
---@param name string
---@return string?
function Sysfs:attribute(device, name) return answer(self, udev.attribute(device.syspath, name)) end

---@param device { syspath: string }
---@param name string of an attribute in hexadecimal digits
---@return integer?
function Sysfs:number(device, name) return tonumber(self:attribute(device, name) or "", 16) end

---@param interface { syspath: string } a USB interface
---@return string class, subclass and protocol, as "ff:00:00"
function Sysfs:class(interface)
  local parts = {}
  for i, name in ipairs { "bInterfaceClass", "bInterfaceSubClass", "bInterfaceProtocol" } do
    parts[i] = self:attribute(interface, name) or "?"
  end
  return table.concat(parts, ":")
end

---@param path string
---@return string?
function Sysfs:read(path) return answer(self, fs.read(path)) end

---@param path string of a link
---@return string?
function Sysfs:realpath(path) return answer(self, fs.realpath(path)) end

---@param path string
---@return table? stat as core.fs has it
function Sysfs:stat(path) return answer(self, fs.stat(path)) end

---@param path string
---@return string[] names of what is in a folder
function Sysfs:list(path) return answer(self, fs.list(path)) or {} end

---@param interface { syspath: string }
---@return string? net the network interface that its driver has made
function Sysfs:net(interface) return self:list(interface.syspath .. "/net")[1] end

---Is udev through with a device? Where udev does not run, no device waits for it.
---@param device table
---@return boolean
function Sysfs:is_settled(device)
  return device.initialized or not self:stat(CONTROL) and not self.unknown
end

return M
