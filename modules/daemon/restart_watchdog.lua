-- SPDX-License-Identifier: MIT
-- Modems that we have restarted, and that do not come back to the bus: their USB ports are switched off and on.
--
-- A policy lives as long as its modem is there, so that is the daemon's to do. One that somebody has pulled out is left
-- alone, and so is whatever else is plugged in there by then.

local log = require "log"
local status = require "status"
local task = require "task"
local usb = require "modem.usb"

---@class daemon.missing
---@field private group task.group
---@field private awaited table<string, boolean> by name
local Missing = {}
Missing.__index = Missing

local M = {
  ---Seconds that a modem may take to leave, when it is told to restart: one that goes later has been pulled out.
  leaves = 60,
  ---Seconds until it is missed; doubled each time, up to `longest`.
  away = 120,
  longest = 3600,
}

---@param group task.group that lives as long as the daemon
---@return daemon.missing
function M.new(group) return setmetatable({ group = group, awaited = {} }, Missing) end

local function bring_back(self, name, switch, fleet)
  local pause = M.away
  repeat
    status.of(name):schedule("USB power cycle", pause, "it restarts, and may not have come back by then")
    task.sleep(pause)
    if fleet:is_there(name) or usb.is_taken(switch) then
      break
    end
    local ended = status.of(name):attempt("USB power cycle", "it has not come back after its restart")
    local ok, err = usb.power_cycle(switch)
    ended(ok and "done" or err)
    pause = math.min(pause * 2, M.longest)
  until false
  self.awaited[name] = nil
end

---A modem has gone. If it was told to restart, sees to it that it comes back.
---@param modem modem.modem
---@param fleet daemon.fleet
function Missing:await(modem, fleet)
  local name, restarting = modem.description.name, modem.restarting
  if not restarting or task.now() - restarting.at > M.leaves or self.awaited[name] then
    return
  elseif not restarting.switch then
    log.debug("%s: should it not come back, nobody can switch its power: %s", name, restarting.err)
    return
  end
  self.awaited[name] = true
  self.group:spawn(bring_back, self, name, restarting.switch, fleet)
end

return M
