-- SPDX-License-Identifier: MIT
-- A command's declared options as an argparse parser, and back.

local argparse = require "argparse"
local exit_status = require "cli.exit_status"
local validate = require "base.validate"

---@class cli.option: declaration.option of a command: "-c --carrier" is an option, "file" an argument
---@field argname string? what help calls its value
---@field args string? how many values it takes, as argparse has it: "?", "*", "+"
---@field many boolean? it can be given more than once
---@field candidates (fun(): string[])? what a shell completes its value to, where the kind has no choices
---@field target string? the field of `args`; nil: its last name

---@class cli.either options of which one can be given
---@field either cli.option[]

local M = {}

---@param either cli.option[]
---@return cli.either
function M.either(either) return { either = either } end

---All options of a command, those that exclude each other too.
---@param list (cli.option|cli.either)[]?
---@return cli.option[]
function M.flat(list)
  local flat = {}
  for _, option in ipairs(list or {}) do
    local either = type(option) == "table" and option.either or { option }
    table.move(either, 1, #either, #flat + 1, flat)
  end
  return flat
end

local function is_option(option) return option[1]:find "^%-" ~= nil end

local function target_of(option)
  return option.target or option[1]:match("([^%s-][^%s]*)$"):gsub("%-", "_")
end

local is_number = { number = true, integer = true }

-- For argparse's convert(): nil and the mistake where a text is none of the kind.
local function reader(option)
  local name, kind = option[1]:match "%S+$", option[2]
  return function(text)
    local value = text
    if is_number[kind.type] then
      value = tonumber(text)
      value = math.tointeger(value) or value
    end
    local mistake = validate.mistake(kind, value, ("%s: '%s'"):format(name, text))
    if mistake then
      return nil, mistake
    end
    return value
  end
end

-- The texts are for help alone.
local function add(parser, option, describe)
  local kind, text = option[2], describe and describe.sentence(option) or ""
  if kind.type == "boolean" then
    return parser:flag(option[1], text):target(target_of(option))
  end
  local element
  if is_option(option) then
    element = parser:option(option[1], text):target(target_of(option))
    if option.many then element:count "*" end
  else
    element = parser:argument(option[1], text)
  end
  if option.args then element:args(option.args) end
  if option.argname then element:argname(option.argname) end
  if kind.choices then
    element:choices(kind.choices)
  else
    element:convert(reader(option))
  end
  return element
end

local function text_of(value)
  if type(value) == "function" then
    return value()
  end
  return value
end

---@param name string
---@param script cli.command
---@param is_for_help boolean? with the texts, which a parser of arguments does without
---@return table parser of argparse
function M.new(name, script, is_for_help)
  local describe = is_for_help and require "base.declaration"
  local parser = argparse("moontower " .. name)
  parser:add_help(false)
  parser:flag("-h --help", "Show this help and exit.")
  for _, option in ipairs(script.options or {}) do
    if option.either then
      local elements = {}
      for i, one in ipairs(option.either) do elements[i] = add(parser, one, describe) end
      parser:mutex(table.unpack(elements))
    else
      add(parser, option, describe)
    end
  end
  if script.usage then
    parser:usage(script.usage)
  end
  if script.passes_help_on then
    parser:handle_options(false)
  end
  if is_for_help then
    local exits = script.exits ~= false and exit_status.help(script.exits)
    local epilog = text_of(script.epilog)
    parser:description(text_of(script.description) or script.summary)
    parser:epilog(epilog and exits and epilog .. "\n" .. exits or epilog or exits or "")
  end
  return parser
end

---@param script cli.command
---@param args table<string, any> as argparse has read them; what was not given gets its default
function M.add_defaults(script, args)
  for _, option in ipairs(M.flat(script.options)) do
    local target = target_of(option)
    if args[target] == nil then args[target] = option.default end
  end
end

---A command's options for programs.
---@param script cli.command
---@return table[]
function M.describe(script)
  local described = {}
  for i, option in ipairs(M.flat(script.options)) do
    local entry, names = require("base.declaration").describe(option), {}
    for name in option[1]:gmatch "%S+" do names[#names + 1] = name end
    entry.name, entry.names, entry.is_argument = nil, names, not is_option(option)
    entry.argument, entry.many = option.argname, option.many or option.args == "*" or option.args == "+" or nil
    described[i] = entry
  end
  return described
end

return M
