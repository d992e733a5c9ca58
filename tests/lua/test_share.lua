-- SPDX-License-Identifier: MIT
-- `share`: a computer on another interface gets the connection's prefix from the program that runs there, and loses it.

local lu = require "luaunit"
local world = require "support.world"

local T = {}

local function run(script, ...)
  local result = world.run(". $SUPPORT/lan.sh\n" .. script, ...)
  lu.assertNotStrContains(result.err, "traceback")
  return result
end

local programs = {
  dnsmasq = "run_dnsmasq --conf-dir=/run/lan/dnsmasq.d,.bak",
  radvd = "run_radvd",
}

-- Through the modem, and after its prefix has changed; at the end everything is as before.
local LIFE = [[
lan >/run/lan/before
moontower up --apn r.ispsn --share br-lan || exit
until_client 2600:100e:b02d:1:
until_pinged 2001:4860:4860::8888
moontower status || exit
moontower simulate fault renumber
moontower up --apn r.ispsn --share br-lan || exit
until_client '2600:100e:b02d:1:.* deprecated'
until_client '2600:100e:b02e:1:.* dynamic'
client ip -6 -o address show scope global | grep 2600:100e:b02e:1: | grep -q deprecated && exit 99
until_pinged 2001:4860:4860::8888
moontower down
until_client '2600:100e:b02e:1:.* deprecated'
lan | diff /run/lan/before - && echo as before
]]

for name, start in pairs(programs) do
  T["test_a_computer_gets_the_prefix_by_" .. name] = function()
    local result = run(start .. "\n" .. LIFE)
    lu.assertEquals(result.status, 0, result.out .. result.err)
    lu.assertStrContains(result.out, "shared    2600:100e:b02d:1::/64 with br-lan, by " .. name)
    lu.assertStrContains(result.out, "2600:100e:b02d:1::2/128")
    lu.assertStrContains(result.out, "as before")
    lu.assertEquals(result.after, result.before)
  end
end

return T
