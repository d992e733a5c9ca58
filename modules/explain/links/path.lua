-- SPDX-License-Identifier: MIT
-- The path: hosts beyond the operator's network answer.

local facts = require "explain.facts"

local SHOW_FILTER = "`nft list ruleset`, or `iptables -S`, shows it: allow what %s by that interface."

-- The kernel tells of what goes out. Of what comes in, as many packets as there were questions tell: others may come in
-- from strangers.
local function of_filter(host)
  local received = host.probes.received_packets or 0
  if facts.first(host.probes.hosts, "filtered") then
    return {
      code = "permission", hint = SHOW_FILTER:format "goes out",
      message = ("a packet filter of this computer drops what goes out by %s"):format(host.name),
    }
  elseif received >= #host.probes.hosts and not facts.first(host.probes.servers, "seconds") then
    return {
      code = "permission", hint = SHOW_FILTER:format "comes in",
      message = ("%d packets have come in by %s, and a packet filter of this computer drops them"):format(received,
        host.name),
    }
  end
end

local function of_silence(host)
  local web = host.probes.web
  if web and web.portal then
    return facts.portal(web)
  end
  local prohibiting = facts.first(host.probes.hosts, "prohibited")
  if prohibiting then
    return {
      code = "unreachable",
      message = ("the operator lets nothing through: %s says that it is prohibited"):format(prohibiting.from),
      hint = "Is the plan's data used up, or unpaid? Ask the operator; `moontower usage` tells what has been used.",
    }
  elseif facts.first(host.probes.servers, "seconds") then
    return {
      code = "unreachable", message = "the operator's DNS servers answer, and nothing beyond them does",
      hint = "Is the plan's data used up, or does the APN lead into a private network? Ask the operator.",
    }
  end
  return {
    code = "unreachable", message = ("nothing answers through %s"):format(host.name),
    hint = "Connect again: `moontower down`, then `moontower up`. `moontower serve` does that by itself, and more.",
  }
end

return facts.host_link {
  name = "path", needs = { "routes" },

  look = function(all, seen)
    for _, one in ipairs(all.host.probes.hosts) do seen:note(one.probe, facts.answer_words(one)) end
    if all.host.probes.received_packets then
      seen:note("came in by " .. all.host.name, ("%d packets"):format(all.host.probes.received_packets))
    end
    if not facts.answers(all) then
      local web = all.host.probes.web or {}
      if web.portal then
        seen:note(web.probe, ("answers %d"):format(web.status))
      end
      local is_told = facts.first(all.host.probes.hosts, "prohibited") or web.portal
      return seen:broken(not is_told and of_filter(all.host) or of_silence(all.host))
    end
    local one = facts.first(all.host.probes.hosts, "seconds")
    return seen:ok("%s %s", one.probe, facts.answer_words(one))
  end,
}
