-- SPDX-License-Identifier: MIT
-- A link of the chain: a file of links/ returns `link { name =, look = }`.

---@class explain.link
---@field name string as it is shown, and as the file is called
---@field needs string[]? links before it that must not be broken, or it cannot be looked at
---@field by_facts boolean? it looks at nothing but explain/facts.lua: so what a recording has of these is enough
---@field look fun(case: explain.case, seen: explain.seen): explain.verdict looks, and changes nothing

local known = { name = "string", needs = "table", by_facts = "boolean", look = "function" }
local required = { "name", "look" }

---@param values table
---@return explain.link
return function(values)
  for key, value in pairs(values) do
    assert(type(value) == known[key], ("a link has no such '%s'"):format(tostring(key)))
  end
  for _, key in ipairs(required) do assert(values[key], ("a link needs a '%s'"):format(key)) end
  values.needs = values.needs or {}
  return values
end
