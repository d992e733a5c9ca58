#!/bin/sh
# SPDX-License-Identifier: MIT
# Gammu 1.42.0 and python3-gammu 3.2.4: the sender *100# of an SMS becomes 100, another number, as * and # (codes 10 and 11
# of 3GPP TS 23.040, 9.1.2.3) are left out. The time zone of the service centre is dropped: two messages of one
# moment, from a centre in Nepal and one six hours west of Greenwich, are half a day apart, and have no tzinfo.

# shellcheck source=findings/packages.sh
. "$(dirname "$0")/packages.sh"
unpack bookworm python3-gammu=3.2.4-1+b3 libgammu8=1.42.0-8 libgsmsd8=1.42.0-8 libbluetooth3 libdbi1 libmariadb3 libpq5 \
  libodbc2 libltdl7 libusb-1.0-0

decode() { # PDU WHAT: of the decoded message
  LD_LIBRARY_PATH=$folder/root/usr/lib:$folder/root/usr/lib/x86_64-linux-gnu \
    PYTHONPATH=$folder/root/usr/lib/python3/dist-packages \
    python3 -c "import gammu, sys; print(gammu.DecodePDU(bytes.fromhex(sys.argv[1]), True)['$2'])" "$1"
}

smsc=0791447779070650
expect "a sender *100#" "100" "$(decode "${smsc}0405811A00FB00006211221030450005C8329BFD06" Number)"
sent_at() { decode "${smsc}040C914477000910320000${1}05C8329BFD06" DateTime; }
expect "07:03:54 UTC, in Nepal" "2026-11-22 12:48:54" "$(sent_at 62112221844532)"
expect "07:03:54 UTC, six hours west" "2026-11-22 01:03:54" "$(sent_at 6211221030454A)"
