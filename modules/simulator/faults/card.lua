-- SPDX-License-Identifier: MIT
-- Faults of an eUICC, and of the way to the card.

local esim = require "simulator.models.esim"
local euicc = require "simulator.euicc"

---@type simulator.fault[]
return {
  {
    name = "euicc", summary = "put in an eUICC: the SIM as its enabled profile, one of AT&T's, one without a network",
    start = function(modem)
      local data = modem.slots[modem.slot].data
      modem:set_card(euicc.card(data, esim.profiles(data)))
      return true
    end,
  },
  {
    name = "no-channels", arguments = "[COUNT]",
    summary = "have no logical channel left on the card, so often or always",
  },
  {
    name = "apdu-fails", arguments = "[COUNT]", summary = "fail to send commands to the card, so many or all",
  },
  {
    name = "apdu-lost", arguments = "[COUNT]",
    summary = "lose the card's answers, so many or all: it has done what it was told",
  },
  {
    name = "no-refresh", arguments = "[power|radio]",
    summary = "do not read the card again when it asks, until its power (or the radio) was off",
    start = function(modem, text)
      if text and text ~= "power" and text ~= "radio" then
        return nil, "power or radio expected, not '" .. text .. "'"
      end
      modem.faults["no-refresh"] = { ends_with = text or "power" }
      return true
    end,
  },
}
