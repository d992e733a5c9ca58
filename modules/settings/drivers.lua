-- SPDX-License-Identifier: MIT
-- Which drivers the running kernel has for a USB interface that is not there yet.
--
-- A modem that changes its interfaces, or its product id, comes back as something that the kernel may not know: then it
-- has no control port, and cannot be changed back. So its modalias is looked up before.

local errors = require "errors"
local fs = require "core.fs"

---@class settings.interface
---@field role "mbim"|"qmi"|"at"|"ecm"|"ncm"|"rndis"
---@field number integer
---@field class string? as "ff:00:00", where descriptors tell; nil: the usual one of its role

local M = {}

-- The drivers for a port, by its role.
local drivers_of = {
  mbim = { cdc_mbim = true },
  qmi  = { qmi_wwan = true },
  at   = { qcserial = true, option = true, sierra = true, cdc_acm = true },
  ecm  = { cdc_ether = true },
  ncm  = { cdc_ncm = true, huawei_cdc_ncm = true },
  rndis = { rndis_host = true },
}
-- Class, subclass and protocol of such an interface.
local class_of = {
  mbim = { 0x02, 0x0e, 0x00 }, qmi = { 0xff, 0xff, 0xff }, at = { 0xff, 0x00, 0x00 },
  ecm = { 0x02, 0x06, 0x00 }, ncm = { 0x02, 0x0d, 0x00 }, rndis = { 0xe0, 0x01, 0x03 },
}

---@return string
local function running_kernel()
  return "/lib/modules/" .. (fs.read("/proc/sys/kernel/osrelease") or ""):match("^%S*")
end

-- "usb:v1199p9071d*dc*dsc*dp*ic*isc*ip*in*" as a Lua pattern: "*" and "?" and sets in brackets are all there is.
local function pattern_of(alias)
  local pattern = alias:gsub("[%^%$%(%)%%%.%+]", "%%%0"):gsub("%*", ".-"):gsub("%?", ".")
  return "^" .. pattern .. "$"
end

local function is_for(alias, vendor)
  return alias:sub(1, 5) == "usb:v" and (alias:sub(6, 9):lower() == vendor or alias:sub(6, 6) == "*")
end

local function add(list, alias, driver)
  list[#list + 1] = { pattern = pattern_of(alias), driver = driver:gsub("-", "_") }
end

-- Of the modules, as depmod lists them. The file is longer than fs.read takes.
local function of_modules(folder, vendor, list)
  local file <close> = io.open(folder .. "/modules.alias")
  for line in file and file:lines() or function() end do
    local alias, driver = line:match("^alias (usb:%S+) (%S+)")
    if alias and is_for(alias, vendor) then
      add(list, alias, driver)
    end
  end
  return file ~= nil
end

-- Of what is built into the kernel: "driver.alias=usb:...", each ended by a NUL.
local function of_builtin(folder, vendor, list)
  local file <close> = io.open(folder .. "/modules.builtin.modinfo", "rb")
  for driver, alias in (file and file:read("a") or ""):gmatch("([%w_-]+)%.alias=(usb:[^%z]+)") do
    if is_for(alias, vendor) then
      add(list, alias, driver)
    end
  end
  return file ~= nil
end

-- OpenWrt has no list: its modules stand side by side, each with its own aliases in it.
local function of_files(folder, vendor, list)
  local found = false
  for _, drivers in pairs(drivers_of) do
    for driver in pairs(drivers) do
      local file <close> = io.open(("%s/%s.ko"):format(folder, (driver:gsub("cdc_acm", "cdc-acm"))), "rb")
      found = found or file ~= nil
      for alias in (file and file:read("a") or ""):gmatch("%zalias=(usb:[^%z]+)") do
        if is_for(alias, vendor) then
          add(list, alias, driver)
        end
      end
    end
  end
  return found
end

---The aliases of drivers that may be for this vendor's devices.
---@param vendor string
---@param folder string? /lib/modules/VERSION of the running kernel if not given
---@return { pattern: string, driver: string }[]? list nil when this system does not say which drivers it has
function M.aliases(vendor, folder)
  local list = {}
  folder = folder or running_kernel()
  local is_known = of_modules(folder, vendor, list) or of_files(folder, vendor, list)
  is_known = of_builtin(folder, vendor, list) or is_known
  return is_known and list or nil
end

---The module that depmod's list has for a modalias of any bus.
---@param modalias string "pci:v000014C3d00004D75sv..."
---@param folder string? where the kernel's modules are
---@return string? module
function M.named_by(modalias, folder)
  local file <close> = io.open((folder or running_kernel()) .. "/modules.alias")
  local bus = modalias:match "^%w+:"
  for line in file and file:lines() or function() end do
    local alias, module = line:match("^alias (%S+) (%S+)")
    if bus and alias and alias:sub(1, #bus) == bus and modalias:find(pattern_of(alias)) then
      return (module:gsub("-", "_"))
    end
  end
end

-- The device's own part of a modalias, from its descriptor: bcdDevice, class, subclass, protocol.
local function device_part(descriptors)
  if type(descriptors) ~= "string" or #descriptors < 18 then
    return 0, 0, 0, 0
  end
  return string.unpack("<I2", descriptors, 13), descriptors:byte(5, 7)
end

---@param device { vendor: string, product: string, descriptors: string? }
---@param interface settings.interface
---@return string
function M.modalias(device, interface)
  local class = class_of[interface.role]
  if interface.class then
    class = {}
    for digits in interface.class:gmatch("%x+") do class[#class + 1] = tonumber(digits, 16) end
  end
  local release, device_class, subclass, protocol = device_part(device.descriptors)
  return ("usb:v%sp%sd%04Xdc%02Xdsc%02Xdp%02Xic%02Xisc%02Xip%02Xin%02X"):format(
    device.vendor:upper(), device.product:upper(), release, device_class, subclass, protocol,
    class[1], class[2], class[3], interface.number)
end

---Which driver would take an interface.
---@param device { vendor: string, product: string, descriptors: string? }
---@param interface settings.interface
---@param aliases table as M.aliases() gave it; nil: whatever is loaded counts
---@return string? driver
function M.find(device, interface, aliases)
  local wanted = drivers_of[interface.role]
  if not aliases then
    for driver in pairs(wanted) do
      if fs.stat("/sys/bus/usb/drivers/" .. driver) then
        return driver
      end
    end
    return nil
  end
  local modalias = M.modalias(device, interface)
  for _, entry in ipairs(aliases) do
    if wanted[entry.driver] and modalias:find(entry.pattern) then
      return entry.driver
    end
  end
end

---Why a modem must not become this: one of these interfaces would have no driver.
---@param device { vendor: string, product: string, descriptors: string? }
---@param interfaces settings.interface[]
---@param folder string?
---@return moontower.error? err nil: all have one
function M.refusal(device, interfaces, folder)
  local aliases = M.aliases(device.vendor, folder)
  for _, interface in ipairs(interfaces) do
    if not M.find(device, interface, aliases) then
      local names = {}
      for driver in pairs(drivers_of[interface.role]) do names[#names + 1] = driver end
      table.sort(names)
      return errors.new {
        code = "unsupported", source = "settings",
        message = ("this kernel has no driver for the %s port that %s:%s would have then"):format(
          interface.role:upper(), device.vendor, device.product),
        hint = ("It takes the module %s, in a version that knows this modem. A newer kernel may have it."):format(
          table.concat(names, ", or ")),
        detail = { modalias = M.modalias(device, interface) },
      }
    end
  end
end

return M
