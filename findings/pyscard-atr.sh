#!/bin/sh
# SPDX-License-Identifier: MIT
# python3-pyscard 2.0.5: has no bit rate for a card whose TA1 ends in 7, such as the 97 of many SIM cards:
# getBitRateFactor() is the text "RFU" where ISO/IEC 7816-3:2006 (8.3, table 8) has 64. ATR_analysis of pcsc-tools
# 1.6.2 has 64 of the same bytes. And the guard time of TC1 = FF is 255, where that value stands for the least that
# there is.
#
# So a program that reckons a card's speed from it fails for the cards that are fast.

# shellcheck source=findings/packages.sh
. "$(dirname "$0")/packages.sh"

bytes=3BD497FF801FC301020304E4 # T=0, TA1 97, TC1 FF, TA3 C3 for T=15, and four historical bytes
analyse() { # METHOD
  PYTHONPATH=$folder/root/usr/lib/python3/dist-packages python3 -c "
from smartcard.ATR import ATR
atr = ATR(list(bytes.fromhex('$bytes')))
assert atr.checksumOK
print(atr.$1())"
}

unpack bookworm python3-pyscard=2.0.5-1+b2 pcsc-tools=1.6.2-1 libpcsc-perl=1.4.14-5+b3 libpcsclite1=1.9.9-2
expect "TA1" 151 "$(analyse getTA1)"
expect "clock rate conversion" 512 "$(analyse getClockRateConversion)"
expect "bit rate" RFU "$(analyse getBitRateFactor)"
expect "guard time" 255 "$(analyse getGuardTime)"

mkdir -p "$folder/.cache" && : >"$folder/.cache/smartcard_list.txt" # else it looks for one in the network
export HOME="$folder" XDG_CACHE_HOME="$folder/.cache"
expect "ATR_analysis" "Fi=512, Di=64" "$(PERL5LIB=$(echo "$folder"/root/usr/lib/*/perl5/*) \
  LD_LIBRARY_PATH=$(echo "$folder"/root/usr/lib/*-linux-gnu) perl "$folder/root/usr/bin/ATR_analysis" "$bytes" |
  grep -oE 'Fi=[0-9]+, Di=[0-9]+')"
