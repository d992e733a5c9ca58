-- SPDX-License-Identifier: MIT
-- Modems on PCIe that wait for firmware: by the mode that their driver tells, or by their ports.

local fs = require "core.fs"
local ports = require "modem.ports"
local udev = require "core.udev"

---@class explain.waiting
---@field ports modem.port[]
---@field mode string? the file that says so

local M = {}

-- Of mtk_t7xx: "fastboot_switching", "fastboot_download", "fastboot_dump" (Linux 6.9, its t7xx.rst).
local FASTBOOT = "^fastboot"

-- The ports of the WWAN subsystem below a PCI device.
local function ports_below(real)
  local list = {}
  for _, device in ipairs(udev.devices "wwan" or {}) do
    if device.devnode and device.syspath:sub(1, #real + 1) == real .. "/" then
      list[#list + 1] = {
        path = device.devnode, subsystem = "wwan", type = udev.attribute(device.syspath, "type") or nil,
      }
    end
  end
  return ports.classify({}, list)
end

---@param folder string in /sys/bus/pci/devices
---@return explain.waiting? nil: it does not wait, as far as can be seen
function M.waiting(folder)
  local mode, list = folder .. "/t7xx_mode", ports_below(fs.realpath(folder) or folder)
  local is_told = (fs.read(mode) or ""):find(FASTBOOT) ~= nil
  local is_alone = #list > 0
  for _, port in ipairs(list) do is_alone = is_alone and port.role == "download" end
  return (is_told or is_alone) and { ports = list, mode = is_told and mode or nil } or nil
end

return M
