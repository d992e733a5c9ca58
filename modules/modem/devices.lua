-- SPDX-License-Identifier: MIT
-- Which modems there are: what udev knows, and what a file describes.

local fs = require "core.fs"
local json = require "dkjson"
local state = require "state"
local udev = require "core.udev"

---@class modem.description
---@field key string what its files under /run/moontower are named after
---@field protocol "mbim"|"qmi" what its control port speaks
---@field control string path of the control port
---@field net string? its network interface
---@field driver string?
---@field vendor string? USB or PCI ids, four hexadecimal digits
---@field product string?
---@field manufacturer string?
---@field model string?
---@field usb string? USB path, "1-1": stays the same when the modem restarts
---@field usb_folder string? where sysfs shows the USB device
---@field pci string? PCI address, "0000:01:00.0"
---@field at string? path of its AT port, where only a file knows it: modem/ports.lua finds the others
---@field interface integer? the number of its USB interface
---@field incarnation string? changes when the modem restarts: what we left in it is gone then
---@field descriptors string? the USB descriptors, as sysfs has them

local M = {}

local protocol_of_driver = { cdc_mbim = "mbim", qmi_wwan = "qmi" }
-- The `type` of a port of the kernel's WWAN subsystem, the best first: a modem may have both.
local protocols_of_wwan = { { "MBIM", "mbim" }, { "QMI", "qmi" } }

-- Where udev runs, a device counts once udev is through with it; OpenWrt, for one, has none.
local function is_settled(port)
  return port.initialized or not fs.stat("/run/udev")
end

local function attribute(device, name)
  local text = fs.read(device.syspath .. "/" .. name)
  return text and text:match("^(.-)\n?$")
end

-- A USB modem's network interface stands beside its control port, on the same USB interface.
local function describe_usb(port)
  local interface = udev.parent(port.syspath, "usb", "usb_interface")
  local usb = udev.parent(port.syspath, "usb", "usb_device")
  local protocol = interface and protocol_of_driver[interface.driver]
  if not protocol or not usb or not is_settled(port) then
    return nil
  end
  return {
    key = port.sysname,
    protocol = protocol,
    control = port.devnode,
    net = (fs.list(interface.syspath .. "/net") or {})[1],
    driver = interface.driver,
    vendor = attribute(usb, "idVendor"),
    product = attribute(usb, "idProduct"),
    manufacturer = attribute(usb, "manufacturer"),
    model = attribute(usb, "product"),
    usb = usb.sysname,
    usb_folder = usb.syspath,
    interface = tonumber(attribute(interface, "bInterfaceNumber") or "", 16),
    incarnation = ("%s:%s"):format(attribute(usb, "busnum"), attribute(usb, "devnum")),
    descriptors = fs.read(usb.syspath .. "/descriptors"),
  }
end

-- The network interface that belongs to the same PCI device.
local function net_below(pci)
  for _, net in ipairs(udev.devices("net") or {}) do
    if net.syspath:sub(1, #pci.syspath + 1) == pci.syspath .. "/" and is_settled(net) then
      return net.sysname
    end
  end
end

-- "0x17cb" as USB ids are written.
local function pci_id(pci, name)
  return (attribute(pci, name) or ""):match("^0x(%x%x%x%x)")
end

-- A PCIe modem's control ports stand side by side below one device of the WWAN subsystem. USB modems have such ports as
-- well as their cdc-wdm, which is the same port: those are left out here.
local function describe_wwan(port)
  local pci = udev.parent(port.syspath, "pci")
  local kind = attribute(port, "type")
  if not pci or udev.parent(port.syspath, "usb", "usb_interface") or not is_settled(port) then
    return nil
  end
  for rank, entry in ipairs(protocols_of_wwan) do
    if kind == entry[1] then
      return {
        key = port.sysname, protocol = entry[2], control = port.devnode, net = net_below(pci), driver = pci.driver,
        vendor = pci_id(pci, "vendor"), product = pci_id(pci, "device"), pci = pci.sysname,
      }, rank
    end
  end
end

local function wwan_modems()
  local best = {} -- by PCI device: { description, rank }
  for _, port in ipairs(udev.devices("wwan") or {}) do
    local description, rank = describe_wwan(port)
    if description and rank < (best[description.pci] or { nil, math.huge })[2] then
      best[description.pci] = { description, rank }
    end
  end
  return best
end

---Where files describe what udev cannot know: a control port behind a unix socket. The simulated modem announces itself
---this way, and so can any bridge to a modem elsewhere.
---@return string
function M.folder() return state.folder .. "/devices" end

local function described_by_files(list)
  local folder = M.folder()
  for _, file in ipairs(fs.list(folder) or {}) do
    local values = json.decode(fs.read(folder .. "/" .. file) or "")
    local function text(key) return type(values[key]) == "string" and values[key] or nil end
    local protocol = type(values) == "table" and (text("mbim") and "mbim" or text("qmi") and "qmi")
    if protocol and text("name") then
      list[#list + 1] = {
        key = text("name"), protocol = protocol, control = text(protocol), net = text("net"), at = text("at"),
        vendor = text("vendor"), product = text("product"),
        manufacturer = text("manufacturer"), model = text("model"), incarnation = text("incarnation"),
        usb_folder = text("usb_folder"),
      }
    end
  end
end

---@return modem.description[] descriptions in a fixed order
function M.list()
  local list = {}
  for _, port in ipairs(udev.devices("usbmisc") or {}) do
    list[#list + 1] = describe_usb(port)
  end
  for _, entry in pairs(wwan_modems()) do
    list[#list + 1] = entry[1]
  end
  described_by_files(list)
  table.sort(list, function(a, b) return a.key < b.key end)
  return list
end

return M
