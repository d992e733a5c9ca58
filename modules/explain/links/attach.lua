-- SPDX-License-Identifier: MIT
-- Packet service: the network has attached the modem to it; else its cause.

local facts = require "explain.facts"
local link = require "explain.link"
local network_wait = require "modem.network_wait"

return link {
  name = "attach", needs = { "registration" }, by_facts = true,

  look = function(case, seen)
    local asked = facts.of(case).asked
    local packet, failure = asked.packet, asked.failure
    seen:note("packet service", packet.problem or packet.state)
    if packet.nw_error then
      seen:note("cause", packet.nw_error)
    end
    if packet.state == "attached" or asked.session.state == "activated" then
      return seen:ok("attached")
    elseif packet.state == "unknown" then
      return seen:unknown("the modem does not tell")
    elseif failure and failure.code == "attach-failed" then
      seen:note("the last `moontower up`", failure.message)
      return seen:broken(failure)
    elseif packet.nw_error or asked.connection and asked.connection.complete then
      return seen:broken(select(2, network_wait.detached(packet, asked.refused_in)))
    end
    return seen:unknown("not attached; `moontower up` asks for it")
  end,
}
