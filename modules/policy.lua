-- SPDX-License-Identifier: MIT
-- Policies: Lua files that decide about modems, run by `moontower serve`: `return policy { ... }`.

local core_error = require "core.error"
local errors = require "errors"
local fs = require "core.fs"
local log = require "log"
local places = require "loading.places"
local script = require "loading.script"
local task = require "task"
local validate = require "base.validate"

---@class policy.policy
---@field name string
---@field summary string? one line, for `moontower help`
---@field options declaration.list? those that it takes: what it gives to policy.options()
---@field each { modem: "ready" }? one task for each modem whose control port is open; nil: one task for all of them
---@field observes boolean? for one without `each`: it leaves the modems to others, so that each still needs a policy
---@field run fun(modem: modem.modem|policy.modems) cancelled when the modem is unplugged, or the policy is replaced

---@class policy.modems what a policy without `each` gets
---@field list fun(self): modem.modem[] ready now; not those that a command has, or `down` keeps offline
---@field changes fun(self): fun(): modem.modem[] for a loop: the list, now and whenever it changes. A command that
--- needs a modem waits until the loop has taken a list without it

local Policy = {}
Policy.__index = Policy

local M = {}

-- Limits of a file's body; a policy waits in its `run`.
local SECONDS, BYTES, TASKS, CLEANUP = 1, 32 << 20, 1000, 5

---Policies that have become options of others.
M.replaced = { ladder = 'Write { "reconnect", rungs = ..., cooldowns = ..., hook = ... } instead.' }

local function is_each(value)
  return type(value) == "table" and value.modem == "ready" and next(value, next(value)) == nil
end

---What a policy's file may say of it.
---@type declaration.list
M.fields = {
  { "name", validate.text, "its name, in `moontower why` and the log", needed = true },
  { "summary", validate.text, "one line, for `moontower help`" },
  { "options", validate.table, "its options: what it gives to `policy.options`" },
  { "each", { is_each, '{ modem = "ready" }', type = "table" },
    '`{ modem = "ready" }`: one task for each modem whose port is open, cancelled when the modem is unplugged',
    otherwise = "one task for all modems" },
  { "observes", validate.flag, "without `each`: it leaves modems to their own policies" },
  { "run", validate.fn, "`run(modem)` or, without `each`, `run(modems)`: what it does", needed = true },
}

local function mistake_in(values)
  if type(values) ~= "table" then
    return "a policy is a table: policy { name = ..., run = function(modem) ... end }"
  end
  local declaration = require "base.declaration"
  local mistake = declaration.mistake(M.fields, values, "field") or declaration.mistake_in_list(values.options or {})
  return mistake and "a policy: " .. mistake
end

---Is this what a policy file returns?
---@param value any
---@return boolean
function M.is(value) return getmetatable(value) == Policy end

---@param name string "reconnect", or a path with a slash in it
---@return string|false|nil path nil: there is no such file; false: it is refused
---@return moontower.error? err why a path leads to none, or why it is refused
function M.path(name)
  if name:find("/") then
    local there, err = fs.stat(name)
    return there and name or nil, err
  end
  return places.find("policies", name)
end

local function invalid(message)
  return errors.fail { code = "invalid", source = "policy", message = message,
    hint = "`moontower help policies` shows how to write one." }
end

-- The options, and a function that returns the names of those that the file has not read: the file of a policy need not
-- declare its options.
local function watched(options)
  if not options then
    return nil, function() return {} end
  end
  local read = {}
  local function unread()
    local names = {}
    for key in pairs(options) do
      if not read[key] then names[#names + 1] = tostring(key) end
    end
    table.sort(names)
    return names
  end
  return setmetatable({}, {
    __index = function(_, key)
      read[key] = true
      return options[key]
    end,
    __pairs = function()
      for key in pairs(options) do read[key] = true end
      return pairs(options)
    end,
  }), unread
end

-- Some options are read only when the policy runs.
local function is_named_in(path, name)
  for word in (fs.read(path) or ""):gmatch "[%a_][%w_]*" do
    if word == name then
      return true
    end
  end
  return false
end

-- What a file has raised: with a traceback, unless the place is in the file itself.
local function told(value, path)
  local text = errors.text(value)
  local traceback = type(value) == "table" and value.traceback
  return traceback and text:sub(1, #path + 1) ~= path .. ":" and text .. "\n" .. traceback or text
end

---Loads a policy. Its file finds the options in `...`.
---@param name string
---@param options table?
---@return policy.policy?
---@return moontower.error? err with file and line
function M.load(name, options)
  local path, err = M.path(name)
  if err and err.code ~= "not-found" then
    return nil, err
  elseif not path then
    return errors.fail {
      code = "not-found", source = "policy", message = ("there is no policy '%s'"):format(name),
      hint = M.replaced[name]
        or "Policies are files in /etc/moontower/policies and among ours; a path needs a slash in it: ./mine.lua.",
    }
  end
  local chunk, message = script.load(path)
  if not chunk then
    return invalid(message)
  end
  local limits = {
    seconds = SECONDS, bytes = BYTES, tasks = TASKS, cleanup = CLEANUP, name = "policy " .. name,
  }
  local given, unread = watched(options)
  local ok, value = task.limited(limits, chunk, given)
  local is_table = not ok and type(value) == "table"
  if is_table and value.code and value.code ~= "raised" then
    if value.detail and value.detail.option then
      value.detail.policy = value.detail.policy or name -- not those that build on it
    end
    return errors.during(value, "policy " .. name) -- a mistake in its options, or of what it builds on
  elseif not ok then
    return invalid(told(value, path))
  elseif not M.is(value) then
    return invalid(("%s returns no policy; end it with: return policy { ... }"):format(path))
  end
  for _, key in ipairs(unread()) do
    if not is_named_in(path, key) then
      log.warn("policy %s: nothing in its file looks at the option '%s': is it misspelt?", name, key)
    end
  end
  return value
end

---Checks the options that a policy's file finds in `...`: with a mistake in them, nothing is done.
---@param given table? nil: the file is only read for its summary and its options
---@param declared declaration.list
---@return table own those that are declared, with their defaults
---@return table others those for the policy that this one builds on
function M.options(given, declared)
  local declaration = require "base.declaration"
  local mistake, option
  if given then
    mistake, option = declaration.mistake(declared, given, "option")
  end
  if mistake then
    error(errors.new {
      code = "invalid", source = "policy", message = mistake, detail = { option = option },
      hint = "`moontower help policies` lists the options of each policy.",
    })
  end
  return declaration.take(declared, given or {})
end

---A folder that belongs to the policies with a name: kept across restarts, and one that the daemon's sandbox lets them
---write in. It is there when this returns.
---@param name string
---@return string? path
---@return moontower.error? err
function M.folder(name)
  local path = ("%s/policies/%s"):format(require("state").persistent.folder, (name:gsub("[^%w_-]", "_")))
  local ok, err = fs.mkdir(path, 448) -- 0700
  return ok and path or nil, err
end

---What programs read of a policy's options.
---@param loaded policy.policy
---@return table[]
function M.describe(loaded)
  local declaration, described = require "base.declaration", {}
  for i, option in ipairs(loaded.options or {}) do described[i] = declaration.describe(option) end
  return described
end

---A policy's options as help shows them.
---@param loaded policy.policy
---@return string
function M.help(loaded)
  local declaration, options = require "base.declaration", loaded.options
  if not options then
    return "It declares no options."
  end
  local words = ('Its options, as in policy = { "%s", option = value }:\n'):format(loaded.name)
    .. declaration.help(options)
  if options.any_of then
    words = words .. ("\nIt needs one of these: %s."):format(table.concat(options.any_of, ", "))
  end
  if options.others then
    words = words .. ("\nIt also takes those of `moontower help policy %s`."):format(options.others)
  end
  return words
end

local function new(_, values)
  local mistake = mistake_in(values)
  if mistake then
    return nil, mistake
  end
  return setmetatable(values, Policy)
end

return setmetatable(M, { __call = core_error.blaming(new) })
