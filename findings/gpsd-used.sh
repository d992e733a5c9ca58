#!/bin/sh
# SPDX-License-Identifier: MIT
# gpsd 3.22: the satellites of Galileo and BeiDou are never used for a fix, though $GNGSA lists them by the numbers
# that $GAGSV and $GBGSV give them too, and by the number of the system (NMEA 0183 4.11: GSA's last field, 3 and 4);
# those of GPS and GLONASS are. QZSS and NavIC, whose lines begin with $GQ and $GI there, are not shown at all; $QZGSV
# is.
#
# So a fix by four systems, as any modem of today has, looks as if it were by half of its satellites.

# shellcheck source=findings/packages.sh
. "$(dirname "$0")/packages.sh"
unpack bookworm gpsd-clients=3.22-4.1+deb12u1 libgps28=3.22-4.1+deb12u1 \
  libbluetooth3=5.66-1+deb12u2 libdbus-1-3=1.14.10-1~deb12u1

sentence() { # TEXT: with its checksum
  sum=0
  for code in $(printf %s "$1" | od -An -tu1); do sum=$((sum ^ code)); done
  printf '$%s*%02X\r\n' "$1" "$sum"
}
position() { sentence "GNRMC,12000$1.00,A,0000.000000,N,00000.000000,E,0.0,,010126,,,A,V"; }
satellites() { # TALKER NUMBER SYSTEM: two seconds, each with a fix by the one satellite that is in view
  for second in 0 1; do
    position "$second"
    sentence "GNGSA,A,3,$2,,,,,,,,,,,,1.5,1.0,1.1,$3"
    sentence "$1GSV,1,1,01,$2,45,120,38,1"
  done >"$folder/lines"
  position 2 >>"$folder/lines"
  LD_LIBRARY_PATH=$(echo "$folder"/root/usr/lib/*-linux-gnu) "$folder/root/usr/bin/gpsdecode" -j <"$folder/lines" |
    grep '"class":"SKY"' | tail -n 1 | grep -oE '"(used|gnssid|svid)":[a-z0-9]+' | tr -d '"' | tr '\n' ' '
}
expect "GPS 5" "used:true gnssid:0 svid:5 " "$(satellites GP 05 1)"
expect "GLONASS 65" "used:true gnssid:6 svid:1 " "$(satellites GL 65 2)"
expect "Galileo 5" "used:false gnssid:2 svid:5 " "$(satellites GA 05 3)"
expect "BeiDou 5" "used:false gnssid:3 svid:5 " "$(satellites GB 05 4)"
expect "QZSS 2" "" "$(satellites GQ 02 5)"
expect "QZSS 2 by \$QZGSV" "used:false gnssid:5 svid:2 " "$(satellites QZ 02 5)"
expect "NavIC 5" "" "$(satellites GI 05 6)"
