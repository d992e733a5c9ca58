-- SPDX-License-Identifier: MIT
-- The SIM: it is there, and works.

local facts = require "explain.facts"
local link = require "explain.link"
local lazy = require "base.lazy"
local radio_words = require "radio.words"
local sim_start = lazy "modem.sim_start"

-- Another slot has a card.
local function elsewhere(asked, seen)
  for _, slot in ipairs(asked.slots or {}) do
    seen:note("SIM slot " .. slot.number, slot.state .. (slot.in_use and ", in use" or ""))
    if not slot.in_use and slot.state == "inactive" then
      return {
        code = "sim-missing", message = ("the slot in use is empty, and there is a SIM in slot %d"):format(slot.number),
        hint = ("`moontower slot %d` uses it."):format(slot.number),
      }
    end
  end
end

return link {
  name = "sim", needs = { "firmware" }, by_facts = true,

  look = function(case, seen)
    local asked = facts.of(case).asked
    local sim = asked.sim
    seen:note("SIM", sim.problem or sim.reason or sim.state)
    if sim.problem then
      return seen:unknown("the modem does not tell: %s", sim.problem)
    elseif sim.state == "ready" then
      return seen:ok("ready%s", asked.home and (", of %s"):format(radio_words.network(asked.home)) or "")
    elseif sim.state == "locked" then
      return seen:ok("it is there, and asks for a code")
    elseif sim.state == "starting" and sim.reason ~= "not-provisioned" then
      local failure = asked.failure
      if failure and failure.code == "sim-failure" then -- `up` has waited for it
        seen:note(os.date("the last `moontower up`, %H:%M:%S", failure.time), failure.message)
        return seen:broken(failure)
      end
      return seen:unknown("it is starting: ask again in some seconds")
    end
    return seen:broken(sim.state == "missing" and elsewhere(asked, seen)
      or select(2, sim_start.unusable(sim, asked.radio)))
  end,
}
