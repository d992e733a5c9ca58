-- SPDX-License-Identifier: MIT
-- Power-cycles the USB port of a modem that we have restarted, and that does not come back to the bus.
--
-- Policies end with their modem, so the daemon does this. It leaves a modem alone that a person has pulled out, and
-- anything else that has been plugged in there since.

local log = require "log"
local status = require "status"
local task = require "task"
local usb = require "modem.usb"

---@class daemon.restart_watchdog
---@field private group task.group
---@field private awaited table<string, boolean> by name
local Watchdog = {}
Watchdog.__index = Watchdog

local M = {
  ---Seconds that a modem may take to leave, when it is told to restart: one that leaves later has been pulled out.
  leaves = 60,
  ---Seconds until it is missed; doubled each time, up to `longest`.
  away = 120,
  longest = 3600,
}

---@param group task.group that lives as long as the daemon
---@return daemon.restart_watchdog
function M.new(group) return setmetatable({ group = group, awaited = {} }, Watchdog) end

local function bring_back(self, name, switch, fleet)
  for attempt in task.backoff { first = M.away, max = M.longest, jitter = 0 } do
    if attempt.number > 1 then
      if fleet:is_there(name) or usb.is_taken(switch) then
        break
      end
      local ended = status.of(name):attempt("USB power cycle", "it has not come back after its restart")
      local ok, err = usb.power_cycle(switch)
      ended(ok and "done" or err)
    end
    status.of(name):schedule("USB power cycle", attempt.pause, "it restarts, and may not have come back by then")
  end
  self.awaited[name] = nil
end

---A modem has gone. If it was told to restart, sees to it that it comes back.
---@param modem modem.modem
---@param fleet daemon.fleet
function Watchdog:await(modem, fleet)
  local name, restarting = modem.description.name, modem.restarting
  if not restarting or task.now() - restarting.at > M.leaves or self.awaited[name] then
    return
  elseif not restarting.switch then
    log.debug("%s: should it not come back, its power cannot be switched: %s", name, restarting.err)
    return
  end
  self.awaited[name] = true
  self.group:spawn(bring_back, self, name, restarting.switch, fleet)
end

return M
