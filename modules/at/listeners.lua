-- SPDX-License-Identifier: MIT
-- Who listens to an AT port: to unsolicited results, or to everything.

local log = require "log"
local task = require "task"

local LISTENER_MAX = 256 -- lines that a listener has not fetched

---@class at.listeners
---@field package path string
---@field package urcs table<core.queue, true>
---@field package all table<core.queue, true>
---@field package ended moontower.error?
---@field package has_overrun boolean?
local Listeners = {}
Listeners.__index = Listeners

local M = {}

---@param path string of the port
---@return at.listeners
function M.new(path)
  local weak = { __mode = "k" } -- one that no script holds any more is collected, and so forgotten
  return setmetatable({ path = path, urcs = setmetatable({}, weak), all = setmetatable({}, weak) }, Listeners)
end

---@param what "urcs"|"all"
---@return core.queue
function Listeners:listen(what)
  local queue = task.queue(LISTENER_MAX)
  if self.ended then
    queue:close(self.ended)
  else
    self[what][queue] = true
  end
  return queue
end

local function tell(self, listeners, item)
  for listener in pairs(listeners) do
    if not listener:push(item) and not self.has_overrun then
      self.has_overrun = true
      log.warn("%s: the modem says more than can be read; some of its lines were lost", self.path)
    end
  end
end

---For those who listen to everything.
---@param shown string fit to be shown
---@param kind string
function Listeners:show(shown, kind)
  if next(self.all) then
    tell(self, self.all, { text = shown, kind = kind })
  end
end

---For those who listen to unsolicited results.
---@param line string
function Listeners:tell_urc(line) tell(self, self.urcs, line) end

---The port has ended.
---@param err moontower.error why
function Listeners:close(err)
  self.ended = err
  for _, listeners in ipairs { self.urcs, self.all } do
    for listener in pairs(listeners) do listener:close(err) end
  end
end

return M
