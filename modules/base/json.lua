-- SPDX-License-Identifier: MIT
-- JSON for programs: keys in a fixed order, numbers rounded, and text in UTF-8 whatever a modem has sent.

local core = require "core.json"
local encoding = require "base.encoding"

local M = { null = core.null, decode = core.decode }

local DECIMALS = 6 -- of seconds: microseconds

local function rounded(number)
  local text = ("%%.%df"):format(DECIMALS):format(number)
  return math.tointeger(tonumber(text)) or tonumber(text)
end

-- A copy that is written as wanted. core.json keeps the order of a table that has one (__jsonorder), and recognises
-- objects that may be empty by their metatable (__jsontype).
local function prepared(value)
  if type(value) == "string" then
    return encoding.utf8(value)
  elseif math.type(value) == "float" and value == value and math.abs(value) ~= math.huge then
    return rounded(value)
  elseif type(value) ~= "table" then
    return value
  end
  local copy = {}
  for key, element in next, value do
    copy[type(key) == "string" and encoding.utf8(key) or key] = prepared(element)
  end
  return setmetatable(copy, getmetatable(value))
end

---@param value any
---@param options { indent: boolean? }? indent: over several lines, for people
---@return string
function M.encode(value, options) return core.encode(prepared(value), options and options.indent) end

return M
