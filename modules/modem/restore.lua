-- SPDX-License-Identifier: MIT
-- The connection that another one is to replace comes back if that one fails: it may be the only way to this computer.

local connections = require "modem.connection"
local errors = require "errors"
local task = require "task"
local up = require "modem.up"

local TIME = 40 -- seconds for it when the command is being ended

-- There is no network to connect by, whatever the link's settings are.
local no_network = { ["not-registered"] = true, ["registration-denied"] = true }

local M = {}

local function name_of(previous)
  local apn = previous.carrier.bearers[1].apn
  return apn ~= "" and apn or "default APN"
end

local function is_there(modem, previous)
  local record = connections.record(modem.description)
  return record ~= nil and connections.fits(record, previous.carrier) and connections.is_on_host(modem)
end

---@class modem.restore
---@field private modem modem.modem
---@field private previous modem.previous
---@field private watcher up.watcher
---@field private is_same boolean?
---@field finished boolean? nothing has to be brought back any more
local Restore = {}
Restore.__index = Restore

---Sees to it that a connection comes back, should the block be left before `finished` is set.
---@param modem modem.modem
---@param previous modem.previous
---@param watcher up.watcher
---@param is_same boolean? the one that is to replace it asks for the same: only the link's settings may differ
---@return modem.restore to be kept in a <close> variable
function M.guard(modem, previous, watcher, is_same)
  return setmetatable({ modem = modem, previous = previous, watcher = watcher, is_same = is_same }, Restore)
end

-- A network has been waited for already, where the same was asked for.
local function options_of(self)
  local options = {}
  for key, value in pairs(self.previous.options) do options[key] = value end
  options.wait = self.is_same and 0 or nil
  return options
end

---Brings the connection back, as the one that was to replace it has failed.
---@param err moontower.error
---@return nil
---@return moontower.error err says also what has become of the old connection
function Restore:bring_back(err)
  local is_in_vain = self.is_same and no_network[err.code]
  if self.finished or is_in_vain or is_there(self.modem, self.previous) then
    self.finished = true
    return nil, err
  end
  self.finished = true
  local name = name_of(self.previous)
  self.watcher:doing("restore", name)
  local link, why = up.up(self.modem, self.previous.carrier, options_of(self))
  local copy = {}
  for key, value in pairs(err) do copy[key] = value end
  copy.detail = { restored = link ~= nil }
  for key, value in pairs(err.detail or {}) do copy.detail[key] = value end
  if link then
    link:detach()
    self.watcher:done("restored", ("%s is connected again, as %s"):format(name, link.address))
  else
    local same = tostring(why) == tostring(err)
    copy.message = ("%s; and the connection to %s, which was there before, does not come back%s")
      :format(err, name, same and "" or ": " .. tostring(why))
  end
  return nil, errors.new(copy)
end

function Restore:__close(err)
  if not self.finished then
    task.shield(TIME, self.bring_back, self, err or task.unwanted)
  end
end

return M
