#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016 # sentences begin with a dollar sign
# nmea-simple 3.3.0 of npm: the number of a signal, which NMEA 0183 has at the end of GSV since 4.10 and which modems of 2018
# and later send, becomes another satellite, with that PRN. What a modem leaves empty is 0: before a fix, it is at 0 degrees
# north and east, on 1 January 1970; and one that stands still, whose course is empty, heads north.

# shellcheck source=findings/packages.sh
. "$(dirname "$0")/packages.sh"
unpack_npm nmea-simple@3.3.0

read_sentence() { # SENTENCE EXPRESSION: of what it is read as, called s
  (cd "$folder" && node -e "const s = require('nmea-simple').parseNmeaSentence(process.argv[1]); console.log(JSON.stringify($2))" "$1")
}

expect "two satellites, signal 1" '[5,12,1]' \
  "$(read_sentence '$GPGSV,1,1,02,05,45,120,38,12,,,25,1*5E' 's.satellites.map(one => one.prnNumber)')"
expect "no fix yet" '[0,0,"1970-01-01T00:00:00.000Z"]' \
  "$(read_sentence '$GPGGA,,,,,,0,,,,,,,,*66' '[s.latitude, s.longitude, s.time]')"
expect "no course" '0' "$(read_sentence '$GPVTG,,T,,M,0.0,N,0.0,K,A*23' s.trackTrue)"
