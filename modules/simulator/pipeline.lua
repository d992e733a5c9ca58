-- SPDX-License-Identifier: MIT
-- Delayed answers: several may be pending; each is sent when it is due, in the order of the commands. Only while an
-- order to connect waits for the network, the modem answers what has nothing to do with it.

---@class simulator.pipeline
---@field modem simulator.modem
---@field pending table[] { give, due, place }
local Pipeline = {}
Pipeline.__index = Pipeline

local pipeline = {}

---@param modem simulator.modem
---@return simulator.pipeline
function pipeline.new(modem)
  return setmetatable({ modem = modem, pending = {} }, Pipeline)
end

-- The first one that may be given now.
local function next_due(pending)
  local has_waiting = false
  for i, entry in ipairs(pending) do
    if entry.due and (not has_waiting or entry.place == "beside") then
      return i
    elseif not entry.due and entry.place ~= "network" then
      return nil
    end
    has_waiting = true
  end
end

---Calls give() after this time, but not before the calls that were queued earlier.
---@param seconds number
---@param give fun()
---@param place "network"|"beside"|nil network: it waits for the network, and those "beside" it need not wait for it
function Pipeline:later(seconds, give, place)
  local pending, entry = self.pending, { give = give, place = place }
  pending[#pending + 1] = entry
  self.modem:after(seconds, function()
    entry.due = true
    local i = next_due(pending)
    while self.pending == pending and i do
      table.remove(pending, i).give()
      i = next_due(pending)
    end
  end)
end

---Forgets what is under way.
function Pipeline:clear()
  self.pending = {}
end

return pipeline
