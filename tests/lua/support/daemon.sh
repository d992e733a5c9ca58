# SPDX-License-Identifier: MIT
# For the scripts of world.run: starts the daemon, waits until something is so, ends the daemon. Source it:
# . $SUPPORT/daemon.sh
# shellcheck shell=sh disable=SC2016,SC2034

# until_true COMMAND: waits until this shell command succeeds; if it never does, the script ends.
until_true() {
  tries=0
  until eval "$1" >/dev/null 2>&1; do
    tries=$((tries + 1))
    if [ $tries = 600 ]; then
      echo "never so: $1 ($awaited) ${moment:-}"
      moontower why
      cat /run/test/log
      exit 1
    fi
    sleep 0.1
  done
}

# until_why PATTERN: waits until `moontower why` says so, because an event takes a moment to reach the daemon.
until_why() {
  awaited=$1
  until_true 'moontower why | grep -e "$awaited"'
}

# until_in FILE PATTERN [COUNT]: waits until that many lines of the file say so.
until_in() {
  awaited=$2 awaited_in=$1 awaited_count=${3:-1}
  until_true '[ "$(grep -c -e "$awaited" "$awaited_in")" -ge "$awaited_count" ]'
}

# start [OPTION...]: starts the daemon, with the configuration of the test if there is one; its process is $daemon.
start() {
  if [ -e /run/test/config.lua ]; then
    set -- --config /run/test/config.lua "$@"
  fi
  moontower serve "$@" 2>>/run/test/log &
  daemon=$!
  until_true 'grep "00010000 .* /run/moontower/control/socket$" /proc/net/unix' # it listens; a killed one left its file
}

# end [SIGNAL]: ends the daemon.
end() {
  kill "-${1:-TERM}" "$daemon"
  wait "$daemon" 2>/dev/null
}
