-- SPDX-License-Identifier: MIT
-- Makes a personality of parts: of the network, of the maker's family, of the model.

local M = {}

---@param ... table what a later one says holds
---@return simulator.personality
function M.join(...)
  local personality = {}
  for _, part in ipairs { ... } do
    for key, value in pairs(part) do
      personality[key] = value
    end
  end
  return personality
end

-- The number plus an offset, with the same number of digits.
local function advance(digits, steps)
  return (("%%0%dd"):format(#digits)):format(math.tointeger(tonumber(digits)) + steps)
end

-- The digit that makes the sum of all right (ISO/IEC 7812): the last one of an IMEI or ICCID.
local function check_digit(digits)
  local sum = 0
  for i = #digits, 1, -1 do
    local digit = tonumber(digits:sub(i, i)) * ((#digits - i) % 2 == 0 and 2 or 1)
    sum = sum + digit // 10 + digit % 10
  end
  return math.tointeger(-sum % 10)
end

local function advance_checked(digits, steps)
  local head, tail = digits:match("^(.*)(%d%d%d%d%d%d)%d$")
  local body = head .. advance(tail, steps)
  return body .. check_digit(body)
end

---The n-th of several modems of a kind: what tells modems apart is another in each.
---@param personality simulator.personality
---@param number integer from 1; the first one is as it is
---@return simulator.personality
function M.numbered(personality, number)
  local steps, card = number - 1, personality.card
  if steps == 0 then
    return personality
  end
  return M.join(personality, {
    imei = advance_checked(personality.imei, steps),
    card = M.join(card, {
      imsi = advance(card.imsi, steps), iccid = advance_checked(card.iccid, steps),
      number = advance(card.number, steps),
    }),
    addresses = function(session, lease) return personality.addresses(session, lease, steps) end,
  })
end

return M
