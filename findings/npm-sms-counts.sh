#!/bin/sh
# SPDX-License-Identifier: MIT
# Three packages of npm that say how many messages a text needs, of which no two agree about both texts here.
# sms-length 0.2.2 divides by 153, so that an escape may be the last code of one message and its character the first
# of the next, which 3GPP TS 23.040, 9.2.3.24.1, forbids: a euro sign between 152 letters and 152 needs three
# messages, not two. smshelper 0.1.0 has one message too many for a text that fills its last one and has a euro sign.
# split-sms 0.1.7 is right about both.

# shellcheck source=findings/packages.sh
. "$(dirname "$0")/packages.sh"
unpack_npm sms-length@0.2.2 smshelper@0.1.0 split-sms@0.1.7

counts() { # TEXT, as JavaScript
  (cd "$folder" && node -e "const text = $1; console.log('sms-length ' + require('sms-length').count(text).messages +
    ', smshelper ' + require('smshelper').parts(text) +
    ', split-sms ' + require('split-sms').split(text).parts.length)")
}
expect "306 letters" "sms-length 2, smshelper 2, split-sms 2" "$(counts "'a'.repeat(306)")"
expect "152 letters, a euro sign, 152" "sms-length 2, smshelper 3, split-sms 3" \
  "$(counts "'a'.repeat(152) + '€' + 'a'.repeat(152)")"
expect "a euro sign, 304 letters" "sms-length 2, smshelper 3, split-sms 2" "$(counts "'€' + 'a'.repeat(304)")"
