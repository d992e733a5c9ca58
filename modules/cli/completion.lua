-- SPDX-License-Identifier: MIT
-- Completes the last word of a command line for a shell: to names of commands, a user's own among them, and to the
-- names and values that a command's options and arguments declare.

local command = require "cli.command"
local parsers = require "cli.parser"

local function names_of(option)
  local names = {}
  for name in option[1]:gmatch "%S+" do names[#names + 1] = name end
  return names
end

-- What can follow the arguments before it.
local function values_of(option, before)
  return option.candidates and option.candidates(before) or option[2].choices or {}
end

local function takes_value(option) return option[2].type ~= "boolean" end

-- By name: the options of a command. And its arguments, in order.
local function declared_in(script)
  local options, arguments = {}, {}
  for _, option in ipairs(parsers.flat(script.options)) do
    if option[1]:find "^%-" then
      for _, name in ipairs(names_of(option)) do options[name] = option end
    else
      arguments[#arguments + 1] = option
    end
  end
  return options, arguments
end

-- Those of the words that are arguments, but for the last word.
local function arguments_in(options, words)
  local given, i = {}, 1
  while i < #words do
    local option = options[words[i]]
    if option and takes_value(option) then
      i = i + 1
    elseif not words[i]:find "^%-" then
      given[#given + 1] = words[i]
    end
    i = i + 1
  end
  return given
end

-- The argument that a word is for, after those before it; the last one may take several.
local function argument_after(arguments, before)
  local last = arguments[#arguments]
  return arguments[#before + 1] or last and (last.args == "*" or last.args == "+") and last or nil
end

local function of_command(script, words)
  local options, arguments = declared_in(script)
  local last, before = words[#words], arguments_in(options, words)
  local open = options[words[#words - 1]]
  local name = last:match "^(%-%-[^=]+)="
  if name then
    local list = {}
    for i, value in ipairs(options[name] and values_of(options[name], before) or {}) do
      list[i] = ("%s=%s"):format(name, value)
    end
    return list
  elseif open and takes_value(open) then
    return values_of(open, before)
  elseif last:find "^%-" then
    local names = { "-h", "--help" }
    for known in pairs(options) do names[#names + 1] = known end
    return names
  end
  local argument = argument_after(arguments, before)
  return argument and values_of(argument, before) or {}
end

-- Such as the file of `record`.
local function arguments_before_command(script)
  local count = 0
  for _, one in ipairs(script.options) do
    if not one[1]:find "^%-" and one[1] ~= "command" then
      count = count + 1
    end
  end
  return count
end

local function all_for(words)
  if #words == 1 then
    return command.names()
  end
  local rest = table.move(words, 2, #words, 1, {})
  local script = command.script(words[1])
  if not script then
    return {}
  end
  local before = script.precedes_command and arguments_before_command(script) or 0
  local first = script.precedes_command and parsers.first_argument(script, rest)
  for i = first or 1, first and #rest or 0 do
    if not rest[i]:find "^%-" then
      if before == 0 then
        return all_for(table.move(rest, i, #rest, 1, {}))
      end
      before = before - 1
    end
  end
  return of_command(script, rest)
end

-- bash takes the equals sign of --ip=ipv4 for a word.
local function without_equals_signs(words)
  local list = {}
  for i, word in ipairs(words) do
    local is_sign = word == "=" and i > 1 and words[i - 1]:find "^%-%-"
    if not is_sign or i == #words then
      list[#list + 1] = is_sign and "" or word
    end
  end
  return list
end

---@param words string[] those after the program's name; the last one is what there is of the word
---@return string[] candidates sorted
return function(words)
  words = without_equals_signs(words)
  local last, list = words[#words], {}
  for _, candidate in ipairs(all_for(words)) do
    if candidate:sub(1, #last) == last then list[#list + 1] = candidate end
  end
  table.sort(list)
  return list
end
