-- SPDX-License-Identifier: MIT
-- moontower location: where the modem is, by its receiver for GPS and other satellites.

local json = require "base.json"
local modem = require "modem"
local option = require "cli.option"
local progress = require "terminal.progress"
local validate = require "base.validate"
local words = require "gnss.words"

local function print_report(report)
  for _, line in ipairs(words.lines(report)) do print(("%-10s %s"):format(line[1], line[2])) end
end

local function show_fix(device, args)
  local watcher <close> = progress.new(args.json)
  watcher:doing("position", "looking for satellites")
  local report, err = device:location {
    seconds = args.wait, progress = function(known) watcher:doing("position", words.search(known)) end,
  }
  watcher:rest()
  if not report then
    return nil, err
  elseif args.json then
    print(json.encode(report, { indent = true }))
  else
    print_report(report)
  end
  return 0
end

return {
  summary = "Show where the modem is, by its receiver for GPS.",
  exits = { [3] = true, [7] = true, [8] = true },

  epilog = [[
The receiver is switched on for that, and off again as soon as nothing asks any more; one that was on before stays on. A
first fix takes from seconds to minutes, and a view of the sky: most modems have a connector of its own for an antenna.
Neither logs nor traces show a position.]],

  options = {
    option.device, option.proxy, option.protocol,
    { "--wait", validate.seconds, "How long to wait for a fix", otherwise = "180 seconds", argname = "SECONDS" },
    option.json,
  },

  run = function(args)
    require("repair")(true)
    local found, err = modem.find(args.device, { proxy = args.proxy, protocol = args.protocol, at_only = true })
    local device <close> = found
    if not device then
      return nil, err
    end
    return show_fix(device, args)
  end,
}
