-- SPDX-License-Identifier: MIT
-- The signal: something is received, and well enough. A weak one is no fault as long as packets pass.

local facts = require "explain.facts"
local signal_words = require "radio.signal_words"
local link = require "explain.link"
local registrations = require "modem.registration"

-- dBm below which modems lose the network or hardly pass packets: RSRP of LTE and 5G, RSCP of UMTS, RSSI.
local WEAK = { lte = { "rsrp", -120 }, nr = { "rsrp", -120 }, umts = { "rscp", -115 }, gsm = { "rssi", -107 } }
local WEAK_RSSI = -109
local HINT = "Are the antennas connected, both of them? Move them: `moontower signal --watch` shows what helps."

local function is_weak(signal)
  local measured, weak = false, true
  for technology, limit in pairs(WEAK) do
    local value = (signal[technology] or {})[limit[1]]
    if value then
      measured, weak = true, weak and value < limit[2]
    end
  end
  if measured then
    return weak
  end
  return signal.dbm ~= nil and signal.dbm < WEAK_RSSI
end

return link {
  name = "signal", needs = { "radio" }, by_facts = true,

  look = function(case, seen)
    local all = facts.of(case)
    local asked, signal = all.asked, all.asked.signal
    local is_registered = registrations.is_registered(asked.registration)
    local is_measured = signal.dbm or signal.lte or signal.nr or signal.umts or signal.gsm
    seen:note("signal", is_measured and signal_words.sentence(signal) or signal.problem or "none is measured")
    if is_measured and not is_weak(signal) then
      return seen:ok("%s", signal_words.sentence(signal))
    elseif is_measured and (facts.answers(all) or is_registered and not all.host) then
      return seen:ok("weak, and enough so far: %s", signal_words.sentence(signal))
    elseif is_measured then
      return seen:broken {
        code = is_registered and "unreachable" or "not-registered", hint = HINT,
        message = ("it is too weak: %s"):format(signal_words.sentence(signal)),
      }
    elseif is_registered or asked.registration.state == "denied" or signal.problem then
      return seen:unknown("the modem does not tell")
    elseif asked.sim.state ~= "ready" then
      return seen:unknown("it waits for the SIM")
    end
    return seen:broken { code = "not-registered", message = "nothing is received", hint = HINT }
  end,
}
