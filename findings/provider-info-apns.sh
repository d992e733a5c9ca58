#!/bin/sh
# SPDX-License-Identifier: MIT
# mobile-broadband-provider-info 20230416: one APN ends in a blank ("internet "), and one is a web address, neither of
# which a network can have (3GPP TS 23.003, 9.1); both are in Android's form of the data, too. One network, 440-11, has
# two providers that are both marked as its primary one. Sprint's 310-120 and 312-530 are not in it.

# shellcheck source=findings/packages.sh
. "$(dirname "$0")/packages.sh"
unpack bookworm mobile-broadband-provider-info=20230416-1

cd "$folder/root/usr/share/mobile-broadband-provider-info" || exit
odd() { grep -o "$1=\"[^\"]*\"" "$2" | sed 's/^[^=]*=//' | grep -E '"[^"]*[^A-Za-z0-9."-][^"]*"' | tr '\n' ' '; }
apns=$(grep -E '<apn ' serviceproviders.xml | grep -oE 'value="[^"]*"' >"$folder/apns" && odd value "$folder/apns")
expect "APNs with signs that none has" '"http://172.18.83.129" "internet " ' "$apns"
expect "the same in Android's form" '"http://172.18.83.129" "internet " ' "$(odd ' apn' apns-conf.xml)"
primaries=$(awk '/<provider/ { primary = /primary="true"/ } /mcc="440" mnc="11"/ && primary { n++ } END { print n }' \
  serviceproviders.xml)
expect "primary providers of 440-11" 2 "$primaries"
expect "entries of 310-120 and 312-530" 0 "$(grep -cE 'mcc="310" mnc="120"|mcc="312" mnc="530"' serviceproviders.xml)"
