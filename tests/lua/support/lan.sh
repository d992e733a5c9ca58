# SPDX-License-Identifier: MIT
# For worlds: br-lan, an interface of the host, with a computer on the other side that takes router advertisements.
# shellcheck shell=sh

mkdir -p /run/lan
unshare --net sleep 600 &
computer=$!
until [ "$(readlink /proc/$computer/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.02; done
ip link add br-lan type veth peer name lan0
ip link set lan0 netns $computer
ip link set br-lan up

client() { nsenter --target $computer --net "$@"; }
client ip link set lo up
client ip link set lan0 up

# until_client WORDS: it has an address of which `ip` says this.
until_client() {
  n=0
  until client ip -6 -o address show dev lan0 scope global | grep -q "$1"; do
    n=$((n + 1))
    [ $n -lt 300 ] || { echo "the client never has: $1" >&2; client ip -6 address >&2; exit 1; }
    sleep 0.1
  done
}

# until_pinged ADDRESS: the other computer gets an answer.
until_pinged() {
  n=0
  until client ping -q -c 1 -W 1 "$1" >/dev/null; do
    n=$((n + 1))
    [ $n -lt 60 ] || { echo "$1 never answers the client" >&2; client ip -6 route >&2; exit 1; }
    sleep 0.1
  done
}

# run_dnsmasq ARGUMENT...: on br-lan, with a folder for what others add.
run_dnsmasq() {
  mkdir -p /run/lan/dnsmasq.d
  echo 'domain-needed' >/run/lan/dnsmasq.conf
  dnsmasq --conf-file=/run/lan/dnsmasq.conf --interface=br-lan --port=0 --pid-file=/run/lan/dnsmasq.pid --user=root "$@"
}

# run_radvd: with a block for br-lan. It wants a host that forwards, which does not heed its own advertisements.
run_radvd() {
  sysctl -q net.ipv6.conf.all.forwarding=1
  printf '# mine\ninterface br-lan {\n\tAdvSendAdvert on;\n\tMaxRtrAdvInterval 10;\n};\n' >/run/lan/radvd.conf
  cp /run/lan/radvd.conf /run/lan/radvd.conf.before
  radvd --config /run/lan/radvd.conf --pidfile /run/lan/radvd.pid --logmethod logfile --logfile /run/lan/radvd.log
}

# lan: what of it our side has changed.
lan() {
  ip -6 address show dev br-lan scope global
  sysctl net.ipv6.conf.all.forwarding net.ipv6.conf.br-lan.accept_ra net.ipv6.conf.br-lan.forwarding
  ls /run/lan/dnsmasq.d 2>/dev/null
  [ ! -e /run/lan/radvd.conf ] || cmp /run/lan/radvd.conf /run/lan/radvd.conf.before
}
