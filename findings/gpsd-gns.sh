#!/bin/sh
# SPDX-License-Identifier: MIT
# gpsd 3.22: of $GNGNS, whose sixth field has a letter for each system (NMEA 0183 4.11: GPS, GLONASS, Galileo ...; N
# is one that is not in the fix), it heeds the letter of GPS only. A fix by GLONASS alone, "NA", is none to it: the
# position is dropped, though $GNRMC, $GNGGA and $GNGSA of the same second all have it; without that one line it is
# shown.
#
# So a modem whose GPS is switched off, or does not hear it, has no position behind gpsd.

# shellcheck source=findings/packages.sh
. "$(dirname "$0")/packages.sh"
unpack bookworm gpsd-clients=3.22-4.1+deb12u1 libgps28=3.22-4.1+deb12u1 \
  libbluetooth3=5.66-1+deb12u2 libdbus-1-3=1.14.10-1~deb12u1

sentence() { # TEXT: with its checksum
  sum=0
  for code in $(printf %s "$1" | od -An -tu1); do sum=$((sum ^ code)); done
  printf '$%s*%02X\r\n' "$1" "$sum"
}
fix() { # [LETTERS]: the mode of a position by four satellites of GLONASS; of $GNGNS, if it is sent
  for second in 0 1 2; do
    when=12000$second.00
    sentence "GNRMC,$when,A,0100.000000,N,00200.000000,E,0.0,,010126,,,A,V"
    sentence "GNGGA,$when,0100.000000,N,00200.000000,E,1,04,1.0,10.0,M,20.0,M,,"
    sentence "GNGSA,A,3,65,66,67,68,,,,,,,,,1.5,1.0,1.1,2"
    [ $# = 0 ] || sentence "GNGNS,$when,0100.000000,N,00200.000000,E,$1,04,1.0,10.0,20.0,,,V"
  done >"$folder/lines"
  LD_LIBRARY_PATH=$(echo "$folder"/root/usr/lib/*-linux-gnu) "$folder/root/usr/bin/gpsdecode" -j <"$folder/lines" |
    grep '"class":"TPV"' | tail -n 1 | grep -oE '"(mode|lat|lon)":[0-9.]+' | tr -d '"' | tr '\n' ' '
}
expect "without \$GNGNS" "mode:3 lat:1.000000000 lon:2.000000000 " "$(fix)"
expect "by GPS and GLONASS" "mode:3 lat:1.000000000 lon:2.000000000 " "$(fix AA)"
expect "by GLONASS alone" "mode:1 " "$(fix NA)"
