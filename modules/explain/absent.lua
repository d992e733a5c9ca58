-- SPDX-License-Identifier: MIT
-- Why no modem shows at all: what says so, and of which link it is.

local devices = require "modem.devices"
local enumeration = require "explain.enumeration"
local machine = require "explain.machine"
local seen_of = require "explain.seen"
local selection = require "modem.selection"
local unpowered = require "explain.unpowered"

local USB, PCI, SLOTS = "/sys/bus/usb/devices/", "/sys/bus/pci/devices/", "/sys/bus/pci/slots/"

local M = {}

local function has_usb(host)
  for _, name in ipairs(host:list(USB)) do
    if name:find "^usb%d+$" then return true end
  end
  return false
end

-- No place on a bus: then the name of a modem, or of one of its ports, was meant.
local function misnamed(case, seen)
  local asked = case.asked
  if not asked or asked:find "^%d+%-[%d.]+$" or asked:find "^%x+:%x+:%x+%.%x$" then
    return nil
  end
  for _, description in ipairs((devices.list())) do
    seen:note("`moontower devices`", description.name)
  end
  return #seen.evidence > 0 and seen:broken(select(2, selection.select(asked))) or nil
end

-- In the world of a simulated modem, what this computer has does not count.
local function not_simulated(case, seen)
  if case.host:stat(devices.no_bus()) then
    seen:note(devices.no_bus(), "there: this computer's own modems do not count here")
    return seen:broken {
      code = "no-modem", message = "the simulated modem is not plugged in",
      hint = "A fault or a restart has taken it away: leave this shell, and simulate it again.",
    }
  end
end

local function no_usb(case, seen)
  if has_usb(case.host) then
    return nil
  end
  seen:note(USB .. "usb*", nil)
  return seen:broken {
    code = "no-modem", message = "this computer shows no USB controller, and no PCIe modem",
    hint = machine.virtual(case.host, seen) and machine.PASS_THROUGH
      or "Is USB switched on in its firmware setup? `modprobe xhci_pci` loads the usual driver.",
  }
end

local function has_function(host, address)
  for _, name in ipairs(host:list(PCI)) do
    if name:sub(1, #address) == address then return true end
  end
  return false
end

-- PCIe slots that tell: "adapter" is 1 while a card is in it.
local function occupied_slot(case, seen)
  for _, name in ipairs(case.host:list(SLOTS)) do
    local folder = SLOTS .. name
    local address = case.host:read(folder .. "/address")
    if address and case.host:read(folder .. "/adapter") == "1" and not has_function(case.host, address) then
      seen:read(folder .. "/adapter")
      seen:read(folder .. "/address")
      seen:note(PCI .. address .. ".*", nil)
      return seen:broken {
        code = "no-modem", message = ("a card is in PCIe slot %s, and shows neither PCIe nor USB"):format(name),
        hint = "Most likely it speaks USB, and this slot has none: take a slot with USB, or a USB adapter.",
      }
    end
  end
end

-- What is on USB, hubs apart: so that a reader sees that nothing was overlooked.
local function note_devices(case, seen)
  local count = 0
  for _, name in ipairs(case.host:list(USB)) do
    local folder = USB .. name
    if not name:find(":", 1, true) and case.host:read(folder .. "/bDeviceClass") ~= "09" then
      seen:note(folder, ("%s:%s"):format(case.host:read(folder .. "/idVendor") or "?",
        case.host:read(folder .. "/idProduct") or "?"))
      count = count + 1
    end
  end
  if count == 0 then
    seen:note(USB .. "*", "hubs alone")
  end
end

local function passed_through(case, seen)
  local virtual = machine.virtual(case.host, seen)
  if virtual then
    note_devices(case, seen)
    return seen:broken {
      code = "no-modem", hint = machine.PASS_THROUGH,
      message = ("this is a virtual machine (%s), and no modem was passed through to it"):format(virtual),
    }
  end
end

local function contained(case, seen)
  if machine.container(case.host, seen) then
    note_devices(case, seen)
    return seen:broken {
      code = "no-modem", message = "this is a container, and it sees no modem on USB or PCIe",
      hint = "Look on its host: `lsusb`, `lspci`. A modem that is there has to be given to the container, with its "
        .. "files in /dev.",
    }
  end
end

local function nothing(case, seen)
  note_devices(case, seen)
  if not enumeration.log() then
    seen:note("dmesg", "may not be read here; as root, without the daemon, it may tell more")
  end
  return seen:broken {
    code = "no-modem",
    message = case.asked and ("no modem is at %s"):format(case.asked) or "nothing on USB or PCIe is a modem",
    hint = "Seat it again, in a slot that has what it speaks: USB, mostly, and many M.2 slots have none. An adapter "
      .. "for a PCIe slot has USB only by its own cable, to a USB header of the board.",
  }
end

-- In this order: the first that says anything is the reason.
local REASONS = {
  { "slot", misnamed }, { "slot", not_simulated }, { "slot", no_usb },
  { "power", unpowered.over_current }, { "power", unpowered.port_off }, { "power", unpowered.slot_off },
  { "device", enumeration.failed },
  { "power", unpowered.blocked },
  { "slot", occupied_slot }, { "slot", passed_through }, { "slot", contained }, { "slot", nothing },
}

---@param case explain.case nothing is there
---@param seen explain.seen
---@param link string
---@return explain.verdict? verdict nil: it is not of this link
---@return string other the link that it is of
function M.because(case, seen, link)
  for _, reason in ipairs(REASONS) do
    local its = seen_of.new(case.host)
    local verdict = reason[2](case, its)
    if verdict then
      if reason[1] ~= link then
        return nil, reason[1]
      end
      table.move(its.evidence, 1, #its.evidence, #seen.evidence + 1, seen.evidence)
      return verdict, link
    end
  end
  error "the last reason always holds"
end

return M
