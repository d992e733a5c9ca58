-- SPDX-License-Identifier: MIT
-- For tests: shell functions that tell whether a command has left the computer as it was.

local M = {}

-- `all` is what nobody may find changed: the host's settings, and each file of ours but for those of the modem itself,
-- locks, and what is known of modems. `moment` is what was done to the command before.
M.PRELUDE = [[
all() { for f in -4 -6; do ip $f rule; ip $f route show table all proto 77; done; ip nexthop
  ip -o address show scope global; ip -o link show | sed 's/^[0-9]*: //; s/ qdisc .*//'
  for n in wwan0 wwan1; do cat /proc/sys/net/ipv6/conf/$n/accept_ra; done 2>/dev/null; stat -c '%A %N' /etc/resolv.conf
  cat /etc/resolv.conf
  find /run/moontower /var/lib/moontower -type f |
    grep -v '/simulator/\|/locks/\|/devices/\|/control/\|/identities/\|/ladders/.*json$' | sort; } 2>/dev/null
fail() { echo "FAILED $1 ($moment)"; cat /run/test/log; exit 1; }
run() { "$@" >/run/test/log 2>&1 || fail "$*"; }
# Goes on while there is no modem (3): it may be restarting.
patiently() { n=0; while "$@" >/run/test/log 2>&1; status=$?; [ $status = 3 ] && [ $n -lt 600 ]; do
  n=$((n+1)); sleep 0.05; done; [ $status = 0 ]; }
works() { ping -c 1 -W 5 -I ${1:-wwan0} 8.8.8.8 >/run/test/log 2>&1 || fail "no traffic"; }
same() { all >/run/test/now 2>&1; cmp -s /run/test/was /run/test/now || {
  diff /run/test/was /run/test/now >/run/test/log; fail "not as before"; }; }
was() { all >/run/test/was 2>&1; }
online() { n=0; until [ "$(moontower why | grep -c ' is online ')" = $1 ]; do n=$((n+1)); [ $n -lt 600 ] || {
  moontower why; fail "not online"; }; sleep 0.05; done; }
serve() { moontower serve --config /run/test/config.lua >>/run/test/serve 2>&1 & daemon=$!; online $1; }
stop() { kill -TERM $daemon; wait $daemon; }
]]

return M
