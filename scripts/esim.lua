-- SPDX-License-Identifier: MIT
-- moontower esim: the profiles of an eSIM.

local cards = require "esim.card"
local errors = require "errors"
local es10 = require "esim.es10"
local json = require "base.json"
local modem = require "modem"
local option = require "cli.option"
local show = require "esim.show"
local validate = require "base.validate"

local check = errors.check
local array = { __jsontype = "array" }

local function usage(message)
  return errors.fail { code = "usage", source = "esim", message = message, hint = "Try `moontower esim --help`." }
end

local function print_json(value) print(json.encode(value, { indent = true })) end

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

function actions.list(device, args)
  local card <close> = check(cards.open(device))
  local profiles = check(card:ask(es10.profiles))
  if args.json then
    for _, profile in ipairs(profiles) do setmetatable(profile.rules, array) end
    print_json { profiles = setmetatable(profiles, array) }
  else
    show.profiles(profiles)
  end
end

function actions.notifications(device, args)
  local card <close> = check(cards.open(device))
  local notifications = check(card:ask(es10.notifications))
  if args.json then
    print_json { notifications = setmetatable(notifications, array) }
  else
    show.notifications(notifications)
  end
end

-- ---- the command line ----

local wanted = { list = 0, info = 0, notifications = 0 }
local forms = { list = "", info = "", notifications = "" }

local function check_usage(action, args)
  if #args.values ~= wanted[action] then
    return usage(("it is `moontower esim %s%s`"):format(action, forms[action]))
  end
  return true
end

local run = errors.protect(function(args)
  local action = args.action or "list"
  check(check_usage(action, args))
  local device <close> = check(modem.find(args.device, {
    proxy = args.proxy, protocol = args.protocol, at_only = true,
  }))
  actions[action](device, args)
  return 0
end)

return {
  summary = "List an eSIM's profiles, and what it tells of itself.",
  exits = { [3] = true, [4] = true, [7] = true, [8] = true },

  usage = [[
moontower esim [list]
moontower esim info
moontower esim notifications]],

  epilog = [[
An eSIM holds several profiles, each a SIM by itself with an ICCID of its own; one of them is enabled. The connection
stays while they are listed. The list names profiles as their owner calls them, or by the nickname that you gave them.

Each change of a profile leaves a notification for the server that it came from. Operators want them: some bill by
them.]],

  options = {
    { "action", validate.one_of { "list", "info", "notifications" }, "What to do", args = "?", otherwise = "list" },
    { "values", validate.any_text, "Which profile", args = "*" },
    option.device, option.proxy, option.protocol, option.json,
  },

  run = run,
}
