-- SPDX-License-Identifier: MIT
-- moontower run FILE [ARG...]: runs a Lua script of the user's own in the engine.

local command = require "cli.command"
local errors = require "errors"
local script = require "loading.script"
local files = require "terminal.files"
local terminal = require "terminal"
local validate = require "base.validate"

-- A plain script needs neither policy nor modem to be loaded.
local function is_policy(value)
  return type(value) == "table" and getmetatable(value) ~= nil and require("policy").is(value)
end

local function run_policy(value)
  if require("modem").owner then
    return errors.fail {
      code = "busy", source = "run", message = ("%s is a policy, and a daemon has the modems"):format(value.name),
      hint = "Name it in /etc/moontower/config.lua, then `moontower reload`.",
    }
  end
  return require("daemon").run_policy(value)
end

-- A command's table, with what follows FILE as its arguments.
local function run_command(made, args)
  local ok, err = require("cli.own_command").checked(made, args.file)
  if not ok then
    return nil, err
  end
  local given = "run " .. args.file
  if made.order then
    terminal.orders_as(false) -- a command declares its orders itself
  end
  return command.run_table(given, made, args.arguments, function(parsed, run)
    local owner = made.order and require("modem").owner
    local order = owner and made.order(parsed)
    return order and owner.in_turn(order, parsed.device, "moontower " .. given, run) or run()
  end)
end

return {
  summary = "Run a Lua script of your own in the engine.",
  description = "Run a Lua script of your own in the engine: every call that waits just works.",
  exits = false,
  passes_help_on = true, -- in `moontower run x.lua --help`, the option is for x.lua

  options = {
    { "file", validate.any_text,
      "The script; - is standard input. It finds its arguments in `...` and in the table `arg`" },
    { "arguments", validate.any_text, "What the script gets", args = "*" },
  },
  epilog = [[
A script that returns a policy runs as one, for all modems, until it is interrupted. One that returns a command, as the
files in /etc/moontower/scripts do, gets its arguments from `moontower run FILE [ARGUMENT...]`, with --help and all.]],

  run = function(args)
    local path = args.file == "-" and "/dev/stdin" or args.file
    local chunk, message, environment = script.load(path, true, files.read)
    if not chunk then
      return errors.fail { code = "invalid", source = "run", message = message }
    end
    terminal.orders_as("moontower run " .. args.file)
    environment.arg = table.move(args.arguments, 1, #args.arguments, 1, { [0] = args.file })
    local result, err = chunk(table.unpack(args.arguments))
    if is_policy(result) then
      return run_policy(result)
    elseif type(result) == "table" and type(result.run) == "function" then
      return run_command(result, args)
    end
    if result == nil and err ~= nil then
      return nil, type(err) == "table" and err or errors.new { code = "raised", message = tostring(err) }
    end
    return math.type(result) == "integer" and result or 0
  end,
}
