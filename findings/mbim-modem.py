# SPDX-License-Identifier: MIT
# mbim-modem.py CID=STATUS[:HEX]... -- COMMAND...: runs a command beside a stand-in for mbim-proxy and an MBIM modem.
# It answers the commands of basic connect that are given, prints their data, and refuses others; the command has to
# use the proxy.

import socket, struct, subprocess, sys, threading

BASIC_CONNECT = bytes.fromhex("a289cc33bcbb8b4fb6b0133ec2aae6df")
end = sys.argv.index("--")
answers = {}
for argument in sys.argv[1:end]:
    cid, result = argument.split("=")
    status, _, data = result.partition(":")
    answers[int(cid)] = int(status), bytes.fromhex(data)
answers[16] = 0, struct.pack("<4I", 1, 0, 16, 32) + BASIC_CONNECT + struct.pack("<4I", 0, 0, 1, 12)


def answer(kind, transaction, body):
    result = struct.pack("<I", 0)  # for open, close and the proxy's own command
    if kind == 3:
        uuid, cid = body[8:24], struct.unpack_from("<I", body, 24)[0]
        status, data = answers.get(cid, (9, b"")) if uuid == BASIC_CONNECT else (0, b"")
        if cid in answers:
            print("command", cid, body[36:].hex(), flush=True)
        result = struct.pack("<II", 1, 0) + uuid + struct.pack("<III", cid, status, len(data)) + data
    return struct.pack("<III", kind | 0x80000000, 12 + len(result), transaction) + result


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
done = subprocess.run(sys.argv[end + 1:], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, timeout=60)
print(done.stdout + "exit status", done.returncode)
