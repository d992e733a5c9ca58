-- SPDX-License-Identifier: MIT
-- moontower location: where the modem is, by its receiver for GPS and other satellites.

local errors = require "errors"
local json = require "base.json"
local lazy = require "base.lazy"
local modem = require "modem"
local option = require "cli.option"
local parser = require "cli.parser"
local progress = require "terminal.progress"
local ptys = lazy "modem.location_pty"
local terminal = require "terminal"
local validate = require "base.validate"
local view = lazy "gnss_view"
local words = require "gnss.words"

local check = errors.check

local function usage(message)
  return errors.fail {
    code = "usage", source = "location", message = message, hint = "Try `moontower location --help`.",
  }
end

local function check_usage(args)
  local follows = args.watch or args.nmea or args.nmea_port
  if follows and args.wait then
    return usage "--wait goes with a single fix"
  elseif args.json and (args.nmea or args.nmea_port) then
    return usage "--json goes with a fix, or with --watch"
  elseif args.gpsd and not (args.nmea or args.nmea_port) then
    return usage "--gpsd goes with --nmea or --nmea-port"
  elseif args.group and not args.nmea then
    return usage "--group goes with --nmea"
  end
  return true
end

-- ---- one fix ----

local function show_fix(device, args)
  local watcher <close> = progress.new(args.json)
  watcher:doing("position", "looking for satellites")
  local report = check(device:location {
    seconds = args.wait, progress = function(known) watcher:doing("position", words.search(known)) end,
  })
  watcher:rest()
  if args.json then
    print(json.encode(report, { indent = true }))
  else
    for _, line in ipairs(words.lines(report)) do watcher:done(line[1], line[2]) end
  end
  return 0
end

-- ---- as long as it runs ----

local function watch(device, args)
  local place <close> = check(device:locate())
  return view.run(place, ("%s  %s"):format(device.description.name, device:describe()), args)
end

local function tell_path(path)
  terminal.stream()
  print(path)
end

-- Sentences for a program that opens the terminal.
local function feed(device, args)
  local place <close> = check(device:locate { nmea = true })
  local pty <close> = check(ptys.open { group = args.group or args.gpsd and "dialout" or nil })
  local _ <close> = args.gpsd and check(ptys.hand_to_gpsd(pty.path)) or nil
  tell_path(pty.path)
  while true do
    local line = check(place:next_sentence())
    pty:write(line)
  end
end

-- The modem's own port is left to another program: the receiver is kept on for that.
local function leave_port(device, args)
  local place <close> = check(device:locate())
  local path = check(place:leave_port())
  local _ <close> = args.gpsd and check(ptys.hand_to_gpsd(path)) or nil
  tell_path(path)
  repeat check(place:next()) until false
end

local run = errors.protect(function(args)
  check(check_usage(args))
  require("repair")(true)
  local device <close> = check(modem.find(args.device, {
    proxy = args.proxy, protocol = args.protocol, at_only = true,
  }))
  local act = args.watch and watch or args.nmea and feed or args.nmea_port and leave_port or show_fix
  return act(device, args)
end)

return {
  summary = "Show where the modem is, by its receiver for GPS.",
  exits = { [3] = true, [7] = "no fix in time, or no answer", [8] = true },

  epilog = [[
The receiver is switched on for that, and off again as soon as nothing asks any more; one that was on before stays on. A
first fix takes from seconds to minutes, and a view of the sky: most modems have a connector of its own for an antenna.
Neither logs nor traces show a position.

--nmea and --nmea-port are for gpsd and its like: they print a path, and keep the receiver on until Ctrl-C.]],

  options = {
    option.device, option.proxy, option.protocol,
    parser.either {
      { "--watch", validate.flag, "Show it live, each second" },
      { "--nmea", validate.flag, "Make a terminal that has the sentences of NMEA" },
      { "--nmea-port", validate.flag, "Leave the modem's own NMEA port to the program that opens it" },
    },
    { "--gpsd", validate.flag, "With --nmea or --nmea-port: have gpsd, which runs here, read that" },
    { "--group", validate.text, "With --nmea: the group whose members may read it, too",
      otherwise = "none; dialout with --gpsd", argname = "NAME" },
    { "--wait", validate.seconds, "How long to wait for a fix", otherwise = "180 seconds", argname = "SECONDS" },
    option.json,
  },

  run = run,
}
