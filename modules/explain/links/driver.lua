-- SPDX-License-Identifier: MIT
-- The driver: which one has the interface that we speak to, and why none has, or another one.

local drivers = require "settings.drivers"
local kernel = require "explain.kernel"
local link = require "explain.link"
local modes = require "modem.modes"
local usb_interfaces = require "explain.usb_interfaces"

local DRIVERS = "/sys/bus/usb/drivers/"

-- By the role of an interface: the drivers that will do, the usual one first; nil: any will, as for serial ports.
local DRIVERS_OF = {
  mbim = { "cdc_mbim" }, qmi = { "qmi_wwan" },
  ecm = { "cdc_ether" }, ncm = { "cdc_ncm", "huawei_cdc_ncm" }, rndis = { "rndis_host" },
}
-- What the port of a role needs at least one of: a control port; or else a network card, and a port for AT commands.
local CONTROL, CARD, AT = { mbim = true, qmi = true }, { ecm = true, ncm = true, rndis = true }, { at = true }
local SERIAL = "option" -- for interfaces of a maker's own class
local NEW_ID = { option = "/sys/bus/usb-serial/drivers/option1/new_id" } -- where it is not beside the driver's others

local function note(seen, interface)
  seen:note(interface.folder, ("interface %d, class %s%s"):format(interface.number, interface.class,
    interface.role and ", " .. interface.role:upper() or ""))
  seen:note(interface.folder .. "/driver", interface.driver)
end

-- Another driver has it.
local function taken_by_another(seen, interface, wanted)
  local port = interface.role:upper()
  if interface.driver == "usbfs" then
    return seen:broken {
      code = "wrong-mode", message = ("a program has taken the %s port from its driver, by libusb"):format(port),
      hint = ("End that program: `fuser -v /dev/bus/usb/*/*` shows it. Then `echo %s > %s%s/bind`."):format(
        interface.name, DRIVERS, wanted),
    }
  end
  return seen:broken {
    code = "wrong-mode",
    message = ("the driver %s has the %s port, which %s has to have"):format(interface.driver, port, wanted),
    hint = ("`modprobe %s`, then `echo %s > %s%s/unbind` and `echo %s > %s%s/bind`. If the other one takes it at the "
      .. "next start again, put that one into a file of /etc/modprobe.d, as `blacklist %s`."):format(wanted,
      interface.name, DRIVERS, interface.driver, interface.name, DRIVERS, wanted, interface.driver),
  }
end

-- The driver is there, and has not taken the interface.
local function not_bound(case, seen, interface, wanted)
  local port = interface.role:upper()
  if case.host:read(interface.folder .. "/authorized") == "0" then
    seen:read(interface.folder .. "/authorized")
    return seen:broken {
      code = "wrong-mode",
      message = ("the kernel may not use the %s port: its interface is not authorized"):format(port),
      hint = ("`echo 1 > %s/authorized`, then `echo %s > /sys/bus/usb/drivers_probe`."):format(interface.folder,
        interface.name),
    }
  elseif case.host:read "/sys/bus/usb/drivers_autoprobe" == "0" then
    seen:read "/sys/bus/usb/drivers_autoprobe"
    return seen:broken {
      code = "wrong-mode", message = "the kernel looks for no drivers by itself",
      hint = ("`echo 1 > /sys/bus/usb/drivers_autoprobe`, then `echo %s > /sys/bus/usb/drivers_probe`."):format(
        interface.name),
    }
  end
  local by_class = interface.role == "mbim" and modes.has_mbim { interface }
  return seen:broken {
    code = "wrong-mode",
    message = ("%s is loaded, and has not taken the %s port (USB interface %s)"):format(wanted, port, interface.name),
    hint = by_class and ("`echo %s > %s%s/bind` gives it the port; where that fails, dmesg tells why."):format(
      interface.name, DRIVERS, wanted)
      or ("It does not know this modem: `echo %s %s > %s`; a newer kernel may know it."):format(case.ids.vendor,
        case.ids.product, NEW_ID[wanted] or DRIVERS .. wanted .. "/new_id"),
  }
end

local function lacking(case, seen, interface)
  local wanted = (DRIVERS_OF[interface.role] or { SERIAL })[1]
  note(seen, interface)
  if interface.driver then
    return taken_by_another(seen, interface, wanted)
  end
  local lack = kernel.lack(wanted, seen)
  if lack then
    return seen:broken {
      code = "wrong-mode", hint = lack.hint,
      message = ("no driver has taken the %s port: %s"):format(interface.role:upper(), lack.message),
    }
  end
  return not_bound(case, seen, interface, wanted)
end

local function is_right(interface)
  for _, name in ipairs(DRIVERS_OF[interface.role] or { interface.driver }) do
    if interface.driver == name then return true end
  end
  return false
end

-- Of the interfaces with one of these roles: one that has the right driver; else one that lacks it.
local function first(interfaces, roles)
  local lacks
  for _, interface in ipairs(interfaces) do
    if roles[interface.role] and is_right(interface) then
      return interface
    end
    lacks = lacks or roles[interface.role] and interface
  end
  return nil, lacks
end

local function on_usb(case, seen)
  local interfaces = usb_interfaces.of(case.host, case.usb, case.ids)
  local control, lacks = first(interfaces, CONTROL)
  if control then
    note(seen, control)
    return seen:ok("%s has the %s port", control.driver, control.role:upper())
  elseif lacks then
    return lacking(case, seen, lacks)
  end
  for _, roles in ipairs { CARD, AT } do
    _, lacks = first(interfaces, roles)
    if lacks then
      return lacking(case, seen, lacks)
    end
  end
  for _, interface in ipairs(interfaces) do note(seen, interface) end
  return seen:ok "no interface here is for MBIM or QMI; those that it has have their drivers"
end

-- ---- PCIe ----

-- What carries a modem's ports from the bus to /dev, once its driver has it.
local PORTS_OF = { ["mhi-pci-generic"] = "mhi_wwan_ctrl" }
local OF_MODEMS = { ["mhi-pci-generic"] = true, mtk_t7xx = true, iosm = true }

-- The module that depmod has listed for a PCI device.
local function module_for(case, seen)
  local modalias = seen:read_any(case.pci .. "/modalias")
  return modalias and drivers.named_by(modalias)
end

local function another_has_it(seen, driver)
  return seen:broken {
    code = "wrong-mode", message = ("the driver %s has it, which makes no ports (/dev/wwan*)"):format(driver),
    hint = driver == "vfio-pci" and "It is set aside for a virtual machine: run moontower there, or take that back."
      or ("`modprobe -r %s`; then the kernel's own one (mhi_pci_generic, mtk_t7xx, iosm) can have it."):format(driver),
  }
end

local function on_pcie(case, seen)
  local driver = seen:link(case.pci .. "/driver")
  if not driver then
    local name = module_for(case, seen)
    if not name then
      return seen:broken {
        code = "wrong-mode", message = "no driver of the running kernel knows it",
        hint = "A newer kernel may: mhi_pci_generic, mtk_t7xx and iosm are the drivers of PCIe modems.",
      }
    end
    local lack = kernel.lack(name, seen)
    return seen:broken {
      code = "wrong-mode",
      message = lack and "no driver has taken it: " .. lack.message
        or ("%s is loaded, and has not taken it"):format(name),
      hint = lack and lack.hint or "dmesg tells why it has given up: the modem's firmware may not have started.",
    }
  end
  if not case.description and not OF_MODEMS[driver] then
    return another_has_it(seen, driver)
  end
  local carrier = PORTS_OF[driver]
  local lack = carrier and not case.description and kernel.lack(carrier, seen)
  if lack then
    return seen:broken {
      code = "wrong-mode", hint = lack.hint,
      message = ("%s has it, but nothing makes ports: %s"):format(driver, lack.message),
    }
  end
  return seen:ok("%s has it", driver)
end

return link {
  name = "driver", needs = { "device" },

  look = function(case, seen)
    if case.waiting then
      return seen:ok("a boot loader needs none of ours")
    elseif case.usb then
      return on_usb(case, seen)
    elseif case.pci then
      return on_pcie(case, seen)
    end
    local description = case.description
    if description.driver and description.wwan_folder then
      seen:note(description.wwan_folder, description.driver)
    end
    return seen:ok("%s", description.driver or "none is needed: it is reached by a socket or terminal")
  end,
}
