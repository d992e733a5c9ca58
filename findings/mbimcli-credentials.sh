#!/bin/sh
# SPDX-License-Identifier: MIT
# mbimcli 1.28.2 and 1.34.0: --connect with username and password, but no auth, sends both together with "no
# authentication" (MBIMAuthProtocolNone), without a word. PAP is not guessed.
#
# So a modem may leave the credentials out, and a network that needs them refuses. qmicli's --wds-start-network leaves
# the question to the modem then: it sends no authentication preference (TLV 0x16) at all.

# shellcheck source=findings/packages.sh
. "$(dirname "$0")/packages.sh"
here=$(dirname "$0")

activated=000000000100000000000000010000007e5e2a7e4e6f7272736b656e7e5e2a7e00000000
sent() { # ARGUMENT: the lengths of user and password that the modem is told, and its authentication protocol
  LD_LIBRARY_PATH=$(echo "$folder"/root/usr/lib/*-linux-gnu) unshare -rn python3 "$here/mbim-modem.py" \
    "12=0:$activated" -- "$folder/root/usr/bin/mbimcli" -p -d /dev/null --connect="$1" |
    sed -n 's/^command 12 .\{40\}\(........\).\{8\}\(........\).\{8\}\(........\).*/user \1 password \2 protocol \3/p'
}

try() {
  unpack "$@"
  expect "without auth" "user 08000000 password 0c000000 protocol 00000000" \
    "$(sent access-string=internet,username=user,password=secret)"
  expect "with auth=pap" "user 08000000 password 0c000000 protocol 01000000" \
    "$(sent access-string=internet,username=user,password=secret,auth=pap)"
  rm -r "$folder/root"
}
try bookworm libmbim-utils=1.28.2-1 libmbim-glib4=1.28.2-1
try sid libmbim-utils=1.34.0-1+b1 libmbim-glib4=1.34.0-1+b1
