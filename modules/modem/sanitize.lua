-- SPDX-License-Identifier: MIT
-- Sanitises a modem's IP configuration. Modems send zeros, loopback addresses and lengths that cannot be.

local net = require "net"

local M = {}

-- More than any network gives; what is beyond is a confused modem's.
local MAX_ADDRESSES, MAX_SERVERS = 8, 8
-- A shorter prefix would take the host's other networks over, whatever the metric.
local SHORTEST = { ipv4 = 8, ipv6 = 32 }
local LONGEST = { ipv4 = 32, ipv6 = 128 }
-- RFC 791 and RFC 8200: what every link must carry.
local SMALLEST_MTU, LARGEST_MTU = { ipv4 = 576, ipv6 = 1280 }, 65535

local is_unicast, is_link_local = net.is_unicast, net.is_link_local

local function addresses_of(family, list)
  local usable, seen = {}, {}
  for _, element in ipairs(list) do
    local address = element.address or "::" -- or it was cut off
    local is_new = not seen[address]
    seen[address] = true
    -- A link-local one is no address on the internet: the real one comes by router advertisement.
    if is_new and #usable < MAX_ADDRESSES and is_unicast(address) and not is_link_local(address) then
      local length = element.prefix_length or 0
      if length < SHORTEST[family] or length > LONGEST[family] then
        length = LONGEST[family]
      end
      usable[#usable + 1] = { address = address, prefix_length = length }
    end
  end
  return usable
end

local function servers_of(list, own)
  local usable, seen = {}, {}
  for _, element in ipairs(own) do
    seen[element.address] = true -- a server there would be this host
  end
  for _, server in ipairs(list) do
    -- A link-local server would need to be told with its interface, which resolv.conf's readers seldom understand.
    if #usable < MAX_SERVERS and not seen[server] and is_unicast(server) and not is_link_local(server) then
      seen[server] = true
      usable[#usable + 1] = server
    end
  end
  return usable
end

---@param family "ipv4"|"ipv6"
---@param given modem.family as the modem has it
---@return modem.family
function M.family(family, given)
  local mtu, gateway = given.mtu, given.gateway
  local addresses = addresses_of(family, given.addresses)
  for _, element in ipairs(addresses) do
    gateway = gateway ~= element.address and gateway or nil -- no way out leads through oneself
  end
  return {
    addresses = addresses,
    gateway = gateway and is_unicast(gateway) and gateway or nil,
    dns = servers_of(given.dns, addresses),
    mtu = mtu and mtu >= SMALLEST_MTU[family] and mtu <= LARGEST_MTU and mtu or nil,
    narrow = family == "ipv6" and mtu and mtu >= SMALLEST_MTU.ipv4 and mtu < SMALLEST_MTU.ipv6 and mtu or nil,
  }
end

---A link has one MTU for both families. Is it too small for IPv6? The kernel would take that from the link.
---@param ipv4 modem.family
---@param ipv6 modem.family
---@return integer? mtu
function M.too_narrow(ipv4, ipv6)
  local mtu = math.min(ipv4.mtu or LARGEST_MTU, ipv6.narrow or LARGEST_MTU)
  return mtu < SMALLEST_MTU.ipv6 and mtu or nil
end

return M
