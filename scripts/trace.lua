-- SPDX-License-Identifier: MIT
-- moontower trace COMMAND...: runs a command and shows every message between us and the modem.

local command = require "cli.command"
local live = require "decode.live"
local trace = require "trace"
local validate = require "base.validate"

return {
  summary = "Run a command, and show every message to and from the modem.",
  exits = false,
  precedes_command = true, -- `moontower trace up --apn x`: what follows `up` is for `up`

  epilog = [[
Example:
  moontower trace up --carrier calyx-sprint
The messages go to standard error: the seconds since the start, ">" to the modem or "<" from it, what it is, and what
is in it. Passwords and PINs are hidden; the SIM's and the modem's numbers are not. The exit status is COMMAND's.]],

  options = {
    { "-q --brief", validate.flag, "One line for each message, without what is in it" },
    { "--json", validate.flag, "One JSON object for each message, one a line", target = "lines" },
    { "command", validate.any_text, "The command and its arguments", args = "+" },
  },

  run = function(args)
    local words = args.command
    trace.enable(live.new { brief = args.brief, json = args.lines })
    arg = table.move(words, 1, #words, 1, { [0] = arg[0] })
    return command.run(words[1], table.move(words, 2, #words, 1, {}))
  end,
}
