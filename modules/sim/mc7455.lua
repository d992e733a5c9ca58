-- SPDX-License-Identifier: MIT
-- The personality of a Sierra Wireless MC7455 on Sprint's network: what it calls itself, knows and is given.

---@class sim.personality
local mc7455 = {
  name = "mc7455",

  usb = {
    vendor = 0x1199, product = 0x9071, release = 0x0006,
    manufacturer = "Sierra Wireless, Incorporated",
    model = "Sierra Wireless MC7455 Qualcomm® Snapdragon™ X7 LTE-A",
    serial = "LQ54510003041005",
  },

  imei = "359072060000011",
  firmware = "SWI9X30C_02.24.05.06",
  hardware = "MC7455",
  data_classes = { "umts", "hsdpa", "hsupa", "lte" },
  max_sessions = 8,
  max_control = 4096, -- of its descriptor: the longest control message it takes

  latency = 0.005,   -- seconds from a command to its answer
  search_time = 0.2, -- to find the network
  boot_time = 1,     -- from a restart until it is on the bus again

  -- Its firmware wants to be asked for the SIM (Subscriber Ready Status) before it connects.
  subscriber_first = true,
  -- What it says about PINs while it wants none: not that PIN1 is open, but that PIN2 is not.
  idle_pin = { type = "pin2", state = "locked", remaining_attempts = 3 },

  card = {
    imsi = "310120000000123",
    iccid = "89011200000123456781",
    number = "15550100123",
    pin = "1234",
    puk = "12345678",
  },

  provider = { id = "310120", name = "Sprint" },
  -- Others in reach, which do not want this SIM.
  neighbours = { { id = "311480", name = "Verizon" }, { id = "310410", name = "AT&T" } },
  rssi = 21, -- -71 dBm
  cell = { id = 0x0a3b2c01, tac = 0x2f01, pci = 214, earfcn = 8665, rsrp = -98, rsrq = -10 },
  uplink_speed = 50000000,
  downlink_speed = 300000000,

  apns = { ["r.ispsn"] = true },
  default_apn = "r.ispsn",
  default_ip_type = "ipv4v6",
  unknown_apn_cause = 33, -- requested service option not subscribed
  mtu = 1500,
  dns = {
    ipv4 = { "68.28.50.11", "68.28.58.11" },
    ipv6 = {},
  },

  -- Who answers pings besides the gateway and the DNS servers, and what they know.
  echo = { "8.8.8.8", "1.1.1.1", "2001:4860:4860::8888" },
  hosts = {
    ["example.com"] = { ipv4 = "93.184.215.14", ipv6 = "2606:2800:21f:cb07:6820:80da:af6b:8b2c" },
    ["one.one.one.one"] = { ipv4 = "1.1.1.1" },
    ["dns.google"] = { ipv4 = "8.8.8.8", ipv6 = "2001:4860:4860::8888" },
  },
}

---The addresses of a session. A /30 of its own and a /64, as Sprint's network gives them.
---@param session integer
---@param lease integer how often the network has renumbered the session
---@return table ipv4
---@return table ipv6
function mc7455.addresses(session, lease)
  local subnet = 36 + 4 * session
  local ipv4 = {
    address = ("184.250.%d.%d"):format(142 + lease % 100, subnet + 2),
    prefix_length = 30,
    gateway = ("184.250.%d.%d"):format(142 + lease % 100, subnet + 1),
  }
  local ipv6 = {
    address = ("2600:100e:b0%x:%x::2"):format(0x2d + lease % 100, session + 1),
    prefix_length = 64,
    gateway = "fe80::1",
  }
  return ipv4, ipv6
end

return mc7455
