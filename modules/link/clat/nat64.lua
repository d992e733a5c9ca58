-- SPDX-License-Identifier: MIT
-- IPv4 addresses inside IPv6 addresses (RFC 6052), and by them the prefix of a network's NAT64 (RFC 7050).

local ipv6 = require "link.ipv6"
local probe = require "core.probe"
local trace = require "trace"

---@class link.nat64
---@field prefix string its first address
---@field length 32|40|48|56|64|96

local M = { NAME = "ipv4only.arpa" }

-- Seconds for each server, in two rounds: the kernel may drop the first answer, if that is so quick that its work on an
-- address that was just added is not done.
local TIMES = { 1, 3 }
local MOST_SERVERS = 2

-- Behind a prefix of each length, which bytes of an address the four of an IPv4 address are. The ninth is zero. The
-- usual length comes first.
local lengths = { 96, 64, 56, 48, 40, 32 }
local places = {
  [32] = { 5, 6, 7, 8 }, [40] = { 6, 7, 8, 10 }, [48] = { 7, 8, 10, 11 }, [56] = { 8, 10, 11, 12 },
  [64] = { 10, 11, 12, 13 }, [96] = { 13, 14, 15, 16 },
}
-- The addresses of that name; each host has no other IPv6 addresses for it than those that a NAT64 makes.
local well_known = { ["192.0.0.170"] = true, ["192.0.0.171"] = true }

local function embedded_in(bytes, length)
  local place = places[length]
  return ("%d.%d.%d.%d"):format(bytes:byte(place[1]), bytes:byte(place[2]), bytes:byte(place[3]), bytes:byte(place[4]))
end

---@param length integer of a prefix
---@return boolean may it be a NAT64's?
function M.is_length(length) return places[length] ~= nil end

---The IPv6 address that stands for an IPv4 address behind a NAT64.
---@param nat64 link.nat64
---@param address string
---@return string
function M.embed(nat64, address)
  local bytes, i = { ipv6.bytes(nat64.prefix):byte(1, 16) }, 0
  for number in address:gmatch "%d+" do
    i = i + 1
    bytes[places[nat64.length][i]] = tonumber(number)
  end
  return ipv6.address(string.char(table.unpack(bytes)))
end

---The IPv4 address that an IPv6 address stands for.
---@param nat64 link.nat64
---@param address string
---@return string? address nil: none, it does not have that prefix
function M.extract(nat64, address)
  local bytes, size = ipv6.bytes(address), nat64.length // 8
  return bytes:sub(1, size) == ipv6.bytes(nat64.prefix):sub(1, size) and embedded_in(bytes, nat64.length) or nil
end

---The prefix behind which all of these addresses are those of that name.
---@param addresses string[]
---@return link.nat64?
function M.prefix_of(addresses)
  for _, length in ipairs(#addresses > 0 and lengths or {}) do
    local fits, prefix = true, nil
    for _, address in ipairs(addresses) do
      local bytes = ipv6.bytes(address)
      fits = fits and well_known[embedded_in(bytes, length)] and (length == 96 or bytes:byte(9) == 0)
      prefix = bytes:sub(1, length // 8) .. ("\0"):rep(16 - length // 8)
    end
    if fits then
      return { prefix = ipv6.address(prefix), length = length }
    end
  end
end

---Asks the DNS servers of a link, through it.
---@param link string
---@param servers string[]
---@return link.nat64|false|nil nat64 false: the network has none
---@return moontower.error? err no server has answered
function M.find(link, servers)
  local err
  for _, seconds in ipairs(TIMES) do
    for i = 1, math.min(#servers, MOST_SERVERS) do
      local answered, addresses = probe.dns {
        address = servers[i], name = M.NAME, aaaa = true, link = link, timeout = seconds,
      }
      if answered then
        local nat64 = M.prefix_of(addresses)
        trace.note("translated", { prefix = nat64 and ("%s/%d"):format(nat64.prefix, nat64.length) or "none" })
        return nat64 or false
      end
      err = addresses
    end
  end
  return nil, err
end

return M
