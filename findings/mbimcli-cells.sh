#!/bin/sh
# SPDX-License-Identifier: MIT
# mbimcli, --ms-query-base-stations-info: 1.28.2 prints the first neighbour once more in the place of each later one, which
# 1.34.0 does not; and both print RSRQ and SINR of 5G as if a step were 1 dB: a modem's -10 dB is 23 dB.
#
# Microsoft has 0 to 127 stand for -43 to 20 dB, and for -23 to 40 dB: 0.5 dB a step, as 3GPP TS 38.133 has them. So a
# script that reads these lines has an RSRQ that no cell can have, and a SINR too high by as much as it is above -23 dB.
#
# The modem is a stand-in of some lines, in the place of mbim-proxy, in a network namespace of its own.

# shellcheck source=findings/packages.sh
. "$(dirname "$0")/packages.sh"

cat >"$folder/modem.py" <<'END'
import socket, struct, subprocess, sys, threading

EXTENSIONS = bytes.fromhex("3d01dcc5fef54d050d3abef7058e9aaf")
NONE = 0xffffffff


def neighbour(pci):
    return struct.pack("<8I", 32, 12, NONE, 8665, pci, NONE, NONE, NONE) + "310120".encode("utf-16-le")


neighbours = struct.pack("<I", 2) + neighbour(87) + neighbour(302)
# RSRQ 66 is -10 dB, SINR 86 is 20 dB.
serving = struct.pack("<3IQ6IQ", 1, 48, 12, NONE, 625, 520110, NONE, 66, 66, 86, NONE) + "310120".encode("utf-16-le")
fields = [0x60, 1] + [0] * 22
fields[16:18] = [96, len(neighbours)]
fields[20:22] = [96 + len(neighbours), len(serving)]
cells = struct.pack("<24I", *fields) + neighbours + serving


def answer(kind, transaction, body):
    if kind == 3:
        uuid, cid = body[8:24], struct.unpack_from("<I", body, 24)[0]
        info = b""
        if uuid == EXTENSIONS and cid == 15:
            info = struct.pack("<HH", 0x100, 0x300)
        elif uuid == EXTENSIONS and cid == 11:
            info = cells
        elif cid == 16:  # its services: one, with one command
            element = EXTENSIONS + struct.pack("<IIII", 0, 0, 1, 15)
            info = struct.pack("<IIII", 1, 0, 16, len(element)) + element
        body = struct.pack("<II", 1, 0) + uuid + struct.pack("<III", cid, 0, len(info)) + info
    else:
        body = struct.pack("<I", 0)
    return struct.pack("<III", kind | 0x80000000, 12 + len(body), transaction) + body


def serve(listener):
    while True:
        client, buffer = listener.accept()[0], b""
        while data := client.recv(4096):
            buffer += data
            while len(buffer) >= 12 and len(buffer) >= struct.unpack_from("<I", buffer, 4)[0]:
                kind, length, transaction = struct.unpack_from("<III", buffer)
                client.sendall(answer(kind, transaction, buffer[12:length]))
                buffer = buffer[length:]


listener = socket.socket(socket.AF_UNIX)
listener.bind("\0mbim-proxy")
listener.listen()
threading.Thread(target=serve, args=[listener], daemon=True).start()
print(subprocess.run(sys.argv[1:], capture_output=True, text=True, timeout=30).stdout)
END

cells() {
  LD_LIBRARY_PATH=$(echo "$folder"/root/usr/lib/*-linux-gnu) unshare -rn python3 "$folder/modem.py" \
    "$folder/root/usr/bin/mbimcli" -p -d /dev/null --device-open-ms-mbimex-v3 --ms-query-base-stations-info |
    grep -E "$1" | sed 's/^[[:space:]]*//' | tr '\n' ' '
}

try() {
  neighbours=$1
  shift
  unpack "$@"
  expect "neighbours, then the cell of 5G" "$neighbours" "$(cells 'hysical cell id')"
  expect "RSRQ -10 dB, SINR 20 dB" 'RSRQ: 23 dB SINR: 63 dB ' "$(cells 'RSRQ: [0-9]|SINR: [0-9]')"
  rm -r "$folder/root"
}
try 'Physical cell id: 87 Physical cell id: 87 Physical cell id: 625 ' \
  bookworm libmbim-utils=1.28.2-1 libmbim-glib4=1.28.2-1
try 'Physical cell id: 87 Physical cell id: 302 Physical cell id: 625 ' \
  sid libmbim-utils=1.34.0-1+b1 libmbim-glib4=1.34.0-1+b1
