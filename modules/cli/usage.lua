-- SPDX-License-Identifier: MIT
-- The help of a command, made of its declaration: how it is called, its arguments and options, its exit statuses. Its
-- parts are for manual pages, too.

local declaration = require "base.declaration"
local exit_help = require "cli.exit_help"
local parser = require "cli.parser"
local wrap = require "terminal.wrap"

local USAGE, USAGE_WIDTH = "Usage: ", 70
local MARGIN, COLUMN = 3, 25 -- where names and texts begin

local M = {}

local function names_of(option)
  local names = {}
  for name in option[1]:gmatch "%S+" do names[#names + 1] = name end
  return names
end

-- What its value is called.
local function placeholder(option)
  local choices = option[2].choices
  if option.argname or choices then
    return option.argname or ("{%s}"):format(table.concat(choices, ","))
  end
  local name = parser.is_option(option) and (option[1]:match "%-%-(%S+)" or option[1]:sub(2)) or option[1]
  return ("<%s>"):format(parser.is_option(option) and name:gsub("%-", "_") or name)
end

local function values(option)
  local least, most = parser.values_of(option)
  if most == 0 then
    return ""
  end
  local name = placeholder(option)
  local parts = { least > 0 and name or nil }
  if most > least then
    parts[#parts + 1] = ("[%s]"):format(name)
  end
  if most > 1 then
    parts[#parts + 1] = "..."
  end
  return table.concat(parts, " ")
end

local function call_of(option)
  if not parser.is_option(option) then
    return values(option)
  end
  local taken = values(option)
  return ("[%s%s]"):format(names_of(option)[1], taken ~= "" and " " .. taken or "")
end

-- Where the number of values varies, a reader cannot tell where they end: such an option is behind the arguments.
local function is_open_ended(option)
  local least, most = parser.values_of(option)
  return parser.is_option(option) and least ~= most
end

local function any(list, is)
  for _, one in ipairs(list) do
    if is(one) then return true end
  end
  return false
end

local function is_argument(option) return not parser.is_option(option) end

-- Of a command, with --help.
local function all_of(script)
  local declared = script.options or {}
  return table.move(declared, 1, #declared, 2, { parser.HELP })
end

---How a command is called: first alternatives, then options, then arguments, then what would swallow an argument.
---@param script cli.command
---@return string[] calls such as "[-c <carrier>]"
function M.calls(script)
  local options, added, calls = all_of(script), {}, {}
  local function add_once(entry)
    if added[entry] then
      return
    end
    added[entry] = true
    local each = {}
    for i, one in ipairs(entry.either or { entry }) do each[i] = call_of(one) end
    calls[#calls + 1] = #each > 1 and ("(%s)"):format(table.concat(each, " | ")) or each[1]
  end
  local function add_those(is)
    for _, entry in ipairs(options) do
      if is(entry) then add_once(entry) end
    end
  end
  add_those(function(entry) return entry.either and not any(entry.either, is_open_ended)
    and not any(entry.either, is_argument) end)
  add_those(function(entry) return not entry.either and not is_open_ended(entry) and not is_argument(entry) end)
  add_those(function(entry) return any(entry.either or { entry }, is_argument) end)
  add_those(function() return true end)
  return calls
end

local function usage(name, script)
  local lines = { USAGE .. "moontower " .. name }
  for _, call in ipairs(M.calls(script)) do
    if #lines[#lines] + 1 + #call <= USAGE_WIDTH then
      lines[#lines] = lines[#lines] .. " " .. call
    else
      lines[#lines + 1] = (" "):rep(#USAGE) .. call
    end
  end
  return table.concat(lines, "\n")
end

---The names of an option, each with its value, or that of an argument.
---@param option cli.option
---@return string[]
function M.names(option)
  if is_argument(option) then
    return { option[2].choices and placeholder(option) or option[1] }
  end
  local names, taken = names_of(option), values(option)
  for i, name in ipairs(names) do names[i] = taken == "" and name or name .. " " .. taken end
  return names
end

-- One line for each name where a value follows.
local function labels(option)
  local names, longest = M.names(option), 0
  if not names[2] then
    return names
  elseif option[2].type == "boolean" then
    return { table.concat(names, ", ") }
  end
  for _, name in ipairs(names) do longest = math.max(longest, #name) end
  for i, name in ipairs(names) do
    names[i] = ("%s%s%s"):format((" "):rep(longest - #name), name, i < #names and "," or "")
  end
  return names
end

local function add_entry(lines, option)
  local texts, margin = {}, (" "):rep(MARGIN)
  for text in wrap.lines(declaration.sentence(option)) do texts[#texts + 1] = text end
  local names = labels(option)
  local beside = #names[1] < COLUMN - MARGIN
  for i = 1, math.max(#names, beside and #texts or 0) do
    local line = names[i] and margin .. names[i] or ""
    if beside and texts[i] then
      line = line .. (" "):rep(COLUMN - #line) .. texts[i]
    end
    lines[#lines + 1] = line
  end
  for i = 1, beside and 0 or #texts do lines[#lines + 1] = (" "):rep(COLUMN) .. texts[i] end
end

---Its arguments and options, --help among them.
---@param script cli.command
---@return cli.option[]
function M.options(script) return parser.flat(all_of(script)) end

local function list(heading, options, is)
  local lines = { heading }
  for _, option in ipairs(options) do
    if is(option) then add_entry(lines, option) end
  end
  return #lines > 1 and table.concat(lines, "\n") or nil
end

local function text_of(value)
  if type(value) == "function" then
    return value()
  end
  return value
end

---What a command's help says before and after its options.
---@param script cli.command
---@return string description
---@return string? epilog
function M.texts(script) return text_of(script.description) or script.summary, text_of(script.epilog) end

---The text of `moontower NAME --help`.
---@param name string
---@param script cli.command
---@return string
function M.text(name, script)
  local description, epilog = M.texts(script)
  local options = M.options(script)
  local blocks = { script.usage or usage(name, script), description }
  blocks[#blocks + 1] = list("Arguments:", options, is_argument)
  blocks[#blocks + 1] = list("Options:", options, parser.is_option)
  local exits = script.exits ~= false and exit_help.help(script.exits)
  blocks[#blocks + 1] = epilog and exits and epilog .. "\n" .. exits or epilog or exits or ""
  return wrap.text(table.concat(blocks, "\n\n"))
end

return M
