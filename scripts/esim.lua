-- SPDX-License-Identifier: MIT
-- moontower esim: the profiles of an eSIM: listed by ourselves, changed by lpac.

local lazy = require "base.lazy"
local carrier = lazy "carrier"
local cards = require "esim.card"
local config = lazy "daemon.config"
local download = lazy "esim.download"
local errors = require "errors"
local es10 = require "esim.es10"
local json = require "base.json"
local lpac = require "esim.lpac"
local modem = require "modem"
local notify = lazy "esim.notify"
local option = require "cli.option"
local profiles = require "esim.profiles"
local progress = require "terminal.progress"
local repair = require "repair"
local secret_file = require "secret_file"
local show = require "esim.show"
local switch = lazy "esim.switch"
local terminal = require "terminal"
local validate = require "base.validate"
local wrap = require "terminal.wrap"

local check = errors.check
local array = { __jsontype = "array" }

local TIME = 120 -- seconds that an enabled profile gets: esim/switch.lua

local function usage(message)
  return errors.fail { code = "usage", source = "esim", message = message, hint = "Try `moontower esim --help`." }
end

local function print_json(value) print(json.encode(value, { indent = true })) end

-- The action, with what it prints in the end as the one thing beside its progress.
local function finish(args, watcher, values, ...)
  watcher:rest()
  if args.json then
    print_json(values)
  else
    wrap.print(...)
  end
end

-- ---- looking ----

local actions = {}

function actions.info(device, args)
  local card <close> = check(cards.open(device))
  local eid, info, addresses = check(card:ask(es10.eid)), check(card:ask(es10.info)), check(card:ask(es10.addresses))
  if args.json then
    info.eid, info.smdp, info.smds = eid, addresses.smdp, addresses.smds
    print_json(info)
  else
    show.info(eid, info, addresses)
  end
end

local function as_json(list)
  for _, profile in ipairs(list) do setmetatable(profile.rules, array) end
  return setmetatable(list, array)
end

function actions.list(device, args)
  local list = check(profiles.of(device)).profiles
  if args.json then
    print_json { profiles = as_json(list) }
  else
    show.profiles(list)
  end
end

-- What servers have not been told does not make the change undone: it is told, and can be sent later.
local function send_notifications(device, watcher)
  watcher:doing("servers", "telling them")
  local result, err = notify.send(device)
  watcher:rest()
  if not result then
    watcher:done("servers", ("not told: %s; `moontower esim notifications --send` does it later"):format(err))
    return { sent = 0, failed = 0 }
  end
  local failed = result.failed[1]
  if failed then
    watcher:done("servers", ("%d of %d notifications are not sent: %s: %s; `moontower esim notifications --send` tries "
      .. "again"):format(#result.failed, #result.failed + #result.sent, failed.notification.address or "", failed.err))
  end
  return { sent = #result.sent, failed = #result.failed }
end

function actions.notifications(device, args)
  if not args.send then
    local card <close> = check(cards.open(device))
    local list = check(card:ask(es10.notifications))
    if args.json then
      return print_json { notifications = setmetatable(list, array) }
    end
    return show.notifications(list)
  end
  local watcher <close> = progress.new(args.json)
  check(lpac.check())
  local result = send_notifications(device, watcher)
  finish(args, watcher, result, ("Sent: %d; not sent: %d."):format(result.sent, result.failed))
  return result.failed > 0 and 1 or 0
end

-- ---- changing ----

-- What the new profile connects with: the arguments; else its entry of the configuration; else the network's choice.
local function carrier_of(args)
  return function(device)
    if args.carrier or args.apn then
      local chosen, err = carrier.load(args.carrier or "default", { apn = args.apn }, true)
      return chosen, chosen and {} or err
    elseif modem.owner then
      modem.owner.identify(device)
    end
    local entry = device.profile
    if not modem.owner then
      local read, err = config.load()
      if not read then
        return nil, err
      end
      entry = config.entry_for(read, device)
    end
    if not entry then
      local chosen, err = carrier.load "default"
      return chosen, chosen and {} or err
    end
    return entry.carrier, entry.options or {}
  end
end

local function told(device, profile)
  return { iccid = profile.iccid, name = profile.name, provider = profile.provider, modem = device.description.name }
end

function actions.enable(device, args)
  local watcher <close> = progress.new(args.json)
  check(not args.within or not args.stay, select(2, usage "either --within or --stay"))
  local wanted = check(profiles.find(check(profiles.of(device)).profiles, args.values[1]))
  local _ <close> = terminal.survive_hangup()
  local result = check(switch.enable(device, wanted, {
    within = args.within or switch.TIME, stay = args.stay, watcher = watcher, carrier = carrier_of(args),
    command = "moontower esim enable " .. args.values[1],
  }))
  local values = told(device, wanted)
  values.before, values.by, values.online = result.before, result.by, result.is_online
  values.notifications = send_notifications(device, watcher)
  finish(args, watcher, values, result.is_online and ("%s is enabled, and online."):format(show.name_of(wanted))
    or ("%s is enabled. `moontower up` connects with it."):format(show.name_of(wanted)))
end

function actions.undo(device, args)
  local watcher <close> = progress.new(args.json)
  local is_undone, err = switch.undo(device, watcher)
  check(is_undone ~= nil, err)
  finish(args, watcher, { undone = is_undone }, is_undone and "Undone." or "No profile is on trial.")
end

function actions.disable(device, args)
  local watcher <close> = progress.new(args.json)
  local profile = check(profiles.find(check(profiles.of(device)).profiles, args.values[1]))
  check(profile.state == "enabled", select(2, errors.fail {
    code = "not-found", source = "esim", message = ("%s is not enabled"):format(profile.iccid),
  }))
  check(switch.disable(device, profile, watcher))
  finish(args, watcher, told(device, profile), "`moontower esim enable` enables one again.")
end

function actions.nickname(device, args)
  local profile = check(profiles.find(check(profiles.of(device)).profiles, args.values[1]))
  local watcher <close> = progress.new(args.json)
  local name = args.values[2] or ""
  check(#name <= 64, select(2, usage "a nickname has at most 64 bytes"))
  watcher:doing("profile", "naming it")
  check(lpac.run(device, { "profile", "nickname", profile.iccid, name }))
  local values = told(device, profile)
  values.nickname = name
  finish(args, watcher, values, name ~= "" and ("It is called %s now."):format(name) or "It has no nickname now.")
end

local function is_agreed(args, profile)
  if args.yes then
    return true
  elseif args.json or not terminal.is_terminal(0) or not terminal.is_terminal(1) then
    return usage "there is no terminal to ask at: say --yes to delete it"
  end
  local prompt <close>, err = require("terminal.line_editor").open()
  if not prompt then
    return nil, err
  end
  wrap.print(("Most operators give a profile only once. This one is %s, of %s."):format(profile.iccid,
    profile.provider or "an operator that it does not name"))
  local answer = prompt:read(("Delete %s? [y/N] "):format(show.name_of(profile)))
  return answer ~= nil and answer:lower():find "^%s*y" ~= nil
end

function actions.delete(device, args)
  local profile = check(profiles.find(check(profiles.of(device)).profiles, args.values[1]))
  check(profile.state ~= "enabled", select(2, errors.fail {
    code = "busy", source = "esim", message = ("%s is enabled; it is not deleted"):format(show.name_of(profile)),
    hint = "Enable another one first, or `moontower esim disable`.",
  }))
  check(lpac.check())
  local agreed, err = is_agreed(args, profile)
  check(agreed ~= nil, err)
  if not agreed then
    print "Nothing was changed."
    return 1
  end
  local watcher <close> = progress.new(args.json)
  watcher:doing("profile", "deleting " .. profile.iccid)
  check(lpac.run(device, { "profile", "delete", profile.iccid }))
  local values = told(device, profile)
  values.notifications = send_notifications(device, watcher)
  finish(args, watcher, values, ("%s is deleted."):format(show.name_of(profile)))
end

function actions.download(device, args)
  check(args.discover ~= true or not args.values[1], select(2, usage "either an activation code or --discover"))
  check(args.discover or args.values[1], select(2, usage "which one? Give its activation code, or --discover"))
  local code = args.values[1] and check(download.code_of(args.values[1]))
  local confirmation = args.confirmation and check(secret_file.password(args.confirmation, "esim"))
  check(not code or not code.needs_confirmation or confirmation, select(2,
    usage "this code needs a confirmation code, too, which the operator tells: --confirmation FILE"))
  check(lpac.check())
  local watcher <close> = progress.new(args.json)
  local options = { code = code, confirmation = confirmation, watcher = watcher }
  local list = check((code and download.fetch or download.fetch_discovered)(device, options))
  for _, profile in ipairs(list) do
    watcher:done("profile", ("%s, ICCID %s"):format(show.name_of(profile), profile.iccid))
  end
  local values = { profiles = as_json(list), notifications = send_notifications(device, watcher) }
  finish(args, watcher, values, list[1] and ("`moontower esim enable %s` uses it."):format(list[1].iccid)
    or "The card has no new profile.")
end

-- ---- the command line ----

local forms = {
  list = { 0, 0, "" }, info = { 0, 0, "" }, notifications = { 0, 0, " [--send]" }, undo = { 0, 0, "" },
  enable = { 1, 1, " PROFILE" }, disable = { 1, 1, " PROFILE" }, delete = { 1, 1, " PROFILE" },
  nickname = { 1, 2, " PROFILE [NAME]" },
  download = { 0, 1, " ACTIVATION-CODE|--discover" },
}
local of_action = { -- options that go with one action
  send = "notifications", within = "enable", stay = "enable", carrier = "enable", apn = "enable", yes = "delete",
  discover = "download", confirmation = "download",
}

local function check_usage(action, args)
  local form = forms[action]
  for name, its_action in pairs(of_action) do
    if args[name] and its_action ~= action then
      return usage(("--%s goes with `%s`"):format(name, its_action))
    end
  end
  if #args.values < form[1] or #args.values > form[2] then
    return usage(("it is `moontower esim %s%s`"):format(action, form[3]))
  end
  return true
end

local orders = { enable = "change", disable = "change", undo = "change" }
local repairs_nothing = { list = true, info = true, undo = true }

local run = errors.protect(function(args)
  local action = args.action or "list"
  check(check_usage(action, args))
  if not repairs_nothing[action] then
    repair(true)
  end
  local device <close> = check(modem.find(args.device, {
    proxy = args.proxy, protocol = args.protocol, at_only = true,
  }))
  return actions[action](device, args) or 0
end)

return {
  summary = "List, enable, disable, download, name and delete eSIM profiles.",
  exits = {
    [3] = true, [4] = true, [5] = true, [6] = true, [7] = true, [8] = true,
    [12] = "the new profile did not get online, and the one before is back",
  },
  order = function(args) return orders[args.action] end,

  usage = [=[
moontower esim [list]
moontower esim info
moontower esim enable PROFILE [--within SECONDS|--stay] [-c CARRIER|--apn APN]
moontower esim undo
moontower esim disable PROFILE
moontower esim download ACTIVATION-CODE [--confirmation FILE]
moontower esim download --discover
moontower esim nickname PROFILE [NAME]
moontower esim delete PROFILE [--yes]
moontower esim notifications [--send]]=],

  epilog = ([=[
An eSIM holds several profiles, each a SIM by itself with an ICCID of its own; one is enabled. PROFILE is an ICCID,
or the nickname or name in the list.

`enable` ends the connection, has the modem notice the new profile, and connects again as it was: by the
configuration's entry for the new ICCID, or by -c or --apn. A profile that is not online within %d seconds is left
again: the one before is enabled and online. A guard, which it leaves behind, sees to that after kill -9, too; after
a power cut, the daemon or the next command does. `undo` is what the guard runs.

An operator's QR code holds the activation code: LPA:1$SERVER$MATCHING-ID. Give it in quotes. lpac takes it, and a
confirmation code, as arguments, so other users of this computer can see both while the download runs.

Each change leaves a notification for the profile's server; they are sent when the modem is online. Some operators
bill by them.

`list`, `info` and `notifications` need nothing else; all others need lpac, which Debian (unstable) and OpenWrt
have.]=]):format(TIME),

  options = {
    { "action", validate.one_of {
      "list", "info", "enable", "undo", "disable", "download", "nickname", "delete", "notifications",
    }, "What to do", args = "?", otherwise = "list" },
    { "values", validate.any_text, "Which profile, its nickname, or the activation code", args = "*" },
    { "--within", validate.seconds, "How long an enabled profile has to get online", otherwise = TIME .. " seconds",
      argname = "SECONDS" },
    { "--stay", validate.flag, "Stay with an enabled profile, whether it gets online or not" },
    { "-c --carrier", validate.any_text, "The carrier file that an enabled profile connects with",
      candidates = option.carriers },
    { "--apn", validate.any_text, "Its access point name, instead of a carrier" },
    { "--discover", validate.flag, "Download what the discovery server has for this eSIM" },
    { "--confirmation", validate.any_text, "A file with the confirmation code, if the operator wants one",
      argname = "FILE" },
    { "--send", validate.flag, "Send the notifications that wait" },
    { "-y --yes", validate.flag, "Delete without asking" },
    option.device, option.proxy, option.protocol, option.json,
  },

  run = run,
}
