#!/bin/sh
# SPDX-License-Identifier: MIT
# python3-nmea2 1.15.0 (pynmea2): of ZDA, whose time is UTC, it takes the time for one in the zone that the sentence
# names besides: 12:00 UTC of a receiver set to five and a half hours becomes 06:30 UTC. In 1.19.0 the time is UTC.
#
# Both add the zone's minutes to hours that are less than 0, though they have the sign of the hours (NMEA 0183: ZDA's
# last field): three and a half hours become two and a half.

# shellcheck source=findings/packages.sh
. "$(dirname "$0")/packages.sh"

read_zda() { # SENTENCE EXPRESSION: of what it is read as, called zda
  PYTHONPATH=$folder/root/usr/lib/python3/dist-packages python3 -c "
import pynmea2, datetime, sys
zda = pynmea2.parse(sys.argv[1])
print($2)" "$1"
}
zone() { read_zda "$1" 'zda.tzinfo.utcoffset(None) / datetime.timedelta(hours=1)'; }
utc() { read_zda "$1" 'zda.datetime.astimezone(datetime.timezone.utc).strftime("%H:%M")'; }

# shellcheck disable=SC2016 # sentences begin with a dollar sign
five='$GPZDA,120000.00,22,11,2026,05,30*65' three='$GPZDA,120000.00,22,11,2026,-03,30*4E'

unpack bookworm python3-nmea2=1.15.0-4
expect "12:00 UTC, zone 05,30" "06:30" "$(utc "$five")"
expect "zone 05,30" "5.5" "$(zone "$five")"
expect "zone -03,30" "-2.5" "$(zone "$three")"

rm -r "$folder/root"
unpack trixie python3-nmea2=1.19.0-3
expect "12:00 UTC, zone 05,30" "12:00" "$(utc "$five")"
expect "zone -03,30" "-2.5" "$(zone "$three")"
