-- SPDX-License-Identifier: MIT
-- Which modems there are: what udev knows, and what files describe.

local errors = require "errors"
local fs = require "core.fs"
local files = require "modem.devices.files"
local state = require "state"

---@class modem.control a control port, and what goes with it
---@field key string what files about it under /run/moontower are named after
---@field protocol "mbim"|"qmi"|"at" what it speaks; "at": neither of the two, see modem/modes.lua
---@field control string its path; the USB path of a modem that has no port at all
---@field net string? the network interface that it connects
---@field driver string?
---@field interface integer? the number of its USB interface
---@field folder string? where sysfs shows its USB interface

---@class modem.description: modem.control
---@field name string by which events, orders and policies know it: the socket that it is plugged into, as cdc-wdm
--- numbers change
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
---@field nmea string? likewise that of its NMEA port
---@field mode modem.mode? of a modem whose protocol is "at"
---@field incarnation string? changes when the modem restarts: what we left in it is gone then
---@field descriptors string? the USB descriptors, as sysfs has them

local M = { folder = files.folder }

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

---Can ModemManager have it? It takes modems on a bus, and no others.
---@param description modem.description
---@return boolean
function M.is_on_bus(description) return description.usb ~= nil or description.pci ~= nil end

---The file that says that the modems of this computer's busses are none of ours, as in the namespaces of a simulated
---modem: the kernel shows them there as well.
---@return string
function M.no_bus() return state.folder .. "/no-bus" end

---The modems that there are. One that could not be read in full, because of a lack of descriptors for example, is not
---in the list.
---@return modem.description[] descriptions in a fixed order, one a modem
---@return moontower.error? err there may be others: not everything could be read
function M.list()
  local found, list = {}, {}
  local no_bus, unknown = errors.there(fs.stat(M.no_bus()))
  local parts = { files }
  if unknown and unknown.code == "permission" then
    parts, unknown = {}, nil -- another user's folder: its namespaces and its files are not ours
  end
  if not (no_bus or unknown) then
    table.move({ require "modem.devices.usb", require "modem.devices.wwan", parts[1] }, 1, 3, 1, parts)
  end
  for _, part in ipairs(parts) do
    local err = part.add(found)
    unknown = unknown or err
  end
  for i, description in ipairs(found) do
    description.name = description.usb or description.pci or description.platform or description.controls[1].key
    list[i] = M.using(description, description.controls[1])
  end
  table.sort(list, function(a, b) return a.key < b.key end)
  if unknown then
    return list, select(2, errors.during(unknown, "look for modems"))
  end
  return list
end

return M
