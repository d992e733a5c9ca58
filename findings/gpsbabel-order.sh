#!/bin/sh
# SPDX-License-Identifier: MIT
# gpsbabel 1.8.0: where a receiver sends $GNRMC before $GNGGA, as those of u-blox do (NMEA 0183 has no order for
# them), each place gets the time of the next one: of one minute north a second, the track has the first second's
# place twice, all others a second late, and not the last. With $GNGGA first each place has its own time.
#
# So a track is off by what a car drives in a second, and by more where a receiver reports more seldom.

# shellcheck source=findings/packages.sh
. "$(dirname "$0")/packages.sh"
unpack bookworm gpsbabel=1.8.0+ds-5 libshp2=1.5.0-3+b1 libqt5core5a=5.15.8+dfsg-11+deb12u3 libicu72=72.1-3+deb12u1 \
  libdouble-conversion3=3.2.1-1 libpcre2-16-0=10.42-1 libusb-1.0-0=2:1.0.26-1

sentence() { # TEXT: with its checksum
  sum=0
  for code in $(printf %s "$1" | od -An -tu1); do sum=$((sum ^ code)); done
  printf '$%s*%02X\r\n' "$1" "$sum"
}
say() { # KIND SECOND: a place as many minutes north as seconds have passed
  where=000$2.000000,N,00000.000000,E
  case $1 in
    RMC) sentence "GNRMC,12000$2.00,A,$where,0.0,0.0,010126,,,A" ;;
    GGA) sentence "GNGGA,12000$2.00,$where,1,04,1.0,0.0,M,0.0,M,," ;;
  esac
}
track() { # KIND KIND: minutes north at each second
  for second in 1 2 3; do
    say "$1" $second
    say "$2" $second
  done >"$folder/lines"
  LD_LIBRARY_PATH=$(echo "$folder"/root/usr/lib/*-linux-gnu) "$folder/root/usr/bin/gpsbabel" \
    -t -i nmea -f "$folder/lines" -o gpx -F - |
    sed -nE 's/.*<trkpt lat="([0-9.]+)".*/\1/p; s/.*<time>2026-01-01T12:00:(..)Z.*/\1/p' |
    awk 'NR % 2 { place = $1 * 60; next } { printf "%s: %.0f; ", $1, place }'
}
expect "\$GNGGA first" "01: 1; 02: 2; 03: 3; " "$(track GGA RMC)"
expect "\$GNRMC first" "01: 1; 02: 1; 03: 2; " "$(track RMC GGA)"
