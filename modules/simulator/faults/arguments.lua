-- SPDX-License-Identifier: MIT
-- Arguments of faults, parsed and checked; faults that end by themselves after a time.

local arguments = {}

---@param text string?
---@param default number?
---@return number? seconds
---@return string? message
function arguments.seconds(text, default)
  local value = tonumber(text or default)
  if not value or value < 0 then
    return nil, "a number of seconds expected, not '" .. tostring(text) .. "'"
  end
  return value
end

---@param text string?
---@param default integer
---@return integer? cause
---@return string? message
function arguments.cause(text, default)
  local value = math.tointeger(tonumber(text or default))
  if not value or value < 0 or value > 255 then
    return nil, "a cause is a number from 0 to 255, not '" .. tostring(text) .. "'"
  end
  return value
end

---Lets something pass after a while, when the user said for how long.
---@param modem simulator.modem
---@param text string?
---@param undo fun()
---@return true? ok
---@return string? message
function arguments.for_a_while(modem, text, undo)
  local period, message
  if text then
    period, message = arguments.seconds(text)
    if not period then
      return nil, message
    end
    modem:after(period, undo)
  end
  return true
end

return arguments
