-- SPDX-License-Identifier: MIT
-- moontower events: what happens in the daemon, as it happens, one JSON object a line.

local client = require "daemon.client"
local daemon = require "daemon"
local events = require "events"
local json = require "base.json"
local terminal = require "terminal"

return {
  summary = "Show what happens in the daemon, as lines of JSON, until interrupted.",

  arguments = function(parser)
    parser:epilog [[
Each line is an object with "event", "time" (UTC) and mostly "modem"; scripts/README.md lists the events. One that
reads too slowly loses some, and "lost" says how many.]]
    parser:option("--event", "Only these; can be given more than once."):count("*"):argname("NAME")
    parser:flag("--json", "As ever: for programs that say it to every command.")
  end,

  run = function(args)
    if not daemon.running then
      return client.not_there "events"
    end
    terminal.stream()
    local wanted = {}
    for _, name in ipairs(args.event) do wanted[name] = true end
    local heard <close> = events.subscribe()
    while true do
      local event, err = heard:next()
      if not event then
        return nil, err
      elseif not next(wanted) or wanted[event.event] then
        print(json.encode(event))
      end
    end
  end,
}
