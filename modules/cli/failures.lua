-- SPDX-License-Identifier: MIT
-- What is printed where a command fails, or its command line is wrong, and its exit status then.

local errors = require "errors"
local exit_status = require "cli.exit_status"
local printable = require "base.printable"
local terminal = require "terminal"

local M = {}

-- Words that could mean one command or another.
local two_meanings = {
  sim = "`moontower simulate` simulates a modem; `moontower status` shows the SIM card. ",
}

-- Each of several lines.
local function fit(text) return (text:gsub("[^\n]+", printable)) end

local function print_error(err, as_json)
  if as_json then
    local fields = {}
    for _, key in ipairs { "code", "message", "hint", "source", "detail", "traceback" } do
      fields[key] = err[key]
    end
    print(require("base.json").encode({ error = fields }))
    return
  end
  if err.code == "busy" then
    terminal.clear_line() -- another moontower may be at work at this very terminal
  end
  local wrap = require "terminal.wrap"
  local text = wrap.fit("moontower: " .. fit(tostring(err)), 2) .. "\n"
  if err.hint then
    text = text .. wrap.fit("  " .. fit(err.hint), 2, 2) .. "\n"
  end
  if err.code == "raised" and err.traceback then
    text = text .. fit(err.traceback) .. "\n"
  end
  io.stderr:write(require("log").lines("error", text))
end

---Prints an error.
---@param err moontower.error
---@param as_json boolean?
---@return integer status
function M.show(err, as_json)
  print_error(err, as_json)
  return exit_status.of(err.code)
end

---Does the command line ask for JSON? For mistakes in it, before it is parsed.
---@param arguments string[]
---@return boolean
function M.wants_json(arguments)
  for _, argument in ipairs(arguments) do
    if argument == "--" then
      break
    elseif argument == "--json" then
      return true
    end
  end
  return false
end

---A mistake in a command line.
---@param message string
---@param hint string
---@param arguments string[]
---@return integer status
function M.wrong_usage(message, hint, arguments)
  local err = errors.new { code = "usage", source = "command", message = message, hint = hint }
  return M.show(err, M.wants_json(arguments))
end

---A command that there is not.
---@param name string
---@param names string[] of those that there are
---@param arguments string[]
---@return integer status
function M.no_such(name, names, arguments)
  local meant = require "cli.nearest"(name, names)
  local replaced = require("policy").replaced[name]
  local hint = two_meanings[name] or replaced and replaced .. " "
    or meant and ("Did you mean `moontower %s`? "):format(meant) or ""
  return M.wrong_usage(("there is no command '%s'"):format(name), hint .. "`moontower help` lists them.", arguments)
end

return M
