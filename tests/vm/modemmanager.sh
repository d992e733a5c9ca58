# SPDX-License-Identifier: MIT
# For the tests with ModemManager: it runs, knows the modem, or does not. Source it after lib.sh.
# shellcheck shell=sh

mkdir -p /run/dbus
dbus-daemon --system --fork

log=/run/modemmanager.log

# start_manager [OPTION...]
start_manager() {
  ModemManager "$@" >$log 2>&1 &
  manager=$!
}
stop_manager() {
  kill "$manager"
  wait "$manager"
}

modems() { mmcli -L 2>/dev/null | grep -c 'MC7455'; }
has_modems() { [ "$(modems)" = "$1" ]; }

last_words() {
  mmcli -L
  tail -n 30 $log
}

# has_modem_again: ModemManager knows the one modem there is.
has_modem_again() { until_true has_modems 1; }

# start_manager_beside: it starts while we have the modem, and looks at all ports.
start_manager_beside() {
  start_manager --debug
  until_true grep 'port cdc-wdm0 not candidate' $log
  until_true mmcli -L
}

# expect_taken: ModemManager runs, and does not have the modem.
expect_taken() {
  expect_status 0 mmcli -L
  expect_words 'No modems were found'
}

# expect_nothing_left: neither in udev nor in our own folder.
expect_nothing_left() {
  left=$(ls -d /run/udev/rules.d /run/moontower/taken/* 2>/dev/null)
  [ -z "$left" ] || fail "left: $left"
}
