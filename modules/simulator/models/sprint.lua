-- SPDX-License-Identifier: MIT
-- The world outside the simulated modems: Sprint's network, and a SIM for it. A part of each personality.

---@class simulator.personality
local sprint = {
  card = {
    imsi = "310120000000123",
    iccid = "89011200000123456781",
    number = "15550100123",
    spn = "Sprint",
    pin = "1234",
    puk = "12345678",
  },

  provider = { id = "310120", name = "Sprint" },
  -- Others in reach, which do not want this SIM.
  neighbours = { { id = "311480", name = "Verizon" }, { id = "310410", name = "AT&T" } },
  rssi = 21, -- -71 dBm
  -- rsrp at that rssi, in dBm; rsrq in dB; snr in 0.1 dB; bandwidths in MHz.
  cell = {
    id = 0x0a3b2c01, tac = 0x2f01, pci = 214, band = 25, earfcn = 8665, bandwidth = 10,
    rsrp = -98, rsrq = -10, snr = 124,
    neighbour = { id = 0x0a3b2d01, pci = 87, rsrp = -106, rsrq = -14 }, -- on the same channel
    secondary = { pci = 301, band = 41, earfcn = 40072, bandwidth = 20 }, -- for carrier aggregation
  },
  -- 5G, for modems that know it: beside the cell of LTE, or alone, where it has an id and a tracking area.
  nr = {
    id = 0x37fb2c041, tac = 0x60aa00, pci = 625, band = 41, channel = 520110, bandwidth = 100,
    rsrp = -95, rsrq = -11, snr = 175,
    neighbour = { pci = 626, rsrp = -103, rsrq = -14 },
  },
  -- Where it is, for its GPS: degrees, and metres above the sea.
  position = { latitude = 40.7484, longitude = -73.9857, altitude = 42.5 },
  smsc = "13123149810",

  apns = { ["r.ispsn"] = true, ["ims"] = true },
  default_apn = "r.ispsn",
  default_ip_type = "ipv4v6",
  unknown_apn_cause = 33, -- requested service option not subscribed
  mtu = 1500,
  far_gateway = "10.64.64.64", -- of a network that gives addresses as a /32
  dns = {
    ipv4 = { "68.28.50.11", "68.28.58.11" },
    ipv6 = {},
  },
  dns64 = "2600:100e:ffff::53", -- where the network has a NAT64

  -- Hosts that answer pings besides the gateway and the DNS servers, and their services.
  echo = { "8.8.8.8", "1.1.1.1", "2001:4860:4860::8888" },
  hosts = {
    ["example.com"] = { ipv4 = "93.184.215.14", ipv6 = "2606:2800:21f:cb07:6820:80da:af6b:8b2c" },
    ["one.one.one.one"] = { ipv4 = "1.1.1.1" },
    ["dns.google"] = { ipv4 = "8.8.8.8", ipv6 = "2001:4860:4860::8888" },
  },
}

---The addresses of a session: its own /30 and /64, as Sprint's network assigns them.
---@param session integer
---@param lease integer how often the network has renumbered the session
---@param neighbour integer? which of several modems, from 0
---@return table ipv4
---@return table ipv6
function sprint.addresses(session, lease, neighbour)
  local subnet = 36 + 4 * session
  neighbour = neighbour or 0
  local ipv4 = {
    address = ("184.%d.%d.%d"):format(250 - neighbour, 142 + lease % 100, subnet + 2),
    prefix_length = 30,
    gateway = ("184.%d.%d.%d"):format(250 - neighbour, 142 + lease % 100, subnet + 1),
  }
  local ipv6 = {
    address = ("2600:100e:b0%x:%x::2"):format(0x2d + lease % 100, neighbour << 4 | session + 1),
    prefix_length = 64,
    gateway = "fe80::1",
  }
  return ipv4, ipv6
end

return sprint
