-- SPDX-License-Identifier: MIT
-- The orders in AT commands that a person gives, where a policy would undo them or interfere.

local command_line = require "at.command_line"
local maker = require "maker"

local M = {}

-- 3GPP TS 27.007 +CFUN: 1 is full functionality; 0, 4 and what makers add are without the radio. A second parameter of
-- 1, and 15 and 16 of some makers, restart the modem.
local function of_cfun(parameters)
  local level, restart = parameters:match("^(%d+),?(%d*)")
  if restart == "1" or level == "15" or level == "16" then
    return "change"
  elseif level then
    return level == "1" and "radio on" or "radio off"
  end
end

-- The context is the last parameter, or all of them.
local function of_state(parameters) return parameters:find("^0") and "offline" or nil end

local effects = {
  ["+CFUN"] = of_cfun,
  ["+CGATT"] = of_state, ["+CGACT"] = of_state,
  ["+COPS"] = function(parameters) return parameters:find("^2") and "offline" or nil end, -- leave the network
}
-- The values in a maker's table of `orders`.
local kinds = {
  restart = function() return "change" end,
  change = function(parameters) return parameters and "change" or nil end,
  context = function(parameters) return parameters and of_state(parameters) end,
}

local function order_of(name, parameters)
  if effects[name] then
    return parameters and effects[name](parameters)
  end
  for orders in maker.each("orders", "at") do
    local kind = orders[name]
    if kind then return kinds[kind](parameters) end
  end
end

---@param command string such as "AT+CFUN=4"; several may follow one another: "AT+CMEE=1;+CFUN=4"
---@return string? order as in scripts/README.md, of the last one in it that orders something
function M.of(command)
  local order
  for _, part in ipairs(command_line.split((command:upper():gsub("%s", ""):gsub("^AT", "")))) do
    local name, parameters = part.text:match("^([+!%^$%%*#]%a+)=(.*)$")
    if not name then
      name = part.text:match("^[+!%^$%%*#]%a+$")
    end
    if name and not (parameters or ""):find("^%?") then
      order = order_of(name, parameters) or order
    end
  end
  return order
end

return M
