#!/bin/sh
# SPDX-License-Identifier: MIT
# smstools 3.1.21: a message to a short code with * or # has these two themselves in its PDU, where all else is
# hexadecimal digits: 05811*00F# for *100#, which 3GPP TS 23.040, 9.1.2.3 has as 05811A00FB; a modem refuses it (+CMS
# ERROR 304, 3GPP TS 27.005). One that comes from *21*23# is said to have invalid characters, and to be from A21A23B.
#
# An escape before a letter that is not in the table of extensions takes the letter along: "ab" becomes "a". A phone
# shows the letter (3GPP TS 23.038, 6.2.1.1).
#
# The modem is a stand-in of some lines, at a pseudo-terminal.

# shellcheck source=findings/packages.sh
. "$(dirname "$0")/packages.sh"
unpack bookworm smstools=3.1.21-4+b1 libmm14=1.4.2-7

cat >"$folder/modem.py" <<'END'
import glob, os, pty, select, signal, subprocess, sys, tempfile, time, tty

root, texts, message = f"{sys.argv[1]}/root", sys.argv[2], sys.argv[3:]
folder = tempfile.mkdtemp(dir=sys.argv[1])
port, end = pty.openpty()
tty.setraw(end)
places = ("incoming", "outgoing", "checked", "failed")
for place in places:
    os.mkdir(f"{folder}/{place}")
with open(f"{folder}/smsd.conf", "w") as conf:
    print(*(f"{place} = {folder}/{place}" for place in places), sep="\n", file=conf)
    print(f"devices = M\nlogfile = {folder}/log\ninfofile = {folder}/info\ndelaytime = 1", file=conf)
    print(f"[M]\ndevice = {os.ttyname(end)}\ninit = AT", file=conf)
    print("incoming = yes\ncheck_memory_method = 0\nmemory_start = 1", file=conf)
if texts:
    with open(f"{folder}/outgoing/message", "w") as file:
        file.write(texts)

def answer(command):
    there = bool(message)
    if command.startswith("AT+CPMS?"):
        return f'+CPMS: "SM",{int(there)},1\r\n\r\nOK'
    if command.startswith("AT+CMGR"):
        return f"+CMGR: 0,,{len(message[0]) // 2 - 8}\r\n{message[0]}\r\n\r\nOK" if there else "+CMS ERROR: 321"
    if command.startswith("AT+CMGD"):
        message.clear()
    if command.startswith("AT+CMGS"):
        return "> "
    return {"AT+CPIN?": "+CPIN: READY\r\n\r\nOK", "AT+CREG?": "+CREG: 0,1\r\n\r\nOK"}.get(command, "OK")

quiet = subprocess.DEVNULL
smsd = subprocess.Popen([f"{root}/usr/sbin/smsd", "-c", f"{folder}/smsd.conf", "-p", f"{folder}/pid", "-t"],
                        stdin=quiet, stdout=quiet, stderr=quiet, start_new_session=True)
typed, seen, deadline = b"", None, time.monotonic() + 60
while not seen and time.monotonic() < deadline:
    if select.select([port], [], [], 0.2)[0]:
        typed += os.read(port, 4096)
    if typed.endswith(b"\x1a"):
        seen = typed.decode().strip("\x1a\r\n ")
    elif typed.endswith(b"\r"):
        command, typed = typed.decode().strip(), b""
        os.write(port, f"{command}\r\r\n{answer(command)}\r\n".encode())
    files = [name for name in glob.glob(f"{folder}/incoming/M.*") if not message]
    if files:
        lines = open(files[0], encoding="latin1").read().splitlines()
        seen = " | ".join([line for line in lines if line.startswith(("Warning", "From: "))] + [lines[-1]])
os.killpg(smsd.pid, signal.SIGKILL)
smsd.wait()
print(seen)
END
run() {
  LD_LIBRARY_PATH=$folder/root/usr/lib:$(echo "$folder"/root/usr/lib/*-linux-gnu) \
    python3 "$folder/modem.py" "$folder" "$@"
}
send() { run "To: $1

$2"; }
receive() { run "" "079144777907065004${1}000062112210304500$2"; } # SMS-DELIVER

expect "to the short code 100: hello" 001100038101F00000FF05E8329BFD06 "$(send s100 hello)"
expect "to the short code *100#: hello" '00110005811*00F#0000FF05E8329BFD06' "$(send 's*100#' hello)"
expect "abc" "From: 447700900123 | abc" "$(receive 0C91447700091032 0361F118)"
expect "a, an escape, b" "From: 447700900123 | a" "$(receive 0C91447700091032 03E18D18)"
expect "from *21*23#" "Warning: Invalid character(s) in sender address. | From: A21A23B | abc" \
  "$(receive 07812AA132FB 0361F118)"
