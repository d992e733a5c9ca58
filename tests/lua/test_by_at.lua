-- SPDX-License-Identifier: MIT
-- Modems without MBIM and QMI: network cards (ECM, NCM, RNDIS) that are connected by AT commands.

local carriers = require "carrier"
local ec25 = require "simulator.models.ec25"
local json = require "dkjson"
local lu = require "luaunit"
local netlink = require "core.netlink"
local personality = require "simulator.models.personality"
local simulated = require "support.simulated"
local state = require "state"
local world = require "support.world"

local T = {}

local eq = lu.assertEquals

local function run(command, options, begins_with, preparation)
  return world.run(command, begins_with, preparation, options)
end

-- ---- up and down ----

-- To the host, this one is a router with DHCP. What `up` has changed in the modem, `down` puts back.
function T.test_to_a_ping_and_back()
  local result = run([[moontower at 'AT+CGDCONT=1,"IP","before"'
    moontower up --json --apn r.ispsn >/run/test/up; echo "up $?"; moontower at 'AT+CGDCONT?'; ip route
    moontower up --apn r.ispsn | grep bearer; moontower status --json >/run/test/status; echo "status $?"
    moontower down; moontower at 'AT+CGDCONT?'; cat /run/test/up]], { "--modem", "ec25", "--composition", "ecm" })
  world.assert_success(result)
  for _, words in ipairs {
    "up 0\n", '+CGDCONT: 1,"IPV4V6","r.ispsn"', "default via 192.168.225.1 dev wwan0 proto 77", "connected already",
    "status 0\n", "is offline\n+CGDCONT: 1,\"IP\",\"before\"",
  } do
    lu.assertStrContains(result.out, words)
  end
  local told = json.decode(result.out:match "\n({.*)$")
  eq({ told.online, told.bearer.apn, told.link.addresses },
    { true, "r.ispsn", { { address = "192.168.225.42", prefix_length = 24 } } })
  eq(result.after, result.before)
end

-- ---- each maker's way ----

local ROUTED, TOLD = "192.168.225.42", "184.250.142.38"

-- What connects it; who makes it; whether it is a router to the host; where the address on the host comes from.
local ways = {
  { "qnetdevctl", "Quectel", "ecm", ec25.router, ROUTED },
  { "ndisdup", "Huawei Technologies Co., Ltd.", "ncm", nil, TOLD, lease = 600 },
  { "ndisdup", "Huawei Technologies Co., Ltd.", "ncm", nil, TOLD }, -- which has ^DHCP
  { "gtrndis", "Fibocom Wireless Inc.", "rndis", ec25.router, ROUTED },
  { "xdatachannel", "Fibocom Wireless Inc.", "ncm", nil, TOLD },
  { "qcrmcall", "SIMCom", "rndis", ec25.router, ROUTED },
  { false, "Another", "ecm", nil, TOLD },
}

local function model_of(way)
  local kind, manufacturer, _, router = table.unpack(way, 1, 4)
  local usb = personality.join(ec25.usb, { vendor = 0x1234, product = 0x5678, manufacturer = manufacturer })
  return personality.join(ec25, { usb = usb, at = false, connects_by = kind, router = router or false })
end

local function with_card(way, fn)
  simulated.with_modem({ composition = way[3], model = model_of(way) }, function(modem, sim)
    sim.network.dhcp = way.lease or false
    fn(modem, sim)
    state.persistent.remove("contexts", modem.description.name)
  end)
end

local function carrier_of(values) return assert(carriers.load("default", values)) end

local function ipv4_of(name)
  for _, address in ipairs(assert(netlink.addresses(name))) do
    if address.address:find "%." then return address.address end
  end
end

for i, way in ipairs(ways) do
  T[("test_way_%d_%s"):format(i, way[1] or "3gpp")] = function()
    with_card(way, function(modem, sim)
      sim.profiles[1].apn_name = "before"
      local link = assert(modem:up(carrier_of { apn = "r.ispsn", ip = "ipv4" }))
      eq({ ipv4_of "wwan0", sim.sessions[0].apn, sim.sessions[0].ip_type }, { way[5], "r.ispsn", "ipv4" })
      eq(modem:session(0), { session = 0, state = "activated", ip = "ipv4" })
      lu.assertTrue(link:prove { probe = "8.8.8.8" })
      assert(modem:down())
      eq({ sim.sessions, sim.profiles[1].apn_name, ipv4_of "wwan0" }, { {}, "before", nil })
    end)
  end
end

return T
