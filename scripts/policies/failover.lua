-- SPDX-License-Identifier: MIT
-- Policy: the cable first. When it fails, the modem takes over, until the cable has worked for a while.

local validate, log, net, policy = require "base.validate", require "log", require "net", require "policy"
local status, task = require "status", require "task"
local wired_uplink = require "wired_uplink"

local declared = {
  { "wired", validate.text, "the cable's interface",
    otherwise = "that of the default route with the lowest metric, no modem's" },
  { "probes", net.probes, "a list of probes: the cable works while one answers", default = wired_uplink.PROBES },
  { "every", validate.seconds, "the pause between probes", default = 10 },
  { "misses", validate.count, "probes in a row without an answer that are a failure", default = 3 },
  { "timeout", validate.seconds, "how long an answer may take", default = 2 },
  { "back_after", validate.seconds_or_none, "how long the cable has to work until the modem goes offline",
    default = 60 },
  { "modem", validate.table, "a table of options for `reconnect`", otherwise = "{}" },
}
local options = policy.options(..., declared)
assert(policy.load("reconnect", options.modem)) -- reports a mistake in them now

-- The modem's routes get a lower metric than the cable's, which stay as they are.
local function keep_online(modem, wired)
  local of_modem = { up = { metric = wired.metric and math.max(wired.metric - 1, 1) } }
  for key, value in pairs(options.modem or {}) do of_modem[key] = value end
  assert(policy.load("reconnect", of_modem)).run(modem)
end

-- Nothing comes before a metric of 0, which `ip route add` gives: so the warning comes before the cable fails.
local function look_at_metric(wired)
  if wired.metric == 0 then
    log.warn("the default route of %s has the metric 0, which no modem's can beat: while it is there, the modem is not "
      .. "used. Give it a higher one: `ip route add default ... metric 100`, ipv4.route-metric of NetworkManager, or "
      .. "RouteMetric= of systemd-networkd.", wired)
  end
end

return policy {
  name = "failover",
  summary = "Use a modem only while the cable does not work.",
  options = declared,
  each = { modem = "ready" },

  run = function(modem)
    local told = status.of(modem)
    local wired <close> = wired_uplink.open(options)
    local taken_over = modem:connection() -- left by an earlier run: the same rule ends it
    while true do
      look_at_metric(wired)
      if not taken_over then
        told:set("standby", ("%s is to be used"):format(wired))
        told:set("needed", wired:wait_bad())
      end
      local ended
      do
        local group <close> = task.group() -- leaving it takes the modem offline
        group:spawn(keep_online, modem, wired)
        ended = told:attempt("hand back", wired:wait_well())
      end
      ended "the modem is offline"
      taken_over = false
    end
  end,
}
