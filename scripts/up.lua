-- SPDX-License-Identifier: MIT
-- moontower up: brings the modem online, and leaves it so.

local carrier = require "carrier"
local error_object = require "error"
local exit_status = require "exit_status"
local modem = require "modem"
local net = require "net"
local network_conf = require "network_conf"
local pin_options = require "modem.pin_options"
local progress = require "progress"
local repair = require "repair"
local terminal = require "terminal"
local up = require "modem.up"

local PROBE_IPV4, PROBE_IPV6 = "8.8.8.8", "2001:4860:4860::8888"
local PROBE_TRIES = 3

local function usage(message)
  return error_object.fail { code = "usage", source = "up", message = message, hint = "Try 'moontower up --help'." }
end

local function check_usage(args)
  if args.carrier and (args.ip or args.user or args.auth) then
    return usage("--ip, --user and --auth go with --apn, not with --carrier")
  elseif args.apn and (#args.apn > 100 or args.apn:find("[^%w.-]")) then
    return usage("--apn wants letters, digits, dots and hyphens, at most 100")
  elseif args.probe and not args.probe:find("^[%d.]+$") and not args.probe:find("^[%x:.]*:[%x:.]*$") then
    return usage("--probe wants an IPv4 or IPv6 address")
  elseif args.metric and (args.metric < 1 or args.metric > 0xffffffff) then
    return usage("--metric wants a number from 1 to 4294967295")
  end
  return true
end

-- Who names neither carrier nor APN may have the latter where mbim-network and qmi-network look for it.
local function choose_carrier(args, conf)
  local chosen, err = carrier.load(args.carrier or "default", {
    apn = args.apn or conf.apn, ip = args.ip or conf.ip, user = args.user or conf.user, auth = args.auth or conf.auth,
    password = args.user and terminal.getenv("MOONTOWER_PASSWORD") or conf.password, roaming = args.roaming or nil,
  })
  if chosen and args.roaming then
    chosen.roaming = true
  end
  return chosen, err
end

-- The daemon's policies go by the modem's settings: what is asked for here holds for them, too, while the daemon runs.
local function carrier_in_daemon(args, device, chosen)
  if not device.settings then
    return chosen
  elseif args.carrier or args.apn then
    device.settings.carrier = chosen
  end
  return device.settings.carrier
end

-- Is anything given that the configuration does not say?
local function asks_for_more(args)
  return args.carrier or args.apn or args.ip or args.user or args.auth or args.roaming or args.metric or args.no_dns
end

-- Several tries: the first packet through a new bearer often gets lost.
local function probe(applied, address, watcher)
  watcher:doing("online", address)
  for _ = 1, PROBE_TRIES do
    local seconds = net.ping(address, { link = applied.name })
    if seconds then
      watcher:done("online", ("%s answers in %.3g ms"):format(address, seconds * 1000),
        { address = address, seconds = seconds })
      return 0
    end
  end
  watcher:done("online", ("%s does not answer; the connection stays up"):format(address), { address = address })
  return exit_status.NO_ANSWER
end

local function bring_up(args, watcher)
  local description, conf, chosen, opened, applied
  local ok, err = check_usage(args)
  if ok then
    repair()
    description, err = modem.select(args.device)
  end
  if description then
    local protocol = args.protocol or description.protocol
    conf = args.carrier and {} or network_conf.read(protocol)
    conf = args.apn and { proxy = conf.proxy } or conf
    chosen, err = choose_carrier(args, conf)
  end
  if chosen then
    opened, err = modem.open(description, { proxy = args.proxy or conf.proxy, protocol = args.protocol })
  end
  if not opened then
    return nil, err
  end
  local device <close> = opened
  chosen = carrier_in_daemon(args, device, chosen)
  applied, err = up.up(device, chosen, {
    dns = not args.no_dns, metric = args.metric, wait = args.wait, pin = pin_options.of(args), watcher = watcher,
  })
  if not applied then
    return nil, err
  end
  local link <close> = applied -- until it is kept: Ctrl-C takes it down
  local status = 0
  if not args.no_probe then
    local default = link.addresses[1].address:find(":") and PROBE_IPV6 or PROBE_IPV4
    status = probe(link, args.probe or chosen.probe or default, watcher)
  end
  link:keep()
  return status
end

return {
  summary = "Bring the modem online: SIM, network, connection, addresses, routes, DNS. It stays online afterwards.",
  exits = {
    [0] = "online", [3] = true, [4] = true, [5] = true, [6] = true, [7] = true, [8] = true, [9] = true, [10] = true,
  },
  order = function(args) return asks_for_more(args) and "online if it works" or "online" end,

  arguments = function(parser)
    parser:epilog(pin_options.help .. [[

Examples:
  moontower up --carrier calyx-sprint
  moontower up --apn internet --ip ipv4
Run again while online, it changes nothing. `moontower down` takes everything back.
Without --carrier and --apn, APN, APN_USER, APN_PASS, APN_AUTH and IP_TYPE are taken from
/etc/mbim-network.conf or /etc/qmi-network.conf, if they are there; PROXY=yes without --carrier.
A line warns of DNS servers that do not answer, and of a family, IPv4 or IPv6, that is missing.]])
    parser:mutex(
      parser:option("-c --carrier", "Carrier file: a name from carriers/ or /etc/moontower/carriers, or a path."),
      parser:option("--apn", "Access point name, instead of a carrier.")
    )
    parser:option("--ip", "What to ask the network for, with --apn."):choices { "ipv4", "ipv6", "ipv4v6" }
    parser:option("--user", "User name for the APN; its password is taken from $MOONTOWER_PASSWORD.")
    parser:option("--auth", "How to send them."):choices { "pap", "chap" }
    parser:option("-d --device", "Which modem: /dev/cdc-wdm0, wwan0, or its USB path.")
    parser:option("--metric", "Metric of the default routes (700; IPv6 1700; or the next free one): lower ones win.")
      :convert(tonumber)
    parser:option("--wait", "Seconds to wait for a network (90)."):convert(tonumber)
    parser:option("--probe", "Address that is pinged at the end (8.8.8.8).")
    parser:flag("--no-probe", "Do not ping anything at the end.")
    parser:flag("--no-dns", "Leave the host's DNS servers alone.")
    parser:flag("--roaming", "Connect in foreign networks, too.")
    pin_options.arguments(parser)
    parser:flag("--proxy", "Share the modem with other programs, by mbim-proxy or qmi-proxy.")
    parser:option("--protocol", "qmi: QMI inside MBIM, on a modem that speaks MBIM."):choices { "mbim", "qmi" }
    parser:flag("--json", "Print one JSON object, for programs.")
  end,

  run = function(args)
    local watcher <close> = progress.new(args.json)
    local status, err = bring_up(args, watcher)
    if status and args.json then
      print(require("dkjson").encode(watcher.values, { indent = true }))
    end
    return status, err
  end,
}
