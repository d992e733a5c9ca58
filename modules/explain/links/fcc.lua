-- SPDX-License-Identifier: MIT
-- The FCC lock of the modems of some laptops. It shows only in that the radio stays off when it is ordered on: so this
-- goes by what the last `up` has met.

local facts = require "explain.facts"
local link = require "explain.link"

return link {
  name = "fcc", needs = { "firmware" }, by_facts = true,

  look = function(case, seen)
    local asked = facts.of(case).asked
    local radio, failure = asked.radio, asked.failure
    if radio.software ~= "off" or radio.hardware == "off" then
      return seen:ok("it does not keep the radio off")
    end
    seen:note("radio", "off, by software")
    if failure and failure.code == "radio-off" and failure.switch ~= "hardware" and not asked.held_radio then
      seen:note("the last `moontower up`", failure.message)
      return seen:broken {
        code = "radio-off", message = "the radio stays off when it is switched on, as with an FCC lock",
        hint = "`moontower unlock` unlocks it, if the maker's way is known; `moontower help fcc` tells more.",
      }
    end
    return seen:unknown("it would show when the radio is switched on")
  end,
}
