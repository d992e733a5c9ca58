#!/bin/sh
# SPDX-License-Identifier: MIT
# iproute2 6.1.0: where `ip -j` is no JSON, or not the expected: `monitor` takes no notice of -j and prints text; a
# routing table without a route, such as a modem's own one before it is online, gives a lone "[" and exit status 2; and
# `addr show scope global` has an empty object for each address that it leaves out, also in
# front of the one that was asked for.

# shellcheck source=findings/packages.sh
. "$(dirname "$0")/packages.sh"
unpack bookworm iproute2=6.1.0-3

# In a network namespace of its own: a modem's interface, with one global address and one of scope link.
cat >"$folder/try" <<'END'
ip=$1/root/bin/ip
"$ip" link add wwan0 type veth peer name network && "$ip" link set wwan0 addrgenmode none || exit
"$ip" link set network up && "$ip" link set wwan0 up && "$ip" addr add 10.0.0.2/32 dev wwan0 || exit
"$ip" addr add 10.0.0.3/32 dev wwan0 scope link || exit
case $2 in
  monitor)
    "$ip" -j monitor route >"$1/seen" &
    for n in $(seq 200); do # It is not known when it begins to listen, so routes are added until it has seen one.
      [ ! -s "$1/seen" ] || break
      "$ip" route add "192.0.2.$n/32" dev wwan0
      sleep 0.05
    done
    kill $!
    grep -m1 -o ' dev wwan0.*' "$1/seen"
    ;;
  table) "$ip" -j route show table 77 2>/dev/null; echo "exit status $?" ;;
  scope) "$ip" -j addr show dev wwan0 scope global | grep -oE '"local":"[^"]*"|\{\}' | tr '\n' ' ' ;;
esac
END
try() { unshare -rn sh "$folder/try" "$folder" "$1"; }

expect "monitor" " dev wwan0 scope link " "$(try monitor)"
expect "a table without routes" "[exit status 2" "$(try table | tr -d '\n')"
expect "scope global" '{} "local":"10.0.0.2" ' "$(try scope)"
