-- SPDX-License-Identifier: MIT
-- moontower bands: shows which bands the modem may use, or chooses them, on trial.

local bands = require "settings.bands"
local commands = require "trial.command"
local repair = require "repair"
local validate = require "base.validate"

return {
  summary = "Show or choose the bands that the modem may use.",
  exits = commands.exits,
  order = function(args) return args.bands and not args.plan and "change" or nil end,

  epilog = [[
Examples:
  moontower bands                    those that it may use now, and those that it has
  moontower bands B2+B12+n71         these of LTE and of 5G; of a technology that is not named, all stay as they are
  moontower bands sa-n41+nsa-n71     of 5G standalone, and of 5G beside LTE
  moontower bands all                all that it has
]] .. commands.help,

  options = table.move(commands.options, 1, #commands.options, 2, {
    { "bands", validate.any_text, "Such as B2+B12+n71, or all", args = "?" },
  }),

  run = function(args)
    repair(true)
    return commands.run(args, {
      name = "bands", label = "bands", value = args.bands, public = bands.public,
      command = "moontower bands " .. (args.bands or ""),
    })
  end,
}
