-- SPDX-License-Identifier: MIT
-- Policy: keep a modem online. Connect again when the connection is lost; repair the modem when that fails.

local validate, ladder, net, policy = require "base.validate", require "ladder", require "net", require "policy"
local status, task = require "status", require "task"

local rung = validate.one_of(ladder.names)

local declared = {
  { "ping", validate.parsed_by(net.parse_probe), "the only probe; any that `moontower help probes` shows",
    otherwise = "the carrier's `probe`" },
  { "probes", net.probes, 'a list of probes, as `{ "8.8.8.8", "tcp:1.1.1.1:443", "dns:9.9.9.9" }`; `{}`: none',
    otherwise = "well-known hosts, the network's DNS server" },
  { "every", validate.seconds, "the pause between looks at the link's traffic; while it is idle, up to three times "
    .. "that, and up to twelve times between probes", default = 10 },
  { "misses", validate.count, "looks in a row without an answer after which the connection is given up", default = 3 },
  { "needed", validate.count, "how many probes of a family, IPv4 or IPv6, have to answer", default = 1 },
  { "timeout", validate.seconds, "how long an answer may take", default = 2 },
  { "first", validate.seconds, "the pause after the first failure; pauses double", default = 2 },
  { "max", validate.seconds, "the longest pause", default = 300 },
  { "steady", validate.seconds_or_none,
    "after this time a connection counts as steady: when it is lost, it is made again at once", default = 60 },
  { "rungs", validate.map_of(rung, validate.flag, 'rungs such as { ["reset"] = true }'),
    "the rungs of the ladder, by name, true or false: no others are used", otherwise = "all" },
  { "cooldowns", validate.map_of(rung, validate.seconds_or_none, 'seconds such as { ["reset"] = 3600 }'),
    "seconds by rung: how long it cools down after it was used", otherwise = "each rung's own" },
  { "hook", validate.command,
    "a program and its arguments as the last rung; it has two minutes, and cools down for an hour" },
  { "up", validate.table, "for policies that build on it: a table of options for `modem:up`" },
  { "online", validate.fn, "for policies that build on it: a function that gets modem and link; its result is closed "
    .. "when the link ends" },
}
local options = policy.options(..., declared)

return policy {
  name = "reconnect",
  summary = "Keep a modem online; repair it when connecting again fails.",
  options = declared,
  each = { modem = "ready" }, -- one task per ready modem, cancelled when it is unplugged

  run = function(modem)
    local told, repair, reason = status.of(modem), ladder.new(modem, ladder.choose(options)), "the modem is ready"
    for attempt in task.backoff { first = options.first, max = options.max, steady = options.steady } do
      local ended = told:attempt("connect", reason)
      local link <close>, err = modem:up(nil, options.up)
      ended(link and "connected" or err)
      if link then
        err = select(2, link:prove(options))
      end
      if not err then
        attempt:succeeded()
        repair:recovered()
        local _ <close> = options.online and options.online(modem, link)
        reason = link:wait_down(options)
      else
        reason = err
      end
      if reason.code == "gone" then
        return
      end
      told:set("offline", reason)
      if repair:escalate(reason) ~= "reconnect" and not attempt.since then
        told:schedule("connect", attempt.pause, reason)
        attempt:or_when(repair.wait_better, repair, reason)
      end
    end
  end,
}
