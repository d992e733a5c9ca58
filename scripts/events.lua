-- SPDX-License-Identifier: MIT
-- moontower events: the events of the daemon, as they happen, one JSON object a line.

local client = require "daemon.client"
local daemon = require "daemon"
local events = require "events"
local json = require "base.json"
local option = require "cli.option"
local task = require "task"
local terminal = require "terminal"
local validate = require "base.validate"

-- Shows them until there can be no more.
local function show(heard, names)
  local wanted = {}
  for _, name in ipairs(names) do wanted[name] = true end
  while true do
    local event, err = heard:next()
    if not event then
      return nil, err
    elseif not next(wanted) or wanted[event.event] then
      print(json.encode(event))
    end
  end
end

return {
  summary = "Show the events of the daemon as lines of JSON.",
  description = "Show what happens in the daemon, as lines of JSON, until interrupted or for a while.",

  epilog = [[
Each line is an object with "event", "time" (UTC) and mostly "modem"; `moontower help events` lists the events. A reader
that is too slow loses some of them, and "lost" says how many.]],

  options = {
    { "--event", validate.any_text, "Only this event; can be given more than once", many = true, argname = "NAME",
      candidates = function() return events.names end },
    { "--seconds", validate.seconds, "End after this time", otherwise = "when interrupted" },
    option.with_text(option.json, "Changes nothing: for programs that give it to every command"),
  },

  run = function(args)
    if not daemon.running then
      return client.not_there "events"
    end
    terminal.stream()
    local heard <close> = events.subscribe { private = true }
    if not args.seconds then
      return show(heard, args.event)
    end
    local _, err = task.timeout(args.seconds, show, heard, args.event)
    if err.code == "timeout" then
      return 0
    end
    return nil, err
  end,
}
