-- SPDX-License-Identifier: MIT
-- Policy: keep a modem online. Connect again when the connection is lost; repair the modem when that does not help.

local validate, ladder, net, policy = require "base.validate", require "ladder", require "net", require "policy"
local status, task = require "status", require "task"

-- Of link:wait_down(), and of task.backoff(). For policies that build on this one: `up`, of modem:up(); online(modem,
-- link), whose result is closed at the end; the rungs of the ladder.
local options = policy.options(..., {
  ping = validate.parsed_by(net.parse_probe), probes = net.probes,
  every = validate.seconds, misses = validate.count, needed = validate.count, timeout = validate.seconds,
  first = validate.seconds, max = validate.seconds, steady = validate.seconds_or_none,
  up = validate.table, online = validate.fn, ladder = validate.table,
})

return policy {
  name = "reconnect",
  summary = "Keep a modem online: connect again, and repair the modem when that does not help.",
  each = { modem = "ready" }, -- one task per ready modem, cancelled when it is unplugged

  run = function(modem)
    local told, repair, reason = status.of(modem), ladder.new(modem, options.ladder), "the modem is ready"
    for attempt in task.backoff { first = options.first or 2, max = options.max, steady = options.steady } do
      local ended = told:attempt("connect", reason)
      local link <close>, err = modem:up(nil, options.up)
      ended(link and "connected" or err)
      if link then
        err = select(2, link:prove(options))
      end
      if not err then
        attempt:succeeded()
        repair:mended()
        local _ <close> = options.online and options.online(modem, link)
        reason = link:wait_down(options)
      else
        reason = err
      end
      if reason.code == "gone" then
        return
      end
      told:set("offline", reason)
      if repair:climb(reason) ~= "reconnect" and not attempt.since then
        told:schedule("connect", attempt.pause, reason)
        attempt:or_when(repair.wait_better, repair, reason)
      end
    end
  end,
}
