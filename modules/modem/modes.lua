-- SPDX-License-Identifier: MIT
-- Modems that show neither MBIM nor QMI, or no driver has taken it: what mode they are in, and the way out.
--
-- Such a modem is a network card to the host (ECM, NCM, RNDIS), or has serial ports alone; it may have another USB
-- configuration (bConfigurationValue) with MBIM in it.

local errors = require "errors"
local maker = require "maker"
local ports = require "modem.ports"

---@class modem.usb_interface
---@field name string "1-1:1.3"
---@field number integer
---@field class string class, subclass and protocol: "02:0e:00"
---@field driver string?

---@class modem.configuration
---@field value integer its bConfigurationValue
---@field power integer its bMaxPower, in units of 2 mA, or of 8 mA at SuperSpeed
---@field interfaces modem.usb_interface[] without names and drivers

---@class modem.mode
---@field name "ecm"|"ncm"|"rndis"|"serial"|"rpc"|"driverless" rpc: beside AT, only remote procedure calls of its
--- chip's own
---@field lacks { role: string, interface: string }? what no driver has taken
---@field mbim_configuration integer? the USB configuration that has MBIM

local M = {}

local MBIM = "^02:0e:"
local INTERFACE, CONFIGURATION = 0x04, 0x02 -- types of descriptors
-- Classes of interfaces that carry packets. RNDIS has had several.
local networks = {
  { "^02:06:", "ecm" }, { "^02:0d:", "ncm" },
  { "^e0:01:03", "rndis" }, { "^ef:04:01", "rndis" }, { "^02:02:ff", "rndis" },
}
local network_drivers = { cdc_ether = "ecm", cdc_ncm = "ncm", huawei_cdc_ncm = "ncm", rndis_host = "rndis" }
local driver_of = { mbim = "cdc_mbim", qmi = "qmi_wwan" }
local card_driver_of = { ecm = "cdc_ether", ncm = "cdc_ncm", rndis = "rndis_host" }

---The configurations that USB descriptors name.
---@param descriptors string? as sysfs has them: of the device, then of each configuration
---@return modem.configuration[]
function M.configurations(descriptors)
  local list, at = {}, 1
  while descriptors and at + 1 <= #descriptors do
    local length, kind = descriptors:byte(at, at + 1)
    if length < 2 or at + length - 1 > #descriptors then
      break
    elseif kind == CONFIGURATION and length >= 9 then
      list[#list + 1] = { value = descriptors:byte(at + 5), power = descriptors:byte(at + 8), interfaces = {} }
    elseif kind == INTERFACE and length >= 9 and list[1] and descriptors:byte(at + 3) == 0 then
      table.insert(list[#list].interfaces, {
        number = descriptors:byte(at + 2), class = ("%02x:%02x:%02x"):format(descriptors:byte(at + 5, at + 7)),
      })
    end
    at = at + length
  end
  return list
end

---@param interfaces modem.usb_interface[]
---@return boolean
function M.has_mbim(interfaces)
  for _, interface in ipairs(interfaces) do
    if interface.class:find(MBIM) then return true end
  end
  return false
end

---What an interface carries packets by; nil: it carries none.
---@param interface modem.usb_interface
---@return "ecm"|"ncm"|"rndis"|nil
function M.network_of(interface)
  for _, entry in ipairs(networks) do
    if interface.class:find(entry[1]) then return entry[2] end
  end
  return network_drivers[interface.driver or ""]
end

---What an interface is for: by USB's own classes, or by the table of ports.
---@param vendor string
---@param product string
---@param interface modem.usb_interface
---@return string? role
function M.role_of(vendor, product, interface)
  return interface.class:find(MBIM) and "mbim" or M.network_of(interface)
    or ports.role_of_interface(vendor, product, interface.number, interface.class)
end

-- Of a vendor that makes other things, too, only known products count.
local function is_modem(vendor, product, interfaces, other)
  if ports.is_download(vendor, product) then
    return false
  elseif maker.makes_only_modems(vendor) or maker.quirks("usb", vendor, product).ports or other
    or M.has_mbim(interfaces) then
    return true
  end
  for _, interface in ipairs(interfaces) do
    if maker.role_of_class(vendor, interface.class) then return true end
  end
  return false
end

-- The kernel makes the interfaces of a configuration one by one, and runs the driver of each before it makes the next.
local function are_all_there(interfaces, descriptors, current)
  for _, configuration in ipairs(M.configurations(descriptors)) do
    if configuration.value == current then
      return #interfaces >= #configuration.interfaces
    end
  end
  return true -- unknown
end

local function other_configuration(descriptors, current)
  for _, configuration in ipairs(M.configurations(descriptors)) do
    if configuration.value ~= current and M.has_mbim(configuration.interfaces) then
      return configuration.value
    end
  end
end

---The mode of a USB device that has no control port; nil: it is no modem, or its drivers are about to make one.
---@param vendor string
---@param product string
---@param interfaces modem.usb_interface[] as they are now
---@param descriptors string?
---@param configuration integer? the one that it is in
---@return modem.mode?
function M.of(vendor, product, interfaces, descriptors, configuration)
  local other = other_configuration(descriptors, configuration)
  local mode = { name = "serial", mbim_configuration = other }
  if #interfaces == 0 or not are_all_there(interfaces, descriptors, configuration)
    or not is_modem(vendor, product, interfaces, other) then
    return nil
  end
  for _, interface in ipairs(interfaces) do
    local role = M.role_of(vendor, product, interface)
    if driver_of[role] and interface.driver == driver_of[role] then
      return nil
    elseif driver_of[role] and not interface.driver then
      mode.name, mode.lacks = "driverless", { role = role, interface = interface.name }
    elseif mode.name == "serial" then
      mode.name = M.network_of(interface) or mode.name
    end
  end
  return mode
end

---Can it be connected as it is? It is a network card, and has a port for AT commands.
---@param description modem.description
---@return boolean
function M.connects(description)
  local mode = description.mode
  return mode ~= nil and not mode.lacks and mode.name ~= "serial" and mode.name ~= "rpc" and description.net ~= nil
    and description.control ~= description.usb
end

---Is AT all that it speaks, and can it not be connected?
---@param description modem.description
---@return boolean
function M.is_stranded(description) return description.protocol == "at" and not M.connects(description) end

-- ---- in words ----

---@param description modem.description whose protocol is "at"
---@return string for people: "is in ECM mode"
function M.words(description)
  local mode = description.mode
  if mode.lacks then
    return ("has no driver for its %s port"):format(mode.lacks.role:upper())
  end
  if mode.name == "rpc" then
    return "is controlled by remote procedure calls (XMMRPC)"
  end
  return mode.name == "serial" and "has serial ports alone" or ("is in %s mode"):format(mode.name:upper())
end

local function way_out(description)
  local mode = description.mode
  if mode.lacks then
    return ("`modprobe %s` loads the driver; where it does not exist, the kernel is too old or lacks it."):format(
      driver_of[mode.lacks.role])
  elseif mode.mbim_configuration then
    return ("`moontower usbcomp mbim` switches it to its USB configuration %d, which has MBIM."):format(
      mode.mbim_configuration)
  elseif mode.name == "rpc" then
    return "Where its slot has USB, xmm7360-usb-modeswitch puts it there: then it has MBIM. xmm7360-pci speaks its RPC."
  elseif description.control == description.usb then
    return "It has no AT port either: only its maker's tools may help."
  elseif M.connects(description) then
    return "`moontower usbcomp` shows whether it has MBIM or QMI, too, which tell more."
  elseif card_driver_of[mode.name] and not description.net then
    return ("`modprobe %s` loads the driver; or `moontower usbcomp` shows what else it can be."):format(
      card_driver_of[mode.name])
  end
  return "`moontower usbcomp` shows what else it can be: MBIM, QMI, or a network card with an AT port. Where it has "
    .. "nothing else, ModemManager or pppd dial."
end

-- With serial ports alone, packets could only pass by PPP.
local function lack_of(description)
  if description.mode.name == "serial" then
    return "and could only dial by PPP, which moontower does not speak"
  elseif description.mode.name == "rpc" then
    return "and moontower does not speak that"
  elseif description.control == description.usb then
    return "and has no AT port to be connected by"
  end
  return "and no driver has taken its network card"
end

local function why(description)
  local mode, place = description.mode, description.usb or description.control
  if mode.lacks then
    return ("no driver has taken the %s port of the modem at %s (USB interface %s)"):format(mode.lacks.role:upper(),
      place, mode.lacks.interface)
  end
  return ("the modem at %s %s: it shows neither MBIM nor QMI, %s"):format(place, M.words(description),
    lack_of(description))
end

---Why such a modem cannot be brought online as it is.
---@param description modem.description
---@return nil
---@return moontower.error
function M.refusal(description)
  return errors.fail {
    code = "wrong-mode", source = "modem", message = why(description), hint = way_out(description),
  }
end

---@param description modem.description
---@return string what to do about it
function M.advice(description) return way_out(description) end

return M
