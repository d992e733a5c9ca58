-- SPDX-License-Identifier: MIT
-- Notices that a modem is in its boot loader, where it waits for firmware: at the same USB path, it is another device.

local hotplug = require "modem.hotplug"
local ports = require "modem.ports"
local task = require "task"

local M = {}

---The device that the modem is while it waits.
---@param description modem.description
---@return modem.waiting? device nil: it does not, as far as can be seen
function M.look(description)
  for _, device in ipairs(ports.in_download_mode()) do
    if device.usb == description.name then
      return device
    end
  end
end

---Calls `seen` each time that the modem has become such a device, until the result is closed.
---@param description modem.description
---@param seen fun(device: modem.waiting)
---@return task.group group keep it in a <close> variable
function M.watch(description, seen)
  local group = task.group()
  group:spawn(function()
    local is_on_bus = description.usb or description.pci or description.platform
    local events <close> = hotplug.new { is_on_bus and "bus" or "folder" }
    local before
    while true do
      events:renew()
      local device = M.look(description)
      if device and not before then
        seen(device)
      end
      before = device
      events:wait()
    end
  end)
  return group
end

return M
