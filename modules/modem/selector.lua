-- SPDX-License-Identifier: MIT
-- Whether a modem is the one that a selector names, as `--device` has it.

local devices = require "modem.devices"
local fs = require "core.fs"
local lazy = require "base.lazy"
local ports = lazy "modem.ports"

local M = {}

local function is_within(path, folder)
  return folder ~= nil and (path == folder or path:sub(1, #folder + 1) == folder .. "/")
end

-- A mux interface or VLAN on the modem's own, as `up` shows it.
local function is_on(net, selector)
  return net ~= nil and not selector:find "/" and fs.stat(("/sys/class/net/%s/upper_%s"):format(net, selector)) ~= nil
end

-- A control port by its path or name, its network interface or one on that, or anything that sysfs shows of its USB
-- interface.
local function names_control(selector, real, control)
  return selector == control.control or selector == control.key or selector == control.net
    or real == control.control or is_within(real, control.folder) or is_on(control.net, selector)
end

-- The modem as a whole, by its place or by another of its ports. Also returns an error when not all of these could be
-- read.
local function names_modem(selector, real, description)
  local d = description
  if selector == d.usb or selector == d.pci or selector == d.platform
    or is_within(real, fs.realpath(d.usb_folder or "")) or is_within(real, d.wwan_folder) then
    return true
  end
  local list, unknown = ports.of(d)
  for _, port in ipairs(list) do
    if port.path == selector or port.path == real or port.path == "/dev/" .. selector then
      return true
    end
  end
  return false, unknown
end

---The modem with the port that is meant.
---@param description modem.description
---@param selector string
---@return modem.description? description nil: it is another one
---@return moontower.error? err that could not be found out
function M.chosen(description, selector)
  local real = fs.realpath(selector) or ""
  for _, control in ipairs(description.controls) do
    if names_control(selector, real, control) then
      return devices.using(description, control)
    end
  end
  local is_meant, unknown = names_modem(selector, real, description)
  return is_meant and description or nil, unknown
end

return M
