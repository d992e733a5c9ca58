-- SPDX-License-Identifier: MIT
-- A maker's command that chooses by a number what carries the packets on USB: personality.usb.numbers says which number
-- is which.

local composition = require "simulator.composition"

local INCORRECT_PARAMETERS = 50

local M = {}

local function sorted(numbers)
  local list = {}
  for number in pairs(numbers) do list[#list + 1] = number end
  table.sort(list)
  return list
end

-- "0-3,5"
local function ranges(list)
  local words, i = {}, 1
  while list[i] do
    local last = i
    while list[last + 1] == list[last] + 1 do last = last + 1 end
    words[#words + 1] = last > i and ("%d-%d"):format(list[i], list[last]) or tostring(list[i])
    i = last + 1
  end
  return table.concat(words, ",")
end

---What is chosen.
---@param modem simulator.modem
---@return integer? number
function M.now(modem)
  local numbers, data = modem.personality.usb.numbers, composition.data_of(modem.nv.usb.mask)
  for _, number in ipairs(sorted(numbers)) do
    if numbers[number] == data then return number end
  end
end

---Chooses one for the next start.
---@param modem simulator.modem
---@param text string?
---@return boolean known
function M.choose(modem, text)
  local name = modem.personality.usb.numbers[math.tointeger(tonumber(text)) or -1]
  if name then
    modem:choose_data(name)
  end
  return name ~= nil
end

---The command that does both.
---@param name string
---@param more { lists: string?, restarts: boolean? }? lists: what the answer to a test has behind the numbers;
--- restarts: at once
---@return table parts of a command
function M.command(name, more)
  more = more or {}
  return {
    query = function(modem)
      local number = M.now(modem)
      return number and { ("%s: %d"):format(name, number) } or nil
    end,
    set = function(modem, arguments)
      if not M.choose(modem, arguments[1]) then
        return nil, INCORRECT_PARAMETERS
      end
      return {}, nil, more.restarts and function() modem:restart() end or nil
    end,
    test = function(modem)
      return { ("%s: (%s)%s"):format(name, ranges(sorted(modem.personality.usb.numbers)), more.lists or "") }
    end,
  }
end

return M
