-- SPDX-License-Identifier: MIT
-- Follows a modem through a restart: it comes back at the same USB path, maybe with another product id, with other
-- ports, and another protocol.

local devices = require "modem.devices"
local errors = require "errors"
local inotify = require "core.inotify"
local sysfs = require "modem.sysfs"
local task = require "task"
local udev = require "core.udev"

local SUBSYSTEMS = { "usbmisc", "net", "tty", "wwan" }
local SETTLE_TIME, SETTLE_MAX = 1, 5 -- its ports appear one after the other
local FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30 -- seconds between looks that no news asks for

---@class modem.comeback
---@field private before modem.description
---@field private monitor core.monitor of udev; of a folder, for a modem that a file describes
---@field private was_gone boolean?
---@field private pause number seconds until the next look
local Comeback = {}
Comeback.__index = Comeback

local M = {}

local function is_on_bus(description) return description.usb or description.pci or description.platform end

---Begins to watch. To be called before the restart is asked for: nothing may slip through.
---@param description modem.description
---@return modem.comeback? comeback keep it in a <close> variable
---@return moontower.error? err
function M.watch(description)
  local monitor, err
  if is_on_bus(description) then
    monitor, err = udev.monitor { subsystems = SUBSYSTEMS, source = sysfs.source() }
  else
    monitor, err = inotify.folder(devices.folder())
  end
  if not monitor then
    return nil, err
  end
  return setmetatable({ before = description, monitor = monitor, pause = FIRST_PAUSE }, Comeback)
end

-- Returns the modem, if it has been away since: the USB core gives each arrival a new number. A modem that could not be
-- read counts as there.
local function look(self)
  local list, unknown = devices.list()
  for _, description in ipairs(list) do
    if self.before.name == description.name then
      local is_new = description.incarnation and description.incarnation ~= self.before.incarnation
      return (is_new or self.was_gone) and description or nil
    end
  end
  self.was_gone = self.was_gone or not unknown
end

-- Drivers that let go of the modem and take it again at once, as after a reset of its USB port, leave its number as it
-- was.
local function next_event(self)
  local action, device = self.monitor:next()
  if not action then
    error(device, 0) -- the error
  end
  -- Of its control port alone: while others go, that may still be the old one.
  if action == "remove" and type(device) == "table" and device.devnode == self.before.control then
    self.was_gone = true
  end
end

-- There is no news of what could not be looked at for a moment, and some gets lost: so it looks by itself, too, less
-- and less often.
local function wait_for_news(self)
  task.timeout(self.pause, next_event, self)
  self.pause = math.min(self.pause * 2, LONGEST_PAUSE)
end

local function settle(self)
  local deadline = task.now() + SETTLE_MAX
  local is_quiet = not is_on_bus(self.before)
  while not is_quiet and task.now() < deadline do
    is_quiet = select(2, task.timeout(SETTLE_TIME, next_event, self)) ~= nil
  end
end

---Waits until it is back, with all its ports.
---@param seconds number
---@param is_complete (fun(description: modem.description): boolean)? waited for, too, but not found wanting
---@return modem.description? description as it is now
---@return moontower.error? err "gone" when it does not come
function Comeback:wait(seconds, is_complete)
  local seen -- last
  local function now()
    local description = look(self)
    seen = description or seen
    return description
  end
  local back = task.timeout(seconds, function()
    while not now() do wait_for_news(self) end
    settle(self)
    self.pause = FIRST_PAUSE
    local description = now()
    -- A driver may be on its way, or not exist: one that is making a port keeps the modem from the list for a moment.
    while not description or description.mode and description.mode.lacks
      or is_complete and not is_complete(description) do
      wait_for_news(self)
      description = now()
    end
    return description
  end)
  back = back or now() or seen -- should the kernel have told nothing
  if back then
    return back
  end
  return errors.fail {
    code = "gone", source = "modem",
    message = self.was_gone and ("the modem has not come back in %g seconds"):format(seconds)
      or ("the modem has not restarted in %g seconds"):format(seconds),
    hint = "Some take minutes. `dmesg` tells whether it is on USB, and whether a driver takes it. Else unplug it and "
      .. "plug it in again.",
  }
end

function Comeback:close() self.monitor:close() end
Comeback.__close = Comeback.close

return M
