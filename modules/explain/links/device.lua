-- SPDX-License-Identifier: MIT
-- The device on USB or PCIe: allowed, configured, fast enough, and a modem rather than a CD-ROM or router.

local absent = require "explain.absent"
local link = require "explain.link"
local maker = require "maker"
local switched = require "explain.switched"

local FULL_SPEED = 12 -- Mbit/s
local NO_ANSWER = "\xff\xff\xff\xff" -- what the bus gives for a PCIe device that has gone

local function not_authorized(case, seen)
  seen:read(case.usb .. "/authorized")
  return seen:broken {
    code = "wrong-mode", message = "the kernel may not use it: it is not authorized",
    hint = ("USBGuard, or another program, keeps devices out: allow it there. `echo 1 > %s/authorized` allows it "
      .. "until it is unplugged."):format(case.usb),
  }
end

local function not_configured(case, seen)
  seen:note(case.usb .. "/bConfigurationValue", case.host:read_patiently(case.usb .. "/bConfigurationValue"))
  seen:note(("%s/%s:*"):format(case.usb, case.name), nil)
  return seen:broken {
    code = "wrong-mode", message = "it has no USB configuration, and so no interfaces",
    hint = ("`echo 1 > %s/bConfigurationValue` sets the first one. Where that fails, dmesg says why: not enough "
      .. "current, for example."):format(case.usb),
  }
end

local function cd_rom(case, seen)
  local rule = switched.is_switched(case.ids.vendor, case.ids.product)
  local file = switched.cd_rom(case.usb)
  if not file and not (rule and switched.is_storage(case.usb)) then
    return nil
  end
  if file then seen:read(file) end
  if rule then seen:note(rule, ("names %s:%s"):format(case.ids.vendor, case.ids.product)) end
  for _, interface in ipairs(switched.interfaces(case.usb)) do
    seen:read(("%s/%s/bInterfaceClass"):format(case.usb, interface.name))
  end
  return seen:broken {
    code = "wrong-mode",
    message = ("it shows a %s, and is no modem until it is told to be one (ZeroCD)")
      :format(file and "CD-ROM" or "disk"),
    hint = rule and ("usb_modeswitch knows it, and has not switched it: `usb_modeswitch -v %s -p %s -J`, or plug it in "
      .. "again."):format(case.ids.vendor, case.ids.product)
      or "Install usb-modeswitch and plug it in again: that switches it each time.",
  }
end

-- The network interface that a driver has made of it.
local function net_of(case)
  for _, interface in ipairs(switched.interfaces(case.usb)) do
    local folder = ("%s/%s/net"):format(case.usb, interface.name)
    local name = case.host:list(folder)[1]
    if name then return name, folder end
  end
end

-- A stick that dials by itself ("HiLink"). Without its network card, the link driver has more to say.
local function router(case, seen)
  local its = maker.quirks("usb", case.ids.vendor, case.ids.product).router
  local net, folder = nil, nil
  if its then
    net, folder = net_of(case)
  end
  if not net then
    return nil
  end
  seen:note("ids", ("%s:%s, those of a router"):format(case.ids.vendor, case.ids.product))
  seen:note(folder, net)
  return seen:broken {
    code = "wrong-mode",
    message = ("it is a router by itself: to this computer it is the network card %s, and no modem"):format(net),
    hint = ("Use %s as any Ethernet card, by DHCP: it dials by itself, and its own page%s has APN and PIN. %s"):format(
      net, its.page and (" (http://%s/)"):format(its.page) or "", its.way_out and its.way_out .. ", for moontower."
      or "It has no mode that moontower could use."),
  }
end

local function slow(case, seen, speed)
  seen:read(case.usb .. "/speed")
  seen:read_any(case.usb .. "/version")
  return seen:broken {
    code = "modem-failed", message = ("it is connected at %s Mbit/s, and should be at 480 or more"):format(speed),
    hint = "Its cable, adapter or contacts are bad, or a hub in between is of USB 1.1: try another one.",
  }
end

-- LTE and 5G modems are of high speed at least: what is slower has bad wires. Those with serial ports alone may be of
-- another kind.
local function is_too_slow(case, speed)
  local description = case.description
  return speed and speed <= FULL_SPEED and description ~= nil and description.protocol ~= "at"
end

local function on_usb(case, seen)
  local folder = case.usb
  if case.host:read(folder .. "/authorized") == "0" then
    return not_authorized(case, seen)
  elseif case:is_unconfigured() then
    return not_configured(case, seen)
  end
  local speed = case.host:read(folder .. "/speed")
  if is_too_slow(case, tonumber(speed or "")) then
    return slow(case, seen, speed)
  end
  local verdict = not case.description and not case.waiting and (cd_rom(case, seen) or router(case, seen))
  if verdict then
    return verdict
  end
  seen:read_any(folder .. "/speed")
  return seen:ok("%s%s", case.title or ("%s:%s"):format(case.ids.vendor, case.ids.product),
    speed and (", at %s Mbit/s"):format(speed) or "")
end

local function on_pcie(case, seen)
  local config = case.host:read(case.pci .. "/config")
  if config and config:sub(1, 4) == NO_ANSWER then
    seen:note(case.pci .. "/config", "ff ff ff ff")
    return seen:broken {
      code = "gone", message = "it does not answer on PCIe any more",
      hint = ("Switch the computer off, and on again; `echo 1 > %s/remove` and `echo 1 > /sys/bus/pci/rescan` may do."):
        format(case.pci),
    }
  end
  local _, its_maker = maker.quirks("pci", case.ids.vendor, case.ids.product)
  seen:read(case.pci .. "/class")
  return seen:ok("%s:%s%s", case.ids.vendor, case.ids.product, its_maker and " of " .. its_maker.name or "")
end

return link {
  name = "device", needs = { "slot", "power" },

  look = function(case, seen)
    if not case.name then
      return (absent.because(case, seen, "device")) -- the only link that is left
    elseif case.usb then
      return on_usb(case, seen)
    elseif case.pci then
      return on_pcie(case, seen)
    end
    return seen:ok("%s", case.title or "it is described by a file")
  end,
}
