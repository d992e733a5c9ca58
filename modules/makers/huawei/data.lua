-- SPDX-License-Identifier: MIT
-- How Huawei's network cards are connected: AT^NDISDUP. They answer DHCP, and tell the same by AT^DHCP?.
--
-- Sources: ModemManager's plugin huawei and its tests; ANSSI's umts_config; OpenWrt's ncm.json.

-- Eight digits, the last byte of the address first.
local function address_of(digits)
  local d, c, b, a = digits:match "^(%x%x)(%x%x)(%x%x)(%x%x)$"
  return a and ("%d.%d.%d.%d"):format(tonumber(a, 16), tonumber(b, 16), tonumber(c, 16), tonumber(d, 16)) or nil
end

local function prefix_length(digits)
  local mask, length = tonumber(digits, 16) or 0, 0
  while mask > 0 do
    mask, length = mask >> 1, length + (mask & 1)
  end
  return length > 0 and length or 32
end

-- ^DHCP: <address>,<mask>,<gateway>,<DHCP server>,<DNS>,<DNS>,<rate>,<rate>
local function read(lines)
  for _, line in ipairs(lines) do
    local address, mask, gateway, first, second =
      line:match "^%^DHCP:%s*(%x+),%s*(%x+),%s*(%x+),%s*%x+,%s*(%x+),%s*(%x+)"
    if address then
      return { ipv4 = {
        addresses = { { address = address_of(address), prefix_length = prefix_length(mask) } },
        gateway = address_of(gateway), dns = { address_of(first), address_of(second) },
      } }
    end
  end
  return {}
end

return { {
  asks = "AT^NDISSTATQRY?", login = false,
  connects = { 'AT^NDISDUP={cid},1,"{apn}","{user}","{password}",{auth}' }, ends = { "AT^NDISDUP={cid},0" },
  -- One or two groups of four: state, cause, -, type; newer ones have the context before.
  asks_state = "AT^NDISSTATQRY?", on = "^%^NDISSTATQRY:.*%f[%d]1,%d*,[^,]*,\"?IPV[46]",
  news = "^NDISSTAT", cause = "^%^NDISSTAT:%s*0,(%d+)",
  addresses = { "dhcp", "told" }, tells = { asks = "AT^DHCP?", read = read },
} }
