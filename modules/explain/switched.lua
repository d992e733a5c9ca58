-- SPDX-License-Identifier: MIT
-- Modems that show a CD-ROM with their driver for another system until they are told to be modems (ZeroCD).

local fs = require "core.fs"
local maker = require "maker"

local M = {}

-- usb_modeswitch's rules for udev, where it is installed.
M.RULES = { "/lib/udev/rules.d/40-usb_modeswitch.rules", "/usr/lib/udev/rules.d/40-usb_modeswitch.rules" }
local STORAGE = "08" -- USB's class
local CD_ROM = "^5%s*$" -- SCSI's type

---Where usb_modeswitch says that it switches a device; nil: nowhere.
---@param vendor string
---@param product string
---@return string? file
function M.is_switched(vendor, product)
  local rule = ('ATTR{idVendor}=="%s", ATTR{idProduct}=="%s"'):format(vendor, product)
  for _, path in ipairs(M.RULES) do
    if (fs.read(path) or ""):find(rule, 1, true) then return path end
  end
end

---The interfaces of a USB device, by name, with their classes.
---@param folder string
---@return { name: string, class: string }[]
function M.interfaces(folder)
  local device, list = folder:match "[^/]*$", {}
  for _, name in ipairs(fs.list(folder) or {}) do
    if name:sub(1, #device + 1) == device .. ":" then
      local class = fs.read(folder .. "/" .. name .. "/bInterfaceClass") or "?"
      list[#list + 1] = { name = name, class = class:match "%S+" }
    end
  end
  return list
end

-- What SCSI has below an interface: "host6/target6:0:0/6:0:0:0", each level a folder of its own.
local function scsi_types(folder, level, list)
  local below = level == 1 and "^host%d+$" or level == 2 and "^target" or "^%d+:%d+:%d+:%d+$"
  for _, name in ipairs(fs.list(folder) or {}) do
    if name:find(below) and level == 3 then
      list[#list + 1] = folder .. "/" .. name .. "/type"
    elseif name:find(below) then
      scsi_types(folder .. "/" .. name, level + 1, list)
    end
  end
  return list
end

---Does a USB device show disks, and nothing else?
---@param folder string
---@return boolean
function M.is_storage(folder)
  local list = M.interfaces(folder)
  for _, interface in ipairs(list) do
    if interface.class ~= STORAGE then return false end
  end
  return #list > 0
end

---The file that says that a USB device is a CD-ROM, of one that shows disks and nothing else.
---@param folder string
---@return string? file nil: it shows something else, or no CD-ROM
function M.cd_rom(folder)
  local found
  for _, interface in ipairs(M.is_storage(folder) and M.interfaces(folder) or {}) do
    for _, file in ipairs(scsi_types(folder .. "/" .. interface.name, 1, {})) do
      found = found or (fs.read(file) or ""):find(CD_ROM) and file or nil
    end
  end
  return found
end

---Is it a CD-ROM of a maker of modems?
---@param folder string
---@param vendor string
---@return boolean
function M.is_cd_rom_of_maker(folder, vendor)
  for _, key in ipairs { "usb", "usb_classes" } do
    for vendors in maker.each(key) do
      if vendors[vendor] then return M.cd_rom(folder) ~= nil end
    end
  end
  return false
end

return M
