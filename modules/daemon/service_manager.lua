-- SPDX-License-Identifier: MIT
-- What the service manager (systemd) and the daemon have to say to each other: ready, how it is, alive; SIGHUP.

local events = require "events"
local fs = require "core.fs"
local service = require "daemon.sd_notify"
local signal = require "core.signal"
local status = require "status"
local task = require "task"

---@class daemon.manager
---@field service service.service
---@field status string? what it was told last
local Manager = {}
Manager.__index = Manager

local M = {}

---@return daemon.manager
function M.new() return setmetatable({ service = service.new() }, Manager) end

---"2 modems, 1 online"
---@param modems modem.modem[]
---@return string
function M.describe(modems)
  local online = 0
  for _, modem in ipairs(modems) do
    online = online + (status.of(modem).state == "online" and 1 or 0)
  end
  return ("%d %s, %d online"):format(#modems, #modems == 1 and "modem" or "modems", online)
end

-- Only what has changed, when something has happened.
local function tell_status(self, heard, fleet)
  local told <close> = heard
  repeat
    local text = M.describe(fleet:list())
    if text ~= self.status then
      self.status = text
      self.service:tell("STATUS=" .. text)
    end
  until not told:next()
end

-- From a task on the loop, so it tells that the loop goes round.
local function stay_alive(self)
  while true do
    self.service:tell "WATCHDOG=1"
    task.sleep(self.service.watchdog / 2)
  end
end

---The daemon is ready: tells so, and goes on telling how it is.
---@param group task.group
---@param fleet daemon.fleet
function Manager:start(group, fleet)
  if not self.service.address then
    return
  end
  self.service:tell "READY=1"
  group:spawn(tell_status, self, events.subscribe(), fleet)
  if self.service.watchdog then
    group:spawn(stay_alive, self)
  end
end

---Tells that the configuration is being read again, and, when the block is left, that this is over.
---@return table to be kept in a <close> variable
function Manager:reloading()
  self.service:tell("RELOADING=1", ("MONOTONIC_USEC=%d"):format(math.ceil(task.now() * 1e6)))
  return task.finally(function() self.service:tell "READY=1" end)
end

---The daemon is about to end.
function Manager:stopping() self.service:tell "STOPPING=1" end

local function reload_at(hangups, daemon)
  local heard <close> = hangups
  while heard:next() do
    daemon:reload() -- which logs what is wrong
  end
end

---SIGHUP asks for a reload from now on; but at a terminal it means that this is gone, and ends any command.
---@param group task.group
---@param daemon daemon.daemon
function M.hear_hangups(group, daemon)
  if not fs.isatty(0) then
    group:spawn(reload_at, assert(signal.open "HUP"), daemon)
  end
end

return M
