-- SPDX-License-Identifier: MIT
-- DNS: the servers that this computer's programs ask answer.

local facts = require "explain.facts"

local function result_of(one) return facts.answer_words(one) or "not asked" end

local function note(host, seen)
  for _, one in ipairs(host.probes.servers) do seen:note(one.probe, result_of(one)) end
  if host.resolv_conf then
    seen:note("/etc/resolv.conf", "# " .. host.resolv_conf)
  end
  for _, resolver in ipairs(host.resolvers) do
    seen:note("nameserver " .. resolver.address, ("%s, %s"):format(
      resolver.link and "by " .. resolver.link or "no way there", result_of(resolver)))
  end
  for _, other in ipairs(host.routed) do
    seen:note("systemd-resolved", ("all names are asked of %s's servers: %s"):format(other.link, other.servers))
  end
end

-- Those of the list that do not answer, if all are such: one that was not asked may answer.
local function all_dead(list)
  local names = {}
  for i, one in ipairs(list) do
    if not one.problem and (one.seconds or one.link) then
      return nil
    end
    names[i] = one.address or one.probe:gsub("^dns:", "")
  end
  return names[1] and table.concat(names, ", ")
end

local function is_own(host, address)
  for _, server in ipairs(host.servers) do
    if server == address then return true end
  end
  return false
end

local HINT = "Connect again: `moontower down`, then `moontower up`. If they stay silent, name others in "
  .. "/etc/resolv.conf, with `moontower up --no-dns`."

local function silent(names)
  local message = ("the network's DNS servers do not answer: %s"):format(names)
  return { code = "unreachable", hint = HINT, message = message }
end

-- Questions do not even leave this computer.
local function of_filter(host)
  for _, list in ipairs { host.resolvers, host.probes.servers } do
    for _, one in ipairs(list) do
      if one.filtered then
        return {
          code = "permission", message = "a packet filter of this computer drops what is asked of DNS servers",
          hint = "`nft list ruleset`, or `iptables -S`, shows it: allow what goes out to port 53.",
        }
      end
    end
  end
end

-- A program of this computer is to be asked, and does not run.
local function of_missing_stub(host)
  for _, one in ipairs(host.resolvers) do
    if not one.refused or one.link ~= "lo" then return nil end
  end
  local first = host.resolvers[1]
  return first and {
    code = "unreachable",
    message = ("programs ask %s for names, by /etc/resolv.conf, and no program of this computer answers there"):format(
      first.address),
    hint = "Start it: `systemctl start systemd-resolved`, or dnsmasq, or what else has written that. Without it, "
      .. "`moontower up` writes this connection's servers there.",
  }
end

-- Names go to a tunnel's servers.
local function of_routed(host)
  for _, other in ipairs(host.routed) do
    if other.problem then
      return {
        code = "unreachable", hint = ("End or restart what has made %s (a VPN?)."):format(other.link),
        message = ("systemd-resolved asks %s, of %s, for every name, and that does not answer"):format(other.servers,
          other.link),
      }
    end
  end
end

local function of_resolvers(host)
  local dead = all_dead(host.resolvers)
  if not host.resolvers[1] then
    return {
      code = "unreachable", message = "/etc/resolv.conf names no server",
      hint = host.servers[1] and "`moontower up` writes this connection's servers there."
        or "The network has given none: write one there, such as `nameserver 9.9.9.9`.",
    }
  elseif not dead then
    return nil
  elseif is_own(host, host.resolvers[1].address) then
    return silent(dead)
  end
  return {
    code = "unreachable",
    message = ("programs ask %s for names, by /etc/resolv.conf, and that does not answer"):format(dead),
    hint = "Another program has written that, such as a VPN: end or restart it; then `moontower up` writes this "
      .. "connection's servers there.",
  }
end

-- A program of this computer asks the connection's servers.
local function of_stub(all)
  local first = all.host.resolvers[1]
  local dead = first and first.link == "lo" and not facts.better_way(all, "ipv4") and all_dead(all.host.probes.servers)
  return dead and silent(dead)
end

return facts.host_link {
  name = "dns", needs = { "addresses" },

  look = function(all, seen)
    local host = all.host
    note(host, seen)
    if not facts.answers(all) then
      return seen:unknown("no host answers: see the link path")
    end
    local why = of_filter(host) or of_missing_stub(host) or of_routed(host) or of_resolvers(host) or of_stub(all)
    if why then
      return seen:broken(why)
    end
    local elsewhere = facts.difference(all, "dns")
    return seen:ok("%s", elsewhere and "names are asked elsewhere: " .. elsewhere.message or "names are answered")
  end,
}
