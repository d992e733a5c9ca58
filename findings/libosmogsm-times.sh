#!/bin/sh
# SPDX-License-Identifier: MIT
# libosmogsm 1.7.0, which osmo-msc's service centre writes messages with: west of Greenwich the zone of a message's
# time is written as if there were no sign (3GPP TS 23.040, 9.2.3.11): of New York's winter, 20 quarters of an hour
# west, it has 77 quarters east. What it reads is in the zone of the computer, whatever the message says: one moment
# in Nepal and in New York is two.
#
# A sender's name of seven letters gets an @: its length is 14 semi-octets, where 13 are useful (9.1.2.5 there), so
# that there is room for an eighth, of code 0.

# shellcheck source=findings/packages.sh
. "$(dirname "$0")/packages.sh"
unpack bookworm libosmogsm18=1.7.0-3 libosmocore19=1.7.0-3 libtalloc2=2.4.0-f2 libsctp1=1.0.19+dfsg-2

cat >"$folder/osmo.py" <<'END'
import ctypes, glob, sys
of = lambda name: ctypes.CDLL(glob.glob(sys.argv[1] + "/root/usr/lib/*-linux-gnu/" + name)[0], ctypes.RTLD_GLOBAL)
gsm = [of(name) for name in ("libtalloc.so.2", "libsctp.so.1", "libosmocore.so.19", "libosmogsm.so.18")][-1]
buffer = ctypes.create_string_buffer(20)
END
osmo() { # ZONE STATEMENTS: by the computer's zone, as POSIX writes it: EST5 is five hours west
  { cat "$folder/osmo.py" && echo "$2"; } >"$folder/try.py"
  TZ=$1 python3 "$folder/try.py" "$folder"
}
write_time() { osmo "$1" "gsm.gsm340_gen_scts(buffer, ctypes.c_long(1795395834)); print(buffer.raw[:7].hex())"; }
read_time() { osmo UTC0 "import time; gsm.gsm340_scts.restype = ctypes.c_long
print(time.strftime('%H:%M', time.gmtime(gsm.gsm340_scts(bytes.fromhex('$1')))))"; }
write_name() { osmo UTC0 "length = gsm.gsm340_gen_oa(buffer, 20, 5, 0, b'$1'); print(buffer.raw[:length].hex())"; }

expect "01:03:54 UTC, in Nepal" 62113260844532 "$(write_time NPT-5:45)"
expect "01:03:54 UTC, in New York" 62112202304577 "$(write_time EST5)"
expect "06:48 in Nepal, 01:03 UTC" 06:48 "$(read_time 62113260844532)"
expect "20:03 in New York, 01:03 UTC" 20:03 "$(read_time 6211220230450A)"
expect "a sender called Vodafone" 0ed0d637396c7ebbcb "$(write_name Vodafone)"
expect "a sender called Vodafon" 0ed0d637396c7ebb01 "$(write_name Vodafon)"
