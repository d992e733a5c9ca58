-- SPDX-License-Identifier: MIT
-- Takes one modem over from ModemManager, and gives it back.
--
-- Each modem that is taken is written down first, in /run/moontower/taken; mark.lua keeps ModemManager away.

local errors = require "errors"
local fs = require "core.fs"
local lazy = require "base.lazy"
local process = require "core.process"
local state = require "state"
local task = require "task"

-- Loaded late: most modems that are used are none of ModemManager's.
local mark = lazy "modemmanager.mark"
local mmcli = lazy "modemmanager.mmcli"

local M = {
  ---Where ModemManager's own rules for udev may be, if it is installed.
  rules = { "/usr/lib/udev/rules.d", "/lib/udev/rules.d", "/usr/local/lib/udev/rules.d", "/etc/udev/rules.d" },
}

local KIND, NAME = "taken", "ModemManager"
local HAS_CONNECTION = { connecting = true, connected = true, disconnecting = true } -- states of a modem of its
local LETTING_GO = 10 -- seconds

---nil for a modem that ModemManager cannot have: a simulated one, or a part of a system on a chip.
---@param description modem.description
---@return modemmanager.place?
function M.place(description)
  local name = description.usb or description.pci
  if description.usb and description.usb_folder then
    -- Its interfaces: were it replaced by a hub, the devices behind that would be none of it.
    return { name = name, folder = description.usb_folder, ports = ("*/%s/%s:*"):format(name, name) }
  elseif description.pci then
    local folder = fs.realpath("/sys/bus/pci/devices/" .. name)
    return folder and { name = name, folder = folder, ports = ("*/%s/*"):format(name) }
  end
end

local function is_installed()
  for _, folder in ipairs(M.rules) do
    if fs.stat(folder .. "/80-mm-candidate.rules") then return true end
  end
  return false
end

-- ---- taken ----

-- One that was killed before udev knew of the mark begins again.
local function is_taken(place)
  local record, err = state.load(KIND, place.name)
  if err and err.code ~= "malformed" then
    return nil, err
  end
  return record ~= nil and record.applied == true and mark.is_set(place)
end

local function write_down(place, when)
  local record = { name = place.name, folder = place.folder, ports = place.ports }
  local ok, err = state.save(KIND, place.name, record)
  if ok then
    ok, err = mark.set(place, when)
  end
  if ok then
    record.applied = true
    ok, err = state.save(KIND, place.name, record)
  end
  if not ok then
    M.give_back(place)
    return errors.fail {
      code = err.code, source = "modemmanager", hint = err.hint, detail = err.detail,
      message = ("ModemManager cannot be told to leave the modem at %s alone: %s"):format(place.name, err.message),
    }
  end
  return true
end

local function port_of(description) return description.control:match "[^/]*$" end

-- Returns true, or nil and an error.
local function has_no_connection(description, pid)
  local modem, err = mmcli.modem_with(port_of(description))
  if modem and HAS_CONNECTION[modem.state] then
    return errors.fail {
      code = "busy", source = "modemmanager", detail = { is_connected = true },
      message = ("ModemManager (process %d) has a connection of its own on %s"):format(pid, description.control),
      hint = ("`moontower up --take-over` ends it. Or end it first, by NetworkManager or `mmcli -m %s "
        .. "--simple-disconnect`."):format(modem.path:match "[^/]*$"),
    }
  elseif modem == nil then
    return errors.fail {
      code = "busy", source = "modemmanager", detail = err.detail,
      message = ("ModemManager (process %d) cannot be asked whether it has a connection of its own on %s: %s"):format(
        pid, description.control, err.message),
      hint = err.code == "not-found" and "Install mmcli; or use --take-over, which ends such a connection."
        or "Use --take-over, which ends such a connection.",
    }
  end
  return true
end

---What a ModemManager that runs has found out about a modem.
---@param description modem.description
---@return { imei: string?, iccid: string? }? known nil: it does not have it, or cannot be asked
function M.knows(description)
  local has = M.place(description) and process.named(NAME)[1] and mmcli.modem_with(port_of(description))
  if not has then
    return nil
  end
  return { imei = has.imei, iccid = has.sim and mmcli.iccid(has.sim) or nil }
end

-- The control port, and the serial ports of the same device: ModemManager may be at a probe of these.
local function ports_of(description, place)
  local paths = { description.control }
  for _, interface in ipairs(fs.list(place.folder) or {}) do
    for _, folder in ipairs(interface:find(":", 1, true) and { interface, interface .. "/tty" } or {}) do
      for _, name in ipairs(fs.list(place.folder .. "/" .. folder) or {}) do
        paths[#paths + 1] = name:find "^tty%u" and "/dev/" .. name or nil
      end
    end
  end
  return paths
end

-- ModemManager closes ports some milliseconds after the event from udev; no event says that it has.
local function await_release(paths, pid)
  local deadline, pause = task.now() + LETTING_GO, 0.02
  local function holds()
    for _, path in ipairs(paths) do
      for _, holder in ipairs(process.holders(path) or {}) do
        if holder.pid == pid then return true end
      end
    end
    return false
  end
  while holds() and task.now() + pause < deadline do
    task.sleep(pause)
    pause = pause * 1.5
  end
end

---Takes a modem from a ModemManager that runs. A connection that ModemManager has on it is not ended unless that is
---asked for.
---@param description modem.description
---@param take_over boolean? end a connection of ModemManager's
---@return boolean? taken false: ModemManager does not run
---@return moontower.error? err "busy": it has a connection
function M.take(description, take_over)
  local place = M.place(description)
  if not place or not mark.is_possible() then
    return false
  end
  local taken, err = is_taken(place)
  if taken ~= false then
    return taken, err
  end
  local pid = process.named(NAME)[1]
  if not pid then
    return false
  end
  local ok = take_over
  if not ok then
    ok, err = has_no_connection(description, pid)
  end
  if ok then
    ok, err = write_down(place, "now")
  end
  if not ok then
    return nil, err
  end
  await_release(ports_of(description, place), pid)
  return true
end

---Keeps a modem that we use from a ModemManager that may start later.
---@param description modem.description
---@return true? ok
---@return moontower.error? err
function M.keep(description)
  local place = M.place(description)
  if not place or not mark.is_possible() or not is_installed() then
    return true
  end
  local taken, err = is_taken(place)
  if taken ~= false then
    return taken, err
  end
  return write_down(place, process.named(NAME)[1] and "now" or "soon")
end

---Can a modem be taken from it, or has it to be stopped?
---@param description modem.description
---@return boolean
function M.can_be_taken(description) return M.place(description) ~= nil and mark.is_possible() end

---Why a modem would not be taken from the ModemManager that runs. Asks, and takes nothing.
---@param description modem.description
---@return moontower.error? err nil: it would be, or is
function M.refusal(description)
  local pid = M.can_be_taken(description) and not M.taken(description) and process.named(NAME)[1]
  if pid then
    return (select(2, has_no_connection(description, pid)))
  end
end

-- ---- given back ----

---@param description modem.description
---@return modemmanager.place? place nil: it is not taken
function M.taken(description)
  local place = M.place(description)
  return place and fs.stat(state.path(KIND, place.name)) and place or nil
end

---@return boolean is ModemManager installed, or anything taken from it?
function M.is_there()
  local names = state.list(KIND)
  return is_installed() or not names or #names > 0
end

-- The place of a modem of which what is written down is damaged; the name is that of its file.
local function of_name(name)
  local pci = name:gsub("^(%x+)_(%x+)_", "%1:%2:")
  local bus = pci == name and "usb" or "pci"
  return { name = pci, folder = ("/sys/bus/%s/devices/%s"):format(bus, pci), ports = "" }
end

---@return modemmanager.place[]? places of modems that are taken
---@return moontower.error? err
function M.list()
  local names, err = state.list(KIND)
  local places = {}
  for _, name in ipairs(names or {}) do
    local place, unknown = state.load(KIND, name)
    if unknown and unknown.code == "malformed" then
      place = of_name(name)
    end
    places[#places + 1] = place
  end
  return names and places, err
end

---ModemManager may have it again, and finds it by itself.
---@param place modemmanager.place
---@return true? ok
---@return moontower.error? err what is left is written down
function M.give_back(place)
  local ok, err = mark.clear(place)
  if ok then
    ok, err = state.remove(KIND, place.name)
  end
  return ok, err
end

return M
