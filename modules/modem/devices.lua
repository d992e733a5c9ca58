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
---@field vendor string? USB ids, four hexadecimal digits
---@field product string?
---@field manufacturer string?
---@field model string?
---@field usb string? USB path, "1-1": stays the same when the modem restarts
---@field incarnation string? changes when the modem restarts: what we left in it is gone then
---@field descriptors string? the USB descriptors, as sysfs has them

local M = {}

local protocol_of_driver = { cdc_mbim = "mbim", qmi_wwan = "qmi" }

-- A modem's own network interface stands beside its control port, on the same USB interface.
local function net_of(interface)
  return (fs.list(interface.syspath .. "/net") or {})[1]
end

local function describe(port)
  local interface = udev.parent(port.syspath, "usb", "usb_interface")
  local usb = udev.parent(port.syspath, "usb", "usb_device")
  local protocol = interface and protocol_of_driver[interface.driver]
  -- Where udev runs, a device counts once udev is through with it; OpenWrt, for one, has none.
  local settled = port.initialized or not fs.stat("/run/udev")
  if not protocol or not usb or not settled then
    return nil
  end
  local function attribute(name)
    local text = fs.read(usb.syspath .. "/" .. name)
    return text and text:match("^(.-)\n?$")
  end
  return {
    key = port.sysname,
    protocol = protocol,
    control = port.devnode,
    net = net_of(interface),
    driver = interface.driver,
    vendor = attribute("idVendor"),
    product = attribute("idProduct"),
    manufacturer = attribute("manufacturer"),
    model = attribute("product"),
    usb = usb.sysname,
    incarnation = ("%s:%s"):format(attribute("busnum"), attribute("devnum")),
    descriptors = fs.read(usb.syspath .. "/descriptors"),
  }
end

-- Files in /run/moontower/devices describe what udev cannot know: a control port behind a unix socket. The simulated
-- modem announces itself this way, and so can any bridge to a modem elsewhere.
local function described_by_files(list)
  local folder = state.folder .. "/devices"
  for _, file in ipairs(fs.list(folder) or {}) do
    local values = json.decode(fs.read(folder .. "/" .. file) or "")
    local function text(key) return type(values[key]) == "string" and values[key] or nil end
    if type(values) == "table" and text("mbim") and text("name") then
      list[#list + 1] = {
        key = text("name"), protocol = "mbim", control = text("mbim"), net = text("net"),
        vendor = text("vendor"), product = text("product"),
        manufacturer = text("manufacturer"), model = text("model"), incarnation = text("incarnation"),
      }
    end
  end
end

---@return modem.description[] descriptions in a fixed order
function M.list()
  local list = {}
  for _, port in ipairs(udev.devices("usbmisc") or {}) do
    list[#list + 1] = describe(port)
  end
  described_by_files(list)
  table.sort(list, function(a, b) return a.key < b.key end)
  return list
end

return M
