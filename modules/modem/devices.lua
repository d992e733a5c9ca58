-- SPDX-License-Identifier: MIT
-- Which modems there are: what udev knows, and what a file describes.

local error_object = require "error"
local fs = require "core.fs"
local json = require "dkjson"
local modes = require "modem.modes"
local ports = require "modem.ports"
local state = require "state"
local udev = require "core.udev"

---@class modem.control a control port, and what goes with it
---@field key string what files about it under /run/moontower are named after
---@field protocol "mbim"|"qmi"|"at" what it speaks; "at": neither of the two, see modem/modes.lua
---@field control string its path; the USB path of a modem that has no port at all
---@field net string? the network interface that it connects
---@field driver string?
---@field interface integer? the number of its USB interface
---@field folder string? where sysfs shows its USB interface

---@class modem.description: modem.control
---@field controls modem.control[] all that it has, the usual one first; the fields above are those of the one in use
---@field vendor string? USB or PCI ids, four hexadecimal digits
---@field product string?
---@field manufacturer string?
---@field model string?
---@field usb string? USB path, "1-1": stays the same when the modem restarts
---@field usb_folder string? where sysfs shows the USB device
---@field pci string? PCI address, "0000:01:00.0"
---@field platform string? the device on a system on a chip: "4080000.remoteproc"
---@field wwan_folder string? where sysfs shows the device of the kernel's WWAN subsystem, for one that is not on USB
---@field at string? path of its AT port, where only a file knows it: modem/ports.lua finds the others
---@field mode modem.mode? of a modem whose protocol is "at"
---@field incarnation string? changes when the modem restarts: what we left in it is gone then
---@field descriptors string? the USB descriptors, as sysfs has them

local M = {}

local protocol_of_driver = { cdc_mbim = "mbim", qmi_wwan = "qmi" }
-- The `type` of a port of the kernel's WWAN subsystem. A modem may have both: then MBIM is the usual one.
local protocol_of_wwan = { MBIM = "mbim", QMI = "qmi", AT = "at" }
local rank_of_protocol = { mbim = 1, qmi = 2, at = 3 }
-- What carries the data of a modem that is a part of a system on a chip.
local soc_drivers = { ["bam-dmux"] = true, ["bam_dmux"] = true, ["ipa"] = true }

-- Where udev runs, a device counts once udev is through with it; OpenWrt, for one, has none.
local function is_settled(port)
  return port.initialized or not fs.stat("/run/udev")
end

local function attribute(device, name)
  local text = fs.read(device.syspath .. "/" .. name)
  return text and text:match("^(.-)\n?$")
end

---The description of a modem with one of its control ports in use.
---@param description table what is true of the whole modem
---@param control modem.control
---@return modem.description
function M.using(description, control)
  local copy = {}
  for key, value in pairs(description) do copy[key] = value end
  for _, key in ipairs { "key", "protocol", "control", "net", "driver", "interface", "folder" } do
    copy[key] = control[key]
  end
  return copy
end

-- ---- on USB ----

-- A USB modem's network interface stands beside its control port, on the same USB interface.
local function control_on_usb(port)
  local interface = udev.parent(port.syspath, "usb", "usb_interface")
  local usb = interface and udev.parent(port.syspath, "usb", "usb_device")
  local protocol = usb and protocol_of_driver[interface.driver]
  if not protocol then
    return nil
  end
  return {
    key = port.sysname, protocol = protocol, control = port.devnode, driver = interface.driver,
    net = (fs.list(interface.syspath .. "/net") or {})[1],
    interface = tonumber(attribute(interface, "bInterfaceNumber") or "", 16), folder = interface.syspath,
  }, usb
end

-- Another configuration is another set of interfaces, as after a restart.
local function incarnation_of(usb)
  local number = ("%s:%s"):format(attribute(usb, "busnum"), attribute(usb, "devnum"))
  local has_several = (tonumber(attribute(usb, "bNumConfigurations")) or 1) > 1
  return has_several and ("%s/%s"):format(number, attribute(usb, "bConfigurationValue")) or number
end

local function describe_usb(usb, controls)
  return {
    controls = controls,
    vendor = attribute(usb, "idVendor"),
    product = attribute(usb, "idProduct"),
    manufacturer = attribute(usb, "manufacturer"),
    model = attribute(usb, "product"),
    usb = usb.sysname,
    usb_folder = usb.syspath,
    incarnation = incarnation_of(usb),
    descriptors = fs.read(usb.syspath .. "/descriptors"),
  }
end

-- The USB interfaces that there are, by the folder of their device.
local function interfaces_by_device(list)
  local found = {}
  for _, device in ipairs(list) do
    local folder = device.devtype == "usb_interface" and device.syspath:match("^(.*)/[^/]*$")
    local number = folder and tonumber(attribute(device, "bInterfaceNumber") or "", 16)
    if number then
      found[folder] = found[folder] or {}
      table.insert(found[folder], {
        name = device.sysname, number = number, driver = device.driver, syspath = device.syspath,
        class = ("%s:%s:%s"):format(attribute(device, "bInterfaceClass"), attribute(device, "bInterfaceSubClass"),
          attribute(device, "bInterfaceProtocol")),
      })
    end
  end
  return found
end

-- The port that such a modem is spoken to by: one that is known to take AT commands, or else one that may.
local function at_control(description, interfaces)
  local control, best = { key = description.usb, protocol = "at", control = description.usb }, nil
  local ranks = { ["at"] = 1, ["at-ppp"] = 2, ["unknown"] = 3 }
  for _, port in ipairs(ports.of(description)) do
    local rank = ranks[port.role]
    if rank and (not best or rank < best) then
      best, control.control, control.interface = rank, port.path, port.interface
    end
  end
  for _, interface in ipairs(interfaces) do
    control.net = control.net or (fs.list(interface.syspath .. "/net") or {})[1]
  end
  return control
end

-- Those that show neither MBIM nor QMI are modems, too: they can be got out of that.
local function modems_without_control(list, found)
  local devices = udev.devices("usb") or {}
  local interfaces = interfaces_by_device(devices)
  for _, usb in ipairs(devices) do
    local its = usb.devtype == "usb_device" and not found[usb.syspath] and interfaces[usb.syspath]
    local vendor = its and attribute(usb, "idVendor")
    local mode = vendor and modes.of(vendor, attribute(usb, "idProduct") or "", its,
      fs.read(usb.syspath .. "/descriptors"), tonumber(attribute(usb, "bConfigurationValue")))
    if mode then
      local description = describe_usb(usb, {})
      description.mode = mode
      description.controls[1] = at_control(description, its)
      list[#list + 1] = M.using(description, description.controls[1])
    end
  end
end

-- One modem may have several control ports, as a Sierra in its QMI composition has: the lowest interface is the usual
-- one. None of them counts before udev is through with all, or the wrong one would be the lowest for a moment.
local function usb_modems(list)
  local found = {} -- by USB device: { usb, controls, is_settled }
  for _, port in ipairs(udev.devices("usbmisc") or {}) do
    local control, usb = control_on_usb(port)
    if control then
      local entry = found[usb.syspath] or { usb = usb, controls = {}, is_settled = true }
      found[usb.syspath] = entry
      entry.controls[#entry.controls + 1] = control
      entry.is_settled = entry.is_settled and is_settled(port)
    end
  end
  modems_without_control(list, found)
  for _, entry in pairs(found) do
    table.sort(entry.controls, function(a, b)
      local left, right = a.interface or math.huge, b.interface or math.huge
      if left ~= right then return left < right end
      return a.key < b.key
    end)
    if entry.is_settled then
      list[#list + 1] = M.using(describe_usb(entry.usb, entry.controls), entry.controls[1])
    end
  end
end

-- ---- on PCIe, and on systems on a chip ----

local function is_below(device, folder) return device.syspath:sub(1, #folder + 1) == folder .. "/" end

-- The network interfaces that may be a modem's, the first that was made in front.
local function nets_of(hardware, is_soc)
  local nets = {}
  for _, net in ipairs(udev.devices("net") or {}) do
    local driver = is_soc and (fs.realpath(net.syspath .. "/device/driver") or ""):match("[^/]*$")
    if is_settled(net) and (is_soc and soc_drivers[driver] or not is_soc and is_below(net, hardware.syspath)) then
      nets[#nets + 1] = { name = net.sysname, syspath = net.syspath, index = tonumber(attribute(net, "ifindex")) or 0 }
    end
  end
  table.sort(nets, function(a, b)
    if a.index ~= b.index then return a.index < b.index end
    return a.syspath < b.syspath
  end)
  return nets
end

-- MHI has a channel to the hardware that carries packets, and one to the modem's processor that does not.
local function is_mhi_hardware(net) return net.name:find("^mhi_hwip") or net.syspath:find("/[^/]*IP_HW%d[^/]*/") end
local function is_mhi_software(net) return net.name:find("^mhi_swip") or net.syspath:find("/[^/]*IP_SW%d[^/]*/") end

local function first_of(nets, fits)
  for _, net in ipairs(nets) do
    if fits(net) then return net.name end
  end
end

-- Which of them a port connects: MBIM's is below the same WWAN device, QMI's is that of MHI's hardware channel.
local function net_for(protocol, nets, device)
  local function is_of_device(net) return is_below(net, device.syspath) end
  local function may_be(net) return not is_mhi_software(net) end
  return first_of(nets, protocol == "mbim" and is_of_device or is_mhi_hardware) or first_of(nets, may_be)
end

-- "0x17cb" as USB ids are written.
local function pci_id(pci, name)
  return (attribute(pci, name) or ""):match("^0x(%x%x%x%x)")
end

-- The ports of a modem stand side by side below one device of the WWAN subsystem. USB modems have such ports as well as
-- their cdc-wdm, which is the same port: those are left out here.
local function control_on_wwan(port)
  local protocol = protocol_of_wwan[attribute(port, "type") or ""]
  local device = protocol and udev.parent(port.syspath, "wwan", "wwan_dev")
  if not device or udev.parent(port.syspath, "usb", "usb_interface") or not is_settled(port) then
    return nil
  end
  return { key = port.sysname, protocol = protocol, control = port.devnode }, device
end

local function describe_wwan(device, controls)
  local pci = udev.parent(device.syspath, "pci")
  local hardware = pci or udev.parent(device.syspath, "platform")
  local nets = hardware and nets_of(hardware, not pci) or {}
  for _, control in ipairs(controls) do
    control.net, control.driver = net_for(control.protocol, nets, device), hardware and hardware.driver
  end
  return {
    controls = controls, wwan_folder = device.syspath,
    vendor = pci and pci_id(pci, "vendor"), product = pci and pci_id(pci, "device"),
    pci = pci and pci.sysname, platform = not pci and hardware and hardware.sysname or nil,
  }
end

local function wwan_modems(list)
  local found = {} -- by WWAN device: { device, controls }
  for _, port in ipairs(udev.devices("wwan") or {}) do
    local control, device = control_on_wwan(port)
    if control then
      local entry = found[device.syspath] or { device = device, controls = {} }
      found[device.syspath] = entry
      entry.controls[#entry.controls + 1] = control
    end
  end
  for _, entry in pairs(found) do
    table.sort(entry.controls, function(a, b)
      local left, right = rank_of_protocol[a.protocol], rank_of_protocol[b.protocol]
      if left ~= right then return left < right end
      return a.key < b.key
    end)
    local first = entry.controls[1]
    while first.protocol ~= "at" and entry.controls[#entry.controls].protocol == "at" do
      table.remove(entry.controls) -- an AT port is no control port beside one
    end
    local description = describe_wwan(entry.device, entry.controls)
    description.mode = first.protocol == "at" and { name = "serial" } or nil
    list[#list + 1] = M.using(description, first)
  end
end

-- ---- as files describe them ----

---Where files describe what udev cannot know: a control port behind a unix socket. The simulated modem announces itself
---this way, and so can any bridge to a modem elsewhere.
---@return string
function M.folder() return state.folder .. "/devices" end

-- A file names one control port, and others in `controls`, which is a list of such.
local function control_of_file(values, name)
  local function text(key) return type(values[key]) == "string" and values[key] or nil end
  local protocol = text "mbim" and "mbim" or text "qmi" and "qmi" or text "at" and "at"
  return protocol and { key = name, protocol = protocol, control = text(protocol), net = text "net" }
end

local function controls_of_file(values)
  local controls = { control_of_file(values, values.name) }
  for number, other in ipairs(controls[1] and type(values.controls) == "table" and values.controls or {}) do
    local control = type(other) == "table" and control_of_file(other, ("%s.%d"):format(values.name, number + 1))
    controls[#controls + 1] = control or nil
  end
  return controls
end

-- Returns an error when nobody can tell what there is.
local function described_by_files(list)
  local folder = M.folder()
  local files, unknown = error_object.there(fs.list(folder))
  for _, file in ipairs(files or {}) do
    local content, err = error_object.there(fs.read(folder .. "/" .. file))
    unknown = unknown or err
    local values = json.decode(content or "")
    local function text(key) return type(values[key]) == "string" and values[key] or nil end
    local controls = type(values) == "table" and text("name") and controls_of_file(values) or {}
    if controls[1] then
      list[#list + 1] = M.using({
        controls = controls, at = controls[1].protocol ~= "at" and text "at" or nil,
        mode = controls[1].protocol == "at" and { name = text "mode" or "serial" } or nil,
        vendor = text "vendor", product = text "product",
        manufacturer = text "manufacturer", model = text "model", incarnation = text "incarnation",
        usb_folder = text "usb_folder",
      }, controls[1])
    end
  end
  return unknown
end

---@return modem.description[] descriptions in a fixed order, one a modem
---@return moontower.error? err there may be others: not everything could be asked
function M.list()
  local list = {}
  usb_modems(list)
  wwan_modems(list)
  local err = described_by_files(list)
  table.sort(list, function(a, b) return a.key < b.key end)
  return list, err
end

return M
