-- SPDX-License-Identifier: MIT
-- moontower up: brings the modem online, and leaves it so.
--
-- Its help needs none of the modules that connect.

local lazy = require "base.lazy"
local carrier = lazy "carrier"
local errors = require "errors"
local exit_status = lazy "cli.exit_status"
local modem = lazy "modem"
local net = lazy "net"
local option = require "cli.option"
local orders = lazy "daemon.orders"
local parser = require "cli.parser"
local pin_options = require "modem.pin_options"
local prerequisites = require "modem.prerequisites"
local previous_connection = lazy "modem.previous"
local progress = lazy "terminal.progress"
local state = require "state"
local status = lazy "status"
local trace = lazy "trace"
local terminal = require "terminal"
local validate = require "base.validate"

local check = errors.check

local PROBE_IPV4, PROBE_IPV6 = "8.8.8.8", "2001:4860:4860::8888"

local function usage(message)
  return errors.fail { code = "usage", source = "up", message = message, hint = "Try `moontower up --help`." }
end

local function check_usage(args)
  if args.carrier and (args.ip or args.user or args.auth) then
    return usage("--ip, --user and --auth go with --apn, not with --carrier")
  elseif args.probe and args.no_probe then
    return usage("either --probe or --no-probe")
  elseif args.auth and not args.user then
    return usage("--auth says how user and password are sent; it goes with --user")
  elseif args.user and not terminal.getenv "MOONTOWER_PASSWORD" then
    return usage("--user needs its password in $MOONTOWER_PASSWORD, which may be empty")
  elseif args.apn and (#args.apn > 100 or args.apn:find("[^%w.-]")) then
    return usage("--apn takes at most 100 letters, digits, dots and hyphens")
  end
  local _, err = net.parse_probe(args.probe or PROBE_IPV4)
  if err then
    return usage(("--probe: %s; `moontower help probes` tells how they are written"):format(err))
  end
  return true
end

-- The password is never an argument: all users can see those.
local function password_of(args, conf)
  return args.user and terminal.getenv("MOONTOWER_PASSWORD") or conf.password
end

-- The carrier or APN that the arguments name; without one, the APN from mbim-network's and qmi-network's files (`conf`;
-- empty beside the daemon, which has its own configuration). Neither carrier nor error: none is named.
local function named_carrier(args, conf)
  if not args.carrier and not args.apn and not conf.apn and not conf.user and not conf.ip then
    return nil
  end
  local user = args.user or conf.user
  return carrier.load(args.carrier or "default", {
    apn = args.apn or conf.apn, ip = args.ip or conf.ip, user = user, auth = user and (args.auth or conf.auth),
    password = user and password_of(args, conf),
  }, true)
end

-- A copy of a carrier, changed by the other arguments.
local function adjusted(chosen, args)
  local copy = {}
  for key, value in pairs(chosen) do copy[key] = value end
  copy.roaming = args.roaming or chosen.roaming
  copy.bearers = {}
  for i, bearer in ipairs(chosen.bearers) do
    local changed = {}
    for key, value in pairs(bearer) do changed[key] = value end
    changed.ip, changed.user = args.ip or bearer.ip, args.user or bearer.user
    changed.auth, changed.password = args.auth or bearer.auth, password_of(args, bearer)
    changed.aggregation = not args.no_aggregation and bearer.aggregation
    copy.bearers[i] = changed
  end
  return copy
end

-- Mistakes in arguments are reported before the modem is asked for anything.
local function checked(chosen, args)
  local ok, err = net.parse_probe(chosen.probe or PROBE_IPV4)
  if ok then
    ok, err = carrier.takes_mtu(chosen, args.mtu)
  end
  return ok and chosen, err
end

-- Do the arguments say more than the configuration?
local function asks_for_carrier(args)
  return args.carrier or args.apn or args.ip or args.user or args.auth or args.roaming or args.no_aggregation
end

local function asks_for_more(args)
  return asks_for_carrier(args) or args.metric or args.mtu or args.no_dns or args.dns_route
    or args.share or args.no_clat
end

local function link_options(args)
  local options = { metric = args.metric, mtu = args.mtu, dns_route = args.dns_route, share = args.share }
  if args.no_dns then options.dns = false end
  if args.no_clat then options.clat = false end
  return options
end

local function apn_of(chosen)
  local apn = chosen.bearers[1].apn
  return apn ~= "" and apn or "the network's choice of an APN"
end

local function answer_words(spec, trial)
  if trial.unasked then
    return ("this host cannot ask: %s; the connection stays up"):format(trial.unasked)
  end
  return trial.seconds and ("%s answers in %.3g ms"):format(spec, trial.seconds * 1000)
    or ("%s does not answer; the connection stays up"):format(spec)
end

-- Reports whether it works. Without an answer the connection stays: perhaps only the probed host is down.
local function try_out(link, spec, args, watcher, count_answers)
  watcher:doing("online", spec)
  local trial, err = watcher:during(function()
    return require("link.online").try(link, spec, { dns = not args.no_dns })
  end)
  count_answers()
  local ok, gone = watcher:catch_up()
  if not trial or not ok then
    return nil, err or gone
  end
  watcher:done("online", answer_words(spec, trial))
  if trial.unasked then
    watcher:done("", require("link.probes").UNASKED_HINT)
  end
  if trial.dns == false then
    watcher:done("", ("But none of the DNS servers answers (%s): names cannot be looked up."):format(
      table.concat(link.dns, ", ")))
  end
  watcher:data("probe", { spec = spec, seconds = trial.seconds, dns_answers = trial.dns })
  if not trial.seconds then
    trace.note("failed", { code = "unreachable", message = answer_words(spec, trial) })
  end
  return trial.seconds and 0 or exit_status.NO_ANSWER
end

-- The carrier that the arguments name; else the daemon's configuration; else the carrier that is up; else the default.
local function choose(args, device, named, previous)
  local profile = device.profile
  local chosen, err = named or profile and profile.configured.carrier or previous and previous.carrier, nil
  if not chosen then
    chosen, err = carrier.load "default"
  end
  if not chosen then
    return nil, err
  end
  return checked(adjusted(chosen, args), args)
end

-- A connection that stays keeps the settings of its link, unless an argument, or an earlier order, changes them.
local function options_for(args, device, previous, chosen)
  local profile, options = device.profile, {}
  local stays = previous and previous_connection.is_same(previous, chosen) and not (profile and profile.ordered)
  for _, source in ipairs {
    profile and profile.configured.options or {}, stays and previous.options or {}, link_options(args),
  } do
    for key, value in pairs(source) do options[key] = value end
  end
  options.wait = args.wait or options.wait
  if args.no_probe then
    options.probe = false
  else
    options.probe = args.probe
  end
  local pin = pin_options.of(args)
  pin.file = pin.file or options.pin and options.pin.file
  options.pin, options.is_person = pin, true
  return options
end

local function connect_once(device, chosen, options, args, watcher)
  local before = device:answers()
  local function count_answers() watcher:data("answers", device:answers() - before) end
  local applied, err = require("modem.up").up(device, chosen, options)
  if not applied then
    watcher:catch_up(err)
    return nil, err
  end
  local link <close> = applied -- until it is detached: Ctrl-C takes it down
  local exit
  if not args.no_probe then
    local default = link.addresses[1].address:find(":") and PROBE_IPV6 or PROBE_IPV4
    exit, err = try_out(link, args.probe or chosen.probe or default, args, watcher, count_answers)
  else
    count_answers()
    local ok
    ok, err = watcher:catch_up()
    exit = ok and 0
  end
  if not exit then
    return nil, err
  end
  watcher:data("online", exit == 0)
  exit = exit == 0 and link:fails_others() and exit_status.FAILED or exit
  link:detach()
  if modem.owner then -- its policies follow the last order that has worked
    modem.owner.is_up(device, link, asks_for_more(args) and {
      carrier = asks_for_carrier(args) and chosen or nil, options = link_options(args),
    } or nil)
  else
    if device.keep_clients then
      device:keep_clients()
    end
    if state.may_have "orders" then
      orders.lift(device.description.name, "offline", "radio")
    end
  end
  return exit
end

-- A modem that ends the connection without a cause of the network's, as one that has forgotten its client, is ordered
-- to connect once more.
local function connect(device, chosen, options, args, watcher)
  options.watcher = watcher
  local exit, err = connect_once(device, chosen, options, args, watcher)
  if not exit and err.code == "disconnected" and not (err.detail and err.detail.nw_error) then
    watcher:done("", "The modem has ended the connection and gives no reason; connecting again, once.")
    exit, err = connect_once(device, chosen, options, args, watcher)
  end
  return exit, err
end

-- A policy that keeps its modem offline on purpose would take it offline again, so refuse at once.
local policy_states = { off = true, standby = true }

local function refused_by_policy(device)
  local told = modem.owner and status.of(device)
  for _, line in ipairs(told and table.move(told:others(), 1, 100, 2, { told }) or {}) do
    if policy_states[line.state] then
      return errors.new {
        code = "busy", source = "up", message = ("its policy keeps the modem offline: %s"):format(line.reason),
        hint = "Give it another policy in the configuration, then `moontower reload`; or see `moontower why`.",
      }
    end
  end
end

-- If the new connection fails, the one that it replaces comes back.
local function switch(device, named, args, progress_watcher)
  local watcher <close> = require("modem.screen").new(device, progress_watcher, args.json)
  local previous = previous_connection.previous(device)
  local chosen, err = choose(args, device, named, previous)
  if not chosen then
    return nil, err
  end
  local is_same = previous and previous_connection.is_same(previous, chosen)
  if previous and not is_same then
    watcher:done("replaced", ("%s, which is up: %s takes its place"):format(apn_of(previous.carrier), apn_of(chosen)),
      { apn = previous.carrier.bearers[1].apn })
  end
  local _ <close> = previous and terminal.survive_hangup() or nil
  local back <close> = previous and require("modem.restore").guard(device, previous, watcher, is_same) or nil
  local exit
  exit, err = connect(device, chosen, options_for(args, device, previous, chosen), args, watcher)
  if not back then
    return exit, err
  elseif not exit then
    return back:bring_back(err)
  end
  back.finished = true
  return exit
end

local bring_up = errors.protect(function(args, watcher)
  check(check_usage(args))
  require("repair")(true)
  local description = check(modem.select(args.device))
  local conf = args.carrier and {} or require("modem.network_conf").read(args.protocol or description.protocol)
  conf = (args.apn or modem.owner) and { proxy = conf.proxy } or conf
  local named, mistake = named_carrier(args, conf)
  check(not mistake, mistake)
  local device <close> = check(modem.open(description, {
    proxy = args.proxy or conf.proxy, protocol = args.protocol, take_over = args.take_over,
  }))
  local refusal = refused_by_policy(device)
  check(not refusal, refusal)
  return switch(device, named, args, watcher)
end)

return {
  summary = "Bring the modem online; it stays so afterwards.",
  description = "Bring the modem online: SIM, network, connection, addresses, routes, DNS. It stays online afterwards.",
  exits = {
    [0] = "online", [3] = true, [4] = true, [5] = true, [6] = true, [7] = true, [8] = true, [9] = true, [10] = true,
  },
  order = function(args) return asks_for_more(args) and "online if it works" or "online" end,

  epilog = pin_options.help .. [[

Examples:
  moontower up --carrier calyx-sprint
  moontower up --apn internet --ip ipv4
Run again while online, it changes nothing. `moontower down` takes everything back.
Without --carrier and --apn it goes by the daemon's configuration; without a daemon, by APN, APN_USER, APN_PASS,
APN_AUTH and IP_TYPE in /etc/mbim-network.conf or /etc/qmi-network.conf (PROXY=yes without --carrier); else what is up
stays; else the APN is looked for: `moontower apn` shows where. If it fails, what was up before comes back.
A line warns of DNS servers that do not answer, and of a family, IPv4 or IPv6, that is missing.]],

  options = {
    parser.either {
      { "-c --carrier", validate.any_text,
        "Carrier file: a name from carriers/ or /etc/moontower/carriers, or a path", candidates = option.carriers },
      { "--apn", validate.any_text, "Access point name, instead of a carrier" },
    },
    { "--ip", validate.one_of { "ipv4", "ipv6", "ipv4v6" }, "What to ask the network for, with --apn" },
    { "--user", validate.any_text, "User name for the APN; its password is taken from $MOONTOWER_PASSWORD" },
    { "--auth", validate.one_of { "pap", "chap" }, "How to send them" },
    option.device,
    { "--metric", validate.whole(1, 0xffffffff), "Metric of the default routes: lower ones win",
      otherwise = "700; IPv6 1700; or the next free one" },
    { "--mtu", validate.mtu, "MTU of the interface, instead of what the network says" },
    { "--wait", validate.seconds, "How long to wait for a network",
      otherwise = ("%d seconds"):format(prerequisites.NETWORK_TIME) },
    { "--probe", validate.any_text,
      "What has to answer at the end: an address to ping, or another probe of `moontower help probes`",
      otherwise = PROBE_IPV4 },
    { "--no-probe", validate.flag, "Ask nothing for an answer at the end" },
    { "--share", validate.any_text, "Share the connection's IPv6 prefix with the computers at another interface",
      argname = "INTERFACE" },
    { "--no-clat", validate.flag, "Start no program that translates IPv4, where the network gives IPv6 alone" },
    parser.either {
      { "--no-dns", validate.flag, "Leave the host's DNS servers alone" },
      { "--dns-route", validate.dns_route, "Which names its DNS servers are asked for: shared, the same as those of "
        .. "other links; all, which theirs are not asked for then; or none",
        otherwise = "as the carrier file says, or shared" },
    },
    { "--no-aggregation", validate.flag, "Have a QMI modem put one packet into a USB transfer" },
    { "--roaming", validate.flag, "Connect in foreign networks, too" },
    option.pin_file, option.pin_tries, option.pin_again, option.proxy, option.protocol, option.take_over,
    option.json,
  },

  run = function(args)
    local watcher <close> = progress.new(args.json)
    local exit, err = bring_up(args, watcher)
    if exit and args.json then
      print(require("base.json").encode(watcher.values, { indent = true }))
    end
    return exit, err
  end,
}
