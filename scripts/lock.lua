-- SPDX-License-Identifier: MIT
-- moontower lock: shows the cells that the modem is locked to, and what is on trial; locks it, on trial; releases it.

local commands = require "trial.command"
local errors = require "errors"
local json = require "base.json"
local modem = require "modem"
local parser = require "cli.parser"
local progress = require "terminal.progress"
local repair = require "repair"
local trial = require "trial"
local validate = require "base.validate"
local wrap = require "terminal.wrap"

local check = errors.check

-- The trial of one modem, or of the only one that has one.
local function key_of(args)
  local found = {}
  local description = args.device and check(modem.select(args.device))
  for _, key in ipairs(trial.keys()) do
    local report = trial.look(key)
    if not description or report and report.trial.modem == description.name then found[#found + 1] = key end
  end
  if #found == 1 then
    return found[1]
  end
  return errors.fail(#found == 0 and {
    code = "not-found", source = "lock", message = "no change is on trial",
  } or {
    code = "several-modems", source = "lock", message = "changes are on trial in several modems",
    hint = "Say which modem: `--device`.",
  })
end

local keep = errors.protect(function(args)
  local key = check(key_of(args))
  local report = trial.look(key)
  check(trial.keep(key))
  if args.json then
    print(json.encode({ kept = report and report.trial.command }, { indent = true }))
  else
    wrap.print(report and ("Kept: `%s`."):format(report.trial.command) or "Kept.")
  end
  return 0
end)

local undo = errors.protect(function(args)
  local description = check(modem.select(args.device))
  local watcher <close> = progress.new(args.json)
  local was_on_trial, err = trial.undo(description, {
    proxy = args.proxy, take_over = args.take_over, watcher = watcher,
  })
  check(was_on_trial ~= nil, err)
  watcher:rest()
  if args.json then
    print(json.encode({ undone = was_on_trial }, { indent = true }))
  else
    print(was_on_trial and "Undone." or "No change is on trial.")
  end
  return 0
end)

return {
  summary = "Lock the modem to a cell; keep or undo a change on trial.",
  exits = commands.exits,
  order = function(args) return (args.undo or (args.cell or args.off) and not args.plan) and "change" or nil end,

  epilog = [[
Examples:
  moontower lock                      to what the modem is locked, and what is on trial
  moontower lock lte-8665             a channel of LTE: its EARFCN
  moontower lock lte-8665/214         a cell: EARFCN and PCI, as `moontower cells` shows them; several with + in between
  moontower lock nr-504990/347@n41    a cell of 5G standalone: NR-ARFCN, PCI, band; @n41:30 with the subcarrier spacing
  moontower lock --off                any cell again
]] .. commands.help,

  options = table.move(commands.options, 1, #commands.options, 2, {
    parser.either {
      { "cell", validate.any_text, "Such as lte-8665, lte-8665/214, nr-504990/347@n41", args = "?" },
      { "--off", validate.flag, "End the lock" },
      { "--keep", validate.flag, "Keep the change that is on trial" },
      { "--undo", validate.flag, "Undo the change that is on trial, now" },
    },
  }),

  run = function(args)
    if args.keep then
      return keep(args)
    elseif args.undo then
      return undo(args)
    end
    repair(true)
    local value = args.off and "off" or args.cell
    local status, err = commands.run(args, {
      name = "lock", label = "locked to", value = value, may_lack = true,
      command = "moontower lock " .. (args.off and "--off" or args.cell or ""),
      words = function(locks) return #locks.lte + #locks.nr == 0 and "no cell" or nil end,
      public = function(locks) return locks end,
    })
    if err and err.code == "no-modem" and value == nil and commands.show_absent(args) then
      return 0
    end
    return status, err
  end,
}
