-- SPDX-License-Identifier: MIT
-- Situations in which a simulated modem is online, or could be at once: no link may be called broken.

local UP = "moontower up --apn r.ispsn"
local QMI = { "--composition", "qmi" }

-- A cable behind which a router answers ARP: the other end of the pair is in a namespace of its own.
local ETHERNET = "ip netns add lan; ip link add eth7 type veth peer name far7 netns lan; "
  .. "ip netns exec lan ip address add 192.0.2.1/24 dev far7; ip netns exec lan ip link set far7 up; "
  .. "ip address add 192.0.2.2/24 dev eth7; ip link set eth7 up; "
  .. "ip route add default via 192.0.2.1 dev eth7 metric 100; ping -c1 192.0.2.1"

-- Its packet filter refuses pings.
local REFUSES = "; ip netns exec lan nft 'add table ip f; add chain ip f in { type filter hook input priority 0; }; "
  .. "add rule ip f in icmp type echo-request reject'; ip neighbour flush dev eth7"

-- The same of IPv6.
local ETHERNET6 = "ip netns add lan; ip link add eth7 type veth peer name far7 netns lan; "
  .. "ip netns exec lan ip address add fe80::7/64 dev far7 nodad; ip netns exec lan ip link set far7 up; "
  .. "ip link set eth7 up; ip address add 2001:db8:7::2/64 dev eth7 nodad; "
  .. "ip -6 route add default via fe80::7 dev eth7 metric 10"

local list = {
  { name = "IPv4 alone", run = UP .. " --ip ipv4" },
  { name = "IPv6 alone, as was asked for",
    run = "echo nameserver 2001:4860:4860::8888 >/etc/resolv.conf; " .. UP .. " --ip ipv6" },
  { name = "IPv6 alone, with NAT64 and CLAT", faults = { "nat64" }, run = UP },
  { name = "IPv6 alone, with NAT64, and no CLAT is wanted", faults = { "nat64" }, run = UP .. " --no-clat" },
  { name = "a network without IPv6", faults = { "downgrade" }, run = UP },
  { name = "IPv6 is refused", faults = { "refuse-ipv6" }, run = UP, options = QMI },
  { name = "a modem that indicates nothing", faults = { "no-news" }, run = UP },
  { name = "a clock that is slow by less than a day", run = UP .. "; moontower simulate fault web-clock 3000",
    word = "web ok" },
  { name = "a slow modem", faults = { "latency=0.4" }, run = UP },
  { name = "a modem that loses an answer", faults = { "silent=1@30" }, run = UP },
  { name = "a network that answers no pings", faults = { "no-pings" }, run = UP },
  { name = "beside Ethernet, which goes first", run = UP .. "; " .. ETHERNET },
  { name = "beside Ethernet, whose router refuses pings", run = UP .. "; " .. ETHERNET .. REFUSES },
  { name = "beside Ethernet, before `up`", run = ETHERNET },
  { name = "beside Ethernet with IPv6, which goes first", run = UP .. "; " .. ETHERNET6 },
  { name = "roaming, as is allowed", faults = { "roam" }, run = UP .. " --roaming" },
  { name = "a weak signal, and packets pass", run = UP .. "; moontower simulate set rsrp=-135" },
  { name = "a short MTU of the user's", run = UP .. " --mtu 1300" },
  { name = "a gateway outside of a /32", faults = { "slash32" }, run = UP },
  { name = "addresses by DHCP", faults = { "dhcp" }, run = UP },
  { name = "a PIN that `up` would enter", faults = { "pin-lock" },
    run = "mkdir -p /etc/moontower; echo 1234 >/etc/moontower/pin; chmod 600 /etc/moontower/pin" },
  { name = "IPv6 is switched off here",
    run = "for name in all wwan0; do echo 1 >/proc/sys/net/ipv6/conf/$name/disable_ipv6; done; " .. UP },
  { name = "two modems", options = { "--count", "2" },
    run = UP .. " --device simulated1; " .. UP .. " --device simulated2" },
  { name = "an eSIM with a profile", faults = { "euicc" }, run = UP },
  { name = "some bands, the network's among them", options = { "--modem", "rm520n" },
    run = "moontower at 'AT+QNWPREFCFG=\"lte_band\",2:4:12:25:26:66'; " .. UP },
  { name = "a VPN that works", run = UP .. "; ip link add name vpn7 type dummy; ip link set vpn7 up; "
    .. "ip address add 10.8.0.2/24 dev vpn7; ip route add 10.0.0.0/8 dev vpn7" },
  { name = "a name server that no program understands, and others",
    run = UP .. "; printf 'nameserver\noptions rotate\nnameserver fe80::1%%eth0\nnameserver 68.28.50.11\n' "
      .. ">/etc/resolv.conf" },
  { name = "a policy that is switched off",
    run = "mkdir -p /etc/moontower; echo 'return { modems = { { policy = false } } }' >/etc/moontower/config.lua; "
      .. ". $SUPPORT/daemon.sh; start; until_why 'is ready'" },
  { name = "after `down`", run = UP .. "; moontower down" },
  { name = "after a failure that is over", faults = { "refuse-apn" },
    run = UP .. "; moontower simulate fault none; " .. UP },
  { name = "no DNS servers of ours, as was asked for", run = "echo nameserver 8.8.8.8 >/etc/resolv.conf; " .. UP
    .. " --no-dns" },
  { name = "in the daemon", run = ". $SUPPORT/daemon.sh; start; until_why 'is online'" },
  { name = "in the daemon, over QMI", run = ". $SUPPORT/daemon.sh; start; until_why 'is online'", options = QMI },
}

-- Those that are not connected are in worlds.lua.
for _, situation in ipairs(require("situations.worlds").healthy) do
  list[#list + 1] = { name = situation.name .. ", online", run = UP, options = situation.options }
end
list[#list + 1] = { name = "QMI, before `up`", options = QMI }
list[#list + 1] = { name = "QMI, online", run = UP, options = QMI }

for _, situation in ipairs(list) do situation.broken = false end
return list
