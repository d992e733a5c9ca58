-- SPDX-License-Identifier: MIT
-- The PIN, the PUK, and the locks of the modem to an operator's SIMs. No try is spent.

local facts = require "explain.facts"
local link = require "explain.link"
local lazy = require "base.lazy"
local sim_start = lazy "modem.sim_start"

return link {
  name = "pin", needs = { "sim" }, by_facts = true,

  look = function(case, seen)
    local asked = facts.of(case).asked
    if asked.sim.state ~= "locked" then
      return seen:ok("none is asked for")
    end
    local pin = asked.pin
    seen:note("it asks for", ("%s%s"):format(pin.type or "a code", pin.tries and (", %d tries left"):format(pin.tries)
      or ""))
    if asked.pin_from then
      seen:note("PIN for it", asked.pin_from)
    end
    if pin.type == "pin1" and asked.pin_from and not asked.pin_refused then
      return seen:ok("`moontower up` enters the one from %s", asked.pin_from)
    elseif pin.type == "pin1" and asked.pin_refused then
      return seen:broken(asked.pin_refused)
    end
    return seen:broken(select(2, sim_start.locked(pin)))
  end,
}
