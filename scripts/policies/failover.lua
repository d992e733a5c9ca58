-- SPDX-License-Identifier: MIT
-- Policy: the cable first. When it fails, the modem takes over, until it has been well for a while.

local validate, log, net, policy = require "base.validate", require "log", require "net", require "policy"
local status, task = require "status", require "task"
local wired_uplink = require "wired_uplink"

-- wired, probes, every, misses, timeout, back_after: of the cable (modules/wired_uplink.lua); modem: options for
-- `reconnect`.
local options = policy.options(..., {
  wired = validate.text, probes = net.probes, every = validate.seconds, misses = validate.count,
  timeout = validate.seconds, back_after = validate.seconds_or_none, modem = validate.table,
})
assert(policy.load("reconnect", options.modem)) -- a mistake in them is told now

-- The modem's routes come before the cable's, which stay as they are.
local function keep_online(modem, wired)
  local of_modem = { up = { metric = wired.metric and math.max(wired.metric - 1, 1) } }
  for key, value in pairs(options.modem or {}) do of_modem[key] = value end
  assert(policy.load("reconnect", of_modem)).run(modem)
end

-- Nothing comes before a metric of 0, which is what `ip route add` gives: so it is said before the cable fails.
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
  each = { modem = "ready" },

  run = function(modem)
    local told = status.of(modem)
    local wired <close> = wired_uplink.open(options)
    local taken_over = modem:connection() -- by an earlier run: it is handed back by the same rule
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
