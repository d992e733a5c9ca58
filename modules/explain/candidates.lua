-- SPDX-License-Identifier: MIT
-- What is to be explained: the modems that there are, and the devices that would be modems if all were well.

local cases = require "explain.case"
local devices = require "modem.devices"
local fs = require "core.fs"
local hosts = require "explain.host"
local maker = require "maker"
local on_pcie = require "explain.pcie"
local ports = require "modem.ports"
local selection = require "modem.selection"
local switched = require "explain.switched"
local usb_interfaces = require "explain.usb_interfaces"
local verbs = require "modem.verbs"

local M = {}

M.USB, M.PCI = "/sys/bus/usb/devices/", "/sys/bus/pci/devices/"

-- PCI's class of cellular modems, with or without Ethernet (PCI Code and ID Assignment Specification, 0Dh).
local CELLULAR = { ["0x0d40"] = true, ["0x0d41"] = true }

local function title_of(fields) return verbs.describe { description = fields } end

local function ids_of(fields)
  return fields.vendor and { vendor = fields.vendor, product = fields.product or "?" } or nil
end

local function of_description(description)
  return {
    name = description.name, description = description, ids = ids_of(description), title = title_of(description),
    usb = description.usb and M.USB .. description.usb, pci = description.pci and M.PCI .. description.pci,
  }
end

local function of_waiting(waiting)
  local is_on_usb = fs.stat(M.USB .. waiting.usb)
  return {
    name = waiting.usb, waiting = waiting, ids = ids_of(waiting), title = title_of(waiting),
    usb = is_on_usb and M.USB .. waiting.usb or nil,
  }
end

local function value(path) return (fs.read(path) or ""):match "^%S+" end

-- On USB: what a maker of modems has made, what usb_modeswitch's rules call a modem that still shows a CD-ROM, and what
-- the kernel's drivers of modems know.
local function of_usb(name, host)
  local folder = M.USB .. name
  local vendor, product = value(folder .. "/idVendor"), value(folder .. "/idProduct")
  if not vendor or not product then
    return nil
  end
  local ids = { vendor = vendor, product = product }
  local is_meant = maker.makes_only_modems(vendor) or maker.quirks("usb", vendor, product)[1]
    or switched.is_switched(vendor, product) or switched.is_cd_rom_of_maker(folder, vendor)
    or usb_interfaces.are_of_modem(usb_interfaces.of(host, folder, ids))
  return is_meant and { name = name, usb = folder, ids = ids }
end

local function of_pci(name)
  local folder = M.PCI .. name
  local vendor, product = value(folder .. "/vendor"), value(folder .. "/device")
  vendor, product = vendor and vendor:match "^0x(%x+)$", product and product:match "^0x(%x+)$"
  local class = (value(folder .. "/class") or ""):sub(1, 6)
  local is_meant = vendor and product and (CELLULAR[class] or maker.quirks("pci", vendor, product)[1])
  return is_meant and {
    name = name, pci = folder, ids = { vendor = vendor, product = product }, waiting = on_pcie.waiting(folder),
  }
end

-- Those that are no modems to our drivers.
local function others(add)
  local host = hosts.new()
  for _, name in ipairs(fs.list(M.USB) or {}) do
    add(not name:find(":", 1, true) and of_usb(name, host))
  end
  for _, name in ipairs(fs.list(M.PCI) or {}) do add(of_pci(name)) end
end

---@return table[] fields of cases, by their names
---@return moontower.error? err there may be others
local function all()
  local list, by_name = {}, {}
  local function add(fields)
    if fields and not by_name[fields.name] then
      list[#list + 1], by_name[fields.name] = fields, true
    end
  end
  local modems, err = devices.list()
  for _, description in ipairs(modems) do add(of_description(description)) end
  local waiting, unknown = ports.in_download_mode()
  for _, device in ipairs(waiting) do add(of_waiting(device)) end
  if not fs.stat(devices.no_bus()) then
    others(add)
  end
  table.sort(list, function(a, b) return a.name < b.name end)
  return list, err or unknown
end

---@param asked string? a USB path, a PCI address, or what names a modem elsewhere; nil: all there are
---@return explain.case[]? list one with a lack of any, if there is none
---@return moontower.error? err it could not be found out
function M.find(asked)
  local list, err = all()
  if err then
    err.hint = err.hint or err.code == "permission" and "Run it as root, for example with sudo." or nil
    return nil, err
  end
  local description = asked and selection.select(asked)
  local found = {}
  for _, fields in ipairs(list) do
    if not asked or asked == fields.name or description and description.name == fields.name then
      fields.description = asked and description or fields.description
      found[#found + 1] = cases.new(fields)
    end
  end
  for _, case in ipairs(found) do case.asked = asked end
  return found[1] and found or { cases.new { asked = asked } }
end

return M
