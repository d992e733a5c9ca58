#!/bin/sh
# SPDX-License-Identifier: MIT
# lpac 2.3.0: its at driver first closes the card's logical channels 1 to 4, whoever has opened them. And where a modem
# answers +CCHO with the bare number of the channel, as 3GPP TS 27.007 (8.45) has it, lpac fails and leaves that channel
# open: it takes the number only behind "+CCHO: ".
#
# So it does not go with a program that holds a channel (for authentication, say), and a modem that keeps to the
# standard runs out of channels.
#
# The modem is a stand-in of some lines, at a pseudo-terminal.

# shellcheck source=findings/packages.sh
. "$(dirname "$0")/packages.sh"
unpack bookworm libpcsclite1=1.9.9-2
unpack sid lpac=2.3.0-1 libqmi-glib5=1.38.0-1+b1 libmbim-glib4=1.34.0-1+b1 libqrtr-glib0=1.4.0-1+b1

cat >"$folder/modem.py" <<'END'
import os, pty, re, subprocess, sys, threading, tty

modem, port = pty.openpty()
tty.setraw(port)
channels = []

def answer(command):
    if re.match(r"AT\+CCH[OC]=[^?]", command):
        channels.append(re.sub(r'.*"', "open", command[8:]))
    if command.startswith('AT+CCHO="'):
        return "\r\n" + sys.argv[1] + "5\r\n\r\nOK\r\n"
    if command.startswith("AT+CGLA=5,"):  # an EID of zeros; the card has nothing else to say
        data = "BF3E125A10" + "0" * 32 + "9000" if "BF3E" in command else "6A88"
        return '\r\n+CGLA: %d,"%s"\r\n\r\nOK\r\n' % (len(data), data)
    return "\r\nOK\r\n"

def serve():
    buffer = b""
    while True:
        buffer += os.read(modem, 4096)
        while b"\r" in buffer:
            line, buffer = buffer.split(b"\r", 1)
            os.write(modem, answer(line.strip().decode()).encode())

threading.Thread(target=serve, daemon=True).start()
environment = dict(os.environ, LPAC_APDU="at", LPAC_APDU_AT_DEVICE=os.ttyname(port), LPAC_HTTP="stdio")
done = subprocess.run(sys.argv[2:], env=environment, capture_output=True, text=True, timeout=60)
print("closes and opens:", *channels, "- exit status", done.returncode)
END

try() {
  LD_LIBRARY_PATH=$(echo "$folder"/root/usr/lib/*-linux-gnu) python3 "$folder/modem.py" "$1" \
    "$folder/root/usr/bin/lpac" chip info
}
expect "the modem answers '+CCHO: 5'" "closes and opens: 1 2 3 4 open 5 - exit status 0" "$(try '+CCHO: ')"
expect "the modem answers '5'" "closes and opens: 1 2 3 4 open - exit status 255" "$(try '')"
