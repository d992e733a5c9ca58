-- SPDX-License-Identifier: MIT
-- Addresses: the network has given some, and this computer has them on the interface; IPv4 among them.

local facts = require "explain.facts"

local LEAST_IPV6_MTU = 1280 -- RFC 8200

local function note(asked, host, seen)
  for _, family in ipairs { "ipv4", "ipv6" } do
    local told = host.told[family]
    if told.addresses[1] then
      seen:note("the network gives", table.concat(told.addresses, ", ")
        .. (told.gateway and " via " .. told.gateway or ""))
    end
  end
  seen:note(host.name, ("%s, %s"):format(host.is_up and "up" or "down", host.addresses[1]
    and table.concat(host.addresses, ", ") or "no address"))
  for _, twin in ipairs(host.twins) do seen:note(twin.link, twin.address .. ", the same network") end
  if asked.wanted then
    seen:note("asked for", asked.wanted.ip)
  end
end

local NO_NAT64 = "Ask for IPv4 as well, `moontower up --ip ipv4v6`; else another APN, or the operator, may have it."

-- IPv6 alone: programs and hosts that know IPv4 only need a translation.
local function without_ipv4(all, seen)
  local host, wanted = all.host, all.asked.wanted or {}
  local translation = host.clat
  if translation and translation.problem then
    return seen:broken {
      code = "unreachable", message = ("IPv6 alone, without IPv4 (CLAT): %s"):format(translation.problem),
      hint = translation.hint or "`moontower up` tries again.",
    }
  elseif translation then
    return seen:ok("%s; IPv4 by %s, through the network's NAT64", host.addresses[1], translation.device)
  elseif wanted.ip == "ipv6" or wanted.clat == false then
    return seen:ok("%s: IPv6 alone, as was asked for", host.addresses[1])
  elseif host.probes.nat64 then
    return seen:ok("%s: IPv6 alone; names lead through the network's NAT64", host.addresses[1])
  end
  return seen:broken {
    code = "unreachable", hint = NO_NAT64,
    message = "the network gives IPv6 alone, and no NAT64: hosts that have IPv4 alone are out of reach",
  }
end

local function has_ipv4(host)
  if host.told.ipv4.addresses[1] then
    return true
  end
  for _, address in ipairs(host.addresses) do
    if not address:find ":" then return true end
  end
  return false
end

local function why_missing(host, seen)
  if not host.is_up then
    return seen:broken {
      code = "unreachable", message = ("the interface %s is down"):format(host.name),
      hint = host.is_ours and "`moontower up` puts it up."
        or "What has connected the modem has not set this computer up: `moontower up` does both.",
    }
  elseif not host.told.ipv4.addresses[1] and not host.told.ipv6.addresses[1] and not host.addresses[1] then
    return seen:broken {
      code = "no-address", message = "connected, but neither the modem nor the network gave an address",
      hint = "Is the APN right? Some networks connect any APN and give it nothing.",
    }
  end
end

-- The modem says that it is connected, and not how; or `up` has disconnected it, as it had no address to use.
local function without_host(all, seen)
  local session, failure = all.asked.session, all.asked.failure
  if session.state == "activated" then
    seen:note("the modem", session.problem)
    return seen:broken {
      code = "no-address", message = ("connected, and without addresses: %s"):format(session.problem),
      hint = "Is the APN right? Connect again: `moontower down`, then `moontower up`.",
    }
  elseif failure and failure.code == "no-address" then
    return seen:broken(facts.of_failure(failure, seen))
  end
end

-- Below IPv6's least MTU the kernel has no IPv6 on an interface: it takes the addresses away.
local function of_short_mtu(host)
  if host.mtu >= LEAST_IPV6_MTU or host.mtu >= host.wanted_mtu then
    return nil
  end
  local there = {}
  for _, address in ipairs(host.addresses) do there[address] = true end
  for _, address in ipairs(host.told.ipv4.addresses) do
    if not there[address] then return nil end
  end
  return {
    code = "unreachable", hint = "Another program has set that MTU: `moontower up` puts it back, and the addresses.",
    message = ("%s has an MTU of %d, and IPv6 needs %d: so the kernel has taken its IPv6 addresses away"):format(
      host.name, host.mtu, LEAST_IPV6_MTU),
  }
end

return facts.host_link {
  name = "addresses", needs = { "apn" }, without_host = without_host,

  look = function(all, seen)
    local host = all.host
    note(all.asked, host, seen)
    local difference = facts.difference(all, "address", "clat")
    local twin = host.twins[1]
    if twin and not facts.answers(all) then
      return seen:broken {
        code = "unreachable", message = ("%s has the same network (%s) as the modem"):format(twin.link, twin.address),
        hint = ("Give %s other addresses, or take it down: answers may go to the wrong one."):format(twin.link),
      }
    end
    local verdict = why_missing(host, seen) or difference and seen:broken(of_short_mtu(host) or difference)
    if verdict then
      return verdict
    elseif not has_ipv4(host) then
      return without_ipv4(all, seen)
    end
    return seen:ok("%s on %s", table.concat(host.addresses, ", "), host.name)
  end,
}
