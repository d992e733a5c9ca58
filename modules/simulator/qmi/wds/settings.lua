-- SPDX-License-Identifier: MIT
-- The answer to Get Current Settings of the wireless data service.

-- A prefix length as a mask: 30 is 255.255.255.252.
local function mask_of(prefix_length)
  local mask = 0xffffffff << 32 - prefix_length & 0xffffffff
  return ("%d.%d.%d.%d"):format(mask >> 24, mask >> 16 & 255, mask >> 8 & 255, mask & 255)
end

local by_family = {}

function by_family.ipv4(ipv4, wants)
  local answer = {}
  if wants["ip-address"] then
    answer.ipv4_address = ipv4.address
  end
  if wants["gateway-info"] then
    answer.ipv4_gateway_address, answer.ipv4_gateway_subnet_mask = ipv4.gateway, mask_of(ipv4.prefix_length)
  end
  if wants["dns-address"] then
    answer.primary_ipv4_dns_address, answer.secondary_ipv4_dns_address = ipv4.dns[1], ipv4.dns[2]
  end
  return answer
end

function by_family.ipv6(ipv6, wants)
  local answer = {}
  if wants["ip-address"] then
    answer.ipv6_address = { address = ipv6.address, prefix_length = ipv6.prefix_length }
  end
  if wants["gateway-info"] then
    answer.ipv6_gateway_address = { address = ipv6.gateway, prefix_length = ipv6.prefix_length }
  end
  if wants["dns-address"] then
    answer.ipv6_primary_dns_address, answer.ipv6_secondary_dns_address = ipv6.dns[1], ipv6.dns[2]
  end
  return answer
end

local pdp_types = { ipv4 = "ipv4", ipv6 = "ipv6" }

local everything = setmetatable({}, { __index = function() return true end })

---@param session simulator.session
---@param family "ipv4"|"ipv6"
---@param profile integer
---@param wants table<string, true>? the request's mask; nil: everything
---@return table values of the answer
return function(session, family, profile, wants)
  wants = wants or everything
  local answer = by_family[family](session[family], wants)
  if wants["profile-id"] then
    answer.profile_identifier = { profile_type = "3gpp", profile_index = profile }
  end
  if wants["pdp-type"] then
    answer.pdp_type = pdp_types[session.ip_type] or "ipv4-or-ipv6"
  end
  if wants["apn-name"] then
    answer.apn_name = session.apn
  end
  if wants["mtu"] then
    answer.mtu = session[family].mtu
  end
  if wants["ip-family"] then
    answer.ip_family = family
  end
  return answer
end
