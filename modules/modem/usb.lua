-- SPDX-License-Identifier: MIT
-- For a modem that does not answer any more: a reset of its USB port, and switching the port's power.
--
-- Nothing here asks the modem, and nothing touches another port. What is switched off is written down before, in
-- /run/moontower/usb: should we be killed in between, the next run switches it on again.

local errors = require "errors"
local fs = require "core.fs"
local log = require "log"
local state = require "state"
local task = require "task"
local usb = require "core.usb"

local M = {}

local KIND = "usb"
local RESET_TIME = 30 -- the kernel tries several times, some seconds each
local WRITE_TIME = 15
local OFF_TIME = 3 -- until there is no charge left in it

-- Where sysfs shows the device.
local function folder_of(description)
  local folder = description.usb_folder
  if not folder then
    return errors.fail {
      code = "unsupported", source = "usb", message = ("%s is not on USB"):format(description.control),
      hint = description.pci and ("`moontower reset` asks the modem. One on PCIe that does not obey is taken off its "
        .. "bus, and looked for again:\n  echo 1 >/sys/bus/pci/devices/%s/remove; echo 1 >/sys/bus/pci/rescan"):format(
        description.pci) or nil,
    }
  elseif not fs.stat(folder) then
    return errors.fail {
      code = "gone", source = "usb", message = ("%s is not on USB any more"):format(description.control),
    }
  end
  return folder
end

-- The kernel goes on with what has begun; we do not wait for longer.
local function bounded(seconds, fn, ...)
  local ok, err = task.timeout(seconds, fn, ...)
  if not ok and err.code == "permission" then
    err.hint = "Run it as root, for example with sudo."
  end
  return ok, err
end

---@class modem.usb_write
---@field path string
---@field text string

---@param writes modem.usb_write[]
local function write_all(writes)
  local failure
  for _, write in ipairs(writes) do
    local ok, err = bounded(WRITE_TIME, usb.write, write.path, write.text)
    failure = failure or not ok and err or nil
  end
  return not failure or nil, failure
end

local function lock(name) return state.lock("usb-" .. name) end

local function switch_on(name, on)
  local ok, err = write_all(on)
  if ok then
    state.remove(KIND, name)
  end
  return ok, err
end

-- `on` is written whatever happens.
local function cycle(name, off, pause, on)
  local ok, err = state.save(KIND, name, { on = on })
  if not ok then
    return nil, err
  end
  local undo <close> = task.undo(function() switch_on(name, on) end)
  ok, err = write_all(off)
  if not ok then
    return nil, err
  end
  task.sleep(pause)
  undo.finished = true
  return switch_on(name, on)
end

-- Writes `off`, waits, writes `on`. The caller is probably cancelled when the modem disappears: that must not cut it
-- short.
local function off_and_on(name, off, pause, on)
  local held <close>, err = lock(name)
  if not held then
    return nil, err
  end
  return task.shield(pause + WRITE_TIME * (#off + 2 * #on + 1), cycle, name, off, pause, on)
end

-- The kernel's number of a device is the name of its file.
local function node_of(folder)
  local bus = tonumber(fs.read(folder .. "/busnum") or "")
  local number = tonumber(fs.read(folder .. "/devnum") or "")
  return bus and number and ("/dev/bus/usb/%03d/%03d"):format(bus, number)
end

---Resets the USB port that the modem is plugged into. Its firmware restarts its interfaces, and drivers take it
---again, with all ports; on some modems all of the firmware restarts. Takes seconds with a modem that is dead.
---
---Where there is no file for the device in /dev/bus/usb, it is deauthorized and authorized again, which has drivers and
---interfaces restart as well, but without a reset on the bus.
---@param description modem.description
---@return true? ok
---@return moontower.error? err "unsupported" for a modem that is not on USB, "gone", "permission", "timeout" ...
function M.reset(description)
  local folder, err = folder_of(description)
  if not folder then
    return nil, err
  end
  local node = node_of(folder)
  if node and fs.stat(node) then
    return bounded(RESET_TIME, usb.reset, node)
  end
  local path = folder .. "/authorized"
  return off_and_on(description.key, { { path = path, text = "0" } }, 0, { { path = path, text = "1" } })
end

local function has_switch(port) return port and fs.stat(port .. "/disable") ~= nil end

-- The device's port, and the other half of the same socket, of USB 3 or of USB 2, which would take the modem over.
-- Where something else is plugged into that half, it stays as it is.
local function ports_of(folder)
  local port = fs.realpath(folder .. "/port")
  if not has_switch(port) then
    return errors.fail {
      code = "unsupported", source = "usb",
      message = "the power of the modem's USB port cannot be switched: " .. folder .. "/port/disable is not there",
      hint = "It takes Linux 6.0 or newer.",
    }
  end
  local peer = fs.realpath(port .. "/peer")
  return { port, has_switch(peer) and not fs.stat(peer .. "/device") and peer or nil }
end

---@class modem.usb_switch the power of the socket that a modem is plugged into
---@field key string of the modem
---@field vendor string? of what is plugged in, as in sysfs
---@field ports string[] in sysfs

---The power switch of a modem's port, for power_cycle(), also when the modem has gone since.
---@param description modem.description
---@return modem.usb_switch?
---@return moontower.error? err "unsupported" where there is no such switch, "gone"
function M.switch_of(description)
  local folder, err = folder_of(description)
  local ports
  if folder then
    ports, err = ports_of(folder)
  end
  return ports and { key = description.key, vendor = fs.read(folder .. "/idVendor"), ports = ports } or nil, err
end

---Is there something else by now where the modem was plugged in?
---@param switch modem.usb_switch
---@return boolean
function M.is_taken(switch)
  local folder = switch.ports[1] .. "/device"
  return fs.stat(folder) ~= nil and fs.read(folder .. "/idVendor") ~= switch.vendor
end

---Switches the power of the modem's USB port off and on again. Its drivers let go of it at once; whether it really
---loses its power depends on the hub, which does not tell: many switch nothing, and others only all ports at once.
---@param switch modem.usb_switch
---@param options { off: number? }? seconds without power, 3 if not given
---@return true? ok
---@return moontower.error? err "permission", "timeout" ...
function M.power_cycle(switch, options)
  local off, on = {}, {}
  for i, port in ipairs(switch.ports) do
    local path = port .. "/disable"
    table.insert(off, 1, { path = path, text = "1" })
    on[i] = { path = path, text = "0" }
  end
  return off_and_on(switch.key, off, options and options.off or OFF_TIME, on)
end

---Switches on what a run that was killed has left without power.
function M.repair()
  local names, err = state.list(KIND)
  if not names then
    log.warn("cannot find out whether a USB port was left without power: %s", err)
  end
  for _, name in ipairs(names or {}) do
    local held <close> = lock(name)
    local record
    if held then
      record, err = state.load(KIND, name)
      if err then log.warn("the USB port of %s may be without power: %s", name, err) end
    end
    if record then
      log.info("switching the USB port of %s on again", name)
      switch_on(name, record.on)
    end
  end
end

return M
