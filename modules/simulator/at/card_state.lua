-- SPDX-License-Identifier: MIT
-- The errors of AT commands that need the SIM, by its state.

local card_state = {}

local cme = { missing = 10, pin = 11, puk = 12, dead = 13, detected = 14, other = 5, ["no-profile"] = 13 }
local cms = { missing = 310, pin = 311, puk = 316, dead = 313, detected = 314, other = 311, ["no-profile"] = 313 }

---@param modem simulator.modem
---@return integer? number of +CME ERROR; nil: it is ready
function card_state.failure(modem)
  return cme[modem:sim_state()]
end

---@param modem simulator.modem
---@return { cms: integer }? number of +CMS ERROR; nil: it is ready
function card_state.message_failure(modem)
  local number = cms[modem:sim_state()]
  return number and { cms = number }
end

---Makes the parts of a command that shows the ICCID.
---@param format string
---@return table
function card_state.iccid(format)
  local function read(modem)
    if not modem.card or not modem.card.iccid then
      return nil, card_state.failure(modem)
    end
    return { format:format(modem.card.iccid) }
  end
  return { run = read, query = read, test = function() return {} end }
end

---Makes the parts of a command that shows and chooses the SIM slot; a modem with one slot does not know it.
---@param format string
---@param first integer number of the first one
---@return table
function card_state.slot(format, first)
  return {
    query = function(modem) return #modem.slots > 1 and { format:format(modem.slot - 1 + first) } or nil end,
    set = function(modem, arguments)
      local number = (math.tointeger(tonumber(arguments[1])) or -1) + 1 - first
      if #modem.slots == 1 or not modem.slots[number] then
        return nil
      end
      modem:use_slot(number)
      return {}
    end,
  }
end

---Makes what shows the tries that are left, of the PIN and of the PUK.
---@param lines string[] with PIN_TRIES and PUK_TRIES in them
---@return fun(modem: simulator.modem): string[]?, integer?
function card_state.tries(lines)
  return function(modem)
    if not modem.card then
      return nil, card_state.failure(modem)
    end
    local values, shown = { PIN_TRIES = modem.card.tries, PUK_TRIES = modem.card.puk_tries }, {}
    for i, text in ipairs(lines) do
      shown[i] = text:gsub("P[IU][NK]_TRIES", values)
    end
    return shown
  end
end

return card_state
