#!/bin/sh
# SPDX-License-Identifier: MIT
# qmicli 1.32.2 and 1.38.0: --loc-get-gnss-sv-info is one off with a satellite's status: a modem has 1 for idle, 2 for
# searching, 3 for tracking (Qualcomm's location_service_v02.h), and qmicli prints "searching", "tracking", "(null)".
#
# So satellites that are only looked for read as tracked, and those that are tracked have no status.

# shellcheck source=findings/packages.sh
. "$(dirname "$0")/packages.sh"
here=$(dirname "$0")

# satellites STATUS...: a satellite of GPS with each, of which the modem says that it has system, id and status.
satellites() {
  list=
  for status in "$@"; do
    list=${list}0b00000001000000050001${status}00000000000000000000000000000000
  done
  count=$#
  length=$((1 + count * 28))
  printf '0101000010%02x00%02x%s' $length $count "$list"
}

statuses() {
  LD_LIBRARY_PATH=$(echo "$folder"/root/usr/lib/*-linux-gnu) unshare -rn python3 "$here/qmi-modem.py" \
    "0021=+0025:$(satellites 01 02 03)" -- "$folder/root/usr/bin/qmicli" -p -d /dev/null --device-open-qmi \
    --loc-get-gnss-sv-info --client-cid=1 --client-no-release-cid | sed -n 's/.*satellite status: *//p' | tr '\n' ' '
}

try() {
  unpack "$@"
  expect "idle, searching, tracking (1 2 3)" "searching tracking (null) " "$(statuses)"
  rm -r "$folder/root"
}
try bookworm libqmi-utils=1.32.2-1 libqmi-glib5=1.32.2-1 libqrtr-glib0=1.2.2-1 libmbim-glib4=1.28.2-1
try sid libqmi-utils=1.38.0-1+b1 libqmi-glib5=1.38.0-1+b1 libqrtr-glib0=1.4.0-1+b1 libmbim-glib4=1.34.0-1+b1
