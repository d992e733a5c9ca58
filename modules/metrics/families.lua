-- SPDX-License-Identifier: MIT
-- The metrics of each modem in OpenMetrics: one declaration for each family of samples.

local radio_words = require "radio.words"

---@class metrics.family
---@field name string with its unit at the end, as OpenMetrics wants it
---@field type "gauge"|"counter"
---@field help string
---@field read fun(seen: metrics.seen): number|metrics.sample[]|nil nil: it is not known

---@class metrics.sample
---@field [1] number
---@field [2] table<string, string> labels besides that of the modem

-- A figure of the signal, for each technology that is measured.
local function signal(name, field, unit, help)
  return {
    name = ("moontower_signal_%s_%s"):format(name, unit), type = "gauge", help = help,
    read = function(seen)
      local samples = {}
      for _, technology in ipairs(radio_words.technologies) do
        local measured = (seen.signal[technology[1]] or {})[field]
        samples[#samples + 1] = measured and { measured, { technology = technology[2] } }
      end
      return samples
    end,
  }
end

local function attempts(seen)
  local samples = {}
  for what, count in pairs(seen.attempts) do samples[#samples + 1] = { count, { what = what } } end
  return samples
end

---@type metrics.family[]
return {
  {
    name = "moontower_modem_info", type = "gauge", help = "What the modem is; always 1.",
    read = function(seen) return { { 1, seen.identity } } end,
  },
  {
    name = "moontower_modem_answers", type = "gauge", help = "1 if the modem answers.",
    read = function(seen) return seen.answers and 1 or 0 end,
  },
  {
    name = "moontower_online", type = "gauge", help = "1 if moontower has connected the modem.",
    read = function(seen) return seen.is_online and 1 or 0 end,
  },
  {
    name = "moontower_state", type = "gauge",
    help = "What the daemon believes of the modem; always 1, in the label.",
    read = function(seen) return seen.state and { { 1, { state = seen.state } } } end,
  },
  {
    name = "moontower_state_since_timestamp_seconds", type = "gauge", help = "When the daemon began to believe so.",
    read = function(seen) return seen.since end,
  },
  {
    name = "moontower_attempts", type = "counter", help = "What the daemon has tried to bring the modem back.",
    read = attempts,
  },
  {
    name = "moontower_registered", type = "gauge", help = "1 if the modem is registered in a network.",
    read = function(seen) return seen.is_registered end,
  },
  {
    name = "moontower_network_info", type = "gauge", help = "The network, and what the modem is on; always 1.",
    read = function(seen) return seen.network and { { 1, seen.network } } end,
  },
  signal("rssi", "rssi", "dbm", "Received signal strength."),
  signal("rsrp", "rsrp", "dbm", "Power of the reference signals."),
  signal("rsrq", "rsrq", "db", "Quality of the reference signals."),
  signal("sinr", "sinr", "db", "Signal to interference and noise."),
  {
    name = "moontower_link_receive_bytes", type = "counter", help = "Bytes that the modem's interface has received.",
    read = function(seen) return seen.received end,
  },
  {
    name = "moontower_link_transmit_bytes", type = "counter", help = "Bytes that the modem's interface has sent.",
    read = function(seen) return seen.sent end,
  },
  {
    name = "moontower_month_bytes", type = "gauge",
    help = "Data that the SIM has used this month, as the daemon counts it.",
    read = function(seen) return seen.month end,
  },
}
