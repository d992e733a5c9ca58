-- SPDX-License-Identifier: MIT
-- Options as data: each is declared once, for checks, help, README tables and completion.

local validate = require "base.validate"

---@class declaration.option
---@field [1] string its name: "every"; of a command "-c --carrier", or "file" for an argument
---@field [2] validate.kind
---@field [3] string what it is for
---@field default any? its value where none is given
---@field otherwise string? in words, what holds where none is given and there is no `default`
---@field unit string? where the kind has none, or another one
---@field needed boolean? it has to be given

---@class declaration.list: declaration.option[] in the order in which help shows them
---@field others string? options that this list lacks are those of the policy with this name
---@field any_of string[]? one of these has to be given

local M = {}

---@param list declaration.list
---@return table<string, declaration.option>
local function by_name(list)
  local found = {}
  for _, option in ipairs(list) do found[option[1]] = option end
  return found
end

local function names_of(list)
  local names = {}
  for i, option in ipairs(list) do names[i] = tostring(option[1]) end
  table.sort(names)
  return table.concat(names, ", ")
end

local function unknown(list, given, noun)
  local declared = by_name(list)
  for name in pairs(given) do
    if not declared[name] then
      return ("there is no %s '%s' (there are: %s)"):format(noun, tostring(name):sub(1, 60), names_of(list)), name
    end
  end
end

local function missing_of_any(list, given, noun)
  for _, name in ipairs(list.any_of) do
    if given[name] ~= nil then
      return nil
    end
  end
  return ("it needs one of the %ss '%s'"):format(noun, table.concat(list.any_of, "', '"))
end

---Looks for a mistake in a list of declarations itself, as users write them, too.
---@param list declaration.option[]
---@return string? mistake nil: there is none
function M.mistake_in_list(list)
  for i, option in ipairs(list) do
    local kind = type(option) == "table" and option[2]
    if type(kind) ~= "table" or type(kind[1]) ~= "function" or type(option[1]) ~= "string"
      or type(option[3]) ~= "string" then
      return ("option %d should be { name, kind, text }"):format(i)
    end
    local label = ("the default of option '%s'"):format(option[1])
    local mistake = option.default ~= nil and validate.mistake(kind, option.default, label)
    if mistake then
      return mistake
    end
  end
end

---Looks for a mistake in what was given.
---@param list declaration.list
---@param given table<string, any>
---@param noun string what one of the values is called: "option", "entry"
---@return string? mistake nil: there is none
---@return any key the one that it is in; nil: none in particular
function M.mistake(list, given, noun)
  local others, wrong, missing = 0, nil, nil
  for _ in pairs(given) do others = others + 1 end
  for _, option in ipairs(list) do -- once: nearly all that is checked is right
    local value = given[option[1]]
    if value ~= nil then
      others, wrong = others - 1, wrong or not option[2][1](value) and option or nil
    else
      missing = missing or option.needed and option or nil
    end
  end
  if others > 0 and not list.others then
    return unknown(list, given, noun)
  elseif wrong then
    local name = wrong[1]
    return validate.mistake(wrong[2], given[name], ("the %s '%s'"):format(noun, name)), name
  elseif missing then
    return ("it needs the %s '%s'"):format(noun, missing[1])
  end
  return list.any_of and missing_of_any(list, given, noun) or nil
end

---Divides the given values into those that are declared, with their defaults, and the others.
---@param list declaration.list
---@param given table<string, any>
---@return table<string, any> own
---@return table<string, any> others
function M.take(list, given)
  local declared, own, others = by_name(list), {}, {}
  for name, option in pairs(declared) do own[name] = option.default end
  for name, value in pairs(given) do
    (declared[name] and own or others)[name] = value
  end
  return own, others
end

local function written(value)
  if type(value) == "table" then
    local parts = {}
    for i, one in ipairs(value) do parts[i] = written(one) end
    return table.concat(parts, ", ")
  elseif math.type(value) == "float" then
    return ("%.14g"):format(value)
  end
  return tostring(value)
end

---@param option declaration.option
---@return string? words what holds where it is not given
function M.default_of(option)
  if option.default ~= nil then
    return written(option.default)
  end
  return option.otherwise
end

---@param option declaration.option
---@return string? unit
function M.unit_of(option) return option.unit or option[2].unit end

---What programs read of an option, such as those that complete a command line.
---@param option declaration.option
---@return table description
function M.describe(option)
  local kind = option[2]
  return {
    name = option[1], type = kind.type, unit = M.unit_of(option), least = kind.least, most = kind.most,
    choices = kind.choices, text = option[3],
    default = option.default, otherwise = option.otherwise, needed = option.needed,
  }
end

---@param option declaration.option
---@return string sentence what it is for, with its default
function M.sentence(option)
  local default, unit = M.default_of(option), option.default ~= nil and M.unit_of(option)
  return option[3] .. (default and (" (default: %s%s)"):format(default, unit and " " .. unit or "") or "") .. "."
end

---Options as lines of help: the name, then what it is for.
---@param list declaration.list
---@return string
function M.help(list)
  local width, lines = 0, {}
  for _, option in ipairs(list) do width = math.max(width, #option[1]) end
  for i, option in ipairs(list) do lines[i] = ("  %-" .. width .. "s  %s"):format(option[1], M.sentence(option)) end
  return table.concat(lines, "\n")
end

return M
