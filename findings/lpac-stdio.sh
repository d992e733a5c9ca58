#!/bin/sh
# SPDX-License-Identifier: MIT
# lpac 2.3.0: its stdio driver (LPAC_APDU=stdio), by which another program is to carry what it says to an eUICC, asks to
# connect and then fails at once, before any answer: with an answer in its input, and with an input that stays open and
# empty.
#
# So an eSIM tool cannot be driven through it; its mbim, qmi and at drivers open the modem themselves.

# shellcheck source=findings/packages.sh
. "$(dirname "$0")/packages.sh"
unpack bookworm libpcsclite1=1.9.9-2
unpack sid lpac=2.3.0-1 libqmi-glib5=1.38.0-1+b1 libmbim-glib4=1.34.0-1+b1 libqrtr-glib0=1.4.0-1+b1

lpac() {
  LD_LIBRARY_PATH=$(echo "$folder"/root/usr/lib/*-linux-gnu) LPAC_APDU=stdio LPAC_HTTP=stdio timeout 30 \
    "$folder/root/usr/bin/lpac" "$@" 2>&1 | tr '\n' ' '
}
asked='{"type":"apdu","payload":{"func":"connect","param":null}} '
failed='{"type":"lpa","payload":{"code":-1,"message":"euicc_init","data":""}} '
expect "an answer is there" "$asked$failed" "$(echo '{"type":"apdu","payload":{"ecode":0}}' | lpac chip info)"
mkfifo "$folder/silent"
expect "no answer comes" "$asked$failed" "$(lpac chip info <>"$folder/silent")"
