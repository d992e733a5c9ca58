#!/bin/sh
# SPDX-License-Identifier: MIT
# comgt 0.32: `comgt PIN` says "SIM ready" and has exit status 0 where the modem waits for a PUK (3GPP TS 27.007,
# 8.3), which is a blocked card. Where it waits for PIN2, comgt gives it the PIN of COMGTPIN, which may cost one of
# PIN2's tries. A PIN of six digits, as cards may have (4 to 8), it refuses.
#
# `comgt reg` sees a modem as registered by +CREG: 0,1 and 0,5 only: with unsolicited codes on (AT+CREG=2, clause 7.2
# there), the answer begins with a 2, and comgt waits until it gives up.
#
# The modem is a stand-in of some lines, at a pseudo-terminal.

# shellcheck source=findings/packages.sh
. "$(dirname "$0")/packages.sh"
unpack bookworm comgt=0.32-4

cat >"$folder/modem.py" <<'END'
import os, pty, select, subprocess, sys, time, tty

answers = dict(pair.split("=", 1) for pair in sys.argv[2:])
port, end = pty.openpty()
tty.setraw(end)
comgt = subprocess.Popen([sys.argv[1], "-d", os.ttyname(end), os.environ["SCRIPT"]], stdout=subprocess.PIPE, text=True)
typed, sent, deadline = b"", [], time.monotonic() + 8
while comgt.poll() is None and time.monotonic() < deadline:
    if select.select([port], [], [], 0.1)[0]:
        typed += os.read(port, 4096)
    if typed.endswith(b"\r"):
        command, typed = typed.decode().strip(), b""
        if command.startswith("AT+CPIN="):
            sent.append(command)
        answer = answers.get(command)
        os.write(port, f"{command}\r".encode())
        os.write(port, (f"\r\n{answer}\r\n" if answer else "").encode() + b"\r\nOK\r\n")
waits = comgt.poll() is None
comgt.kill()
said = comgt.stdout.read().splitlines()
print(said[0].rstrip("."), *sent, "waits" if waits else comgt.returncode, sep=" | ")
END
comgt() { # SCRIPT COMMAND=ANSWER...: its first line, what it has sent of PINs, and its exit status
  SCRIPT=$1
  shift
  SCRIPT=$SCRIPT COMGTPIN=${pin-} python3 "$folder/modem.py" "$folder/root/usr/bin/comgt" "$@"
}

pin=1234
expect "SIM PUK" "SIM ready | 0" "$(comgt PIN 'AT+CPIN?=+CPIN: SIM PUK')"
expect "SIM PIN2" 'SIM ready | AT+CPIN="1234" | 0' "$(comgt PIN 'AT+CPIN?=+CPIN: SIM PIN2')"
pin=123456
expect "SIM PIN, of six digits" "ERROR: PIN code must be 4 decimal digits only | 1" \
  "$(comgt PIN 'AT+CPIN?=+CPIN: SIM PIN')"
operator='AT+COPS?=+COPS: 0,0,"A network",7'
expect "+CREG: 0,1" "Waiting for Registration | 0" "$(comgt reg 'AT+CREG?=+CREG: 0,1' "$operator")"
expect "+CREG: 2,1" "Waiting for Registration | waits" \
  "$(comgt reg 'AT+CREG?=+CREG: 2,1,"1A2B","01A2B3C4",7' "$operator")"
