#!/bin/sh
# SPDX-License-Identifier: MIT
# pdu.ts 1.1.4 of npm, a codec of SMS: a sender's name of seven letters ends in an @ that is the filling of its last octet;
# what tells of waiting mail in GSM's alphabet (data coding 0xC8, 3GPP TS 23.038, clause 4) is read as UTF-16; and a zone
# west of Greenwich, whose sign is a bit of the first digit (3GPP TS 23.040, 9.2.3.11), moves the time by hours: 01:03:54
# six hours west is 07:03:54 UTC, and becomes 22:33:54 of the day before.

# shellcheck source=findings/packages.sh
. "$(dirname "$0")/packages.sh"
unpack_npm pdu.ts@1.1.4

js() { (cd "$folder" && node -e "const pdu = require('pdu.ts').PDUParser; console.log(JSON.stringify($1))"); }

smsc=0791447779070650
expect "a sender called Vodafon" '"Vodafon@"' \
  "$(js "pdu.Parse('${smsc}040DD0D637396C7EBB0100006211221030450002C834').sender")"
expect "2 new" '"㊐뭼\u0000"' "$(js "pdu.Parse('${smsc}040C9144770009103200C862112210304500053290BB7C07').text")"
expect "six hours west" '"2026-11-21T22:33"' \
  "$(js "pdu.Parse('${smsc}040C9144770009103200006211221030454A05C8329BFD06').time.toISOString().slice(0, 16)")"
