-- SPDX-License-Identifier: MIT
-- A command's declared options: as they are declared, and what the words of a command line say by them.

local validate = require "base.validate"

---@class cli.option: declaration.option of a command: "-c --carrier" is an option, "file" an argument
---@field argname string? what help calls its value
---@field args string? how many values it takes, where not one: "?", "*", "+"
---@field many boolean? it can be given more than once: a list of its values, but true for a flag
---@field candidates (fun(before: string[]): string[])? what a shell completes its value to, after the arguments before
--- it, where the kind has no choices
---@field target string? the field of `args`; nil: its last name

---@class cli.either options of which one can be given
---@field either cli.option[]

local HYPHEN = ("-"):byte()

local M = {
  ---Every command has it.
  HELP = { "-h --help", validate.flag, "Show this help and exit" },
}

---@param either cli.option[]
---@return cli.either
function M.either(either) return { either = either } end

---All options of a command, those that exclude each other too.
---@param list (cli.option|cli.either)[]?
---@return cli.option[]
function M.flat(list)
  local flat = {}
  for _, option in ipairs(list or {}) do
    local either = type(option) == "table" and option.either
    if either then
      table.move(either, 1, #either, #flat + 1, flat)
    else
      flat[#flat + 1] = option
    end
  end
  return flat
end

---@param option cli.option
---@return boolean # or it is an argument
function M.is_option(option) return option[1]:byte() == HYPHEN end

local function target_of(option)
  return option.target or option[1]:match("([^%s-][^%s]*)$"):gsub("%-", "_")
end

---@type table<string, [integer, number]> the least and the greatest number of values, by `args`
M.RANGES = { ["?"] = { 0, 1 }, ["*"] = { 0, math.huge }, ["+"] = { 1, math.huge } }

---How many values an option takes.
---@param option cli.option
---@return integer least
---@return number most
function M.values_of(option)
  if option[2].type == "boolean" then
    return 0, 0
  end
  local range = M.RANGES[option.args] or { 1, 1 }
  return range[1], range[2]
end

-- ---- reading a command line ----

---@class cli.element an option or argument while a command line is read
---@field option cli.option
---@field least integer
---@field most number
---@field either cli.either?
---@field name string? as it was given
---@field values any[]

---@class cli.reading
---@field options (cli.option)[]
---@field either table<cli.option, cli.either> of those that exclude others
---@field elements table<cli.option, cli.element> of those that were given
---@field arguments cli.element[]
---@field next integer the argument that the next word is for
---@field open cli.element? the option that the next word is for
---@field chosen table<cli.either, cli.element>
---@field ends_options boolean? all that follows are arguments
---@field result table<string, any>
local Reading = {}
Reading.__index = Reading

local function element_of(self, option)
  local element = self.elements[option]
  if not element then
    local least, most = M.values_of(option)
    element = { option = option, least = least, most = most, either = self.either[option], values = {} }
    self.elements[option] = element
  end
  return element
end

local function add(self, option)
  if not M.is_option(option) then
    local element = element_of(self, option)
    element.name = ("argument '%s'"):format(option[1])
    self.arguments[#self.arguments + 1] = element
  end
  if option.many and select(2, M.values_of(option)) > 0 then
    self.result[target_of(option)] = {}
  end
end

local function new_reading(script)
  local self = setmetatable({
    options = M.flat(script.options), either = {}, elements = {}, arguments = {}, next = 1, chosen = {}, result = {},
    ends_options = script.passes_help_on,
  }, Reading)
  for _, option in ipairs(script.options or {}) do
    if option.either then
      for _, one in ipairs(option.either) do self.either[one] = option end
    end
  end
  table.insert(self.options, M.HELP)
  for _, option in ipairs(self.options) do add(self, option) end
  return self
end

-- The functions below return a mistake, or nil.

local function store(self, element)
  local option, values = element.option, element.values
  local value = values
  if #values < element.least then
    return #values > 0 and ("%s requires at least %d arguments"):format(element.name, element.least)
      or M.is_option(option) and ("%s requires an argument"):format(element.name)
      or ("missing %s"):format(element.name)
  elseif element.most == 0 then
    value = true
  elseif element.most == 1 then
    value = values[1]
  end
  local target = target_of(option)
  if option.many and element.most > 0 then
    table.insert(self.result[target], value)
  else
    self.result[target] = value
  end
end

function Reading:close()
  local element = self.open
  self.open = nil
  return element and store(self, element)
end

function Reading:choose(element)
  local either = element.either
  local other = either and self.chosen[either]
  if other and other ~= element then
    return ("%s can not be used together with %s"):format(element.name, other.name)
  elseif either then
    self.chosen[either] = element
  end
end

local is_number = { number = true, integer = true }

local function converted(element, text)
  local kind, value = element.option[2], text
  for _, choice in ipairs(kind.choices or {}) do
    if text == choice then
      return text
    end
  end
  if kind.choices then
    return nil, ("%s%s must be one of '%s'"):format(M.is_option(element.option) and "argument for " or "",
      element.name, table.concat(kind.choices, "', '"))
  elseif is_number[kind.type] then
    value = tonumber(text)
    value = math.tointeger(value) or value
  end
  local mistake = validate.mistake(kind, value, ("%s: '%s'"):format(element.option[1]:match "%S+$", text))
  return value, mistake
end

function Reading:take(text)
  local element = self.open or self.arguments[self.next]
  local mistake = not element and "too many arguments" or element ~= self.open and self:choose(element) or nil
  local value
  if not mistake then
    value, mistake = converted(element, text)
  end
  if mistake then
    return mistake
  end
  table.insert(element.values, value)
  if #element.values < element.most then
    return nil
  elseif self.open then
    return self:close()
  end
  self.next = self.next + 1
  return store(self, element)
end

function Reading:find(name)
  local long = {}
  for _, option in ipairs(self.options) do
    for known in option[1]:gmatch "%S+" do
      if known == name then
        return element_of(self, option)
      elseif known:find "^%-%-" then
        long[#long + 1] = known
      end
    end
  end
  table.sort(long)
  local meant = require "cli.nearest"(name, long)
  return nil, ("unknown option '%s'%s"):format(name, meant and ("\nDid you mean '%s'?"):format(meant) or "")
end

-- An option, and its value where that is in the same word.
function Reading:begin(name, value)
  local element, mistake = self:find(name)
  if not element then
    return mistake
  elseif value and element.most == 0 then
    return ("option '%s' does not take arguments"):format(name)
  end
  mistake = self:close()
  element.name, element.values = ("option '%s'"):format(name), {}
  mistake = mistake or self:choose(element)
  if mistake then
    return mistake
  elseif element.most == 0 then
    return store(self, element)
  end
  self.open = element
  return value and self:take(value)
end

-- -ab is -a -b, where -a takes no value; else -a with the value b.
function Reading:begin_short(word)
  for i = 2, #word do
    local name, rest = "-" .. word:sub(i, i), i < #word and word:sub(i + 1) or nil
    local element = self:find(name)
    local takes_rest = element and element.most > 0
    local mistake = self:begin(name, takes_rest and rest or nil)
    if mistake or takes_rest then
      return mistake
    end
  end
end

function Reading:word(word)
  if self.ends_options or not word:find "^%-." then
    return self:take(word)
  elseif word == "--" then
    self.ends_options = true
    return self:close()
  elseif word:find "^%-%-" then
    local name, value = word:match "^(%-%-[^=]*)=(.*)$"
    return self:begin(name or word, value)
  end
  return self:begin_short(word)
end

function Reading:finish()
  local mistake = self:close()
  for i = self.next, #self.arguments do mistake = mistake or store(self, self.arguments[i]) end
  return mistake
end

---What the words of a command line say.
---@param script cli.command
---@param words string[]
---@return table<string, any>? args by the names of options and arguments; what was not given has its default
---@return string? mistake
function M.read(script, words)
  local reading = new_reading(script)
  for _, word in ipairs(words) do
    local mistake = reading:word(word)
    if mistake then
      return nil, mistake
    end
  end
  local mistake = reading:finish()
  if mistake then
    return nil, mistake
  end
  local args = reading.result
  for _, option in ipairs(reading.options) do
    local target = option.default ~= nil and target_of(option)
    if target and args[target] == nil then args[target] = option.default end
  end
  return args
end

---Which word of a command line is the first that is neither an option nor an option's value.
---@param script cli.command
---@param words string[]
---@return integer? position nil: there is none, or "--" comes before it
function M.first_argument(script, words)
  local options, i = {}, 1
  for _, option in ipairs(M.flat(script.options)) do
    for name in option[1]:gmatch "%S+" do options[name] = option end
  end
  local function takes_value(name) return options[name] and select(2, M.values_of(options[name])) > 0 end
  -- The option whose value is the next word: of -qd, that is -d, if -q takes none.
  local function leaves_open(word)
    if word:find "^%-%-" then
      return takes_value(word)
    end
    for position = 2, #word do
      if takes_value("-" .. word:sub(position, position)) then
        return position == #word
      end
    end
  end
  while words[i] and words[i] ~= "--" do
    if not words[i]:find "^%-" then
      return i
    end
    i = i + (leaves_open(words[i]) and 2 or 1)
  end
end

-- ---- for programs ----

---A command's options for programs.
---@param script cli.command
---@return table[]
function M.describe(script)
  local described = {}
  for i, option in ipairs(M.flat(script.options)) do
    local entry, names = require("base.declaration").describe(option), {}
    for name in option[1]:gmatch "%S+" do names[#names + 1] = name end
    entry.name, entry.names, entry.is_argument = nil, names, not M.is_option(option)
    entry.argument, entry.many = option.argname, option.many or option.args == "*" or option.args == "+" or nil
    described[i] = entry
  end
  return described
end

return M
