-- SPDX-License-Identifier: MIT
-- The addresses of a connection over QMI: from what Get Current Settings says to what a host can use.

local ipv4 = require "link.ipv4"
local sanitize = require "modem.sanitize"

local M = {
  ---The settings to ask for.
  settings = { "dns-address", "ip-address", "gateway-info", "mtu", "ip-family" },
}

---@param reply table of Get Current Settings
---@return modem.family
function M.ipv4(reply)
  local address, mask = reply.ipv4_address, reply.ipv4_gateway_subnet_mask
  return sanitize.family("ipv4", {
    addresses = address and {
      { address = address, prefix_length = mask and ipv4.prefix_length(ipv4.bytes(mask)) or 32 },
    } or {},
    gateway = reply.ipv4_gateway_address,
    dns = { reply.primary_ipv4_dns_address or reply.secondary_ipv4_dns_address, reply.secondary_ipv4_dns_address },
    mtu = reply.mtu,
  })
end

---@param reply table of Get Current Settings
---@return modem.family
function M.ipv6(reply)
  local gateway = reply.ipv6_gateway_address
  return sanitize.family("ipv6", {
    addresses = { reply.ipv6_address },
    gateway = gateway and gateway.address,
    dns = { reply.ipv6_primary_dns_address or reply.ipv6_secondary_dns_address, reply.ipv6_secondary_dns_address },
    mtu = reply.mtu,
  })
end

return M
