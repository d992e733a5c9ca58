-- SPDX-License-Identifier: MIT
-- The verbs of a back end, completed: what MBIM or QMI do not tell of signal, cells, counters, SIM slots and the
-- position, the AT port may. The way to the card may also be QMI inside MBIM.

local lazy = require "base.lazy"
local air = lazy "modem.air"
local at_channel = lazy "modem.at_channel"
local at_counters = lazy "modem.at_counters"
local card_files = lazy "modem.card_files"
local at_location = lazy "modem.at_location"
local at_images = lazy "modem.at_images"
local at_slots = lazy "modem.at_slots"
local at_ussd = lazy "modem.at_ussd"
local qmi_channel = lazy "modem.qmi.card_channel"
local ussd = lazy "modem.ussd"

-- The ways to the card beside the back end's own, the best first.
local function other_ways(self)
  if self.mbim and not self.is_inside_mbim and self.qmi then
    return { qmi_channel, at_channel }
  end
  return { at_channel }
end

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
  for verb, at in pairs { counters = at_counters, images = at_images, slots = at_slots, receiver = at_location } do
    verbs[verb] = function(self)
      local value, err = backend[verb](self)
      if err and err.code == "unsupported" then
        return at[verb](self, err)
      end
      return value, err
    end
  end
  function verbs.select_slot(self, number)
    local ok, err = backend.select_slot(self, number)
    if err and err.code == "unsupported" then
      return at_slots.select_slot(self, number, err)
    end
    return ok, err
  end
  for _, verb in ipairs { "open_card_channel", "restart_card" } do
    verbs[verb] = function(self, ...)
      local done, why = backend[verb](self, ...)
      for _, way in ipairs(why and why.code == "unsupported" and other_ways(self) or {}) do
        local err
        done, err = way[verb](self, ...)
        if done or err.code ~= "unsupported" then
          return done, err
        end
      end
      return done, why
    end
  end
  function verbs.close_card_channel(self, number, way)
    local module = way == "qmi" and qmi_channel or way == "at" and at_channel or backend
    return module.close_card_channel(self, number)
  end
  function verbs.ussd(self, text, is_reply, seconds)
    return ussd.ask(self, { backend, at_ussd }, text, is_reply, seconds)
  end
  function verbs.cancel_ussd(self) return (self.ussd_way or backend).cancel_ussd(self) end
  function verbs.card_file(self, id)
    local bytes, err = backend.card_file(self, id)
    if err and err.code == "unsupported" and self.at then
      return card_files.by_at(self, id)
    end
    return bytes, err
  end
  return verbs
end
