-- SPDX-License-Identifier: MIT
-- How Huawei's network cards are connected: AT^NDISDUP. They answer DHCP, and tell the same by AT^DHCP?.
--
-- Sources: ModemManager's plugin huawei and its tests; ANSSI's umts_config; OpenWrt's ncm.json.

local ipv4 = require "link.ipv4"

-- Eight digits, the last byte of the address first; nil: zeros, or anything else.
local function address_of(digits)
  return #digits == 8 and digits:find "[^0]" and ipv4.address(("<I4"):pack(tonumber(digits, 16))) or nil
end

local function prefix_length(digits)
  local length = #digits == 8 and ipv4.prefix_length(("<I4"):pack(tonumber(digits, 16))) or 0
  return length > 0 and length or 32
end

-- ^DHCP: <address>,<mask>,<gateway>,<DHCP server>,<DNS>,<DNS>,<rate>,<rate>
local function read(lines)
  for _, line in ipairs(lines) do
    local words = {}
    for word in (line:match "^%s*%^DHCP:(.*)$" or ""):gmatch "%x+" do words[#words + 1] = word end
    local address = #words >= 6 and address_of(words[1])
    if address then
      local servers = { address_of(words[5]) }
      servers[#servers + 1] = address_of(words[6])
      return { ipv4 = {
        addresses = { { address = address, prefix_length = prefix_length(words[2]) } },
        gateway = address_of(words[3]), dns = servers,
      } }
    end
  end
end

return { {
  asks = "AT^NDISSTATQRY?", login = false,
  connects = { 'AT^NDISDUP={cid},1,"{apn}"[,"{user}","{password}",{auth}]' }, ends = { "AT^NDISDUP={cid},0" },
  -- One or two groups of four: state, cause, -, type; newer ones have the context before, the oldest the state alone.
  asks_state = "AT^NDISSTATQRY?",
  on = { "^%^NDISSTATQRY:.*%f[%d]1,%d*,[^,]*,%s*\"?IPV[46]", "^%^NDISSTATQRY:%s*1%s*$" },
  news = "^NDISSTAT", cause = "^%s*%^NDISSTAT:%s*%d*,?%s*0,(%d+)",
  addresses = { "dhcp", "told" }, tells = { asks = "AT^DHCP?", read = read },
} }
