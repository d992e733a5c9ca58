#!/bin/sh
# SPDX-License-Identifier: MIT
# mbimcli 1.28.2: who asks for MBIMEx 3.0 (--device-open-ms-mbimex-v3) gets exit status 0 and no word when the modem
# agrees on 1.0 only; but a modem that has the command and refuses it is not opened.
#
# So its success does not tell which layout messages have from then on, and whoever stands between it and a modem has to
# answer the question, with an older version if need be.
#
# The modem is a stand-in of some lines, in the place of mbim-proxy, in a network namespace of its own.

# shellcheck source=findings/packages.sh
. "$(dirname "$0")/packages.sh"
unpack bookworm libmbim-utils=1.28.2-1 libmbim-glib4=1.28.2-1

cat >"$folder/modem.py" <<'END'
import socket, struct, subprocess, sys, threading

EXTENSIONS = bytes.fromhex("3d01dcc5fef54d050d3abef7058e9aaf")
versions = []

def answer(kind, transaction, body):
    if kind == 3:
        uuid, cid = body[8:24], struct.unpack_from("<I", body, 24)[0]
        status, info = 0, b""
        if uuid == EXTENSIONS and cid == 15:
            versions.append("%d.%d" % tuple(reversed(body[38:40])))
            status, info = (0, struct.pack("<HH", 0x100, 0x100)) if sys.argv[1] == "1.0" else (9, b"")
        elif cid == 16:  # its services: one, with one command
            element = EXTENSIONS + struct.pack("<IIII", 0, 0, 1, 15)
            info = struct.pack("<IIII", 1, 0, 16, len(element)) + element
        elif cid == 3:
            info = struct.pack("<II", 1, 1)  # the radio is on
        body = struct.pack("<II", 1, 0) + uuid + struct.pack("<III", cid, status, len(info)) + info
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
done = subprocess.run(sys.argv[2:], capture_output=True, text=True, timeout=30)
print("asked for", *versions, "exit status", done.returncode, "errors", done.stderr.strip() or "none")
END

try() {
  LD_LIBRARY_PATH=$(echo "$folder"/root/usr/lib/*-linux-gnu) unshare -rn python3 "$folder/modem.py" "$1" \
    "$folder/root/usr/bin/mbimcli" -p -d /dev/null --device-open-ms-mbimex-v3 --query-radio-state
}
expect "a modem that agrees on 1.0" "asked for 3.0 exit status 0 errors none" "$(try 1.0)"
expect "a modem that refuses the question" \
  "asked for 3.0 exit status 1 errors error: couldn't open the MbimDevice: NoDeviceSupport" "$(try refuses)"
