#!/bin/sh
# SPDX-License-Identifier: MIT
# gsm7 1.3.1 of npm: an escape before a letter that is not in the table of extensions is read as "undefined", where a
# phone shows the letter (3GPP TS 23.038, 6.2.1.1). It writes such itself: of a grave accent, which GSM's alphabet has
# not, the escape alone is left, and takes the next letter along.
#
# It fills seven codes up with a carriage return, as USSD has it (6.1.2.3.1 there), but does not write a second one
# behind a text of eight that ends in one, as is said there: that of the text is lost.

# shellcheck source=findings/packages.sh
. "$(dirname "$0")/packages.sh"
unpack_npm gsm7@1.3.1

js() { (cd "$folder" && node -e "const gsm7 = require('gsm7'); console.log(JSON.stringify($1))"); }

expect "codes 61 62 63" '"abc"' "$(js "gsm7.decode(Buffer.from('61F118', 'hex'))")"
expect "codes 61 1b 62" '"aundefined"' "$(js "gsm7.decode(Buffer.from('E18D18', 'hex'))")"
expect "a, a grave accent, b" '"e18d18"' "$(js "gsm7.encode('a\`b').toString('hex')")"
expect "seven digits, and a carriage return to fill" '"31d98c56b3dd1a"' "$(js "gsm7.encode('1234567').toString('hex')")"
expect "with one of the text's own" '"31d98c56b3dd1a"' "$(js "gsm7.encode('1234567\\r').toString('hex')")"
