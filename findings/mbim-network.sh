#!/bin/sh
# SPDX-License-Identifier: MIT
# mbim-network of libmbim-utils 1.28.2: `start` has exit status 0 also where the modem refuses to connect, and `status`
# has 64 (not connected) also where it is connected: it looks for the word "connected", and mbimcli says "activated".
# In 1.34.0 `status` is right; `start` is as before.
#
# So on Debian 12 neither tells a script whether there is a connection; the line "Status: activated" does.

# shellcheck source=findings/packages.sh
. "$(dirname "$0")/packages.sh"
here=$(dirname "$0")

echo PROXY=yes >"$folder/profile"
network() { # STATUS_OF_CONNECT WORD: the modem says that session 0 is activated, or refuses
  connection=000000000100000000000000010000007e5e2a7e4e6f7272736b656e7e5e2a7e00000000
  PATH=$folder/root/usr/bin:$PATH LD_LIBRARY_PATH=$(echo "$folder"/root/usr/lib/*-linux-gnu) \
    unshare -rn python3 "$here/mbim-modem.py" "12=$1:$connection" -- \
    "$folder/root/usr/bin/mbim-network" --profile="$folder/profile" /dev/null "$2" |
    grep -E '^(exit|Status:|Network start)' | tr '\n' ' '
}

unpack bookworm libmbim-utils=1.28.2-1 libmbim-glib4=1.28.2-1
expect "1.28.2, start, refused" "Network start failed exit status 0 " "$(network 2 start)"
expect "1.28.2, status, connected" "Status: activated exit status 64 " "$(network 0 status)"
rm -r "$folder/root"
unpack sid libmbim-utils=1.34.0-1+b1 libmbim-glib4=1.34.0-1+b1
expect "1.34.0, start, refused" "Network start failed exit status 0 " "$(network 2 start)"
expect "1.34.0, status, connected" "Status: activated exit status 0 " "$(network 0 status)"
