-- SPDX-License-Identifier: MIT
-- The interfaces of a USB device, with what each is for: by its maker's table, by its class, or by the ids that the
-- kernel's drivers of modems know.

local drivers = require "settings.drivers"
local modes = require "modem.modes"

local M = {}

local CLASS_PARTS = { "bInterfaceClass", "bInterfaceSubClass", "bInterfaceProtocol" }
local OWN_CLASS = "^ff:" -- of its maker: who does not know the ids, knows nothing of it
-- Drivers that have modems alone.
local OF_MODEMS = { qmi_wwan = true, cdc_mbim = true, option = true, qcserial = true, sierra = true }

---@class explain.usb_interface: modem.usb_interface
---@field folder string
---@field role string?

-- By depmod's list: which of its drivers would take the interface.
local function role_by_kernel(ids, interface, aliases)
  for _, role in ipairs { "qmi", "at" } do
    if drivers.find(ids, { role = role, number = interface.number, class = interface.class }, aliases) then
      return role
    end
  end
end

---@param host explain.host
---@param folder string of the device, in /sys/bus/usb/devices
---@param ids { vendor: string, product: string }
---@return explain.usb_interface[]
function M.of(host, folder, ids)
  local list, device, aliases = {}, folder:match "[^/]*$", nil
  for _, name in ipairs(host:list(folder)) do
    local path = folder .. "/" .. name
    local is_its = name:sub(1, #device + 1) == device .. ":"
    local number = is_its and tonumber(host:read(path .. "/bInterfaceNumber") or "", 16)
    if number then
      local class = {}
      for i, part in ipairs(CLASS_PARTS) do class[i] = host:read(path .. "/" .. part) or "?" end
      local interface = { name = name, number = number, class = table.concat(class, ":"), folder = path }
      interface.role = modes.role_of(ids.vendor, ids.product, {
        name = name, number = number, class = interface.class, -- whatever driver has it
      })
      interface.driver = host:link(path .. "/driver")
      if not interface.role and not interface.driver and interface.class:find(OWN_CLASS) then
        aliases = aliases or drivers.aliases(ids.vendor) or {}
        interface.role = role_by_kernel(ids, interface, aliases)
      end
      list[#list + 1] = interface
    end
  end
  return list
end

---Do drivers of modems have an interface, or know it?
---@param list explain.usb_interface[]
---@return boolean
function M.are_of_modem(list)
  for _, interface in ipairs(list) do
    local is_known = interface.class:find(OWN_CLASS) and interface.role
    if OF_MODEMS[interface.driver or ""] or not interface.driver and is_known then
      return true
    end
  end
  return false
end

return M
