-- SPDX-License-Identifier: MIT
-- Notices modems that are plugged in or out: by udev, or by the kernel where there is no udev; and those that files in
-- a folder describe, by the folder.

local devices = require "modem.devices"
local fs = require "core.fs"
local inotify = require "core.inotify"
local sysfs = require "modem.sysfs"
local task = require "task"
local udev = require "core.udev"
local update_hold = require "modem.update_hold"

local SUBSYSTEMS = { "usbmisc", "net", "tty", "wwan" }
local PRIVATE = 448 -- 0700

local function watch_folder(path)
  fs.mkdir(path, PRIVATE)
  return inotify.folder(path)
end

local openers = {
  bus = function() return udev.monitor { subsystems = SUBSYSTEMS, source = sysfs.source() } end,
  folder = function() return watch_folder(devices.folder()) end,
  updates = function() return watch_folder(update_hold.folder()) end,
}

---@class modem.hotplug
---@field private group task.group
---@field private sources string[]
---@field private open table<string, boolean> which of them are being watched
---@field private changed core.queue a queue of one
---@field private on_event fun(action: string, device: table|string)?
local Hotplug = {}
Hotplug.__index = Hotplug

local M = {}

---Nothing is watched before renew() is called.
---@param sources ("bus"|"folder"|"updates")[] updates: of firmware, which keep us from a modem
---@param on_event fun(action: string, device: table|string)? gets each event, as core.udev or core.inotify has it
---@return modem.hotplug hotplug keep it in a <close> variable, or let it end with the task
function M.new(sources, on_event)
  return setmetatable({
    group = task.group(), sources = sources, open = {}, changed = task.queue(1), on_event = on_event,
  }, Hotplug)
end

local function read_events(self, name, monitor)
  local function ended()
    self.open[name] = nil
    self:wake() -- so that renew() is called
  end
  local _ <close> = task.finally(ended)
  local events <close> = monitor
  for action, device in events.next, events do
    if self.on_event then
      self.on_event(action, device)
    end
    self:wake()
  end
end

---Watches those sources that are not watched: at first, and after a source has ended. Events are kept from now on.
---@return moontower.error? err why one of them cannot be watched
function Hotplug:renew()
  local failure
  for _, name in ipairs(self.sources) do
    local monitor, err
    if not self.open[name] then
      monitor, err = openers[name]()
    end
    if monitor then
      self.open[name] = true
      self.group:spawn(read_events, self, name, monitor)
    end
    failure = failure or err
  end
  return failure
end

---Ends a wait(), as an event does.
function Hotplug:wake() self.changed:push(true) end

---Waits for an event: one that has come since the last call is enough.
---@param seconds number? at most; if not given, for ever
---@return true? changed
function Hotplug:wait(seconds)
  if seconds then
    return (task.timeout(seconds, self.changed.pop, self.changed))
  end
  return self.changed:pop()
end

---The ports of one modem appear one after the other: waits until no more events come.
---@param quiet number seconds without an event
---@param longest number seconds after which it waits no longer
function Hotplug:settle(quiet, longest)
  local deadline = task.now() + longest
  repeat
    local changed = self:wait(quiet)
  until not changed or task.now() > deadline
end

function Hotplug:close() self.group:__close() end
Hotplug.__close = Hotplug.close

return M
