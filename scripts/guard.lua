-- SPDX-License-Identifier: MIT
-- moontower guard: stands guard over a change that is on trial. `bands`, `technology`, `lock`, `survey` and
-- `esim enable` start it.

local guards = require "trial.guard"
local option = require "cli.option"
local validate = require "base.validate"

return {
  summary = "Stand guard over a change on trial; other commands start it.",
  description = "Stand guard over a change to a modem that is on trial: undo it, unless it is kept in time.",
  here = true,
  exits = { [8] = "it has a guard" },

  epilog = [[
`moontower bands`, `technology`, `lock`, `survey` and `esim enable` start it, so that it goes on when they are killed,
or their terminal hangs up. `moontower lock` shows what is on trial, but for profiles of eSIMs.]],

  options = {
    { "key", validate.any_text, "The modem's IMEI, or the eSIM's EID" },
    { "--within", validate.seconds, "Seconds from now on, after which the change is undone", default = 90,
      argname = "SECONDS" },
    { "--confirm", validate.flag, "It is undone when they are over, and not when the command ends that has made it" },
    option.device,
  },

  run = function(args)
    local ok, err = guards.stand(args.key, { within = args.within, confirm = args.confirm })
    return ok and 0 or nil, err
  end,
}
