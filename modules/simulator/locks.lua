-- SPDX-License-Identifier: MIT
-- The simulated modem's locks to cells and channels: while there is one, it uses no other. Methods of simulator.modem.

local locks = {}

---@class simulator.lock
---@field kind "cells"|"channels"
---@field list { channel: integer, pci: integer? }[]

---Locks it, or ends the lock of this kind. `saved`: it outlives a restart.
---@param technology "lte"|"nr"
---@param kind "cells"|"channels"
---@param list table[]? nil: none
function locks:set_lock(technology, kind, list)
  if not self.faults["ignore-settings"] then
    self.nv.locks[technology .. " " .. kind] = list
    for _, lock in ipairs(technology == "lte" and list or {}) do
      self.serving_cell = lock.pci == self.personality.cell.neighbour.pci and 2 or 1
    end
  end
  self:settle()
end

---@param technology "lte"|"nr"
---@param kind "cells"|"channels"
---@return table[]? list nil: none
function locks:lock_of(technology, kind) return self.nv.locks[technology .. " " .. kind] end

---A restart ends those that were not saved.
function locks:forget_locks()
  for key in pairs(self.nv.locks) do
    local technology, kind = key:match "^(%a+) (%a+)$"
    if kind == "cells" and not self.nv.saved_locks[technology] then self.nv.locks[key] = nil end
  end
end

---Does a lock keep it from a cell?
---@param technology "lte"|"nr"
---@param channel integer
---@param pcis integer[] of the cells there
---@return boolean
function locks:is_locked_out(technology, channel, pcis)
  for _, kind in ipairs { "cells", "channels" } do
    local list, is_free = self:lock_of(technology, kind), false
    for _, lock in ipairs(list or {}) do
      for _, pci in ipairs(pcis) do
        is_free = is_free or lock.channel == channel and (lock.pci == nil or lock.pci == pci)
      end
    end
    if list and not is_free then
      return true
    end
  end
  return false
end

return locks
