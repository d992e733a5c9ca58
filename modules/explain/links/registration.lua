-- SPDX-License-Identifier: MIT
-- Registration: a network takes the SIM; else its cause.

local facts = require "explain.facts"
local link = require "explain.link"
local network_wait = require "modem.network_wait"
local radio_words = require "radio.words"
local registrations = require "modem.registration"

local words = { home = "at home", roaming = "roaming", partner = "with a partner of the SIM's network" }

local function name_of(provider)
  return radio_words.network(provider) or "an unnamed network"
end

-- A network that would do, and may not be used.
local function refused_roaming(all, seen)
  local asked = all.asked
  if asked.session.state == "activated" or asked.roams then
    return nil
  end
  local _, err = registrations.may_use(asked.registration, asked.roams)
  if err then
    seen:note("roaming", asked.roams == nil and "allowed only where it is said" or "not allowed")
  end
  return err
end

local function of_cause(asked)
  if asked.registration.state == "denied" then
    return select(2, network_wait.denied(asked.registration, asked.refused_in))
  elseif asked.registration.state == "searching" then
    return select(2, network_wait.not_registered("it searches, and has found no network so far"))
  end
  return select(2, network_wait.not_registered("it is in no network, and looks for none"))
end

return link {
  name = "registration", needs = { "pin", "radio" }, by_facts = true,

  look = function(case, seen)
    local all = facts.of(case)
    local asked = all.asked
    local registration = asked.registration
    if registration.problem or registration.state == "unknown" then
      return seen:unknown("the modem does not tell%s", registration.problem and ": " .. registration.problem or "")
    end
    local provider = registration.provider
    seen:note("registration", ("%s%s%s"):format(registration.state, provider and provider.id ~= ""
      and (", %s (%s)"):format(name_of(provider), provider.id) or "", registration.technology
      and ", " .. registration.technology or ""))
    if registration.nw_error then
      seen:note("cause", registration.nw_error)
    end
    if not registrations.is_registered(registration) then
      if asked.sim.state ~= "ready" then
        return seen:unknown("it waits for the SIM")
      end
      return seen:broken(of_cause(asked))
    end
    local err = refused_roaming(all, seen)
    if err then
      return seen:broken(err)
    end
    return seen:ok("%s on %s", words[registration.state], name_of(provider))
  end,
}
