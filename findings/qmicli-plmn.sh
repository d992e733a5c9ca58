#!/bin/sh
# SPDX-License-Identifier: MIT
# qmicli 1.32.2 and 1.38.0: --nas-get-home-network and --nas-get-serving-system print the network's codes as numbers,
# without leading zeros: 310-026 is 310 and 26, and 001-01 is 1 and 1. The home network's own word for how many digits
# there are (TLV 0x12) is not shown at all; --nas-get-cell-location-info shows 00101, but 310-260 as 310026: digits as
# 3GPP TS 24.008 packs them, which is the third of the MNC before the others.
#
# So a script that puts the two together has another network's code (310-26 is not 310-026), or one of two digits; and
# one that takes a cell's network as printed has another network's, too.

# shellcheck source=findings/packages.sh
. "$(dirname "$0")/packages.sh"
here=$(dirname "$0")

qmicli() {
  answer=$1
  shift
  LD_LIBRARY_PATH=$(echo "$folder"/root/usr/lib/*-linux-gnu) unshare -rn python3 "$here/qmi-modem.py" "$answer" -- \
    "$folder/root/usr/bin/qmicli" -p -d /dev/null --device-open-qmi "$@"
}
only() { sed -n "s/^.*\($1\): \('[^']*'\).*$/\1 \2/p" | tr '\n' ' '; }

try() {
  unpack "$@"
  # Home Network (1): 310, 26, "Test"; Home Network 3GPP MNC (0x12): the second one has three digits.
  seen=$(qmicli 0025=01090036011a0004546573741202000101 --nas-get-home-network)
  expect "310-026, at home" "MCC '310' MNC '26' " "$(echo "$seen" | only 'M[CN]C')"
  # Serving System (1) and Current PLMN (0x12): 1, 1, "Test".
  seen=$(qmicli 0024=010600010101020108120900010001000454657374 --nas-get-serving-system)
  expect "001-01, in use" "MCC '1' MNC '1' " "$(echo "$seen" | only 'M[CN]C')"
  # Intrafrequency LTE Info (0x13): 00101, in BCD.
  seen=$(qmicli 0043=1313000100f1100100674523019c184d000501020300 --nas-get-cell-location-info)
  expect "001-01, of a cell" "PLMN '00101' " "$(echo "$seen" | only PLMN)"
  # The same of 310260.
  seen=$(qmicli 0043=131300011300620100674523019c184d000501020300 --nas-get-cell-location-info)
  expect "310-260, of a cell" "PLMN '310026' " "$(echo "$seen" | only PLMN)"
  rm -r "$folder/root"
}
try bookworm libqmi-utils=1.32.2-1 libqmi-glib5=1.32.2-1 libqrtr-glib0=1.2.2-1 libmbim-glib4=1.28.2-1
try sid libqmi-utils=1.38.0-1+b1 libqmi-glib5=1.38.0-1+b1 libqrtr-glib0=1.4.0-1+b1 libmbim-glib4=1.34.0-1+b1
