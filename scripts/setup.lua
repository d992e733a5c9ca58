-- SPDX-License-Identifier: MIT
-- moontower setup: puts a modem into the state that a carrier needs; shows first what it will change.

local carrier = require "carrier"
local edit = require "terminal.line_editor"
local errors = require "errors"
local exit_status = require "cli.exit_status"
local follow = require "setup.follow"
local modem = require "modem"
local option = require "cli.option"
local pin_options = require "modem.pin_options"
local printable = require "base.printable"
local progress = require "terminal.progress"
local repair = require "repair"
local setup = require "setup"
local show = require "setup.show"
local terminal = require "terminal"
local validate = require "base.validate"
local wrap = require "terminal.wrap"

local LABEL_WIDTH = #"USB composition" -- the same words as in the tables

local function usage(message)
  return errors.fail {
    code = "usage", source = "setup", message = message, hint = "Try `moontower setup --help`.",
  }
end

local function check_usage(args)
  if (args.carrier ~= nil) == (args.undo == true) then
    return usage(args.undo and "--undo takes no carrier" or "which carrier? `moontower help carriers` lists them")
  elseif args.plan and args.yes then
    return usage("either --plan or --yes")
  elseif args.json and not args.plan and not args.yes then
    return usage("--json goes with --plan or --yes")
  end
  return true
end

local function is_agreed(args)
  if args.plan or args.yes then
    return args.yes
  elseif not terminal.is_terminal(0) or not terminal.is_terminal(1) then
    return usage("there is no terminal to ask at: say --yes to change it, or --plan only to see it")
  end
  local prompt <close>, err = edit.open()
  if not prompt then
    return nil, err
  end
  local answer = prompt:read("Apply? [y/N] ")
  return answer ~= nil and answer:lower():find("^%s*y") ~= nil
end

local function make_plan(session, args)
  if args.undo then
    return session:plan_undo()
  end
  local chosen, err = carrier.load(args.carrier, nil, true)
  if not chosen then
    return nil, err
  elseif not chosen.modem and not chosen.setup then
    return errors.fail {
      code = "carrier-invalid", source = "setup",
      message = ("the carrier '%s' needs no settings of a modem"):format(args.carrier),
      hint = "It has no `modem` table: `moontower up` is enough.",
    }
  end
  return session:plan(chosen)
end

local function print_lost(session)
  for _, command in ipairs(session.report:lost()) do
    wrap.print(("%s, and no command is known that undoes it: %s"):format(
      command.is_sure and "The modem has accepted this" or "This was sent without an answer", printable(command.how)))
  end
end

-- An empty table would say nothing.
local function print_nothing_to_do(made, args)
  if #made.steps > 0 then
    show.plan(made)
    print("Nothing to do.")
  elseif args.undo then
    wrap.print("Nothing is left to put back.")
  else
    wrap.print("The carrier needs no settings of this modem.")
  end
end

local function nothing_to_do(session, made, args)
  if args.undo and not args.plan then
    print_lost(session)
    local ok, err = session:undo(made) -- only the report is removed
    if not ok then
      return nil, err
    end
  end
  if args.json then
    show.json(session, made)
  else
    print_nothing_to_do(made, args)
  end
  return 0
end

local function change(session, made, args)
  local outcome, err
  if args.undo then
    outcome, err = session:undo(made)
  else
    outcome, err = session:apply(made, args.carrier)
  end
  session.watcher:rest()
  if not outcome then
    return nil, err
  elseif args.json then
    show.json(session, made, outcome)
  else
    show.outcome(outcome)
    if args.undo then
      print_lost(session)
    end
  end
  return outcome.holds and 0 or exit_status.NOT_AS_WANTED
end

local function run(session, args)
  local made, err = make_plan(session, args)
  session.watcher:rest()
  if not made then
    return nil, err
  elseif setup.is_empty(made) then
    return nothing_to_do(session, made, args)
  end
  if not args.json then
    show.plan(made)
  elseif args.plan then
    show.json(session, made)
  end
  local agreed
  agreed, err = is_agreed(args)
  if err then
    return nil, err
  elseif not agreed then
    if not args.plan then
      print "Nothing was changed."
    end
    return exit_status.NOT_AS_WANTED
  end
  return change(session, made, args)
end

return {
  summary = "Put the modem into the state that a carrier needs.",
  description = "Put the modem into the state that a carrier needs: IPv6, APN, radio access, bands, USB composition.",
  exits = {
    [0] = "all is as wanted", [3] = "no modem, or not back", [4] = true, [7] = true, [8] = true, [9] = true,
    [12] = "not as wanted: with --plan, or after a \"no\", what the table shows",
  },
  order = function() return "change" end,

  epilog = pin_options.help .. [[

Examples:
  moontower setup calyx-sprint            shows what it will change, and asks
  moontower setup calyx-sprint --plan     only shows it
  moontower setup calyx-sprint --yes && moontower up --carrier calyx-sprint
  moontower setup --undo                  puts back what the last setup has changed
The modem restarts once, if it has to, and is followed to wherever it comes back. Run again, it changes nothing; run
again after it was interrupted, it completes. What was changed, and how to put it back, is in /var/lib/moontower/setup,
in a file named after the modem's IMEI.]],

  options = {
    { "carrier", validate.any_text, "A name from carriers/ or /etc/moontower/carriers, or a path", args = "?",
      argname = "CARRIER", candidates = option.carriers },
    { "--plan", validate.flag, "Only show what would change" },
    { "-y --yes", validate.flag, "Do not ask" },
    { "--undo", validate.flag, "Put back what the last setup has changed" },
    { "--wait", validate.seconds, "How long to wait for the modem after its restart",
      otherwise = ("%d seconds"):format(follow.BACK_TIME), argname = "SECONDS" },
    option.device, option.pin_file, option.pin_tries, option.pin_again, option.proxy,
    option.take_over,
    option.with_text(option.json, "Print one JSON object, for programs; with --plan or --yes"),
  },

  run = function(args)
    local description
    local ok, err = check_usage(args)
    if ok then
      repair(true)
      description, err = modem.select(args.device)
    end
    local watcher <close> = progress.new(args.json, LABEL_WIDTH)
    local opened
    if description then
      watcher:doing("Modem", description.control)
      opened, err = setup.open(description, {
        proxy = args.proxy, take_over = args.take_over, wait = args.wait,
        pin = not args.plan and pin_options.of(args), watcher = watcher,
      })
    end
    local session <close> = opened
    if not session then
      return nil, err
    end
    return run(session, args)
  end,
}
