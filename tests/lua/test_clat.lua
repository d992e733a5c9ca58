-- SPDX-License-Identifier: MIT
-- IPv4 where the network gives IPv6 alone: its NAT64 is found, tayga translates, and goes with the link.

local ipv6 = require "link.ipv6"
local lu = require "luaunit"
local nat64 = require "link.clat.nat64"
local programs = require "support.programs"
local world = require "support.world"

local T = {}

function T.setUp() programs.need { tayga = "tayga" } end

-- RFC 6052, 2.4.
local examples = {
  [32] = { "2001:db8::", "2001:db8:c000:221::" },
  [40] = { "2001:db8:100::", "2001:db8:1c0:2:21::" },
  [48] = { "2001:db8:122::", "2001:db8:122:c000:2:2100::" },
  [56] = { "2001:db8:122:300::", "2001:db8:122:3c0:0:221::" },
  [64] = { "2001:db8:122:344::", "2001:db8:122:344:c0:2:2100::" },
  [96] = { "2001:db8:122:344::", "2001:db8:122:344::c000:221" },
}

function T.test_addresses_of_rfc_6052()
  for length, example in pairs(examples) do
    local prefix = { prefix = example[1], length = length }
    lu.assertEquals(ipv6.bytes(nat64.embed(prefix, "192.0.2.33")), ipv6.bytes(example[2]))
    lu.assertEquals(nat64.extract(prefix, example[2]), "192.0.2.33")
    lu.assertNil(nat64.extract(prefix, "2001:db9::1"))
    local both = { nat64.embed(prefix, "192.0.0.170"), nat64.embed(prefix, "192.0.0.171") }
    lu.assertEquals(nat64.prefix_of(both), prefix)
    lu.assertEquals(nat64.prefix_of { both[2] }, prefix)
    lu.assertNil(nat64.prefix_of { both[1], "2001:db8::1" })
  end
  lu.assertNil(nat64.prefix_of {})
end

-- The address is in the prefix where it would be for two lengths: the other one decides.
function T.test_a_prefix_that_contains_the_address()
  local prefix = { prefix = "2001:db8:c000:aa::", length = 96 }
  lu.assertEquals(nat64.prefix_of { nat64.embed(prefix, "192.0.0.171"), nat64.embed(prefix, "192.0.0.170") }, prefix)
end

local LIFE = [[
rules() {
  sysctl net.ipv6.conf.all.forwarding net.ipv6.conf.lo.forwarding; ip -o link | cut -d: -f2; ls /run/moontower/clat
}
mkdir -p /run/moontower/clat
rules >/run/test/rules
moontower up --apn r.ispsn --metric 321 || exit
ping -q -c 1 -W 5 8.8.8.8 || exit
ip -4 route show default
moontower status || exit
moontower up --apn r.ispsn --metric 321 >/dev/null || exit
echo "$(pgrep -xc tayga) tayga"
moontower down
rules | diff /run/test/rules - && echo as before
]]

for length, example in pairs(examples) do
  T["test_a_ping_through_a_prefix_of_" .. length] = function()
    local prefix = ("%s/%d"):format(example[1], length)
    local result = world.run(LIFE, { "nat64=" .. prefix })
    lu.assertEquals({ result.status, result.err }, { 0, "" }, result.out)
    lu.assertStrContains(result.out, "by tayga: IPv4 through " .. prefix)
    lu.assertStrContains(result.out, "default dev clat2 proto 77 scope link src 192.0.0.1 metric 321")
    lu.assertStrContains(result.out, "1 tayga\n")
    lu.assertStrContains(result.out, "as before")
    lu.assertEquals(result.after, result.before)
  end
end

function T.test_tayga_is_not_installed()
  local result = world.run([[
: >/run/test/nothing
which -a tayga | while read -r each; do mount --bind /run/test/nothing "$each"; done
moontower up --apn r.ispsn || exit
moontower up --apn r.ispsn --json | grep -A3 '"clat"'
moontower status || exit
moontower up --apn r.ispsn --no-clat >/run/test/without || exit
grep CLAT /run/test/without
moontower down]], { "nat64" })
  lu.assertEquals(result.status, 0, result.out .. result.err)
  lu.assertStrContains(result.out, "IPv4 behind 64:ff9b::/96; tayga, which translates it, is not installed")
  lu.assertStrContains(result.out, "`apt install tayga`")
  lu.assertStrContains(result.out, '"prefix":"64:ff9b::/96"')
  lu.assertEquals(result.after, result.before)
end

function T.test_a_network_without_ipv4_and_nat64()
  local result = world.run("moontower up --apn r.ispsn && moontower down", { "downgrade=ipv6" })
  world.assert_success(result)
  lu.assertNotStrContains(result.out, "CLAT")
end

function T.test_tayga_does_not_heed_the_signal_to_end()
  local result = world.run([[
moontower up --apn r.ispsn || exit
kill -STOP $(pgrep -x tayga)
moontower down
ip link show clat2]], { "nat64" })
  lu.assertStrContains(result.err, '"clat2" does not exist')
  lu.assertEquals(result.after, result.before)
end

-- The program ends, and comes back; after a kill of the daemon, and of `up`, nothing is left.
function T.test_tayga_ends_and_the_daemon_is_killed()
  local result = world.run([[
. $SUPPORT/unchanged.sh
was
echo 'return { modems = { { apn = "r.ispsn" } } }' >/run/test/config.lua
serve 1
run ping -q -c 1 -W 5 8.8.8.8
kill -KILL $(pgrep -x tayga)
until_true 'ping -q -c 1 -W 5 8.8.8.8'
end KILL
run ping -q -c 1 -W 5 8.8.8.8
run moontower down
same
for pause in 0.05 0.1 0.15 0.2 0.25 0.3 0.5; do
  moment="killed after $pause s"
  moontower up --apn r.ispsn --no-probe >/run/test/output 2>&1 & up=$!
  sleep $pause; kill -KILL $up 2>/dev/null; wait $up
  run moontower down
  same
  awaited="tayga has ended" # which its device has before it
  until_true '! pgrep -x tayga'
done
echo finished]], { "nat64" })
  lu.assertStrContains(result.out, "finished", false, result.out .. result.err)
end

return T
