-- SPDX-License-Identifier: MIT
-- What a USB device calls itself, and which of its configurations it is in, without waiting for its drivers.
--
-- While a driver sets itself up, which takes as long as the modem takes to answer, the kernel does not show the
-- device's `manufacturer`, `product` and `bConfigurationValue`. So names come from udev's database; where it has none
-- (OpenWrt), `cat` reads the file, which can be killed. The number of the configuration is a part of its interfaces'
-- names.

local process = require "core.process"

local M = {}

local PATIENCE = 1 -- seconds; a modem without a name is better than none

-- udev keeps a property for each; what no device has, it replaces by the id.
local sources = {
  manufacturer = { property = "ID_VENDOR_ENC", id = "idVendor" },
  product = { property = "ID_MODEL_ENC", id = "idProduct" },
}

local function record_of(asked, usb)
  local number = asked:attribute(usb, "dev")
  return "\n" .. (number and asked:read("/run/udev/data/c" .. number) or "")
end

local function decoded(text)
  return (text:gsub("\\x(%x%x)", function(digits) return string.char(tonumber(digits, 16)) end))
end

local function name_of(asked, usb, record, file)
  local source, path = sources[file], usb.syspath .. "/" .. file
  local encoded = record:match("\nE:" .. source.property .. "=([^\n]*)")
  if encoded then
    return encoded ~= asked:attribute(usb, source.id) and decoded(encoded) or nil
  end
  local result = asked:stat(path) and process.run { "cat", path, timeout = PATIENCE }
  return result and result.status == 0 and result.stdout:match("^[^\n]*") or nil
end

---@param asked modem.sysfs
---@param usb { syspath: string }
---@return string? manufacturer
---@return string? product
function M.of(asked, usb)
  local record = record_of(asked, usb)
  return name_of(asked, usb, record, "manufacturer"), name_of(asked, usb, record, "product")
end

---The configuration that a USB device is in, as its bConfigurationValue says.
---@param asked modem.sysfs
---@param folder string where sysfs shows the device
---@return integer? number nil: in none
function M.configuration(asked, folder)
  for _, entry in ipairs(asked:list(folder)) do
    local device, number = entry:match("^(.+):(%d+)%.%d+$")
    if device and device == folder:match("[^/]*$") then
      return math.tointeger(tonumber(number))
    end
  end
end

return M
