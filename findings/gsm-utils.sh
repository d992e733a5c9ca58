#!/bin/sh
# SPDX-License-Identifier: MIT
# gsm-utils 1.10 (libgsmme): a message to *100# goes to another number, as * and # are not the codes 10 and 11 that
# they are in 3GPP TS 23.040, 9.1.2.3, but 10 and 3 with the filling 15 beside them. Brackets, braces, a backslash, ^,
# ~ and | are all sent as code 16, a Greek delta, though GSM's alphabet has them behind an escape (3GPP TS 23.038,
# 6.2.1.1).
#
# And gsmsmsstore cannot read a file of messages that it has just written itself: "has wrong version".

# shellcheck source=findings/packages.sh
. "$(dirname "$0")/packages.sh"
unpack bookworm gsm-utils=1.10+20120414.gita5e5ae9a-2+b1 libgsmme1v5=1.10+20120414.gita5e5ae9a-2+b1

cd "$folder" || exit
store() { LD_LIBRARY_PATH=$(echo root/usr/lib/*-linux-gnu) LC_ALL=C root/usr/bin/gsmsmsstore "$@"; }
submit() { # NUMBER TEXT: the SMS-SUBMIT that is kept for it, without its first three octets, as the file has it
  : >messages
  store -d messages -a "$1" "$2"
  tail -c +16 messages
}
expect "to 1234: hello" 048121430000A805E8329BFD06 "$(submit 1234 hello)"
expect "to *100#: hello" 0581FA00F30000A805E8329BFD06 "$(submit '*100#' hello)" # 1A00FB in the place of FA00F3
expect "a[b, which has four codes" 048121430000A803618818 "$(submit 1234 'a[b')"
expect "a]b" 048121430000A803618818 "$(submit 1234 'a]b')"
expect "its own file" "has wrong version" "$(store -s messages -l 2>&1 | grep -o 'has wrong version')"
