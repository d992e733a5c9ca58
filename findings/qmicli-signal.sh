#!/bin/sh
# SPDX-License-Identifier: MIT
# qmicli 1.32.2 and 1.38.0: --nas-get-signal-info prints -32768, which stands for no value, as n/a for 5G, and as
# -32768 dBm and -3276.8 dB for LTE.
#
# So a script that reads the lines of LTE has -32768 in its statistics whenever the modem has no value.

# shellcheck source=findings/packages.sh
. "$(dirname "$0")/packages.sh"
here=$(dirname "$0")

signal() {
  LD_LIBRARY_PATH=$(echo "$folder"/root/usr/lib/*-linux-gnu) unshare -rn python3 "$here/qmi-modem.py" "004f=$1" -- \
    "$folder/root/usr/bin/qmicli" -p -d /dev/null --device-open-qmi --nas-get-signal-info | grep -E 'RSRP|SNR' |
    tr -s '\n\t' ' '
}

try() {
  unpack "$@"
  expect "LTE (0x14)" " RSRP: '-32768 dBm' SNR: '-3276.8 dB' " "$(signal 140600c4f600800080)"
  expect "5G (0x17)" " RSRP: 'n/a' SNR: 'n/a' " "$(signal 17040000800080)"
  rm -r "$folder/root"
}
try bookworm libqmi-utils=1.32.2-1 libqmi-glib5=1.32.2-1 libqrtr-glib0=1.2.2-1 libmbim-glib4=1.28.2-1
try sid libqmi-utils=1.38.0-1+b1 libqmi-glib5=1.38.0-1+b1 libqrtr-glib0=1.4.0-1+b1 libmbim-glib4=1.34.0-1+b1
