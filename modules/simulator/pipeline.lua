-- SPDX-License-Identifier: MIT
-- Delayed answers: several may be pending; each is sent when it is due, in the order of the commands.

---@class simulator.pipeline
---@field modem simulator.modem
---@field pending table[] { give, due }
local Pipeline = {}
Pipeline.__index = Pipeline

local pipeline = {}

---@param modem simulator.modem
---@return simulator.pipeline
function pipeline.new(modem)
  return setmetatable({ modem = modem, pending = {} }, Pipeline)
end

---Calls give() after this time, but not before the calls that were queued earlier.
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
