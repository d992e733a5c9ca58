#!/bin/sh
# SPDX-License-Identifier: MIT
# gpsd 3.22: takes the satellites in $PQGSV for QZSS (gnssid 5, PRN 201 and up). Qualcomm's modems, such as Quectel's
# BG96, report those of BeiDou so; the same line as $GBGSV gives BeiDou (gnssid 3, PRN 401 and up).
#
# So a skyplot has satellites that QZSS does not have, such as its 30th, and none of BeiDou.

# shellcheck source=findings/packages.sh
. "$(dirname "$0")/packages.sh"
unpack bookworm gpsd-clients=3.22-4.1+deb12u1 libgps28=3.22-4.1+deb12u1 \
  libbluetooth3=5.66-1+deb12u2 libdbus-1-3=1.14.10-1~deb12u1

position=A,0000.000000,N,00000.000000,E,0.0,,010126,0.0,E,A,V
satellites() { # LINE: one with two satellites, numbers 12 and 30, between two positions
  printf '$%s\r\n' "GPRMC,120000.00,$position*66" "$1" "GPRMC,120001.00,$position*67" |
    LD_LIBRARY_PATH=$(echo "$folder"/root/usr/lib/*-linux-gnu) "$folder/root/usr/bin/gpsdecode" -j |
    grep -oE '"(PRN|gnssid|svid)":[0-9]+' | tr -d '"' | tr '\n' ' '
}
expect "\$PQGSV" "PRN:204 gnssid:5 svid:12 PRN:222 gnssid:5 svid:30 " \
  "$(satellites 'PQGSV,1,1,02,12,45,100,40,30,30,200,38*63')"
expect "\$GBGSV" "PRN:412 gnssid:3 svid:12 PRN:430 gnssid:3 svid:30 " \
  "$(satellites 'GBGSV,1,1,02,12,45,100,40,30,30,200,38*67')"
