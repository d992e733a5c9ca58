-- SPDX-License-Identifier: MIT
-- Notifies the service manager (systemd): ready, alive, how many modems are online. And reloads at SIGHUP.

local events = require "events"
local fs = require "core.fs"
local service = require "daemon.sd_notify"
local signal = require "core.signal"
local status = require "status"
local task = require "task"

---@class daemon.manager
---@field service service.service
---@field status string? sent last
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

-- Sent after an event, if the text has changed.
local function send_status(self, subscription, fleet)
  local published <close> = subscription
  repeat
    local text = M.describe(fleet:list())
    if text ~= self.status then
      self.status = text
      self.service:notify("STATUS=" .. text)
    end
  until not published:next()
end

-- From a task, so it proves that the loop goes round.
local function stay_alive(self)
  while true do
    self.service:notify "WATCHDOG=1"
    task.sleep(self.service.watchdog / 2)
  end
end

---The daemon is ready: says so, and goes on reporting its state.
---@param group task.group
---@param fleet daemon.fleet
function Manager:start(group, fleet)
  if not self.service.address then
    return
  end
  self.service:notify "READY=1"
  group:spawn(send_status, self, events.subscribe(), fleet)
  if self.service.watchdog then
    group:spawn(stay_alive, self)
  end
end

---Reports that the configuration is being read again, and, when the block is left, that this is over.
---@return table to be kept in a <close> variable
function Manager:reloading()
  self.service:notify("RELOADING=1", ("MONOTONIC_USEC=%d"):format(math.ceil(task.now() * 1e6)))
  return task.finally(function() self.service:notify "READY=1" end)
end

---The daemon is about to end.
function Manager:stopping() self.service:notify "STOPPING=1" end

local function reload_at(hangups, daemon)
  local signals <close> = hangups
  while signals:next() do
    daemon:reload() -- which logs mistakes
  end
end

---From now on SIGHUP asks for a reload; but at a terminal it means that the terminal has gone, and ends any command.
---@param group task.group
---@param daemon daemon.daemon
function M.reload_at_hangup(group, daemon)
  if not fs.isatty(0) then
    group:spawn(reload_at, assert(signal.open "HUP"), daemon)
  end
end

return M
