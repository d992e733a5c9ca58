-- SPDX-License-Identifier: MIT
-- Which modems the daemon takes from ModemManager: those that the configuration names. The others stay ModemManager's.
--
-- Whether an entry with an IMEI or ICCID names a modem is known before it is opened, if ModemManager has found it.

local fs = require "core.fs"
local modemmanager = require "modemmanager"
local state = require "state"
local takeover = require "modem.takeover"

local M = {}

-- ModemManager is asked once for each modem, and only when an entry names an IMEI or ICCID.
local function may_be(entry, description, asked)
  if entry.usb and entry.usb ~= description.usb then
    return false
  elseif not (entry.imei or entry.iccid) then
    return true
  end
  asked.known = asked.known or modemmanager.knows(description) or {}
  return (not entry.imei or not asked.known.imei or entry.imei == asked.known.imei)
    and (not entry.iccid or not asked.known.iccid or entry.iccid == asked.known.iccid)
end

---@param config daemon.config
---@param description modem.description
---@return boolean is_ours false: the configuration does not name it, and ModemManager has it
---@return boolean? take_over does its entry say so?
function M.of(config, description)
  local asked = {}
  for _, entry in ipairs(config.modems) do
    if may_be(entry, description, asked) then
      return true, entry.take_over
    end
  end
  return not (asked.known or modemmanager.knows(description)), nil
end

-- USB paths that the configuration names, or where a modem was seen last that it names.
local function usb_paths(config)
  local paths = {}
  for _, entry in ipairs(config.modems) do
    if entry.usb then
      paths[entry.usb] = true
    end
    for _, name in ipairs((entry.imei or entry.iccid) and state.persistent.list "sockets" or {}) do
      local seen = state.persistent.load("sockets", name) or {}
      paths[name] = entry.imei and entry.imei == seen.imei or entry.iccid and entry.iccid == seen.iccid or paths[name]
    end
  end
  return paths
end

---Modems that are plugged in later, where the configuration names one, are never ModemManager's.
---@param config daemon.config
function M.reserve(config)
  for name in pairs(usb_paths(config)) do
    local folder = "/sys/bus/usb/devices/" .. name
    if not fs.stat(folder) then
      takeover.keep { name = name, usb = name, usb_folder = folder }
    end
  end
end

return M
