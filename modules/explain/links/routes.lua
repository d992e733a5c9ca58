-- SPDX-License-Identifier: MIT
-- Routes: this computer's packets have a way out; by the modem, or by a better one that is not dead.

local facts = require "explain.facts"

local names = { ipv4 = "IPv4", ipv6 = "IPv6" }

local function words_of(way)
  return ("%s%s%s, metric %d%s"):format(way.destination, way.gateway and " via " .. way.gateway or "",
    way.link and " dev " .. way.link or " " .. way.type, way.metric, way.is_dead and ", dead" or "")
end

local OF_TUNNEL = "End or restart what has made it, such as a VPN: `ip route` shows it."

local function hint_of_dead(way)
  if not way.link then
    return "Remove it: `ip route` shows it, and a VPN's kill switch may have made it."
  elseif way.is_tunnel or way.destination ~= "default" then
    return OF_TUNNEL
  end
  return ("Plug its cable in, or take it down: `ip link set %s down`. Or have the modem go first: "
    .. "`moontower up --metric %d`."):format(way.link, math.max(way.metric - 1, 0))
end

-- A way that packets take, and that leads nowhere.
local function of_dead(all, seen)
  for _, family in ipairs { "ipv4", "ipv6" } do
    local way = facts.better_way(all, family)
    if way and way.is_dead then
      return seen:broken {
        code = "unreachable",
        message = way.link and ("%s goes by %s, which is dead, before the modem (metric %d)"):format(
          names[family], way.link, way.metric)
          or ("a route of the type '%s' takes %s before the modem"):format(way.type, names[family]),
        hint = hint_of_dead(way),
      }
    end
  end
end

local function of_strict(all, seen)
  local other = facts.better_way(all, "ipv4")
  if all.host.strict and other and other.link and not facts.answers(all) then
    return seen:broken {
      code = "unreachable",
      message = ("the kernel drops what comes in by %s, as answers would go by %s (strict rp_filter)"):format(
        all.host.name, other.link),
      hint = ("`sysctl net/ipv4/conf/all/rp_filter=2 net/ipv4/conf/%s/rp_filter=2` makes it loose."):format(
        all.host.name),
    }
  end
end

-- The family that counts: IPv4, where it was asked, as VPNs keep IPv6 away on purpose.
local function counting(unbound)
  local list = { ipv4 = {}, ipv6 = {} }
  for _, one in ipairs(unbound) do
    table.insert(list[one.probe:find "%d+%.%d+%.%d+%.%d+" and "ipv4" or "ipv6"], one)
  end
  local family = list.ipv4[1] and "ipv4" or "ipv6"
  return list[family], family
end

-- The modem's connection works, and packets that name no interface do not get there.
local function of_other_way(all, seen)
  local unbound = all.host.probes.unbound or {}
  for _, one in ipairs(unbound) do
    seen:note(one.probe .. ", by the kernel's choice", one.seconds and "answers" or one.problem)
  end
  local list, family = counting(unbound)
  for _, one in ipairs(list) do
    if one.seconds then return nil end
  end
  if not list[1] then
    return nil
  end
  local other = facts.better_way(all, family)
  return seen:broken {
    code = "unreachable",
    message = other
      and ("%s goes by %s before the modem, and nothing answers there"):format(names[family], other.link)
      or ("hosts answer through %s, and not where the kernel chooses the way for %s"):format(all.host.name,
        names[family]),
    hint = other and OF_TUNNEL or "`ip rule` and `ip route get 8.8.8.8` show where packets go: end what leads them "
      .. "there, such as a VPN with its kill switch.",
  }
end

return facts.host_link {
  name = "routes", needs = { "addresses" },

  look = function(all, seen)
    for _, way in ipairs(all.host.ways) do seen:note(names[way.family], words_of(way)) end
    for _, rule in ipairs(all.host.rules or {}) do
      seen:note(("%s rule, priority %d"):format(names[rule.family], rule.priority), rule.action == "table"
        and ("table %d"):format(rule.table) or rule.action)
    end
    seen:note("rp_filter", all.host.strict and "strict" or "not strict")
    local difference = facts.difference(all, "route")
    if difference then
      return seen:broken(difference)
    end
    local verdict = of_dead(all, seen) or of_strict(all, seen) or of_other_way(all, seen)
    if verdict then
      return verdict
    end
    local other = facts.better_way(all, "ipv4") or facts.better_way(all, "ipv6")
    if other then
      return seen:ok("%s goes first, with metric %d; the modem is behind it", other.link or other.type, other.metric)
    end
    return seen:ok("the way out is %s", all.host.name)
  end,
}
