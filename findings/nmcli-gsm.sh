#!/bin/sh
# SPDX-License-Identifier: MIT
# nmcli of NetworkManager 1.42.4: an APN with the operator's part behind it is refused if it has more than 64 letters,
# where there may be 63 and 18 (3GPP TS 23.003, 9.1 and 9.1.2: mnc001.mcc001.gprs). APNs that cannot be, as they have
# an empty label or nothing else (9.1.1 there), are taken.
#
# So are PINs that no card has, of three or nine digits, or with letters (3GPP TS 51.011, 9.3: four to eight digits).

# shellcheck source=findings/packages.sh
. "$(dirname "$0")/packages.sh"
unpack bookworm network-manager=1.42.4-1+deb12u1 libnm0=1.42.4-1+deb12u1

gsm() { # PROPERTY VALUE: what a profile has of it, or why there is none; nothing is kept of it
  LD_LIBRARY_PATH=$(echo "$folder"/root/usr/lib/*-linux-gnu) LC_ALL=C "$folder/root/usr/bin/nmcli" --offline \
    connection add type gsm con-name try ifname '*' gsm.apn internet "gsm.$1" "$2" 2>&1 |
    grep -oE "^$1=.*|empty or too long \(>64\)"
}
label=$(printf '%063d' 0)
expect "an APN of 63 letters" "apn=$label" "$(gsm apn "$label")"
expect "and its operator" "empty or too long (>64)" "$(gsm apn "$label.mnc001.mcc001.gprs")"
expect "an empty label" "apn=a..b" "$(gsm apn a..b)"
expect "nothing else" "apn=." "$(gsm apn .)"
expect "three digits" "pin=123" "$(gsm pin 123)"
expect "nine digits" "pin=123456789" "$(gsm pin 123456789)"
expect "letters" "pin=12ab" "$(gsm pin 12ab)"
