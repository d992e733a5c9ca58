# SPDX-License-Identifier: MIT
# qmi-modem.py MESSAGE=TLVS... -- COMMAND...: runs a command beside a stand-in for qmi-proxy and a QMI modem. It answers
# the messages that are given, in hexadecimal, with success and those TLVs; the command has to use the proxy. With
# MESSAGE=+INDICATION:TLVS, success alone is the answer, and an indication with those TLVs follows.

import socket, struct, subprocess, sys, threading

end = sys.argv.index("--")
answers, indications = {}, {}
for argument in sys.argv[1:end]:
    message, tlvs = argument.split("=")
    if tlvs.startswith("+"):
        number, told = tlvs[1:].split(":")
        indications[int(message, 16)], tlvs = (int(number, 16), bytes.fromhex(told)), ""
    answers[int(message, 16)] = bytes.fromhex(tlvs)
SUCCESS = bytes.fromhex("02040000000000")


def answer(frame):
    service, client = frame[4:6]
    control = service == 0
    _, transaction, message, length = struct.unpack_from("<BBHH" if control else "<BHHH", frame, 6)
    if not control:
        tlvs = answers[message]
    elif message == 0x0022:  # a client for the service asked for
        tlvs = bytes([1, 2, 0, frame[15], 1])
    elif message == 0x0023:
        tlvs = frame[12:12 + length]
    else:
        tlvs = b""
    result = struct.pack("<BBHH" if control else "<BHHH", 1 if control else 2, transaction, message, 7 + len(tlvs))
    result += SUCCESS + tlvs
    return framed(service, client, result) + (b"" if control else indication(service, client, message))


def framed(service, client, result):
    return struct.pack("<BHBBB", 1, 5 + len(result), 0x80, service, client) + result


def indication(service, client, message):
    if message not in indications:
        return b""
    number, tlvs = indications[message]
    return framed(service, client, struct.pack("<BHHH", 4, 0, number, len(tlvs)) + tlvs)


def serve(listener):
    while True:
        client, buffer = listener.accept()[0], b""
        while data := client.recv(4096):
            buffer += data
            while len(buffer) >= 3 and len(buffer) > struct.unpack_from("<H", buffer, 1)[0]:
                length = 1 + struct.unpack_from("<H", buffer, 1)[0]
                client.sendall(answer(buffer[:length]))
                buffer = buffer[length:]


listener = socket.socket(socket.AF_UNIX)
listener.bind("\0qmi-proxy")
listener.listen()
threading.Thread(target=serve, args=[listener], daemon=True).start()
done = subprocess.run(sys.argv[end + 1:], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, timeout=60)
print(done.stdout, end="")
