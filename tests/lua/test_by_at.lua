-- SPDX-License-Identifier: MIT
-- Modems without MBIM and QMI: network cards (ECM, NCM, RNDIS) that are connected by AT commands.

local json = require "dkjson"
local lu = require "luaunit"
local world = require "support.world"

local T = {}

local eq = lu.assertEquals

local function run(command, options, faults, preparation)
  return world.run(command, faults, preparation, options)
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

return T
