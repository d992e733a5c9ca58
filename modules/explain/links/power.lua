-- SPDX-License-Identifier: MIT
-- Power: of the hub's port, of a card by rfkill and W_DISABLE, and of a device that the kernel has sent to sleep.

local absent = require "explain.absent"
local enumeration = require "explain.enumeration"
local hubs = require "explain.hubs"
local link = require "explain.link"
local modes = require "modem.modes"

local USB = "/sys/bus/usb/devices/"
local BUS_POWERED = 100 -- mA that a hub without a supply of its own gives to each port
local SELF_POWERED = 0x40 -- in bmAttributes of a configuration
local SUPER_SPEED = 5000 -- Mbit/s
local OFTEN = 3 -- departures

-- Milliamperes that the first configuration asks for: sysfs tells only those of one that is set.
local function wanted_current(case)
  local first = modes.configurations(case.host:read(case.usb .. "/descriptors"))[1]
  local unit = (tonumber(case.host:read(case.usb .. "/speed") or "") or 0) >= SUPER_SPEED and 8 or 2
  return first and first.power * unit or 0
end

-- The kernel sets no configuration of a device that asks for more than its hub may give.
local function starved(case, seen)
  local hub = hubs.above(case.name)
  local attributes = hub and tonumber(case.host:read(USB .. hub .. "/bmAttributes") or "", 16)
  local wanted = attributes and attributes & SELF_POWERED == 0 and wanted_current(case) or 0
  if wanted <= BUS_POWERED or not case:is_unconfigured() then
    return nil
  end
  seen:read(USB .. hub .. "/bmAttributes")
  seen:note(case.usb .. "/descriptors", ("bMaxPower is %d mA"):format(wanted))
  return seen:broken {
    code = "modem-failed",
    message = ("the modem asks for %d mA, and the hub at %s, without a power supply of its own, may give %d"):format(
      wanted, hub, BUS_POWERED),
    hint = "Plug the modem into the computer itself, or into a hub with a power supply.",
  }
end

-- Each may be a reset, by a person or a program, so this is no verdict.
local function restless(case, seen)
  local count = enumeration.departures(case.host, case.name)
  if count >= OFTEN then
    seen:note("dmesg", ("usb %s: USB disconnect, %d times in the last 10 minutes"):format(case.name, count))
    return seen:unknown("it has left the bus %d times in 10 minutes: bad power or contacts, or it was reset", count)
  end
end

local function awake(seen, folder)
  local status, control = seen:read_any(folder .. "/power/runtime_status"), seen:read_any(folder .. "/power/control")
  if status == "error" then
    return seen:broken {
      code = "modem-failed", message = "the kernel cannot wake it: its runtime power management has failed",
      hint = ("Unplug it and plug it in again. `echo on > %s/power/control` keeps it awake from then on."):format(
        folder),
    }
  elseif status == "suspended" then
    return seen:ok("it sleeps, as the kernel may let it (%s), and wakes when it is used", control or "?")
  end
  return seen:ok("it has power%s", status == "active" and ", and is awake" or "")
end

return link {
  name = "power",

  look = function(case, seen)
    if not case.name then
      local verdict, other = absent.because(case, seen, "power")
      return verdict or seen:unknown("nothing says that power is missing; the link %s tells why nothing shows", other)
    elseif case.usb then
      local verdict = starved(case, seen) or awake(seen, case.usb)
      return verdict.word == "ok" and restless(case, seen) or verdict
    elseif case.pci then
      return awake(seen, case.pci)
    end
    return seen:ok("nothing here tells of it")
  end,
}
