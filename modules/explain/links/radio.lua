-- SPDX-License-Identifier: MIT
-- The radio: its switches are on.

local facts = require "explain.facts"
local link = require "explain.link"
local radio_switch = require "modem.radio_switch"
local unpowered = require "explain.unpowered"

return link {
  name = "radio", needs = { "firmware", "fcc" }, by_facts = true,

  look = function(case, seen)
    local asked = facts.of(case).asked
    local radio = asked.radio
    if radio.problem then
      return seen:unknown("the modem does not tell: %s", radio.problem)
    end
    seen:note("hardware switch", radio.hardware)
    seen:note("software switch", radio.software)
    if radio.hardware == "off" and asked.rfkill then
      seen:note(asked.rfkill, "soft: 1, hard: 0")
      return seen:broken { code = "radio-off", message = unpowered.SOFT.message, hint = unpowered.SOFT.hint }
    elseif radio.hardware == "off" then
      return seen:broken(select(2, radio_switch.off_by_hardware()))
    elseif radio.software == "on" then
      return seen:ok("on")
    elseif asked.held_radio then
      seen:note("order", asked.held)
    end
    return seen:broken {
      code = "radio-off", message = asked.held_radio and ("it is off: %s"):format(asked.held)
        or "it is switched off by software, as in flight mode",
      hint = "`moontower radio on` switches it on, as does `moontower up`.",
    }
  end,
}
