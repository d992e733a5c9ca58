-- SPDX-License-Identifier: MIT
-- moontower run FILE [ARG...]: runs a Lua script of the user's own in the engine.

local errors = require "errors"
local script = require "loading.script"
local terminal = require "terminal"
local validate = require "base.validate"

-- Of a plain script, no policy and no modem has to be loaded.
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

return {
  summary = "Run a Lua script of your own in the engine: every call that waits just works.",
  exits = false,
  passes_help_on = true, -- `moontower run x.lua --help` is x.lua's business

  options = {
    { "file", validate.any_text, "The script. It finds its arguments in `...` and in the table `arg`" },
    { "arguments", validate.any_text, "What the script gets", args = "*" },
  },

  run = function(args)
    local chunk, message, environment = script.load(args.file, true)
    if not chunk then
      return errors.fail { code = "invalid", source = "run", message = message }
    end
    terminal.orders_as("moontower run " .. args.file)
    environment.arg = table.move(args.arguments, 1, #args.arguments, 1, { [0] = args.file })
    local result, err = chunk(table.unpack(args.arguments))
    if is_policy(result) then
      return run_policy(result)
    end
    if result == nil and err ~= nil then
      return nil, type(err) == "table" and err or errors.new { code = "raised", message = tostring(err) }
    end
    return math.type(result) == "integer" and result or 0
  end,
}
