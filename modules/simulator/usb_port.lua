-- SPDX-License-Identifier: MIT
-- Files in place of sysfs for the USB ports of tier-1 modems, as far as a host writes to them to revive a modem that
-- hangs: `authorized` of the device, and `disable` of its port.
--
-- The files that are written to lie in one folder, which is watched; a modem's "device" has links to them.

local control = require "simulator.control"
local fs = require "core.fs"
local inotify = require "core.inotify"

local FOLDER = control.folder .. "/usb"
local PRIVATE = 448 -- 0700

---@class simulator.usb_port
---@field folder string the device, as in /sys/bus/usb/devices
---@field private modem simulator.modem
---@field private files table<string, { path: string, text: string, time: number }> as they were last seen
---@field private is_authorized boolean
---@field private has_power boolean
---@field private was_there boolean? is there a modem that power comes back to?

local usb_port = {}

local function show(self)
  assert(fs.mkdir(self.folder, PRIVATE))
  fs.symlink(self.files.authorized.path, self.folder .. "/authorized")
  fs.symlink(self.folder .. ".port", self.folder .. "/port")
end

local function hide(self)
  for _, name in ipairs { "/authorized", "/port", "" } do
    fs.remove(self.folder .. name)
  end
end

-- The text that was written to a file since it was last read. Of two writes, only the second may be seen.
local function written(file)
  local text, time = (fs.read(file.path) or ""):match("^[01]"), fs.stat(file.path).mtime
  if not text or text == file.text and time == file.time then
    return nil
  end
  file.text, file.time = text, time
  return text
end

local function set_authorized(self, on)
  if on and not self.is_authorized then
    self.modem:rebind()
  elseif not on and self.is_authorized and self.modem.plugged then
    self.is_authorized = false
    self.modem:unplug()
  end
end

local function set_power(self, on)
  local modem = self.modem
  if on and not self.has_power then
    self.has_power = true
    if self.was_there then
      modem:after(modem.reset_time, function() modem:replug() end)
    end
  elseif not on and self.has_power then
    self.has_power, self.was_there = false, modem.plugged or modem.needs_power
    modem:unplug()
  end
end

local function look(self)
  local authorized, disable = written(self.files.authorized), written(self.files.disable)
  if authorized then
    set_authorized(self, false)
    set_authorized(self, authorized == "1")
  end
  if disable then
    set_power(self, false)
    set_power(self, disable == "0")
  end
end

local function make_file(self, name, text)
  local path = ("%s.%s"):format(self.folder, name)
  assert(fs.write(path, text, PRIVATE))
  self.files[name] = { path = path, text = text, time = fs.stat(path).mtime }
  return path
end

local function new_port(modem, folder)
  local self = { modem = modem, folder = folder, files = {}, is_authorized = true, has_power = true }
  hide(self) -- an earlier one's
  make_file(self, "authorized", "1")
  assert(fs.mkdir(folder .. ".port", PRIVATE))
  fs.symlink(make_file(self, "disable", "0"), folder .. ".port/disable")
  modem:listen(function(event)
    if event == "plugged" then
      self.is_authorized = true
      show(self)
    elseif event == "unplugged" and self.is_authorized then
      hide(self)
    end
  end)
  if modem.plugged then
    show(self)
  end
  return self
end

local function hear(monitor, ports)
  local _ <close> = monitor
  while assert(monitor:next()) do
    for _, port in ipairs(ports) do
      look(port)
    end
  end
end

---Makes the ports that modems are plugged into, and does what is written there, in a task of the group.
---@param modems simulator.modem[]
---@param names string[]
---@param group task.group
---@return simulator.usb_port[]? ports
---@return moontower.error? err
function usb_port.start(modems, names, group)
  local ok, err = fs.mkdir(FOLDER, PRIVATE)
  local monitor
  if ok then
    monitor, err = inotify.folder(FOLDER)
  end
  if not monitor then
    return nil, err
  end
  local ports = {}
  for i, modem in ipairs(modems) do
    ports[i] = new_port(modem, FOLDER .. "/" .. names[i])
  end
  group:spawn(hear, monitor, ports)
  return ports
end

return usb_port
