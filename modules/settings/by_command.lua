-- SPDX-License-Identifier: MIT
-- Settings that a maker's file describes by their AT commands: the one that asks, how its answer reads, and the ones
-- that set.

local at = require "at"
local bands = require "settings.bands"
local composition = require "settings.composition"
local errors = require "errors"
local setting = require "settings.setting"
local technologies = require "settings.technologies"

local ANSWER_TIME = 10

---@class settings.command: settings.setting
---@field asks string the command that asks for it: 'AT+WS46?', or 'AT+QCFG="usbnet"', which names it
---@field commands fun(self, wanted: any, now: any): string[] those that set it
---@field names table<string, string>? of choice(): what each value of the answer means
---@field sets string? of choice() and compositions(): the command that sets it, with %s for the value

local M = {}

-- The values of a line; none where it has lists, in parentheses, which only an answer to a test ("=?") may have.
local function values_of(line, command)
  local values = at.fields(line)
  for _, value in ipairs(command:find "=%?$" and {} or values) do
    if type(value) ~= "string" then return {} end
  end
  return values
end

---Asks for values: '+QCFG: "usbnet",0' gives { "0" } when AT+QCFG="usbnet" asked for it, '#BND: 0,18' { "0", "18" }.
---@param modem table
---@param command string
---@return string[]? values
---@return moontower.error? err
function M.ask(modem, command)
  local reply, err = modem.at:command(command, { seconds = ANSWER_TIME })
  if not reply then
    return nil, err
  end
  local prefix, key = command:match "^AT([^=?]+)", command:match '^[^=]*="([^"]*)"$'
  for _, line in ipairs(reply.lines) do
    local values = at.prefix(line) == prefix and values_of(line, command) or {}
    if key and values[1] and values[1]:lower() == key then
      return table.move(values, 2, #values, 1, {})
    elseif not key and values[1] then
      return values
    end
  end
  return errors.fail {
    code = "malformed", source = "at", message = ("%s: no %s in the answer"):format(command, key or prefix),
  }
end

-- Sends commands, one after the other.
local function send(modem, list)
  for _, command in ipairs(list) do
    local reply, err = modem.at:command(command, { seconds = ANSWER_TIME })
    if not reply then
      return nil, err
    end
  end
  return true
end

---Makes a class of settings that know their commands; set() sends them.
---@param fields table name, asks, read, commands, and what else differs from settings/setting.lua
---@return table class
function M.class(fields)
  fields.restart = fields.restart or false
  fields.how = function(self, now, wanted) return table.concat(self:commands(wanted, now), "; ") end
  fields.set = function(self, modem, wanted, now) return send(modem, self:commands(wanted, now)) end
  return setting.class(fields)
end

-- ---- radio access ----

local function known_names(self)
  local set, list = {}, {}
  for _, name in pairs(self.names) do set[name] = true end
  for name in pairs(set) do list[#list + 1] = name end
  table.sort(list)
  return set, list
end

local function normalise_choice(self, wanted)
  local name, err = technologies.wanted(wanted)
  local set, list = known_names(self)
  if name == "auto" then
    name = self.auto or name
  end
  if not name or set[name] then
    return name, err
  end
  return errors.fail {
    code = "unsupported", source = "settings", message = ("this modem cannot be set to %s"):format(name),
    hint = "It can be set to: " .. table.concat(list, ", "),
  }
end

---Radio access that is a number: `names` says what each means.
---@param fields table asks, names, sets; `auto`: the name that stands for all, where none is called "auto"
---@return table class
function M.choice(fields)
  fields.name, fields.normalise = "rat", normalise_choice
  fields.choices = function(self) return table.concat(select(2, known_names(self)), ", ") end

  function fields:read(modem)
    local values, err = M.ask(modem, self.asks)
    return values and (self.names[values[1]] or setting.UNKNOWN), err
  end

  function fields:commands(wanted)
    for number, name in pairs(self.names) do
      if name == wanted then
        return { self.sets:format(number) }
      end
    end
    return {}
  end

  return M.class(fields)
end

-- ---- bands ----

local function parse_bands(_, wanted)
  if type(wanted) == "table" then
    return wanted
  end
  local list, err = bands.parse(tostring(wanted))
  if err then
    err.hint = "Name the bands, as in \"B2+B12\"."
  end
  return list, err
end

---Bands. Of a technology that is not named, any band will do.
---@param fields table asks, read, commands; `lte_alone`: it has none of 5G; same and why_not, if they differ
---@return table class
function M.bands(fields)
  fields.name = "bands"
  fields.normalise = fields.normalise or parse_bands
  fields.show = fields.show or function(_, value) return bands.format(value) end

  fields.same = fields.same or function(_, now, wanted) return bands.same(now, wanted) end

  fields.why_not = fields.why_not or function(self, _, wanted)
    return self.lte_alone and #wanted.nr + #bands.nsa(wanted) > 0 and bands.refusal(
      { nr = wanted.nr, nsa = wanted.nsa }, {}) or nil
  end

  return M.class(fields)
end

-- ---- composition ----

local function sorted_numbers(choices)
  local list = {}
  for number in pairs(choices) do list[#list + 1] = number end
  table.sort(list)
  return list
end

-- How many of the interfaces that carry no data stay.
local function kept(interfaces, now)
  local set, count = composition.set(interfaces), 0
  for _, name in ipairs(now and now.interfaces or {}) do
    count = count + (set[name] and not composition.data[name] and 1 or 0)
  end
  return count
end

local function target_of(choice, number)
  return { interfaces = choice.interfaces, product = choice.product, classes = choice.classes, exact = number }
end

-- Those that have all that is wanted: first the one that keeps most of what is there now, then that with the fewest.
local function candidates(choices, wanted, now)
  local list = {}
  for _, number in ipairs(sorted_numbers(choices)) do
    if composition.is_within(wanted.interfaces, choices[number].interfaces) then
      list[#list + 1] = target_of(choices[number], number)
    end
  end
  table.sort(list, function(a, b)
    local kept_of_a, kept_of_b = kept(a.interfaces, now), kept(b.interfaces, now)
    if kept_of_a ~= kept_of_b then return kept_of_a > kept_of_b end
    if #a.interfaces ~= #b.interfaces then return #a.interfaces < #b.interfaces end
    return a.exact < b.exact
  end)
  return list
end

-- The first that the host could use; the first, where it could use none, so that the reason is known.
local function closest(self, choices, wanted, now)
  local list = candidates(choices, wanted, now)
  for _, candidate in ipairs(list) do
    if not composition.refusal(self.description, candidate, self.modules) then return candidate end
  end
  return list[1]
end

local function read_composition(self, modem)
  local values, err = M.ask(modem, self.asks)
  local number = values and math.tointeger(tonumber(values[1]))
  if values and not number then
    return errors.fail { code = "malformed", source = "at", message = self.asks .. ": no number" }
  end
  local choices = self.choices(modem.description)
  if not number then
    return nil, err
  end
  return {
    interfaces = choices[number] and choices[number].interfaces or {}, by = self.by, exact = number,
    supported = self.is_listed and sorted_numbers(choices) or nil,
  }
end

---USB compositions that have numbers.
---@param fields table by, asks, sets; `choices(description)`: by number, { interfaces =, product =, classes = }, with
--- the id that the modem has then, where that changes (settings.composition); `is_listed`: these are all that it has,
--- so that people may choose
---@return table class
function M.compositions(fields)
  local class = composition.class(fields.by)
  for key, value in pairs(fields) do class[key] = value end
  class.read = read_composition

  function class:target(now, wanted)
    local choices = self.choices(self.description)
    local number = composition.is_exact(self, wanted) and wanted.exact
    local choice = number and choices[number] or { interfaces = {} } -- one that is put back may have no name here
    local target = number and target_of(choice, number) or closest(self, choices, wanted, now)
    if target then
      return target
    end
    return errors.fail {
      code = "unsupported", source = "settings",
      message = ("this modem has no composition with %s"):format(table.concat(wanted.interfaces, "+")),
    }
  end

  -- One without a name here was read from the modem, which could be asked in it.
  local why_not = class.why_not
  function class:why_not(modem, wanted, now)
    local is_nameless = composition.is_exact(self, wanted) and #wanted.interfaces == 0
    return not is_nameless and why_not(self, modem, wanted, now) or nil
  end

  function class:of_number(number)
    local choice = self.choices(self.description)[number]
    return choice and { interfaces = choice.interfaces, by = self.by, exact = number }
  end

  function class:command(target) return self.sets:format(target.exact) end

  function class:order(modem, target) return send(modem, { self:command(target) }) end

  return class
end

-- ---- which of them ----

---Chooses between classes: the first whose question the modem answers, whatever it says.
---@param ... table classes
---@return fun(modem: table, options: settings.options): settings.setting?, moontower.error?
function M.first(...)
  local classes = { ... }
  return function(modem, options)
    local err
    for _, class in ipairs(classes) do
      local values
      values, err = M.ask(modem, class.asks)
      if values or err.code == "malformed" then -- it knows the command
        return setting.new(class, { modules = options.modules, description = modem.description })
      elseif not setting.is_refusal(err) then
        return nil, err
      end
    end
    return nil, err
  end
end

return M
