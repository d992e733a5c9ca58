-- SPDX-License-Identifier: MIT
-- Undoes several things and tries each: a thing that is gone already counts as undone, a failure is remembered.

local errors = require "errors"
local log = require "log"

---@class undoing
---@field err moontower.error? the first thing that failed, and may not fail the next time
local Undoing = {}
Undoing.__index = Undoing

-- Errors of the kernel that say that there is nothing to undo, or that it never takes what it is given.
local nothing_there = { ["gone"] = true, ["not-found"] = true, ["unreachable"] = true }
local FINAL = "invalid"

---@param err moontower.error
function Undoing:failed(err)
  log.warn("%s", err)
  self.err = self.err or err
end

---@param fn function
---@param ... any its arguments
---@return boolean undone
function Undoing:try(fn, ...)
  local called, ok, err = pcall(fn, ...)
  if not called then
    ok, err = nil, ok
  end
  if ok or nothing_there[err.code] then
    return true
  elseif err.code == FINAL then
    log.warn("%s", err)
    return true
  end
  self:failed(err)
  return false
end

---Returns what fn() returns.
---@param fn function
---@param ... any its arguments
---@return any value nil when it is not there, or that could not be found out: then something has failed
function Undoing:ask(fn, ...)
  local value, err = errors.there(fn(...))
  if value == nil and err then self:failed(err) end
  return value or nil
end

---@param fn fun(undoing: undoing)
---@return true? ok
---@return moontower.error? err the first thing that failed
return function(fn)
  local self = setmetatable({}, Undoing)
  fn(self)
  return not self.err or nil, self.err
end
