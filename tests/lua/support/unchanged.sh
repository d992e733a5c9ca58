# SPDX-License-Identifier: MIT
# For the scripts of world.run: has a command left the computer as it was? Source it: . $SUPPORT/unchanged.sh
# shellcheck shell=sh disable=SC1091,SC2016,SC2034,SC2154

. "$SUPPORT/daemon.sh"

# What must not change: the host's settings, and each file of moontower's but those of the modem itself, locks, what is
# known of modems, which AT port owes a killed run an answer, what a daemon has seen of its day, and the client ids in a modem that are kept on purpose.
all() {
  {
    for family in -4 -6; do
      ip $family rule
      ip $family route show table all proto 77
    done
    ip nexthop
    ip -o address show scope global
    ip -o link show | sed 's/^[0-9]*: //; s/ qdisc .*//'
    for name in wwan0 wwan1; do cat /proc/sys/net/ipv6/conf/$name/accept_ra; done
    stat -c '%A %N' /etc/resolv.conf
    cat /etc/resolv.conf
    find /run/moontower /var/lib/moontower -type f ! -path '/run/moontower/qmi/*.json' |
      grep -v '/simulator/\|/locks/\|/devices/\|/control/\|/identities/\|/channels/\|/failures/\|/at_ports/\|/ladders/.*json$\|/moontower/\(history\|usage\|sms\|apns\)/' | sort
    find /run/moontower/qmi -name '*.json' -exec grep -L '"kept":true' {} +
  } 2>/dev/null
}

# was: remembers what there is. same: ends the script if that has changed.
was() { all >/run/test/was 2>&1; }
same() {
  all >/run/test/now 2>&1
  cmp -s /run/test/was /run/test/now || {
    diff /run/test/was /run/test/now >/run/test/output
    fail "not as before"
  }
}

# fail WORDS: ends the script. $moment says what was done to the command before.
fail() {
  echo "FAILED $1 ($moment)"
  cat /run/test/output
  exit 1
}

# run COMMAND...: it must succeed.
run() { "$@" >/run/test/output 2>&1 || fail "$*"; }

# patiently COMMAND...: it must succeed, once there is a modem (3 if not): that may be restarting.
patiently() {
  tries=0
  while "$@" >/run/test/output 2>&1; status=$?; [ $status = 3 ] && [ $tries -lt 600 ]; do
    tries=$((tries + 1))
    sleep 0.05
  done
  [ $status = 0 ]
}

# guard: is there a guard over a change on trial? Of this world: others are in the same namespace of processes.
# kill_guard: kills it, and waits until the kernel has let go of its lock: that comes after its memory.
guard() {
  guardian=$(cat /run/moontower/locks/trial_* 2>/dev/null) &&
    tr '\0' ' ' <"/proc/$guardian/cmdline" 2>/dev/null | grep -q 'moontower guard '
}
kill_guard() {
  guard && kill -KILL "$guardian"
  awaited="no guard"
  until_true '! guard && flock -n /run/moontower/locks/trial_* true'
}

# works [INTERFACE]: traffic passes.
works() { ping -c 1 -W 5 -I "${1:-wwan0}" 8.8.8.8 >/run/test/output 2>&1 || fail "no traffic"; }

# online COUNT: waits until so many modems are online. serve COUNT: starts the daemon, and waits for that.
online() {
  awaited=$1
  until_true '[ "$(moontower why | grep -c " is online ")" = "$awaited" ]'
}
serve() {
  start
  online "$1"
}
