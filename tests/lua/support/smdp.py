# SPDX-License-Identifier: MIT
# A stand-in for an SM-DP+ and an SM-DS: python3 smdp.py PORT CERTIFICATE LOG. It has the form of ES9+ and ES11 (SGP.22)
# and no keys: what it signs is signed by nobody, what should be encrypted is not.
#
# By the matching ID: "GOOD" gets a profile of AT&T's, "TWICE" one that the card has, "CODE" the first one for who knows
# the confirmation code 1234, "FORGED" a signature that a card refuses; others are refused. It logs what it is told.

import base64
import hashlib
import http.server
import json
import os
import ssl
import sys

port, certificate, log = int(sys.argv[1]), sys.argv[2], open(sys.argv[3], "a", buffering=1)
sessions = {}


def tlv(tag, *values):
    value = b"".join(values)
    head = tag.to_bytes((tag.bit_length() + 7) // 8, "big")
    if len(value) < 0x80:
        return head + bytes([len(value)]) + value
    length = len(value).to_bytes((len(value).bit_length() + 7) // 8, "big")
    return head + bytes([0x80 | len(length)]) + length + value


def take(data):
    """The objects in some bytes: (tag, value)."""
    found = []
    while data:
        tag, data = data[:1], data[1:]
        if tag[0] & 0x1F == 0x1F:
            tag, data = tag + data[:1], data[1:]
        length, data = data[0], data[1:]
        if length & 0x80:
            count = length & 0x7F
            length, data = int.from_bytes(data[:count], "big"), data[count:]
        found.append((int.from_bytes(tag, "big"), data[:length]))
        data = data[length:]
    return found


def find(data, *tags):
    for tag in tags:
        data = next((value for number, value in take(data) if number == tag), None)
        if data is None:
            return None
    return data


def encode(data):
    return base64.b64encode(data).decode()


SIGNATURE, FORGED = tlv(0x5F37, b"\x77" * 64), tlv(0x5F37, bytes(64))
CERTIFICATE = tlv(0x30, tlv(0x30, b"none"), tlv(0x30), tlv(0x03, b"\0"))
ICCIDS = {"GOOD": "98101400000089674503", "CODE": "98101400000089674503", "TWICE": "98101400001032547668"}


def metadata(name):
    return tlv(
        0xBF25, tlv(0x5A, bytes.fromhex(ICCIDS[name])), tlv(0x91, b"AT&T"), tlv(0x92, b"Downloaded"), tlv(0x95, b"\2"),
        tlv(0xB6, tlv(0x30, tlv(0x80, b"\7\x80"), tlv(0x81, b"127.0.0.1:%d" % port))), tlv(0xB7, tlv(0x80, b"\x13\0\x14")))


def initiate(request):
    transaction = os.urandom(16)
    sessions[transaction.hex()] = {}
    challenge = base64.b64decode(request["euiccChallenge"])
    signed = tlv(0x30, tlv(0x80, transaction), tlv(0x81, challenge), tlv(0x83, request["smdpAddress"].encode()),
                 tlv(0x84, os.urandom(16)))
    return {
        "transactionId": transaction.hex(), "serverSigned1": encode(signed), "serverSignature1": encode(SIGNATURE),
        "euiccCiPKIdToBeUsed": encode(tlv(0x04, b"\x55" * 20)), "serverCertificate": encode(CERTIFICATE),
    }


def authenticate(request):
    session = sessions[request["transactionId"]]
    answer = base64.b64decode(request["authenticateServerResponse"])
    matching = find(answer, 0xBF38, 0xA0, 0x30, 0xA0, 0x80)
    name = session["name"] = (matching or b"").decode()
    if name == "":  # asked as an SM-DS
        return {"eventEntries": [{"rspServerAddress": "127.0.0.1:%d" % port, "eventId": "GOOD"}]}
    if name not in ICCIDS and name != "FORGED":
        return None
    signed = tlv(0x30, tlv(0x80, bytes.fromhex(request["transactionId"])), tlv(0x01, b"\xff" if name == "CODE" else b"\0"))
    return {
        "profileMetadata": encode(metadata("GOOD" if name == "FORGED" else name)), "smdpSigned2": encode(signed),
        "smdpSignature2": encode(FORGED if name == "FORGED" else SIGNATURE), "smdpCertificate": encode(CERTIFICATE),
    }


def package(request):
    session, transaction = sessions[request["transactionId"]], bytes.fromhex(request["transactionId"])
    answer = base64.b64decode(request["prepareDownloadResponse"])
    if find(answer, 0xBF21, 0xA0) is None:
        return None
    code = hashlib.sha256(hashlib.sha256(b"1234").digest() + transaction).digest()
    if session["name"] == "CODE" and find(answer, 0xBF21, 0xA0, 0x30, 0x04) != code:
        return None
    elements = b"".join(tlv(0x86, os.urandom(1000)) for _ in range(8))
    return {"boundProfilePackage": encode(tlv(
        0xBF36, tlv(0xBF23, tlv(0x82, b"\1"), tlv(0x80, transaction), tlv(0xA6, tlv(0x80, b"\x88")), SIGNATURE),
        tlv(0xA0, tlv(0x87, os.urandom(32))), tlv(0xA1, tlv(0x88, metadata(session["name"]), os.urandom(8))),
        tlv(0xA3, elements)))}


def notification(request):
    data = base64.b64decode(request["pendingNotification"])
    inner = find(data, 0xBF37, 0xBF27) or find(data, 0x30)
    log.write("notified %s\n" % find(inner, 0xBF2F, 0x81).hex())


FUNCTIONS = {
    "initiateAuthentication": initiate, "authenticateClient": authenticate, "getBoundProfilePackage": package,
    "handleNotification": notification, "cancelSession": lambda request: {},
}


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        name = self.path.removeprefix("/gsma/rsp2/es9plus/")
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        log.write(name + "\n")
        answer, status = FUNCTIONS[name](request), {"status": "Executed-Success"}
        if name == "handleNotification":
            self.send_response(204)
            return self.end_headers()
        if answer is None:
            status = {"status": "Failed", "statusCodeData": {
                "subjectCode": "8.2.6", "reasonCode": "3.8", "message": "Refused"}}
        body = json.dumps({"header": {"functionExecutionStatus": status}, **(answer or {})}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate)
server.socket = context.wrap_socket(server.socket, server_side=True)
log.write("ready\n")
server.serve_forever()
