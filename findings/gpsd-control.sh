#!/bin/sh
# SPDX-License-Identifier: MIT
# gpsd 3.22 and 3.25: at the control socket (-F), an order such as "+/dev/pts/3" is acknowledged by "OK" and, by the newer
# one, by {"class":"ACK"}. A refusal is "ERROR", then {"class":"ERROR"}.
#
# So a program that waits for OK takes a device that gpsd has taken for refused.

# shellcheck source=findings/packages.sh
. "$(dirname "$0")/packages.sh"

cat >"$folder/ask.py" <<'END'
import os, pty, socket, subprocess, sys, time
ours, theirs = pty.openpty()
path, command = sys.argv[1], sys.argv[2:]
gpsd = subprocess.Popen(command + ["-N", "-n", "-F", path, "-S", "29470"], stderr=subprocess.DEVNULL)
while not os.path.exists(path):
    time.sleep(0.1)
def order(text):
    control = socket.socket(socket.AF_UNIX)
    control.connect(path)
    control.sendall(text + b"\r\n")
    return control.recv(100).decode().strip()
print(order(b"+" + os.ttyname(theirs).encode()), order(b"-/dev/nonexistent"), end="")
gpsd.kill()
END

answers() { unshare -rn python3 "$folder/ask.py" "$folder/control" "$@"; }

unpack bookworm gpsd=3.22-4.1+deb12u1 libgps28=3.22-4.1+deb12u1 libbluetooth3=5.66-1+deb12u2 \
  libdbus-1-3=1.14.10-1~deb12u1 libusb-1.0-0=2:1.0.26-1
expect "3.22, taken and refused" "OK ERROR" \
  "$(LD_LIBRARY_PATH=$(echo "$folder"/root/usr/lib/*-linux-gnu) answers "$folder/root/usr/sbin/gpsd")"
rm -r "$folder/root" "$folder/control"

unpack trixie gpsd=3.25-5+deb13u2 libgps30t64=3.25-5+deb13u2 libbluetooth3=5.82-1.1 libdbus-1-3=1.16.2-2 \
  libusb-1.0-0=2:1.0.28-1 libc6=2.41-12+deb13u5
libraries=$(echo "$folder"/root/usr/lib/*-linux-gnu)
expect "3.25, taken and refused" '{"class":"ACK"} {"class":"ERROR"}' \
  "$(answers "$libraries"/ld-linux-x86-64.so.2 --library-path "$libraries" "$folder/root/usr/sbin/gpsd")"
