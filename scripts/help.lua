-- SPDX-License-Identifier: MIT
-- moontower help: the commands there are.

local fs = require "core.fs"
local program = require "core.program"

local function scripts()
  local list = {}
  for _, file in ipairs(fs.list(program.home .. "/scripts") or {}) do
    local name = file:match("^(.+)%.lua$")
    if name then
      list[#list + 1] = { name = name, summary = dofile(("%s/scripts/%s"):format(program.home, file)).summary }
    end
  end
  return list
end

return {
  summary = "List the commands; `moontower help COMMAND` explains one.",

  arguments = function(parser)
    parser:argument("command", "The command to explain."):args("?")
  end,

  run = function(args)
    if args.command then
      arg = { [0] = arg[0], args.command, "--help" }
      return dofile(program.home .. "/modules/main.lua")
    end
    print("moontower brings 4G/5G modems online and keeps them online.\n\nUsage: moontower COMMAND [OPTIONS]\n")
    for _, script in ipairs(scripts()) do
      print(("  %-9s %s"):format(script.name, script.summary))
    end
    print("\n`moontower COMMAND --help` tells more.\n"
      .. "Without a modem, try: moontower sim -- moontower up -c calyx-sprint")
    return 0
  end,
}
