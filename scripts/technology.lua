-- SPDX-License-Identifier: MIT
-- moontower technology: shows which technologies the modem may use, or chooses them, on trial.

local commands = require "trial.command"
local repair = require "repair"
local technologies = require "settings.technologies"
local validate = require "base.validate"

return {
  summary = "Show or choose the technologies that the modem may use.",
  exits = commands.exits,
  order = function(args) return args.technology and not args.plan and "change" or nil end,

  epilog = [[
Examples:
  moontower technology               what it may use now, and what it can be set to
  moontower technology lte           LTE alone
  moontower technology lte+nr        LTE, and 5G: beside LTE (NSA) and standalone (SA)
  moontower technology lte+nsa       LTE, and 5G beside it; lte+sa: LTE, and 5G standalone
  moontower technology sa            5G standalone alone
  moontower technology auto          all that it has
]] .. commands.help,

  options = table.move(commands.options, 1, #commands.options, 2, {
    { "technology", validate.any_text, "Such as lte, lte+nr, lte+nsa, sa, umts or auto", args = "?" },
  }),

  run = function(args)
    repair(true)
    return commands.run(args, {
      name = "rat", label = "may use", value = args.technology, words = technologies.describe,
      command = "moontower technology " .. (args.technology or ""),
    })
  end,
}
