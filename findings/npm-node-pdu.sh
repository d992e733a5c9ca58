#!/bin/sh
# SPDX-License-Identifier: MIT
# node-pdu 2.1.1 of npm, a codec of SMS: a short code such as *100# comes back as A100B; a time in a zone of a quarter of
# an hour, as Nepal's, as "+5.75:00", which is no ISO 8601; and a message in UCS-2 that tells of mail waiting (data coding
# 0xE0, 3GPP TS 23.038, clause 4) is read as 7-bit codes. A text with a euro sign is written in UCS-2, though GSM's
# alphabet has it: 153 letters and a euro sign cost three messages, where one would do. A grave accent, which that
# alphabet has not, is sent as a section sign.

# shellcheck source=findings/packages.sh
. "$(dirname "$0")/packages.sh"
unpack_npm node-pdu@2.1.1

js() { (cd "$folder" && node -e "const { parse, Submit } = require('node-pdu'); console.log(JSON.stringify($1))"); }
parts() { js "new Submit('+447700900123', $1).getPartStrings().map(part => $2)"; }

smsc=0791447779070650
nepal=${smsc}040C914477000910320000621122103045 # SMS-DELIVER of 22 November 2026, 01:03:54, in a zone that follows
expect "a sender *100#" '"A100B"' "$(js "parse('${smsc}0405811A00FB00006211221030450005C8329BFD06').address.phone")"
expect "45 minutes past an hour" '"2026-11-22T01:03:54+5.75:00"' \
  "$(js "parse('${nepal}3205C8329BFD06').serviceCenterTimeStamp.getIsoString()")"
expect "2 né in UCS-2, of waiting mail" '"@d@@$¡`"' \
  "$(js "parse('${smsc}040C9144770009103200E0621122103045000800320020006E00E9').data.getText()")"
expect "data coding of 5 and a euro sign" '["08"]' "$(parts "'5 €'" 'part.slice(24, 26)')"
expect "messages for 153 letters and a euro sign" '3' "$(parts "'a'.repeat(153) + '€'" 1 | tr -cd 1 | wc -c)"
expect "a\`b: codes 61 5f 62" '["E1AF18"]' "$(parts "'a\`b'" 'part.slice(-6)')"
