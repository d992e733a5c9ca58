-- SPDX-License-Identifier: MIT
-- Faults of an eUICC, and of the way to the card.

local esim = require "simulator.models.esim"
local euicc = require "simulator.euicc"

local habits = { "strict-class", "fetches", "needs-le", "needs-p2", "no-mappings", "bare-number", "no-test" }

local function put_in(modem)
  local data = modem.slots[modem.slot].data
  modem:set_card(euicc.card(data, esim.profiles(data)))
  return true
end

-- Of the card that is in, or of one that is put in.
local function the_euicc(modem)
  if not modem.card or not modem.card.euicc then
    put_in(modem)
  end
  return modem.card.euicc
end

---@type simulator.fault[]
return {
  {
    name = "euicc", summary = "put in an eUICC: the SIM as its enabled profile, one of AT&T's, one without a network",
    start = put_in,
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
    name = "euicc-busy", arguments = "[COUNT]", summary = "refuse to switch the eUICC's profiles now, once or so often",
    start = function(modem, text)
      local count = math.tointeger(tonumber(text or 1))
      if not count then
        return nil, "a count expected, not '" .. text .. "'"
      end
      the_euicc(modem).busy = count
      return true
    end,
  },
  {
    name = "euicc-full", summary = "have no room on the eUICC for another profile",
    start = function(modem)
      the_euicc(modem).is_full = true
      return true
    end,
  },
  {
    name = "uicc-habit", arguments = "HABIT",
    summary = "have a way to the card like some modems: " .. table.concat(habits, ", "),
    start = function(modem, text)
      if not text or not (", " .. table.concat(habits, ", ") .. ","):find(", " .. text .. ",", 1, true) then
        return nil, ("one of %s expected, not '%s'"):format(table.concat(habits, ", "), tostring(text))
      end
      modem.faults["uicc-habit"] = modem.faults["uicc-habit"] or {}
      modem.faults["uicc-habit"][text] = true
      return true
    end,
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
