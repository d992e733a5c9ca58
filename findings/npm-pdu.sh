#!/bin/sh
# SPDX-License-Identifier: MIT
# pdu 1.1.0 of npm, a codec of SMS: a text in GSM's alphabet comes back with NUL characters behind it, seven for each of
# its bytes. An @ (code 0) is one more of them, the euro sign is an escape and an "e" (3GPP TS 23.038, 6.2.1.1: one
# character of two codes), and a sender with a name is a number of its bytes' digits. What it writes has the inverted
# exclamation mark (code 0x40) for an @.

# shellcheck source=findings/packages.sh
. "$(dirname "$0")/packages.sh"
unpack_npm pdu@1.1.0

js() { (cd "$folder" && node -e "const pdu = require('pdu'); console.log(JSON.stringify($1))"); }

# SMS-DELIVER from +447700900123, but for the third, which is from "Vodafone".
start=0791447779070650040C914477000910320000621122103045
hello=${start}0005C8329BFD06
mail=${start}0008ED709A0D6A9701
euro=${start}0003B54D19 # "5", and the euro sign
named=0791447779070650040ED0D637396C7EBBCB00006211221030450002C834

expect "Hello" '["Hello",35]' "$(js "[pdu.parse('$hello').text.replace(/\\0/g, ''), pdu.parse('$hello').text.length - 5]")"
expect "mail me@, without NULs" '"mail me"' "$(js "pdu.parse('$mail').text.replace(/\\0/g, '')")"
expect "5 and a euro sign" '"5\u001be"' "$(js "pdu.parse('$euro').text.replace(/\\0/g, '')")"
expect "a sender called Vodafone" '"613739312614711111112"' "$(js "pdu.parse('$named').sender")"
written=$(js "pdu.generate({ receiver: '447700900123', text: 'me@', encoding: '7bit' })[0].slice(-6)")
expect "me@, written: codes 6d 65 40" '"ed3210"' "$written"
