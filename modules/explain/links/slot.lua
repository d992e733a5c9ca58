-- SPDX-License-Identifier: MIT
-- The slot or socket: is there anything in it that this computer can see at all?

local absent = require "explain.absent"
local hubs = require "explain.hubs"
local link = require "explain.link"

local function on_usb(case, seen)
  local port = hubs.of_device(case.host, case.name)
  seen:read(case.usb .. "/idVendor")
  seen:read(case.usb .. "/idProduct")
  return seen:ok("a device is at %s on USB%s", case.name, port and (", in the hub's port %s"):format(port.name) or "")
end

local function on_pcie(case, seen)
  seen:read(case.pci .. "/vendor")
  seen:read(case.pci .. "/device")
  return seen:ok("a device is at %s on PCIe", case.name)
end

return link {
  name = "slot",

  look = function(case, seen)
    if not case.name then
      local verdict, other = absent.because(case, seen, "slot")
      return verdict or seen:unknown("nothing shows; the link %s tells why", other)
    elseif case.usb then
      return on_usb(case, seen)
    elseif case.pci then
      return on_pcie(case, seen)
    end
    return seen:ok("it is in no slot: it is a part of the computer, or described by a file in /run/moontower/devices")
  end,
}
