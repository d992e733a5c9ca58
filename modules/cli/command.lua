-- SPDX-License-Identifier: MIT
-- Runs a command: finds its script, reads its arguments, runs it, turns its end into an exit status.

local lazy = require "base.lazy"
local errors = require "errors"
local exit_status = lazy "cli.exit_status"
local failures = lazy "cli.failures"
local parsers = require "cli.parser"
local places = require "loading.places"
local program = require "core.program"
local signal = require "core.signal"
local terminal = require "terminal"

local M = {}

---@class cli.others what is on a higher floor, given by main.lua
---@field elsewhere fun(name: string, arguments: string[]): integer?, moontower.error? runs a command in the daemon;
--- nil: there is none
---@field run_policy fun(loaded: policy): integer?, moontower.error? runs a policy in the foreground
---@field modem_names fun(): string[] what `--device` takes here
local others

---@param functions cli.others
function M.set_others(functions) others = functions end

---@return string[]
function M.modem_names() return others.modem_names() end

-- A policy runs in the foreground by its name, so its name is a command, too.
local KINDS = { "scripts", "policies" }

local function find(name, kinds)
  for _, kind in ipairs(kinds or KINDS) do
    local path, err, folder = places.find(kind, name)
    if path ~= nil then
      return path, err, folder, kind
    end
  end
end

---@param name string
---@return table? script what its file returns
---@return moontower.error? err nil: there is none
---@return places.folder? folder that it is in
function M.script(name)
  local path, refused, folder = find(name)
  if not path then
    return nil, refused, folder
  elseif not folder.is_ours then
    local script, err = require("cli.own_command").load(name, path)
    return script, err, folder
  end
  local chunk, message = program.load(path)
  if not chunk then
    error(errors.new { code = "io", source = "command", message = message }, 0)
  end
  return chunk(), nil, folder
end

---What the build has noted about a command or policy of ours, so that its file need not be loaded for a list.
---@param name string
---@param kind places.kind? if it is to be one of these alone: a policy may have the name of a command
---@return { is_policy: boolean, summary: string }? nil: load it, as it is not ours, or has changed since
function M.noted(name, kind)
  local path, folder, _
  path, _, folder, kind = find(name, kind and { kind })
  local summary = path and folder.is_ours and program.note(path)
  return summary and { is_policy = kind == "policies", summary = summary } or nil
end

-- All from the first word on that is no option's value belongs to the command that it names, options too.
local function end_options(script, arguments)
  local first = parsers.first_argument(script, arguments)
  if not first then
    return arguments
  end
  local marked = table.move(arguments, 1, #arguments, 1, {})
  table.insert(marked, first, "--")
  return marked
end

local function wants_help(script, arguments)
  for _, argument in ipairs(arguments) do
    if argument == "--" or script.passes_help_on and not argument:find("^%-.") then
      break
    elseif argument == "-h" or argument == "--help" then
      return true
    end
  end
  return false
end

-- nil without a mistake: it asks for help.
local function read(script, given)
  local arguments = script.precedes_command and end_options(script, given) or given
  if wants_help(script, arguments) then
    return nil
  end
  local args, mistake = parsers.read(script, arguments)
  if args and script.precedes_command and args.command and args.command[1] == "--" then
    table.remove(args.command, 1) -- behind another argument, "--" is a word to the parser
  end
  return args, mistake
end

local function parse(name, script, given)
  local args, mistake = read(script, given)
  if not args and not mistake then
    print(require("cli.usage").text(name, script))
    return nil, 0
  elseif not args then
    return nil, failures.wrong_usage(mistake, ("Try `moontower %s --help`."):format(name), given)
  end
  return args
end

-- A command is a plain table, for which no policy has to be loaded.
local function is_policy(script) return getmetatable(script) ~= nil and require("policy").is(script) end

-- A script that is a policy runs as one, in the foreground, if it can do so without options.
local function as_command(name, script)
  if not is_policy(script) then
    return script
  end
  local policy = require "policy"
  return {
    summary = script.summary or script.name, here = true,
    epilog = function()
      return policy.help(script) .. "\n`moontower help policies` tells where a policy is named, and more."
    end,
    run = function()
      local loaded, err = policy.load((find(name)), {})
      if not loaded then
        return nil, err
      end
      return others.run_policy(loaded)
    end,
  }
end

---Policies included.
---@return string[]
function M.names()
  local names, seen = {}, {}
  for _, kind in ipairs(KINDS) do
    for _, name in ipairs(places.names(kind)) do
      names[#names + 1] = not seen[name] and name or nil
      seen[name] = true
    end
  end
  table.sort(names)
  return names
end

---The text of `moontower NAME --help`.
---@param name string
---@return { name: string, summary: string, help: string, options: table[] }?
---@return moontower.error? err nil: there is no such command
function M.help(name)
  local script, err = M.script(name)
  if not script then
    return nil, err
  end
  local options = is_policy(script) and require("policy").describe(script) or parsers.describe(script)
  script = as_command(name, script)
  return { name = name, summary = script.summary, options = options, help = require("cli.usage").text(name, script) }
end

---A command line's order to a modem, as scripts/README.md lists; nil: it changes none, as when it is wrong or only
---asks for help.
---@param name string
---@param given string[]
---@return string? order
---@return string? device the modem that it names
function M.order(name, given)
  local script = M.script(name)
  if not script or is_policy(script) or not (script.order or script.precedes_command) then
    return nil
  end
  local args = read(script, given)
  if not args then
    return nil
  elseif script.precedes_command then
    local words = args.command or {}
    if words[1] then
      return M.order(words[1], table.move(words, 2, #words, 1, {}))
    end
    return nil
  end
  return script.order(args), args.device
end

---Did a command do what was ordered?
---@param status integer its exit status
---@return boolean
function M.has_worked(status) return status == 0 or status == exit_status.NO_ANSWER end

---Runs `moontower NAME ARGUMENTS...`: in the daemon if one runs, else in this engine.
---@param name string
---@param arguments string[]
---@return integer status for exit()
function M.run(name, arguments)
  -- A command that runs another one (trace) may be in the daemon already.
  local elsewhere = not terminal.session() and others.elsewhere or nil
  return M.run_here(name, arguments, elsewhere)
end

local function exit_of(result, err, as_json)
  return err and failures.show(err, as_json) or result or 0
end

---The same in this engine, without asking a daemon first, unless `elsewhere` does.
---@param name string
---@param arguments string[]
---@param elsewhere (fun(name: string, arguments: string[]): integer?, moontower.error?)? asked once the command line is
---known to be right
---@return integer status for exit()
function M.run_here(name, arguments, elsewhere)
  local script, err, folder = M.script(name)
  if err then
    return failures.show(err, failures.wants_json(arguments))
  elseif not script then
    return failures.no_such(name, M.names(), arguments)
  end
  script = as_command(name, script)
  local args, status = parse(name, script, arguments)
  if not args then
    return status
  end
  if not script.needs_no_reader and not terminal.session() then
    signal.end_on_closed_output()
  end
  local result
  local is_here = type(script.here) == "function" and script.here(args) or script.here == true
  if elsewhere and not is_here and folder.is_callers then -- the daemon would not find it
    result, err = elsewhere("run", table.move(arguments, 1, #arguments, 2, { (find(name)) }))
  elseif elsewhere and not is_here then
    result, err = elsewhere(name, arguments)
  end
  if not result and not err then
    if not folder.is_ours and not script.order then
      terminal.orders_as("moontower " .. name)
    end
    result, err = script.run(args)
  end
  return exit_of(result, err, args.json)
end

---Runs a command that no name stands for: `moontower run FILE`, with a file that returns a command.
---@param name string for its help
---@param script table
---@param arguments string[]
---@param around fun(args: table, run: fun(): integer): integer
---@return integer status for exit()
function M.run_table(name, script, arguments, around)
  local args, status = parse(name, script, arguments)
  if not args then
    return status
  end
  return around(args, function()
    local result, err = script.run(args)
    return exit_of(result, err, args.json)
  end)
end

return M
