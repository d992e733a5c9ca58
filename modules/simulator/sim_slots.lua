-- SPDX-License-Identifier: MIT
-- The simulated modem's SIM slots: methods of it. Which one is in use survives a restart, as in real modems.

local card = require "simulator.card"

---@class simulator.sim_slot
---@field card simulator.card? nil: it is empty
---@field data table of that card, or the one to put in: as card.new() has it

---@class simulator.modem
local methods = {}

function methods:make_slots()
  self.slot, self.slots = 1, { { card = self.card, data = self.personality.card } }
  for _, slot in ipairs(self.personality.more_slots or {}) do
    self.slots[#self.slots + 1] = {
      card = slot.card and card.new(slot.card), data = slot.card or self.personality.card,
    }
  end
  self.slot_time = self.group and 0.1 or 0
end

---The card in a slot, in use or not.
---@param number integer
---@return simulator.card?
function methods:card_in(number)
  if number == self.slot then
    return self.card
  end
  return self.slots[number].card
end

---Uses the card in another slot. At first there seems to be none.
---@param number integer
function methods:use_slot(number)
  if number == self.slot then
    return
  end
  self.slots[self.slot].card, self.slot = self.card, number
  local chosen = self.slots[number].card
  self:set_card(nil)
  self:after(self.slot_time, function()
    if chosen and self.slot == number then
      chosen:power_on()
      self:set_card(chosen)
    end
  end)
end

return methods
