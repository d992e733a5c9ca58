-- SPDX-License-Identifier: MIT
-- moontower reset: restarts the modem, and waits until it is back.

local reenumeration = require "modem.reenumeration"
local modem = require "modem"
local option = require "cli.option"
local parser = require "cli.parser"
local progress = require "terminal.progress"
local reset = require "modem.reset"
local usb = require "modem.usb"
local validate = require "base.validate"

local WAIT_TIME = 180

-- Without asking the modem: for one that does not answer.
local hard = {
  usb = { fn = usb.reset, words = "a reset of its USB port" },
  power = {
    fn = function(description)
      local switch, err = usb.switch_of(description)
      if not switch then
        return nil, err
      end
      return usb.power_cycle(switch)
    end,
    words = "its power switched off and on",
  },
}

local function ask(description, args)
  local way = hard[args.usb and "usb" or args.power and "power"]
  if way then
    local ok, err = way.fn(description)
    return ok and way.words, err
  end
  local opened, err = modem.open(description, { proxy = args.proxy, at_only = true })
  local device <close> = opened
  if not device then
    return nil, err
  end
  return reset.reset(device)
end

local function restart(args, watcher)
  local description, err = modem.select(args.device)
  if description then
    watcher:doing("reset", description.control)
  end
  local watching
  if description then
    watching, err = reenumeration.watch(description)
  end
  local watch <close> = watching
  if not watch then
    return nil, err
  end
  local how
  how, err = ask(description, args)
  if not how then
    return nil, err
  end
  watcher:done("reset", ("%s restarts, by %s"):format(description.control, how),
    { device = description.control, by = how })
  if args.no_wait then
    return 0
  end
  watcher:doing("back", "waiting for it")
  local back
  back, err = watch:wait(args.wait or WAIT_TIME)
  if not back then
    return nil, err
  end
  watcher:done("back", ("as %s, %s%s"):format(back.control, back.protocol:upper(),
    back.vendor and (" (%s:%s)"):format(back.vendor, back.product) or ""),
    { device = back.control, protocol = back.protocol, vendor = back.vendor, product = back.product, usb = back.usb })
  return 0
end

return {
  summary = "Restart the modem, and wait until it is back.",
  exits = { [0] = "it is back (with --no-wait: it was asked)", [3] = "no modem, or not back", [7] = true, [8] = true },
  order = function() return "change" end,

  epilog = [[
A connection ends with it; `moontower up` makes a new one. What was set before (`moontower usbcomp`, AT commands) is in
effect afterwards. The modem is asked by AT (its maker's command, such as AT!RESET or AT#REBOOT, or AT+CFUN=1,1), by
QMI, or by MBIM, whichever it takes, and followed by its USB path, as its product id and its ports may change. A modem
that answers nothing still gets these orders; if it follows none, --usb and --power do without it: the ladder of
`moontower serve` has these as rungs.]],

  options = {
    option.device,
    parser.either {
      { "--usb", validate.flag, "Do not ask the modem, which hangs: reset its USB port" },
      { "--power", validate.flag,
        "Do not ask the modem: switch the power of its USB port off and on. Not every hub can" },
    },
    parser.either {
      { "--no-wait", validate.flag, "Do not wait until it is back" },
      { "--wait", validate.seconds, "How long to wait for it", otherwise = ("%d seconds"):format(WAIT_TIME),
        argname = "SECONDS" },
    },
    option.proxy, option.json,
  },

  run = function(args)
    local watcher <close> = progress.new(args.json)
    local status, err = restart(args, watcher)
    if status and args.json then
      print(require("base.json").encode(watcher.values, { indent = true }))
    end
    return status, err
  end,
}
