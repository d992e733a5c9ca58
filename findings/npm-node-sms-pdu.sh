#!/bin/sh
# SPDX-License-Identifier: MIT
# node-sms-pdu 0.3.0 of npm, a codec of SMS: it loses an @ that ends a text, refuses a part of a longer message whose
# reference has 16 bits (3GPP TS 23.040, 9.2.3.24.8), and has "+aN:aN" for a zone west of Greenwich. A text that is too long
# for one message is cut between an escape and its character, and between the halves of a surrogate pair, which 9.2.3.24.1
# forbids for both: phones that read each part by itself show neither.

# shellcheck source=findings/packages.sh
. "$(dirname "$0")/packages.sh"
unpack_npm node-sms-pdu@0.3.0

js() { (cd "$folder" && node -e "const pdu = require('node-sms-pdu'); console.log(JSON.stringify($1))"); }

start=0791447779070650040C914477000910320000621122103045
expect "mail me@" '"mail me"' "$(js "pdu.parse('${start}0008ED709A0D6A9701').text")"
expect "six hours west" '"2026-11-22T01:03:54+aN:aN"' "$(js "pdu.parse('${start}4A05C8329BFD06').timestamp")"
expect "a part, reference of 16 bits" '["error"]' \
  "$(js "Object.keys(pdu.parse('0791447779070650440C914477000910320000621122103045000D06080401420201C8329BFD06'))")"
# The last septet of the first part, and its last UTF-16 unit.
expect "152 letters and a euro sign: 0x1b last" '"37"' \
  "$(js "pdu.generateSubmit('+447700900123', 'a'.repeat(152) + '€' + 'b'.repeat(20))[0].hex.slice(-2)")"
expect "66 letters and a surrogate pair: its first half last" '"D83D"' \
  "$(js "pdu.generateSubmit('+447700900123', 'ж'.repeat(66) + '😀' + 'ж'.repeat(10))[0].hex.slice(-4)")"
