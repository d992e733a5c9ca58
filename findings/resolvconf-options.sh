#!/bin/sh
# SPDX-License-Identifier: MIT
# Two programs are called resolvconf, with one manual's options: openresolv 3.12 fails to delete what is not there (1)
# unless -f is given; Debian's resolvconf 1.91 deletes it without a word (0), and takes -f for an unknown command (99).
#
# So no one command line works with both, and an exit status of `-d` says nothing of the deletion.

# shellcheck source=findings/packages.sh
. "$(dirname "$0")/packages.sh"

# In a /run and an /etc of its own, as root of nothing else.
cat >"$folder/try" <<'END'
mount -t tmpfs none /run && mkdir /run/etc && : >/run/etc/resolv.conf && mount --bind /run/etc /etc || exit
"$@" >/dev/null 2>&1
echo $?
END
try() { unshare -rm sh "$folder/try" "$folder/root/sbin/resolvconf" "$@"; }

unpack bookworm openresolv=3.12.0-3
expect "openresolv -d" 1 "$(try -d nothing.inet)"
expect "openresolv -f -d" 0 "$(try -f -d nothing.inet)"
rm -r "$folder/root"
unpack bookworm resolvconf=1.91+nmu1
expect "resolvconf -d" 0 "$(try -d nothing.inet)"
expect "resolvconf -f -d" 99 "$(try -f -d nothing.inet)"
