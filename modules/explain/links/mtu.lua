-- SPDX-License-Identifier: MIT
-- The MTU: packets as long as the interface sends them arrive. Where longer ones are lost without a word, connections
-- begin, and then hang.

local facts = require "explain.facts"

local function of_hole(host)
  local most = host.probes.passing_size
  if host.mtu > host.wanted_mtu then
    return {
      code = "unreachable", hint = "`moontower up` sets it right.",
      message = ("%s has an MTU of %d, the network takes %d, and longer packets are lost"):format(host.name, host.mtu,
        host.wanted_mtu),
    }
  end
  return {
    code = "unreachable",
    message = ("packets of %d bytes pass; those of %d, as %s sends them, are lost without a word (path MTU hole)")
      :format(most, host.mtu, host.name),
    hint = ("`moontower down`, then `moontower up --mtu %d`; `mtu = %d` in the carrier file keeps it."):format(most,
      most),
  }
end

return facts.host_link {
  name = "mtu", needs = { "path" },

  look = function(all, seen)
    local host = all.host
    seen:note(host.name, ("MTU %d"):format(host.mtu))
    seen:note("the network", ("MTU %d"):format(host.wanted_mtu))
    for _, one in ipairs(host.probes.long) do
      seen:note(("%s, %d bytes"):format(one.probe, one.size), one.seconds and "answers" or one.problem)
    end
    if host.probes.passing_size then
      seen:note("the longest that was answered", ("%d bytes"):format(host.probes.passing_size))
    end
    if facts.first(host.probes.long, "seconds") then
      return seen:ok("packets of %d bytes pass", host.mtu)
    elseif facts.first(host.probes.long, "is_told") then
      return seen:ok("the path takes less than %d, and says so", host.mtu)
    elseif host.probes.passing_size then
      return seen:broken(of_hole(host))
    end
    return seen:unknown("no host answers pings of that length")
  end,
}
