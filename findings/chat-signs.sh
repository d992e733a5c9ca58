#!/bin/sh
# SPDX-License-Identifier: MIT
# chat of ppp 2.4.9: a ^ in front of a letter is a control character, in what is sent and in what is waited for. So
# AT^SYSINFO, as Huawei and others have it, is sent as AT, XOFF, YSINFO; and ^SYSINFO is never seen. \^ is right. AT\Q3
# is sent as ATQ3: another command.
#
# A minus in what is waited for ends it: with 0,1-2 chat is content with 0,1.

# shellcheck source=findings/packages.sh
. "$(dirname "$0")/packages.sh"
unpack bookworm ppp=2.4.9-1+1.1+b1

cat >"$folder/port.py" <<'END'
import os, pty, subprocess, sys, tty

port, end = pty.openpty()
tty.setraw(end)
os.write(port, sys.argv[1].encode())
done = subprocess.run(sys.argv[2:], stdin=end, stdout=end, stderr=subprocess.DEVNULL, timeout=30)
os.write(end, b".")  # the end of what chat has sent
sent = b""
while not sent.endswith(b"."):
    sent += os.read(port, 4096)
print(repr(sent.decode()[:-1]), "exit status", done.returncode)
END
chat() { # SAID ARGUMENT...: what the modem says, and chat's arguments; what chat sends
  said=$1
  shift
  python3 "$folder/port.py" "$said" "$folder/root/usr/sbin/chat" -t 2 "$@"
}

expect "send AT^SYSINFO" "'AT\\x13YSINFO\\r' exit status 0" "$(chat '' '' 'AT^SYSINFO')"
expect "send AT\\^SYSINFO" "'AT^SYSINFO\\r' exit status 0" "$(chat '' '' 'AT\^SYSINFO')"
expect "send AT\\Q3" "'ATQ3\\r' exit status 0" "$(chat '' '' 'AT\Q3')"
answer='^SYSINFO: 2,3
'
expect "wait for ^SYSINFO" "'' exit status 3" "$(chat "$answer" '^SYSINFO')"
expect "wait for \\^SYSINFO" "'' exit status 0" "$(chat "$answer" '\^SYSINFO')"
expect "wait for 0,1-2" "'' exit status 0" "$(chat '+CREG: 0,1
' '0,1-2')"
