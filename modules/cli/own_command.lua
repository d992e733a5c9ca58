-- SPDX-License-Identifier: MIT
-- Commands of a user's own: what their files may return, and what is wrong with it.

local declaration = require "base.declaration"
local errors = require "errors"
local parsers = require "cli.parser"
local policy = require "policy"
local script = require "loading.script"
local task = require "task"
local validate = require "base.validate"

local M = {}

-- Limits of a file's body, which `moontower help` runs for its summary.
local SECONDS, BYTES, TASKS, CLEANUP = 1, 32 << 20, 1000, 5

local function is_words(value) return type(value) == "string" or type(value) == "function" end
local words = { is_words, "a text, or a function that returns one", type = "text" }

local function is_words_or_true(value) return value == true or type(value) == "string" end
local exits = validate.map_of(validate.whole(0, 255), { is_words_or_true, "true, or a text" }, "words by exit status")

local function is_exits(value) return value == false or exits[1](value) end

---What a command's file may return.
---@type declaration.list
M.fields = {
  { "summary", validate.text, "one line, for `moontower help`", needed = true },
  { "run", validate.fn, "`run(args)` runs the command; it returns an exit status, or `nil, err`", needed = true },
  { "options", validate.table, "a list of its options and arguments, declared as below" },
  { "description", words, "what its help says first; a text, or a function that returns one",
    otherwise = "`summary`" },
  { "epilog", words, "what its help says last; a text, or a function that returns one" },
  { "usage", validate.text, "the lines in its help that show how it is called", otherwise = "made of `options`" },
  { "exits", { is_exits, "a table, or false", type = "table" },
    "its exit statuses besides 0, 1 and 2, for its help: `true` or words for each; `false`: those of what it runs" },
  { "here", validate.flag, "it never runs in the daemon" },
  { "order", validate.fn, "`order(args)` returns the order that it gives about a modem, or `nil`: see "
    .. "[below](#what-a-person-has-ordered)" },
  { "needs_no_reader", validate.flag, "it continues when its standard output is a pipe without a reader; other "
    .. "commands end then, as by Ctrl-C" },
  { "precedes_command", validate.flag, "its argument `command`, which takes `args = \"+\"`, is a command: what follows "
    .. "is for that, options too" },
  { "passes_help_on", validate.flag, "its first argument is a script: `--help` behind that is for the script" },
}

local function mistake_in_option(option)
  for _, field in ipairs { "argname", "target" } do
    if option[field] ~= nil and (type(option[field]) ~= "string" or option[field] == "") then
      return ("'%s' of '%s' should be a text"):format(field, option[1])
    end
  end
  if option.candidates ~= nil and type(option.candidates) ~= "function" then
    return ("'candidates' of '%s' should be a function"):format(option[1])
  elseif option.args ~= nil and not parsers.RANGES[option.args] then
    return ("'args' of '%s' should be one of ?, *, +"):format(option[1])
  elseif not option[1]:find "[^%s-]" then
    return ("'%s' is no name"):format(option[1])
  elseif option[2].type == "boolean" and not parsers.is_option(option) then
    return ("'%s' is an argument, which takes a value, and so it is no flag"):format(option[1])
  end
end

local function mistake_in_options(options)
  local why = validate.not_a_list(options)
  if why then
    return ("'options' should be a list: %s"):format(why)
  end
  for i, option in ipairs(options) do
    local either = type(option) == "table" and option.either
    if either and (type(either) ~= "table" or #either == 0 or validate.not_a_list(either)) then
      return ("option %d should be a list of options of which one can be given"):format(i)
    end
  end
  local flat = parsers.flat(options)
  local mistake = declaration.mistake_in_list(flat)
  for i = 1, mistake and 0 or #flat do mistake = mistake or mistake_in_option(flat[i]) end
  return mistake
end

-- The command that it precedes is read from there, also where the command does not run.
local function has_command(options)
  for _, option in ipairs(parsers.flat(options)) do
    if option[1] == "command" and option.args == "+" and not option.target then return true end
  end
  return false
end

local function mistake_in(value)
  local mistake = declaration.mistake(M.fields, value, "field") or mistake_in_options(value.options or {})
  if mistake then
    return "a command: " .. mistake
  elseif value.precedes_command and not has_command(value.options) then
    return 'a command: one with `precedes_command` needs the argument { "command", ..., args = "+" }'
  end
end

local function invalid(message)
  return errors.fail { code = "invalid", source = "command", message = message,
    hint = "`moontower help commands` tells how to write one." }
end

---Looks for a mistake in a command of a user's own.
---@param value table
---@param path string
---@return table? value
---@return moontower.error? err
function M.checked(value, path)
  local mistake = mistake_in(value)
  if mistake then
    return invalid(("%s: %s"):format(path, mistake))
  end
  return value
end

---Loads the file of one. It may return a policy instead.
---@param name string
---@param path string
---@return table? script
---@return moontower.error? err
function M.load(name, path)
  local chunk, message = script.load(path, true)
  if not chunk then
    return invalid(message)
  end
  local ok, value = task.limited({
    seconds = SECONDS, bytes = BYTES, tasks = TASKS, cleanup = CLEANUP, name = "command " .. name,
  }, chunk)
  if not ok then
    return nil, type(value) == "table" and value or errors.new { code = "raised", message = tostring(value) }
  elseif policy.is(value) then
    return value
  elseif type(value) ~= "table" or type(value.run) ~= "function" then
    return invalid(("%s returns no command; end it with: return { summary = ..., run = function(args) ... end }")
      :format(path))
  end
  return M.checked(value, path)
end

return M
