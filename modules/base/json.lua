-- SPDX-License-Identifier: MIT
-- JSON for programs: keys in a fixed order, numbers rounded, and text in UTF-8 whatever a modem has sent.

local dkjson = require "dkjson"
local encoding = require "base.encoding"

local M = { null = dkjson.null }

local DECIMALS = 6 -- of seconds: microseconds

local function rounded(number)
  local text = ("%%.%df"):format(DECIMALS):format(number)
  return math.tointeger(tonumber(text)) or tonumber(text)
end

-- A copy that dkjson writes as wanted; collects the names of keys in `seen`. dkjson keeps the order of a table that has
-- one (__jsonorder), and recognises arrays that may be empty by their metatable (__jsontype).
local function prepared(value, seen)
  if type(value) == "string" then
    return encoding.utf8(value)
  elseif math.type(value) == "float" and value == value and math.abs(value) ~= math.huge then
    return rounded(value)
  elseif type(value) ~= "table" or value == dkjson.null then
    return value
  end
  local copy = {}
  for key, element in next, value do
    if type(key) == "string" then
      key = encoding.utf8(key)
      seen[key] = true
    end
    copy[key] = prepared(element, seen)
  end
  return setmetatable(copy, getmetatable(value))
end

---@param value any
---@param options { indent: boolean? }? indent: over several lines, for people
---@return string
function M.encode(value, options)
  local seen, order = {}, {}
  value = prepared(value, seen)
  for key in pairs(seen) do order[#order + 1] = key end
  table.sort(order)
  return dkjson.encode(value, { indent = options and options.indent, keyorder = order })
end

---@param text string
---@return any value nil, and an error's position and words, for what is no JSON
function M.decode(text) return dkjson.decode(text) end

return M
