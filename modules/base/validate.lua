-- SPDX-License-Identifier: MIT
-- The kinds of values in a configuration, a carrier or options: seconds, a list of probes ... base.declaration names
-- one for each option.
--
-- Every value is checked: a mistake that is passed over in silence is hard to find later.

local format = string.format -- checks are called inside the sandbox, too, where strings have no methods
local math_type = math.type

local NONE = {}

local M = {}

local LONGEST = 1e9 -- seconds; thirty years

---@class validate.kind
---@field [1] fun(value: any): any, string? checks a value; the second result says why it is wrong
---@field [2] string|(fun(): string)|nil what a value should be: formed for a message alone; nil: the check says it
---@field type "text"|"boolean"|"number"|"integer"|"list"|"table"|"function"
---@field unit string? of a number
---@field least integer? of an integer
---@field most integer?
---@field choices string[]? all the values there are, or the entries that a list may have

---What a value of a kind should be.
---@param kind validate.kind
---@return string? words
function M.words(kind)
  local words = kind[2]
  return type(words) == "function" and words() or words
end

---Checks a value.
---@param kind validate.kind
---@param value any
---@param label string the name of the value, for the message
---@return string? mistake nil: nothing
function M.mistake(kind, value, label)
  local ok, why = kind[1](value)
  if ok then
    return nil
  end
  local words = M.words(kind)
  return label .. (words and " should be " .. words or "") .. (why and ": " .. tostring(why) or "")
end

M.text = { function(value) return type(value) == "string" and value ~= "" end, "a text", type = "text" }
M.any_text = { function(value) return type(value) == "string" end, "a text", type = "text" }
M.digits = {
  function(value) return type(value) == "string" and value:find "^%d+$" ~= nil end, "a text of digits", type = "text",
}
M.flag = { function(value) return type(value) == "boolean" end, "true or false", type = "boolean" }
M.table = { function(value) return type(value) == "table" end, "a table", type = "table" }
M.fn = { function(value) return type(value) == "function" end, "a function", type = "function" }

M.seconds = {
  function(value) return type(value) == "number" and value > 0 and value <= LONGEST end,
  "seconds, more than 0 and at most 1e9", type = "number", unit = "seconds",
}
M.seconds_or_none = {
  function(value) return type(value) == "number" and value >= 0 and value <= LONGEST end,
  "seconds, from 0 to 1e9", type = "number", unit = "seconds",
}

---@param least integer
---@param most integer
---@return validate.kind
function M.whole(least, most)
  return {
    function(value) return math_type(value) == "integer" and value >= least and value <= most end,
    function() return format("a whole number from %d to %d", least, most) end,
    type = "integer", least = least, most = most,
  }
end

M.count = M.whole(1, 1000)
M.mtu = M.whole(576, 65535) -- hosts need not take more than 576 bytes of IPv4

M.finite = {
  function(value) return type(value) == "number" and value == value and math.abs(value) ~= math.huge end,
  "a finite number", type = "number",
}

---@param names string[]
---@return validate.kind
function M.one_of(names)
  local function is_one(value)
    for _, name in ipairs(names) do
      if name == value then
        return true
      end
    end
    return false
  end
  return {
    is_one, function() return "one of " .. table.concat(names, ", ") end, type = "text", choices = names,
  }
end

M.dns_route = M.one_of { "shared", "all", "none" } -- which names a link's DNS servers are asked for

---A text that a function can read; it returns nil and an error when it cannot.
---@param parse fun(value: any): any, moontower.error?
---@return validate.kind
function M.parsed_by(parse) return { parse, type = "text" } end

---A kind that is checked as another one, but described in other words.
---@param kind validate.kind
---@param words string
---@return validate.kind
function M.described(kind, words)
  return { kind[1], words, type = kind.type, unit = kind.unit, choices = kind.choices }
end

---Returns why a table is not a list: ipairs would skip a part of it.
---@param value table
---@return string? why
function M.not_a_list(value)
  local entries, last = 0, 0
  for key in pairs(value) do
    if math.type(key) ~= "integer" or key < 1 then
      return ("it has the key '%s'"):format(tostring(key))
    end
    entries, last = entries + 1, key > last and key or last
  end
  for i = 1, entries < last and entries + 1 or 0 do
    if value[i] == nil then
      return ("its entry %d is missing"):format(i)
    end
  end
end

---@param entry validate.kind
---@param words string?
---@param least integer? how many entries at least; 0 if not given
---@return validate.kind
function M.list_of(entry, words, least)
  local is_entry = entry[1]
  local function check(value)
    if type(value) ~= "table" then
      return false
    end
    local count, wrong = 0, nil
    for i, one in ipairs(value) do
      count, wrong = i, wrong or not is_entry(one) and i or nil
    end
    for _ in next, value do count = count - 1 end -- which comes to 0 for a list
    local why = count ~= 0 and M.not_a_list(value) or #value < (least or 0) and "it is empty" or nil
    if not why and wrong then
      why = M.mistake(entry, value[wrong], format("entry %d", wrong))
    end
    return not why, why
  end
  return { check, words, type = "list", choices = entry.choices }
end

---@param key validate.kind
---@param entry validate.kind
---@param words string
---@return validate.kind
function M.map_of(key, entry, words)
  local function check(value)
    if type(value) ~= "table" then
      return false
    end
    for name, one in next, value do
      if not key[1](name) or not entry[1](one) then
        local label = format("'%s'", tostring(name))
        return false, M.mistake(key, name, label) or M.mistake(entry, one, label)
      end
    end
    return true
  end
  return { check, words, type = "table" }
end

---A table with certain fields; it may have others, too.
---@param required table<string, validate.kind>
---@param optional table<string, validate.kind>?
---@return validate.kind
function M.record(required, optional)
  optional = optional or NONE
  local count = 0
  for _ in next, required do count = count + 1 end
  local function check(value)
    if type(value) ~= "table" then
      return false, "it is no table"
    end
    local missing = count
    for name, one in next, value do
      local field = required[name]
      if field then
        missing = missing - 1
      else
        field = optional[name]
      end
      if field and not field[1](one) then
        return false, M.mistake(field, one, ("'%s'"):format(name))
      end
    end
    for name, field in next, missing > 0 and required or NONE do
      if value[name] == nil and not field[1](nil) then
        return false, M.mistake(field, nil, ("'%s'"):format(name))
      end
    end
    return true
  end
  return { check, type = "table" }
end

local texts = M.list_of(M.any_text, nil, 1)

---A program and its arguments, as core.process runs it.
M.command = {
  function(value)
    local ok, why = texts[1](value)
    return ok and value[1] ~= "", why
  end,
  'a program and its arguments, such as { "/usr/local/bin/mine", "argument" }', type = "list",
}

return M
