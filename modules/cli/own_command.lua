-- SPDX-License-Identifier: MIT
-- Commands of a user's own: what their files may return, and what is wrong with it.

local errors = require "errors"
local parsers = require "cli.parser"
local policy = require "policy"
local script = require "loading.script"
local task = require "task"

local M = {}

-- Limits of a file's body, which `moontower help` runs for its summary.
local SECONDS, BYTES, TASKS, CLEANUP = 1, 32 << 20, 1000, 5

local fields = {
  summary = "string", options = "table", epilog = "string or function", description = "string or function",
  usage = "string", exits = "table or false", run = "function", here = "boolean", order = "function",
  needs_no_reader = "boolean", precedes_command = "boolean", passes_help_on = "boolean",
}

local function mistake_in(value)
  for key, field in pairs(value) do
    if not fields[key] then
      return ("a command has no '%s'"):format(tostring(key))
    elseif not fields[key]:find(type(field), 1, true) and not (key == "exits" and field == false) then
      return ("a command's '%s' should be a %s"):format(key, fields[key])
    end
  end
  if not (value.summary and value.run) then
    return "a command needs a 'summary' and a 'run'"
  end
  local ok, message = pcall(parsers.new, "", value)
  return not ok and ("its options are declared wrongly: %s"):format(message) or nil
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
