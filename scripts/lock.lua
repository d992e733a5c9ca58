-- SPDX-License-Identifier: MIT
-- moontower lock: shows what is on trial, keeps it, or ends it.

local commands = require "trial.command"
local errors = require "errors"
local json = require "base.json"
local modem = require "modem"
local option = require "cli.option"
local parser = require "cli.parser"
local progress = require "terminal.progress"
local repair = require "repair"
local trial = require "trial"
local validate = require "base.validate"
local wrap = require "terminal.wrap"

local check = errors.check

-- The trial of one modem, or of the only one that has one.
local function key_of(args)
  local keys, found = trial.keys(), {}
  local description = args.device and check(modem.select(args.device))
  for _, key in ipairs(keys) do
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

local function show(args)
  local list = setmetatable({}, { __jsontype = "array" })
  for _, key in ipairs(trial.keys()) do
    list[#list + 1] = commands.trial_of(trial.look(key))
  end
  if args.json then
    print(json.encode({ trials = list }, { indent = true }))
  elseif #list == 0 then
    print "No change is on trial."
  end
  for _, one in ipairs(args.json and {} or list) do wrap.print(commands.trial_words(one)) end
  return 0
end

return {
  summary = "Show what is on trial in the modem, keep it, or undo it.",
  exits = commands.exits,
  order = function(args) return args.undo and "change" or nil end,
  epilog = commands.help,

  options = {
    parser.either {
      { "--keep", validate.flag, "Keep what is on trial" },
      { "--undo", validate.flag, "Undo what is on trial, now" },
    },
    option.device, option.proxy, option.take_over, option.json,
  },

  run = function(args)
    if args.keep then
      return keep(args)
    elseif args.undo then
      return undo(args)
    end
    repair(true)
    return show(args)
  end,
}
