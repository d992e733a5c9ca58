-- SPDX-License-Identifier: MIT
-- Settings of Fibocom's modems with Intel's chips (L850, L860): AT+XACT has technologies and bands.
--
-- Source: ModemManager's plugin xmm, with its tests. +XACT: <technologies>,<first choice>,<second choice>,<band>...:
-- UMTS bands as they are, LTE as 100 + band, GSM by frequency. What is left out in the order stays.

local by_command = require "settings.by_command"

local Rat = by_command.choice {
  asks = "AT+XACT?", sets = "AT+XACT=%s,,", auto = "umts+lte",
  names = {
    ["0"] = "gsm", ["1"] = "umts", ["2"] = "lte", ["3"] = "gsm+umts", ["4"] = "umts+lte", ["5"] = "gsm+lte",
    ["6"] = "gsm+umts+lte",
  },
}

local function kind_of(number) return number > 300 and "gsm" or number > 100 and "lte" or "umts" end

local Bands = by_command.bands {
  asks = "AT+XACT?", lte_alone = true,

  read = function(self, modem)
    local values, err = by_command.ask(modem, self.asks)
    if not values then
      return nil, err
    end
    local found = { lte = {}, nr = {}, older = {} }
    for i = 4, #values do
      local number = math.tointeger(tonumber(values[i])) or 0
      if number > 0 and kind_of(number) == "lte" then
        found.lte[#found.lte + 1] = number - 100
      elseif number > 0 then
        found.older[#found.older + 1] = number
      end
    end
    table.sort(found.lte)
    return found
  end,

  -- All bands in one command: those of the older technologies stay.
  commands = function(_, wanted, now)
    local list = table.move(now.older, 1, #now.older, 1, {})
    for _, band in ipairs(wanted.lte) do list[#list + 1] = 100 + band end
    return { "AT+XACT=,,," .. table.concat(list, ",") }
  end,
}
Bands.blank = { lte = {}, nr = {}, older = {} }

return { Rat = Rat, Bands = Bands }
