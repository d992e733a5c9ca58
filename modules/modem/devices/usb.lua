-- SPDX-License-Identifier: MIT
-- The modems on USB: those with control ports, and those that show neither MBIM nor QMI.

local modes = require "modem.modes"
local ports = require "modem.ports"
local sysfs = require "modem.sysfs"
local usb_names = require "modem.usb_names"

local M = {}

local protocol_of_driver = { cdc_mbim = "mbim", qmi_wwan = "qmi" }

-- A USB modem's network interface is beside its control port, on the same USB interface.
local function control_of(asked, port)
  local interface = asked:parent(port, "usb", "usb_interface")
  local usb = interface and asked:parent(port, "usb", "usb_device")
  local protocol = usb and protocol_of_driver[interface.driver]
  if not protocol then
    return nil
  end
  return {
    key = port.sysname, protocol = protocol, control = port.devnode, driver = interface.driver,
    net = asked:net(interface), interface = asked:number(interface, "bInterfaceNumber"), folder = interface.syspath,
  }, usb
end

-- Another configuration is another set of interfaces, as after a restart.
local function incarnation_of(asked, usb)
  local number = ("%s:%s"):format(asked:attribute(usb, "busnum"), asked:attribute(usb, "devnum"))
  local has_several = (tonumber(asked:attribute(usb, "bNumConfigurations")) or 1) > 1
  return has_several and ("%s/%s"):format(number, usb_names.configuration(asked, usb.syspath)) or number
end

local function describe(asked, usb, controls)
  local manufacturer, model = usb_names.of(asked, usb)
  return {
    controls = controls,
    vendor = asked:attribute(usb, "idVendor"),
    product = asked:attribute(usb, "idProduct"),
    manufacturer = manufacturer,
    model = model,
    usb = usb.sysname,
    usb_folder = usb.syspath,
    incarnation = incarnation_of(asked, usb),
    descriptors = asked:read(usb.syspath .. "/descriptors"),
  }
end

-- ---- without a control port ----

-- The USB interfaces of devices that may be such modems, by the folder of their device. Those of hubs, of which a
-- computer has more than of anything else, and of modems with a control port need not be read.
local function interfaces_by_device(asked, list, with_control)
  local found = {}
  for _, device in ipairs(list) do
    local folder = device.devtype == "usb_interface" and device.driver ~= "hub" and device.syspath:match("^(.*)/[^/]*$")
    local number = folder and not with_control[folder] and asked:number(device, "bInterfaceNumber")
    if number then
      found[folder] = found[folder] or {}
      table.insert(found[folder], {
        name = device.sysname, number = number, driver = device.driver, syspath = device.syspath,
        class = asked:class(device),
      })
    end
  end
  return found
end

-- The port that such a modem is spoken to by: one that is known to take AT commands, or else one that may.
local function at_control(asked, description, interfaces)
  local control, best = { key = description.usb, protocol = "at", control = description.usb }, nil
  local ranks = { ["at"] = 1, ["at-ppp"] = 2, ["unknown"] = 3 }
  local list, err = ports.of(description)
  asked.unknown = asked.unknown or err
  for _, port in ipairs(list) do
    local rank = ranks[port.role]
    if rank and (not best or rank < best) then
      best, control.control, control.interface = rank, port.path, port.interface
    end
  end
  for _, interface in ipairs(interfaces) do
    control.net = control.net or asked:net(interface)
  end
  return control
end

-- nil: it is no modem, or could not be asked.
local function without_control(asked, usb, interfaces)
  local vendor = asked:attribute(usb, "idVendor")
  local mode = vendor and modes.of(vendor, asked:attribute(usb, "idProduct") or "", interfaces,
    asked:read(usb.syspath .. "/descriptors"), usb_names.configuration(asked, usb.syspath))
  if mode then
    local description = describe(asked, usb, {})
    description.mode = mode
    description.controls[1] = at_control(asked, description, interfaces)
    return description
  end
end

-- They are modems, too: they can be got out of that.
local function add_without_control(list, asked, found)
  local devices = asked:devices("usb")
  local interfaces = interfaces_by_device(asked, devices, found)
  if asked.unknown then
    return -- half of a modem's interfaces would be another mode
  end
  for _, usb in ipairs(devices) do
    local its = usb.devtype == "usb_device" and interfaces[usb.syspath]
    local alone = sysfs.new()
    local description = its and without_control(alone, usb, its)
    asked.unknown = asked.unknown or alone.unknown
    list[#list + 1] = not alone.unknown and description or nil
  end
end

-- ---- all ----

-- By USB device: { usb, controls, is_settled }.
local function controls_by_device(asked)
  local found = {}
  for _, port in ipairs(asked:devices("usbmisc")) do
    local control, usb = control_of(asked, port)
    if control then
      local entry = found[usb.syspath] or { usb = usb, controls = {}, is_settled = true }
      found[usb.syspath] = entry
      entry.controls[#entry.controls + 1] = control
      entry.is_settled = entry.is_settled and asked:is_settled(port)
    end
  end
  return found
end

local function is_in_front(a, b)
  local left, right = a.interface or math.huge, b.interface or math.huge
  if left ~= right then return left < right end
  return a.key < b.key
end

---Adds the modems on USB. One modem may have several control ports, two of QMI, say: the lowest
---interface is the usual one. None of them counts before udev is through with all, or the wrong one would be the
---lowest for a moment. So none counts, either, that could not be read in full.
---@param list table[] of what is true of a whole modem: modem.description without what is its control port's
---@return moontower.error? err there may be others: not everything could be read
function M.add(list)
  local asked = sysfs.new()
  local found = controls_by_device(asked)
  if asked.unknown then
    return asked.unknown
  end
  add_without_control(list, asked, found)
  for _, entry in pairs(found) do
    local alone = sysfs.new()
    table.sort(entry.controls, is_in_front)
    local description = entry.is_settled and describe(alone, entry.usb, entry.controls)
    asked.unknown = asked.unknown or alone.unknown
    list[#list + 1] = not alone.unknown and description or nil
  end
  return asked.unknown
end

return M
