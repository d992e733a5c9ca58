-- SPDX-License-Identifier: MIT
-- What the commands for bands, technologies and locks have in common: each shows one setting of the modem, or changes
-- it on trial.

local errors = require "errors"
local exit_status = require "cli.exit_status"
local json = require "base.json"
local modem = require "modem"
local option = require "cli.option"
local progress = require "terminal.progress"
local setting = require "settings.setting"
local settings = require "settings"
local setup = require "setup"
local show = require "setup.show"
local trial = require "trial"
local try = require "trial.try"
local validate = require "base.validate"
local wrap = require "terminal.wrap"

local WITHIN = 90

---@class trial.command a command about one setting
---@field name string of the setting
---@field label string for people
---@field value any what it is to be; nil: it is shown
---@field command string as it was given
---@field may_lack boolean? not each modem has it
---@field words (fun(value: any): string?)? the value for people, where show() does not say it well
---@field public (fun(value: any): any)? the value for programs

local M = {}

---The options of each.
M.options = {
  { "--within", validate.seconds, "Seconds in which the modem has to be back; else the change is undone",
    default = WITHIN, argname = "SECONDS" },
  { "--confirm", validate.flag, "Undo it after that time, too, unless `moontower lock --keep` has confirmed it" },
  { "--plan", validate.flag, "Only show what would change" },
  option.device, option.proxy, option.take_over, option.json,
}

M.exits = {
  [3] = true, [4] = true, [7] = true, [8] = true, [12] = "undone, as it did not work; with --plan, what would change",
}

---The last paragraph of the help of each.
M.help = [[
A change is on trial first: its undoing is written down, and armed, before anything is sent. If the modem is not online
again within the time, or on a network where it was no more than that before, the change is undone; also after a kill of
this command and of the guard that it leaves behind, after a restart of the computer, or when the modem was unplugged.]]

local check = errors.check

-- ---- showing ----

-- What is on trial in a modem, for programs; `report` is what trial.look() returns.
local function trial_of(report)
  local terms = report and report.trial
  return terms and {
    command = terms.command, within = terms.within, confirm = terms.confirm or false, deadline = terms.deadline,
    guarded = trial.is_guarded(report.key),
  }
end

local function trial_words(values)
  local time = os.date("%H:%M:%S", values.deadline)
  if not values.guarded then
    return ("`%s`, whose guard is gone: the next command undoes it"):format(values.command)
  elseif values.confirm then
    return ("`%s`, undone at %s unless `moontower lock --keep` confirms it"):format(values.command, time)
  end
  return ("`%s`, until the modem is as before; undone at %s"):format(values.command, time)
end

-- Of a setting that not each modem has, nil where this one has none.
local function read(device, spec)
  local found, missing = settings.for_modem(device, { [spec.name] = true })
  check(found, missing)
  local one = found[spec.name]
  if not one and spec.may_lack and missing[spec.name].code == "unsupported" then
    return nil
  end
  one = check(one, missing[spec.name])
  return one, check(one:read(device))
end

local shown = errors.protect(function(spec, args)
  local device <close> = check(modem.find(args.device, { proxy = args.proxy, take_over = args.take_over }))
  local one, now = read(device, spec)
  local identity = device:identity()
  local on_trial = trial_of(identity and identity.imei and trial.look(identity.imei))
  local choices, is_known = one and one:choices(), one and now ~= setting.UNKNOWN
  if args.json then
    print(json.encode({
      setting = spec.name, now = one and one:show(now), choices = choices, trial = on_trial,
      value = is_known and spec.public and spec.public(now) or nil,
    }, { indent = true }))
    return 0
  end
  local watcher = progress.new(false)
  watcher:done(spec.label, not one and "nothing: this modem offers no way to do that"
    or is_known and spec.words and spec.words(now) or one:show(now))
  if choices then
    watcher:done("can be", choices)
  end
  if on_trial then
    watcher:done("on trial", trial_words(on_trial))
  end
  return 0
end)

-- ---- changing ----

local function print_result(session, made, result, args)
  if args.json then
    local outcome = { rows = {}, holds = true }
    for i, step in ipairs(made.steps) do
      outcome.rows[i] = { name = step.name, now = step.setting:show(step.wanted), holds = true }
    end
    show.json(session, made, outcome, { result = result, within = session.trial.within })
  elseif result == "waiting" then
    wrap.print(("`moontower lock --keep` keeps it; at %s it is undone."):format(
      os.date("%H:%M:%S", session.trial.deadline)))
  else
    print "Kept."
  end
end

local changed = errors.protect(function(spec, args)
  local description = check(modem.select(args.device))
  local watcher <close> = progress.new(args.json, #"Radio access")
  watcher:doing("Modem", description.control)
  local session <close> = check(setup.open(description, {
    proxy = args.proxy, take_over = args.take_over, pin = false, watcher = watcher,
    trial = try.terms(description, { within = args.within, confirm = args.confirm, command = spec.command }),
  }))
  local made = check(session:plan { name = spec.name, modem = { [spec.name] = spec.value } })
  watcher:rest()
  if args.plan or setup.is_empty(made) then
    if args.json then
      show.json(session, made)
    else
      show.plan(made)
    end
    return setup.is_empty(made) and 0 or exit_status.NOT_AS_WANTED
  end
  local result = check(try.try(session, made))
  watcher:rest()
  print_result(session, made, result, args)
  return 0
end)

---What is on trial, in modems that are not there.
---@param args table of the command line
---@return boolean shown is there anything?
function M.show_absent(args)
  local list = setmetatable({}, { __jsontype = "array" })
  for _, key in ipairs(trial.keys()) do list[#list + 1] = trial_of(trial.look(key)) end
  if args.json and list[1] then
    print(json.encode({ trials = list }, { indent = true }))
  end
  for _, one in ipairs(args.json and {} or list) do
    wrap.print(("The modem is not there. On trial in it: %s."):format(trial_words(one)))
  end
  return list[1] ~= nil
end

---Shows a setting, or changes it.
---@param args table of the command line
---@param spec trial.command
---@return integer? status
---@return moontower.error? err
function M.run(args, spec)
  if spec.value == nil then
    return shown(spec, args)
  end
  return changed(spec, args)
end

return M
