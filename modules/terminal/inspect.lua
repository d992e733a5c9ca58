-- SPDX-License-Identifier: MIT
-- Lua values as people read them at a prompt: tables with what is in them, sorted, nested, and bounded.

local printable = require "base.printable"

local DEPTH, ENTRIES, WIDTH = 6, 200, 100

local escapes = { ["\n"] = "\\n", ["\t"] = "\\t", ["\r"] = "\\r", ['"'] = '\\"', ["\\"] = "\\\\" }

local function escaped(character)
  return escapes[character] or ("\\x%02x"):format(character:byte())
end

local function quoted(text)
  if not utf8.len(text) then
    return '"' .. text:gsub('[%c"\\\x80-\xff]', escaped) .. '"'
  end
  text = text:gsub('[%c"\\]', escaped)
  return '"' .. text:gsub(utf8.charpattern, function(character)
    return #character > 1 and printable(character) == "?" and ("\\u{%x}"):format(utf8.codepoint(character)) or nil
  end) .. '"'
end

local order = { number = 1, string = 2, boolean = 3 }

-- Numbers first, then names, then the rest: always in the same order.
local function sorted_keys(value)
  local keys = {}
  for key in next, value do keys[#keys + 1] = key end
  table.sort(keys, function(a, b)
    local left, right = order[type(a)] or 4, order[type(b)] or 4
    if left ~= right then
      return left < right
    elseif left <= 2 then
      return a < b
    end
    return tostring(a) < tostring(b)
  end)
  return keys
end

local function has_words(value)
  local metatable = getmetatable(value)
  return type(metatable) == "table" and type(rawget(metatable, "__tostring")) == "function"
end

local render

local function key_text(state, key)
  if type(key) == "string" and key:find("^[%a_][%w_]*$") then
    return key
  end
  return ("[%s]"):format(render(state, key, DEPTH))
end

local function entries_of(state, value, depth)
  local entries, following = {}, 1
  for i, key in ipairs(sorted_keys(value)) do
    state.left = state.left - 1
    if state.left < 0 then
      entries[#entries + 1] = "..."
      break
    end
    local text = render(state, rawget(value, key), depth + 1)
    if key == following then
      entries[i], following = text, following + 1 -- 1, 2, 3 ... go without saying
    else
      entries[i] = ("%s = %s"):format(key_text(state, key), text)
    end
  end
  return entries
end

local function render_table(state, value, depth)
  if state.open[value] then
    return "(itself, further up)"
  elseif next(value) == nil then
    return "{}"
  elseif depth >= DEPTH then
    return "{...}"
  end
  state.open[value] = true
  local entries = entries_of(state, value, depth)
  state.open[value] = nil
  local line = "{ " .. table.concat(entries, ", ") .. " }"
  if #line + 2 * depth <= WIDTH and not line:find("\n", 1, true) then
    return line
  end
  local indent = ("  "):rep(depth + 1)
  return ("{\n%s%s\n%s}"):format(indent, table.concat(entries, ",\n" .. indent), ("  "):rep(depth))
end

function render(state, value, depth)
  if type(value) == "string" then
    return quoted(value)
  elseif type(value) ~= "table" then
    return tostring(value)
  elseif has_words(value) then
    return depth == 0 and tostring(value) or ("(%s)"):format(tostring(value))
  end
  return render_table(state, value, depth)
end

---@param value any
---@return string text maybe of several lines; control characters are written as escapes
return function(value)
  return render({ left = ENTRIES, open = {} }, value, 0)
end
