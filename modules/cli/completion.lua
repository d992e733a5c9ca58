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

local function values_of(option)
  return option.candidates and option.candidates() or option[2].choices or {}
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

-- The argument that a word is for, after those before it; the last one may take several.
local function argument_at(options, arguments, words)
  local at, i = 1, 1
  while i < #words do
    local option = options[words[i]]
    if option and takes_value(option) then
      i = i + 1
    elseif not words[i]:find "^%-" then
      at = at + 1
    end
    i = i + 1
  end
  local last = arguments[#arguments]
  return arguments[at] or last and (last.args == "*" or last.args == "+") and last or nil
end

local function of_command(script, words)
  local options, arguments = declared_in(script)
  local before = options[words[#words - 1]]
  if before and takes_value(before) then
    return values_of(before)
  elseif words[#words]:find "^%-" then
    local names = { "-h", "--help" }
    for name in pairs(options) do names[#names + 1] = name end
    return names
  end
  local argument = argument_at(options, arguments, words)
  return argument and values_of(argument) or {}
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
  for i = 1, script.precedes_command and #rest or 0 do
    if not rest[i]:find "^%-" then
      return all_for(table.move(rest, i, #rest, 1, {}))
    end
  end
  return of_command(script, rest)
end

---@param words string[] those after the program's name; the last one is what there is of the word
---@return string[] candidates sorted
return function(words)
  local last, list = words[#words], {}
  for _, candidate in ipairs(all_for(words)) do
    if candidate:sub(1, #last) == last then list[#list + 1] = candidate end
  end
  table.sort(list)
  return list
end
