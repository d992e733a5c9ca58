-- SPDX-License-Identifier: MIT
-- moontower survey: holds the modem to each band in turn, measures there, and puts everything back.

local columns = require "terminal.columns"
local errors = require "errors"
local exit_status = require "cli.exit_status"
local files = require "terminal.files"
local json = require "base.json"
local log = require "log"
local modem = require "modem"
local option = require "cli.option"
local parser = require "cli.parser"
local picture = require "survey.picture"
local progress = require "terminal.progress"
local repair = require "repair"
local setup = require "setup"
local survey = require "survey"
local try = require "trial.try"
local validate = require "base.validate"
local wrap = require "terminal.wrap"

local check = errors.check

local function figure(row, name)
  local found = row.signal and row.signal[name]
  return found and ("%.0f (%.0f to %.0f)"):format(found.mean, found.least, found.most) or ""
end

local function cells_of(row)
  local trips = row.round_trips
  local cells = {
    row.name, row.technology or "", row.channel and ("%s %d"):format(row.band or "", row.channel) or "",
    figure(row, "rsrp"), figure(row, "sinr"),
    trips and (trips.median and ("%.0f ms"):format(trips.median * 1000) or "no answer") or "",
    row.speed and ("%.1f"):format(row.speed) or "",
  }
  local problem = row.problem or row.speed_problem
  cells.lines = problem and { wrap.fit("  " .. problem, 1) } or nil
  return cells
end

local function print_table(rows)
  local list = { { "", "ON", "CELL", "RSRP, dBm", "SINR, dB", "ROUND TRIP", "SPEED" } }
  for _, row in ipairs(rows) do list[#list + 1] = cells_of(row) end
  columns.print(list)
end

-- The stop of a row.
local function stop_of(stops, row)
  for _, stop in ipairs(stops) do
    if stop.name == row.name then return stop end
  end
end

-- The command that holds the modem to a stop.
local function command_of(stop)
  local wanted = stop.modem
  return wanted.bands and "bands " .. wanted.bands or wanted.lock and "lock " .. wanted.lock
    or "technology " .. wanted.rat
end

-- Holds the modem to a stop, on trial as any change is.
local function keep(session, stop, wait)
  session.report, session.trial.within = nil, wait
  local made = check(session:plan { name = "survey", modem = stop.modem })
  if not setup.is_empty(made) then
    check(try.try(session, made))
  end
end

local function print_best(args, best, stops)
  if best and args.keep then
    wrap.print(("Kept: %s."):format(best.name))
  elseif best then
    wrap.print(("Best: %s. `moontower %s` sets it."):format(best.name, command_of(stop_of(stops, best))))
  elseif args.best or args.keep then
    wrap.print "Nothing was measured, so nothing is best."
  end
end

local run = errors.protect(function(args)
  local description = check(modem.select(args.device))
  local watcher <close> = progress.new(args.json, #"technology")
  local options = {
    wait = args.wait, seconds = args.seconds, speed = args.speed, run = args.run, rows = {},
    command = "moontower survey",
    on_row = function(row)
      watcher:rest()
      watcher:done(row.name, row.problem or ("RSRP %s, SINR %s"):format(figure(row, "rsrp"), figure(row, "sinr")))
    end,
  }
  local terms = try.terms(description, { within = 0, command = options.command })
  local session <close> = check(setup.open(description, {
    proxy = args.proxy, take_over = args.take_over, pin = false, watcher = watcher, trial = terms,
  }))
  local stops = check(survey.stops(session.modem, args.by, args.stops))
  options.rows = args.resume and survey.left(session.key) or {}
  terms.within = survey.time(stops, options)
  local rows = check(survey.run(session, stops, options))
  watcher:rest()
  local best = (args.best or args.keep) and survey.best(rows) or nil
  local is_drawn, problem = true, nil
  if args.svg then -- where that fails, what was measured is told first
    is_drawn, problem = files.save(args.svg, picture(rows, "Survey of " .. description.name))
  end
  if not args.json then
    print_table(rows)
  end
  if args.keep and best then
    keep(session, stop_of(stops, best), args.wait)
    watcher:rest()
  end
  if args.json then
    print(json.encode({
      rows = setmetatable(rows, { __jsontype = "array" }), best = best and best.name,
      kept = best ~= nil and args.keep == true,
    }, { indent = true }))
  else
    print_best(args, best, stops)
  end
  if not is_drawn then
    log.error("%s", problem)
    return exit_status.FAILED
  end
  return not best and (args.best or args.keep) and exit_status.FAILED or 0
end)

return {
  summary = "Hold the modem to each band in turn, and measure there.",
  description = [[
Hold the modem to each band that it has in turn, wait for the network, measure signal, round trips and, if wanted, the
speed there, and put everything back: also when the survey is interrupted, or killed.]],
  exits = { [3] = true, [4] = true, [7] = true, [8] = true, [12] = "with --keep: undone, as it did not work" },
  order = function() return "change" end,

  epilog = [[
Examples:
  moontower survey                             each band that the modem has
  moontower survey B2 B12 n71 --seconds 60     these, for a minute each
  moontower survey --by cells --svg cells.svg  each cell of LTE that the modem hears; and a picture
  moontower survey --speed https://example.org/100MB --best
The connection is made again at each band, and is away in between: do not run it over the connection itself. `--resume`
goes on where an interrupted survey has stopped.]],

  options = {
    { "stops", validate.any_text, "Bands, cells or technologies; if none is given, all that the modem has", args = "*",
      argname = "STOP" },
    { "--by", validate.one_of { "bands", "cells", "technologies" }, "What the modem is held to", default = "bands" },
    { "--seconds", validate.seconds, "How long to measure at each", default = 20, argname = "SECONDS" },
    { "--wait", validate.seconds, "How long the modem may look for a network at each", default = 60,
      argname = "SECONDS" },
    parser.either {
      { "--speed", validate.text, "Download this, and tell how fast it comes", argname = "URL" },
      { "--run", validate.text, "Run this, with $MOONTOWER_INTERFACE; it prints a number", argname = "COMMAND" },
    },
    { "--best", validate.flag, "Say where it was best: by speed, else by SINR" },
    { "--keep", validate.flag, "Set the modem to that" },
    { "--resume", validate.flag, "Measure only what an interrupted survey has not" },
    { "--svg", validate.text, "Draw it into this file, in SVG; -: standard output", argname = "FILE" },
    option.device, option.proxy, option.take_over, option.json,
  },

  run = function(args)
    repair(true)
    return run(args)
  end,
}
