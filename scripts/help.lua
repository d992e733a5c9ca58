-- SPDX-License-Identifier: MIT
-- moontower help: the commands there are.

local fs = require "core.fs"
local policy = require "policy"
local program = require "core.program"

-- The commands, and the policies.
local function scripts()
  local commands, policies = {}, {}
  for _, file in ipairs(fs.list(program.home .. "/scripts") or {}) do
    local name = file:match("^(.+)%.lua$")
    if name then
      local script = dofile(("%s/scripts/%s"):format(program.home, file))
      table.insert(policy.is(script) and policies or commands, { name = name, summary = script.summary })
    end
  end
  return commands, policies
end

local function print_list(list)
  for _, script in ipairs(list) do
    print(("  %-9s %s"):format(script.name, script.summary))
  end
end

return {
  summary = "List the commands; `moontower help COMMAND` explains one.",
  here = true,

  arguments = function(parser)
    parser:argument("command", "The command to explain."):args("?")
  end,

  run = function(args)
    if args.command then
      arg = { [0] = arg[0], args.command, "--help" }
      return dofile(program.home .. "/modules/main.lua")
    end
    print("moontower brings 4G/5G modems online and keeps them online.\n\nUsage: moontower COMMAND [OPTIONS]\n")
    local commands, policies = scripts()
    print_list(commands)
    print "\nPolicies, for /etc/moontower/config.lua, or to be run in the foreground by their name:"
    print_list(policies)
    print("\n`moontower COMMAND --help` tells more.\n"
      .. "Without a modem, try: moontower sim -- moontower up -c calyx-sprint")
    return 0
  end,
}
