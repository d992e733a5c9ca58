-- SPDX-License-Identifier: MIT
-- When a modem is taken from ModemManager, and when it gets it back: see modules/modemmanager.
--
-- A program of ours takes it when it opens it, and gives it back when it ends: a command that restarts the modem opens
-- it several times. With a connection of ours in it, which ModemManager would end, it stays ours, until `moontower
-- down`, or the end of a daemon that disconnects it.

local connections = require "modem.connection"
local devices = require "modem.devices"
local log = require "log"
local modemmanager = require "modemmanager"
local state = require "state"
local task = require "task"

local M = {}

local PATIENCE = 45 -- seconds, for a task that is cancelled

local repairs_at_end = false

---See modemmanager.take().
---@param description modem.description
---@param take_over boolean?
---@return boolean? taken
---@return moontower.error? err
function M.take(description, take_over)
  repairs_at_end = true
  return modemmanager.take(description, take_over)
end

---@param description modem.description
---@return boolean taken do we have it from ModemManager?
function M.is_taken(description) return modemmanager.taken(description) ~= nil end

---Keeps a modem of ours from a ModemManager that starts later: also in the middle of our `up`, when NetworkManager has
---D-Bus start it.
---@param description modem.description
function M.keep(description)
  local ok, err = modemmanager.keep(description)
  if not ok then
    log.warn("%s", err)
  end
end

local function give_back(place)
  local ok, err = modemmanager.give_back(place)
  if not ok then
    log.warn("ModemManager does not get the modem at %s back yet: %s", place.name, err)
  end
end

local function is_in_use(description)
  local lock <close> = state.lock(description.key)
  if not lock then
    return true
  end
  local record, unknown = connections.record(description)
  return record ~= nil or unknown ~= nil
end

---When a modem is closed that ModemManager may have.
---@param description modem.description
function M.settle(description)
  task.shield(PATIENCE, function()
    local place = modemmanager.taken(description)
    if place and not is_in_use(description) then
      give_back(place)
    end
  end)
end

---Gives back what nothing of ours uses any more: the end of a run that was killed, or of a modem that was unplugged,
---included.
function M.repair()
  local places, err = modemmanager.list()
  if not places then
    log.warn("cannot find out what was taken from ModemManager: %s", err)
  end
  if not places or #places == 0 then
    return
  end
  local list, unknown = devices.list()
  local in_use = {}
  for _, description in ipairs(list) do in_use[description.name] = is_in_use(description) end
  for _, place in ipairs(places) do
    if not in_use[place.name] and (in_use[place.name] == false or not unknown) then
      give_back(place)
    end
  end
end

---The same at the end of the program, which may use the modem again: given back in between, ModemManager would begin a
---probe that is cut a moment later, and 1.20 then may never look at the modem again.
function M.repair_at_end() repairs_at_end = true end

---At the end of the program, which may have been interrupted.
function M.finish()
  if repairs_at_end and modemmanager.is_there() then
    task.shield(PATIENCE, M.repair)
  end
end

return M
