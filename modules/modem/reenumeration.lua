-- SPDX-License-Identifier: MIT
-- Follows a modem through a restart: it comes back at the same USB path, maybe with another product id, with other
-- ports, and another protocol.

local devices = require "modem.devices"
local errors = require "errors"
local hotplug = require "modem.hotplug"
local task = require "task"

local SETTLE_TIME, SETTLE_MAX = 1, 5
local FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30 -- seconds between looks without an event

---@class modem.reenumeration
---@field private before modem.description
---@field private hotplug modem.hotplug
---@field private was_gone boolean?
---@field private pause number seconds until the next look
local Reenumeration = {}
Reenumeration.__index = Reenumeration

local M = {}

local function is_on_bus(description) return description.usb or description.pci or description.platform end

---Begins to watch. To be called before the restart is asked for: no event may be missed.
---@param description modem.description
---@return modem.reenumeration? reenumeration keep it in a <close> variable
---@return moontower.error? err
function M.watch(description)
  local self = setmetatable({ before = description, pause = FIRST_PAUSE }, Reenumeration)
  -- Drivers that let go of the modem and take it again at once, as after a reset of its USB port, leave its number as
  -- it was. Only its control port counts: while others go, that may still be the old one.
  self.hotplug = hotplug.new({ is_on_bus(description) and "bus" or "folder" }, function(action, device)
    if action == "remove" and type(device) == "table" and device.devnode == description.control then
      self.was_gone = true
    end
  end)
  local err = self.hotplug:renew()
  if err then
    self:close()
    return nil, err
  end
  return self
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

-- A list that could not be read for a moment causes no event later, and some events get lost. So it looks without one,
-- too, less and less often.
local function wait_for_event(self)
  self.hotplug:renew()
  self.hotplug:wait(self.pause)
  self.pause = math.min(self.pause * 2, LONGEST_PAUSE)
end

---Waits until it is back, with all its ports.
---@param seconds number
---@param is_complete (fun(description: modem.description): boolean)? it is waited for, too; no error if it never holds
---@return modem.description? description as it is now
---@return moontower.error? err "gone" when it does not come
function Reenumeration:wait(seconds, is_complete)
  local seen -- last
  local function now()
    local description = look(self)
    seen = description or seen
    return description
  end
  local back = task.timeout(seconds, function()
    while not now() do wait_for_event(self) end
    if is_on_bus(self.before) then
      self.hotplug:settle(SETTLE_TIME, SETTLE_MAX)
    end
    self.pause = FIRST_PAUSE
    local description = now()
    -- A driver may be on its way, or not exist: one that is making a port keeps the modem from the list for a moment.
    while not description or description.mode and description.mode.lacks
      or is_complete and not is_complete(description) do
      wait_for_event(self)
      description = now()
    end
    return description
  end)
  back = back or now() or seen -- in case the kernel has sent no event
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

function Reenumeration:close() self.hotplug:close() end
Reenumeration.__close = Reenumeration.close

return M
