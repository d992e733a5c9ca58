-- SPDX-License-Identifier: MIT
-- The ports of a modem: which there are, what each is for, and the one that takes AT commands.

local errors = require "errors"
local files = require "modem.devices.files"
local maker = require "maker"
local sysfs = require "modem.sysfs"
local usb_names = require "modem.usb_names"

---@class modem.port
---@field role "at"|"at-ppp"|"nmea"|"dm"|"qmi"|"mbim"|"ppp"|"other"|"unknown"|"download" see makers/README.md
---@field path string
---@field interface integer? the number of its USB interface
---@field net string? of a control port: the network interface that it connects

---@class modem.waiting
---@field usb string USB path; the modem's name, where a file describes it
---@field vendor string
---@field product string
---@field manufacturer string?
---@field model string?
---@field ports modem.port[]

-- A port as the kernel has it, before anybody knows what it is for.
---@class modem.raw_port
---@field path string
---@field subsystem "tty"|"usbmisc"|"wwan"
---@field driver string?
---@field interface integer?
---@field class string? of the USB interface: class, subclass, protocol, as "ff:00:00"
---@field named string? the role that a rule of udev's gives it
---@field type string? what the WWAN subsystem says it is

local M = {}

local role_of_driver = { cdc_mbim = "mbim", qmi_wwan = "qmi" }
-- The `type` of a port of the kernel's WWAN subsystem, which is how PCIe modems appear.
local role_of_type = {
  AT = "at", QCDM = "dm", QMI = "qmi", MBIM = "mbim", NMEA = "nmea",
  XMMRPC = "other", ADB = "other", MIPC = "other", FIREHOSE = "download", FASTBOOT = "download",
}
-- USB's own classes, of any maker: an abstract control model that takes AT commands.
local role_of_class = { ["02:02:01"] = "at" }
-- What rules of udev say of a port, those of ModemManager for one.
local roles_of_rules = {
  { "ID_MM_PORT_TYPE_AT_PRIMARY", "at" }, { "ID_MM_PORT_TYPE_AT_SECONDARY", "at" },
  { "ID_MM_PORT_TYPE_AT_PPP", "at-ppp" }, { "ID_MM_PORT_TYPE_GPS", "nmea" }, { "ID_MM_PORT_TYPE_QCDM", "dm" },
}
-- A maker's table says what an interface is for; on a tty it cannot be one of these.
local not_on_tty = { qmi = true, mbim = true, ecm = true, rndis = true }

---Does this device wait for firmware?
---@param vendor string? four hexadecimal digits
---@param product string?
---@return boolean
function M.is_download(vendor, product)
  return maker.quirks("usb", vendor, product).download == true
end

---What is known of a USB interface: by the tables of makers, or by its class; nil where nothing is.
---@param vendor string
---@param product string
---@param number integer?
---@param class string?
---@return string? role
function M.role_of_interface(vendor, product, number, class)
  return (maker.quirks("usb", vendor, product).ports or {})[number or false]
    or maker.role_of_class(vendor, class) or role_of_class[class or ""]
end

local function role_of(ids, raw)
  if M.is_download(ids.vendor, ids.product) then
    return "download"
  elseif raw.subsystem == "wwan" then
    return role_of_type[raw.type] or "other"
  elseif raw.subsystem == "usbmisc" then
    return role_of_driver[raw.driver] or "other"
  end
  local role = M.role_of_interface(ids.vendor, ids.product, raw.interface, raw.class)
  return role and not not_on_tty[role] and role or raw.named or "unknown"
end

---Tells what ports are for.
---@param ids { vendor: string?, product: string? }
---@param list modem.raw_port[]
---@return modem.port[] ports by interface, then by path
function M.classify(ids, list)
  local ports = {}
  for i, raw in ipairs(list) do
    ports[i] = { role = role_of(ids, raw), path = raw.path, interface = raw.interface }
  end
  table.sort(ports, function(a, b)
    local left, right = a.interface or -1, b.interface or -1
    if left ~= right then return left < right end
    return a.path < b.path
  end)
  return ports
end

-- ---- what udev knows ----

local function named_by_rules(asked, device)
  local number = asked:attribute(device, "dev")
  local record = number and asked:read("/run/udev/data/c" .. number)
  for _, rule in ipairs(record and roles_of_rules or {}) do
    if record:find("\nE:" .. rule[1] .. "=1", 1, true) then return rule[2] end
  end
end

local function usb_ports(asked, usb)
  local list = {}
  for _, subsystem in ipairs { "tty", "usbmisc" } do
    for _, device in ipairs(asked:devices(subsystem)) do
      -- Most ttys are no modem's: only those below it are worth a closer look.
      local is_below = device.devnode and device.syspath:find("/" .. usb .. "/", 1, true)
      local parent = is_below and asked:parent(device, "usb", "usb_device")
      local interface = is_below and asked:parent(device, "usb", "usb_interface")
      if interface and parent and parent.sysname == usb then
        list[#list + 1] = {
          path = device.devnode, subsystem = subsystem, driver = interface.driver,
          interface = asked:number(interface, "bInterfaceNumber"), class = asked:class(interface),
          named = named_by_rules(asked, device),
        }
      end
    end
  end
  return list
end

local function wwan_ports(asked, folder)
  local list = {}
  for _, device in ipairs(asked:devices("wwan")) do
    if device.devnode and device.syspath:sub(1, #folder + 1) == folder .. "/" then
      list[#list + 1] = {
        path = device.devnode, subsystem = "wwan", type = asked:attribute(device, "type"),
      }
    end
  end
  return list
end

-- Of one that a file describes, as the simulated modem.
local function file_ports(description)
  local list = {}
  for i, control in ipairs(description.controls) do
    list[i] = { role = control.protocol, path = control.control }
  end
  if description.at then
    table.insert(list, 2, { role = "at", path = description.at })
  end
  if description.nmea then
    list[#list + 1] = { role = "nmea", path = description.nmea }
  end
  return list
end

---The ports of a modem, with what each is for. Nothing is sent to any of them.
---@param description modem.description
---@return modem.port[]
---@return moontower.error? err there may be others, or other roles: not everything could be read
function M.of(description)
  local asked = sysfs.new()
  local list
  if description.usb then
    list = M.classify(description, usb_ports(asked, description.usb))
  elseif description.wwan_folder then
    list = M.classify(description, wwan_ports(asked, description.wwan_folder))
  else
    list = file_ports(description)
  end
  for _, port in ipairs(list) do
    for _, control in ipairs(description.controls) do
      port.net = port.net or port.path == control.control and control.net or nil
    end
  end
  return list, asked.unknown
end

---Devices that wait for firmware, and so are no modems for the time being.
---@return modem.waiting[]
---@return moontower.error? err there may be others: not everything could be read
function M.in_download_mode()
  local asked, list = sysfs.new(), {}
  for _, device in ipairs(asked:devices("usb")) do
    local is_device = device.devtype == "usb_device"
    local vendor = is_device and asked:attribute(device, "idVendor") or nil
    local product = vendor and asked:attribute(device, "idProduct") or nil
    if M.is_download(vendor, product) then
      local ids = { vendor = vendor, product = product }
      local manufacturer, model = usb_names.of(asked, device)
      list[#list + 1] = {
        usb = device.sysname, vendor = vendor, product = product,
        manufacturer = manufacturer, model = model,
        ports = M.classify(ids, usb_ports(asked, device.sysname)),
      }
    end
  end
  local described, err = files.without_control()
  for _, device in ipairs(described) do
    if device.vendor and device.product and M.is_download(device.vendor, device.product) then
      device.usb, device.name, device.ports = device.name, nil, {}
      list[#list + 1] = device
    end
  end
  return list, asked.unknown or err
end

-- ---- one of them ----

local function first(list, role)
  for _, port in ipairs(list) do
    if port.role == role then
      return port
    end
  end
end

-- An interface that would be the port we look for, had it a driver.
local function driverless(description, role)
  local asked, ids = sysfs.new(), description
  for _, interface in ipairs(description.usb and asked:devices("usb") or {}) do
    local is_free = interface.devtype == "usb_interface" and not interface.driver
      and interface.sysname:sub(1, #description.usb + 1) == description.usb .. ":"
    local number, class = nil, nil
    if is_free then
      number, class = asked:number(interface, "bInterfaceNumber"), asked:class(interface)
    end
    if is_free and M.role_of_interface(ids.vendor, ids.product, number, class) == role then
      return interface.sysname
    end
  end
end

---Why there is no port for something.
---@param description modem.description
---@param role string
---@param list modem.port[] those that there are
---@return nil
---@return moontower.error
function M.lacks(description, role, list)
  local function fail(message, hint)
    return errors.fail { code = "not-found", source = "modem", message = message, hint = hint }
  end
  if M.is_download(description.vendor, description.product) then
    return fail(("%s waits for firmware (download mode)"):format(description.usb),
      "Unplug it and plug it in again; if it comes back like this, it needs its firmware.")
  end
  local name = role:upper()
  local lacking = driverless(description, role)
  if lacking then
    return fail(("the modem has an %s port, but no driver has taken it (USB interface %s)"):format(name, lacking),
      ("Load the driver: `modprobe qcserial` or `modprobe option`. If it does not know %s:%s: "
        .. "`echo %s %s > /sys/bus/usb-serial/drivers/option1/new_id`."):format(
        description.vendor, description.product, description.vendor, description.product))
  end
  local there = {}
  for i, port in ipairs(list) do there[i] = port.role end
  return fail(("the modem has no %s port (it has: %s)"):format(name, table.concat(there, ", ")),
    role == "at" and "Another USB composition may have one: see `moontower usbcomp`." or nil)
end

---The path of the port for something. Which AT port is to be used, modem/at_ports.lua knows.
---@param description modem.description
---@param role string "nmea", "dm" ...
---@return string? path
---@return moontower.error? err
function M.find(description, role)
  local list, unknown = M.of(description)
  local found = first(list, role)
  if found then
    return found.path
  elseif unknown then
    return errors.during(unknown, ("look for the modem's %s port"):format(role:upper()))
  end
  return M.lacks(description, role, list)
end

return M
