-- SPDX-License-Identifier: MIT
-- Situations in which a simulated modem is registered, and its connection is refused, ended, forbidden, or of no use to
-- this computer.

local UP = "moontower up --apn r.ispsn; "
local FAULT = UP .. "moontower simulate fault "
local QMI = { "--composition", "qmi" }
local SERVE = ". $SUPPORT/daemon.sh; start"

-- A cable that is not plugged in: the other end of the pair is down.
local ETHERNET = "ip link add eth7 type veth peer name far7; ip link set eth7 up; "
  .. "ip address add 192.0.2.2/24 dev eth7; "
local WAY = "ip route add default via 192.0.2.1 dev eth7 metric 100; "

-- The same of IPv6, with a cable; the other end has another address than the gateway.
local ETHERNET6 = "ip link add eth7 type veth peer name far7; ip link set far7 up; ip link set eth7 up; "
  .. "ip address add 2001:db8:7::2/64 dev eth7 nodad; ip -6 route add default via fe80::7 dev eth7 metric 10"

-- A router that answers: the other end of the pair is in a namespace of its own.
local ROUTER = "ip netns add lan; ip link add eth7 type veth peer name far7 netns lan; "
  .. "ip netns exec lan ip address add 192.0.2.1/24 dev far7; ip netns exec lan ip link set far7 up; "
  .. "ip address add 192.0.2.2/24 dev eth7; ip link set eth7 up; "

-- That of a VPN whose other end is gone.
local TUNNEL = "ip tuntap add tun7 mode tun; ip address add 10.8.0.2/24 dev tun7; ip link set tun7 up; "

local BUDGET = [[mkdir -p /etc/moontower; cat >/etc/moontower/config.lua <<END
return { modems = { { apn = "r.ispsn", policy = { "schedule", budget = "1 B" } } } }
END
]]

-- Those of an hour that is twelve hours away.
local HOURS = [[mkdir -p /etc/moontower; hour=$(date +%H); hour=$(( (${hour#0} + 12) % 24 ))
cat >/etc/moontower/config.lua <<END
return { modems = { { apn = "r.ispsn", policy = { "schedule", hours = "$hour:00-$hour:01" } } } }
END
]]

-- It leaves the session behind.
local CONNECT = [[cat >/run/test/connect.lua <<END
local modem <close> = assert(require("modem").find())
assert(modem:connect { apn = "r.ispsn" })
END
moontower run /run/test/connect.lua]]

local list = {
  { name = "an APN of another operator", broken = "apn", shows = "cause 27", faults = { "only-apn=internet" },
    run = UP },
  { name = "an APN of another operator, over QMI", broken = "apn", shows = "cause 27", options = QMI,
    faults = { "only-apn=internet" }, run = UP },
  { name = "a wrong user or password", broken = "apn", shows = "cause 29", faults = { "refuse-auth" }, run = UP },
  { name = "IPv6 where only IPv4 is allowed", broken = "apn", shows = "--ip ipv4", faults = { "refuse=50" },
    run = "moontower up --apn r.ispsn --ip ipv6" },
  { name = "IPv4 where only IPv6 is allowed", broken = "apn", shows = "--ip ipv6", faults = { "refuse=51" },
    run = "moontower up --apn r.ispsn --ip ipv4" },
  { name = "a network that makes the modem wait", broken = "apn", shows = "refuses a connection",
    faults = { "throttle=600" }, run = UP .. UP },
  { name = "the network has ended the connection", broken = "apn", shows = "cause 36",
    run = FAULT .. "disconnect" },
  { name = "the connection is gone, and nothing was said", broken = "apn", shows = "connection is over",
    run = FAULT .. "disconnect-silent" },
  { name = "`moontower down` was ordered", broken = "apn", shows = "`moontower down` was given",
    run = SERVE .. "; until_why 'is online'; moontower down" },
  { name = "a policy keeps it offline", broken = "apn", shows = "used up",
    run = BUDGET .. UP .. "ping -c1 8.8.8.8; " .. SERVE .. "; until_why 'used up'" },
  { name = "it is outside of its hours", broken = "apn", shows = "outside of its hours",
    run = HOURS .. SERVE .. "; until_why 'hours'" },
  { name = "a network that gives no address", broken = "addresses", shows = "APN right", faults = { "dhcp=no" },
    run = "moontower up --apn r.ispsn --ip ipv4" },
  { name = "IPv6 alone, which is switched off here", broken = "addresses", shows = "disable_ipv6",
    run = "echo 1 >/proc/sys/net/ipv6/conf/wwan0/disable_ipv6; moontower up --apn r.ispsn --ip ipv6" },
  { name = "connected by a script, without this computer", broken = "addresses", shows = "is down",
    run = CONNECT },
  { name = "an address that another program has taken", broken = "addresses", shows = "184.250.142.38 is missing",
    run = UP .. "ip address flush dev wwan0 scope global" },
  { name = "the network has given other addresses since", broken = "addresses", shows = "is missing on wwan0",
    run = FAULT .. "renumber" },
  { name = "IPv4 is refused, and IPv6 alone given", broken = "addresses", shows = "no NAT64", options = QMI,
    faults = { "refuse-ipv4" }, run = UP },
  { name = "an MTU too short for IPv6, by another program", broken = "addresses", shows = "MTU of 1200",
    run = UP .. "ip link set wwan0 mtu 1200" },
  { name = "an interface that is down", broken = "addresses", shows = "wwan0 is down",
    run = UP .. "ip link set wwan0 down" },
  { name = "IPv6 alone, without NAT64", broken = "addresses", shows = "no NAT64", faults = { "downgrade=ipv6" },
    run = UP },
  { name = "IPv6 alone, without CLAT", broken = "addresses", shows = "tayga",
    faults = { "nat64" }, run = "PATH=/bin:/usr/bin:$(dirname $(command -v moontower)) moontower up --apn r.ispsn" },
  { name = "another interface has the same network", broken = "addresses", shows = "eth7", run = UP
    .. "ip link add eth7 type veth peer name far7; ip address add 184.250.142.1/24 dev eth7; ip link set eth7 up; "
    .. "moontower simulate fault blackhole" },
  { name = "a route that is missing", broken = "routes", shows = "IPv4 default route",
    run = UP .. "ip route del default dev wwan0" },
  { name = "a better route by a cable that is not plugged in", broken = "routes", shows = "eth7",
    run = UP .. ETHERNET .. WAY },
  { name = "a better route by a router that is silent", broken = "routes", shows = "eth7", run = UP .. ETHERNET
    .. "ip link set far7 up; " .. WAY },
  { name = "a better route of IPv6 by a router that is silent", broken = "routes", shows = "IPv6 goes by eth7",
    run = UP .. ETHERNET6 },
  { name = "a VPN that takes both halves of IPv4, and is dead", broken = "routes", shows = "tun7", run = UP
    .. TUNNEL .. "ip route add 0.0.0.0/1 dev tun7; ip route add 128.0.0.0/1 dev tun7" },
  -- To this computer, the second modem's interface is a tunnel.
  { name = "a tunnel that goes first, and lets nothing through", broken = "routes", shows = "nothing answers there",
    options = { "--count", "2" }, asked = "simulated1", run = "moontower up --device simulated1 --apn r.ispsn; "
      .. "moontower up --device simulated2 --apn r.ispsn --metric 100; moontower simulate fault blackhole --on 2" },
  { name = "a rule of a kill switch, past the main table", broken = "routes", shows = "rule, priority 100: table 999",
    run = UP .. "ip route add unreachable default table 999; ip rule add priority 100 lookup 999" },
  { name = "a rule that prohibits", broken = "routes", shows = "rule, priority 100: prohibit",
    run = UP .. "ip rule add priority 100 prohibit" },
  { name = "a VPN's route that lets nothing through", broken = "routes", shows = "unreachable",
    run = UP .. "ip route add unreachable default metric 1" },
  { name = "strict rp_filter beside a better route", broken = "routes", shows = "net/ipv4/conf/wwan0/rp_filter=2",
    run = "moontower up --apn r.ispsn --ip ipv4; " .. ROUTER .. WAY
    .. "for name in all wwan0; do echo 1 >/proc/sys/net/ipv4/conf/$name/rp_filter; done" },
  { name = "DNS servers that are silent", broken = "dns", shows = "68.28.50.11", run = FAULT .. "no-dns" },
  { name = "a VPN's DNS server, and the VPN is dead", broken = "dns", shows = "10.8.0.1", run = UP
    .. TUNNEL .. "echo '# Generated by a VPN' >/etc/resolv.conf; echo nameserver 10.8.0.1 >>/etc/resolv.conf" },
  { name = "a VPN's DNS server, and the VPN is gone", broken = "dns", shows = "10.8.0.1",
    run = UP .. "echo nameserver 10.8.0.1 >/etc/resolv.conf" },
  { name = "systemd-resolved asks a dead VPN for every name", broken = "dns", shows = "systemd-resolved asks 10.8.0.1",
    run = UP .. TUNNEL .. "mkdir -p /run/systemd/resolve/netif; "
      .. "printf 'SERVERS=10.8.0.1\\nDOMAINS=~.\\n' >/run/systemd/resolve/netif/$(cat /sys/class/net/tun7/ifindex)" },
  { name = "a name server of this computer that does not run", broken = "dns", shows = "systemd-resolved",
    run = UP .. "ip link set lo up; echo nameserver 127.0.0.53 >/etc/resolv.conf" },
  { name = "a name server by an address of no host's", broken = "dns", shows = "programs ask 0.0.0.0",
    run = UP .. "ip link set lo up; echo nameserver 0.0.0.0 >/etc/resolv.conf" },
  { name = "a packet filter that lets no DNS out", broken = "dns", shows = "packet filter", run = UP
    .. "nft 'add table inet f; add chain inet f out { type filter hook output priority 0; }; "
    .. "add rule inet f out udp dport 53 drop'" },
  { name = "no DNS server at all", broken = "dns", shows = "names no server", run = UP .. ": >/etc/resolv.conf" },
  { name = "no DNS server of the network's", broken = "dns", shows = "has given none", faults = { "no-servers" },
    run = ": >/etc/resolv.conf; " .. UP },
  { name = "packets are lost", broken = "path", shows = "nothing answers", run = FAULT .. "blackhole" },
  { name = "packets are lost, over QMI", broken = "path", shows = "nothing answers", options = QMI,
    run = FAULT .. "blackhole" },
  { name = "packets are lost until a reset", broken = "path", shows = "nothing answers",
    run = FAULT .. "blackhole-until reset" },
  { name = "a modem whose data path stands still", broken = "path", shows = "nothing answers",
    run = FAULT .. "stall" },
  { name = "a plan whose data is used up", broken = "path", shows = "prohibited", run = FAULT .. "closed" },
  { name = "a page of the operator's, and pings pass", broken = "web", shows = "portal.simulated",
    run = FAULT .. "portal" },
  { name = "a page of the operator's, and nothing else", broken = "path", shows = "portal.simulated",
    run = FAULT .. "closed; moontower simulate fault portal" },
  { name = "this computer's clock is slow", broken = "web", shows = "slow by 400 days",
    run = FAULT .. "web-clock 34560300" },
  { name = "a packet filter that lets nothing out", broken = "path", shows = "packet filter", run = UP
    .. "nft 'add table inet f; add chain inet f out { type filter hook output priority 0; policy drop; }'" },
  { name = "a packet filter that lets nothing in", broken = "path", shows = "have come in", run = UP
    .. "nft 'add table inet f; add chain inet f in { type filter hook input priority 0; policy drop; }'" },
  { name = "a packet filter that lets no TCP out", broken = "web", shows = "443", run = UP
    .. "nft 'add table inet f; add chain inet f out { type filter hook output priority 0; }; "
    .. "add rule inet f out meta l4proto tcp drop'" },
  { name = "a path MTU hole", broken = "mtu", shows = "--mtu 1380", run = FAULT .. "mtu-hole 1400" },
  { name = "a path MTU hole, IPv4 alone", broken = "mtu", shows = "--mtu 1420",
    run = "moontower up --apn r.ispsn --ip ipv4; moontower simulate fault mtu-hole 1430" },
  { name = "an MTU longer than the network's", broken = "mtu", shows = "the network takes 1500",
    run = UP .. "ip link set wwan0 mtu 2000; moontower simulate fault mtu-hole 1500" },
}

-- Causes of 3GPP TS 24.301 for a connection.
for number, words in pairs {
  [8] = "barred", [26] = "resources", [28] = "IP type", [31] = "no reason",
  [33] = "not subscribed", [38] = "network failure",
} do
  list[#list + 1] = {
    name = ("a connection refused, cause %d"):format(number), broken = "apn", shows = words,
    faults = { "refuse-apn=" .. number }, run = UP, options = number % 2 == 1 and QMI or nil,
  }
end

return list
