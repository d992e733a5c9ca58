-- SPDX-License-Identifier: MIT
-- The web: what answers there is the world, and no page of the operator's; and this computer's clock is right, without
-- which programs trust no server (TLS).

local facts = require "explain.facts"

local DAY = 86400 -- seconds; certificates are made to be valid some time before

local function direction_of(delta) return delta > 0 and "fast" or "slow" end
local function days_of(delta)
  local days = math.abs(delta) // DAY
  return days == 1 and "1 day" or ("%d days"):format(days)
end

-- No connection to the web server came about. Others, to port 443, may.
local function of_silence(ports, seen)
  local has_answer = false
  for _, one in ipairs(ports) do
    seen:note(one.probe, facts.answer_words(one))
    has_answer = has_answer or one.seconds ~= nil
  end
  if has_answer or not ports[1] then
    return seen:unknown("no web server answers without TLS")
  end
  return seen:broken {
    code = "unreachable",
    message = "hosts answer pings, and no TCP connection comes about: ports 80 and 443 are silent",
    hint = "A packet filter drops them: `nft list ruleset`, or `iptables -S`, shows this computer's; else it is the "
      .. "operator's.",
  }
end

return facts.host_link {
  name = "web", needs = { "path" },

  look = function(all, seen)
    local web = all.host.probes.web
    if not web then
      return seen:unknown("it was not asked")
    end
    seen:note(web.probe, web.problem or ("answers %d"):format(web.status))
    local delta = web.clock_delta
    if delta then
      seen:note("this computer's clock", math.abs(delta) > DAY and ("%s by %s"):format(direction_of(delta),
        days_of(delta)) or ("%+d seconds"):format(delta))
    end
    if web.portal then
      return seen:broken(facts.portal(web))
    elseif delta and math.abs(delta) > DAY then
      return seen:broken {
        code = "unreachable",
        message = ("this computer's clock is %s by %s: programs trust no server (TLS)"):format(
          direction_of(delta), days_of(delta)),
        hint = "Set it: `timedatectl set-ntp true`, ntpd, or `date -s`; without a battery it is wrong at each start.",
      }
    elseif web.problem then
      return of_silence(all.host.probes.ports or {}, seen)
    elseif not web.is_own then
      return seen:unknown("%s does not lead to itself, as the world's does: the page may be the operator's", web.probe)
    end
    return seen:ok("the world's, in %.0f ms%s", web.seconds * 1000, delta and ", and the clock is right" or "")
  end,
}
