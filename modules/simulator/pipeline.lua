-- SPDX-License-Identifier: MIT
-- Answers that take their time: several may be under way, each is given when it is due, and in the order of commands.

---@class sim.pipeline
---@field modem sim.modem
---@field pending table[] { give, due }
local Pipeline = {}
Pipeline.__index = Pipeline

local pipeline = {}

---@param modem sim.modem
---@return sim.pipeline
function pipeline.new(modem)
  return setmetatable({ modem = modem, pending = {} }, Pipeline)
end

---Calls give() in so many seconds, but not before those that were here earlier.
---@param seconds number
---@param give fun()
function Pipeline:later(seconds, give)
  local pending, entry = self.pending, { give = give }
  pending[#pending + 1] = entry
  self.modem:after(seconds, function()
    entry.due = true
    while self.pending == pending and pending[1] and pending[1].due do
      table.remove(pending, 1).give()
    end
  end)
end

---Forgets what is under way.
function Pipeline:clear()
  self.pending = {}
end

return pipeline
