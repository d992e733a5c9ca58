-- SPDX-License-Identifier: MIT
-- The verbs of a back end, completed: what MBIM or QMI do not tell of signal, cells and SIM slots, the AT port may.

local lazy = require "base.lazy"
local air = lazy(function() return require "modem.air" end)
local at_slots = lazy(function() return require "modem.at_slots" end)

---@param backend modem.backend
---@return modem.backend verbs
return function(backend)
  local verbs = setmetatable({}, { __index = backend })
  function verbs.cells(self, part)
    if part == "protocol" then
      return backend.cells(self, part)
    end
    return air.completed_cells(self, backend.cells(self))
  end
  function verbs.signal(self, part)
    local signal, err = backend.signal(self, part)
    return signal and part ~= "protocol" and air.completed_signal(self, signal) or signal, err
  end
  function verbs.slots(self)
    local slots, err = backend.slots(self)
    if err and err.code == "unsupported" then
      return at_slots.slots(self, err)
    end
    return slots, err
  end
  function verbs.select_slot(self, number)
    local ok, err = backend.select_slot(self, number)
    if err and err.code == "unsupported" then
      return at_slots.select_slot(self, number, err)
    end
    return ok, err
  end
  return verbs
end
