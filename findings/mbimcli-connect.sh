#!/bin/sh
# SPDX-License-Identifier: MIT
# mbimcli 1.28.2 and 1.34.0: --connect asks for the IP configuration behind it, and has exit status 1 if the modem does
# not give that, such as while it is busy, though the session is up and stays so; "Successfully connected" is printed.
#
# So a script that tries again at 1 asks a connected modem to connect: it has to query the connection's state first.

# shellcheck source=findings/packages.sh
. "$(dirname "$0")/packages.sh"
here=$(dirname "$0")

activated=000000000100000000000000010000007e5e2a7e4e6f7272736b656e7e5e2a7e00000000
# Of one IPv4 address, 10.0.0.2
configuration=00000000010000000000000001000000$(printf '3c%086d' 0)200000000a000002
connect() { # STATUS: that of the IP configuration, of which there is none unless it is 0
  answer=15=$1
  [ "$1" != 0 ] || answer=15=0:$configuration
  LD_LIBRARY_PATH=$(echo "$folder"/root/usr/lib/*-linux-gnu) unshare -rn python3 "$here/mbim-modem.py" \
    "12=0:$activated" "$answer" -- "$folder/root/usr/bin/mbimcli" -p -d /dev/null --connect=access-string=internet |
    sed -n 's/.*\(Successfully.*\|exit.*\)/\1/p' | tr '\n' ' '
}

try() {
  unpack "$@"
  expect "busy with the IP configuration" "Successfully connected exit status 1 " "$(connect 1)"
  expect "with an IP configuration" "Successfully connected exit status 0 " "$(connect 0)"
  rm -r "$folder/root"
}
try bookworm libmbim-utils=1.28.2-1 libmbim-glib4=1.28.2-1
try sid libmbim-utils=1.34.0-1+b1 libmbim-glib4=1.34.0-1+b1
