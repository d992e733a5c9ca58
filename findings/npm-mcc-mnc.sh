#!/bin/sh
# SPDX-License-Identifier: MIT
# Two lists of mobile networks of npm. mccmnc.json 1.2.0 has twelve networks of the United States with an MNC of two digits,
# where all have three: who looks for the shortest one that an IMSI begins with takes T-Mobile's 310-260 for 310-26,
# "Unknown". One of Germany has no MNC, so that it is the beginning of all of that country's. mcc-mnc-list 1.1.11 has
# "100 - 190", "?" and numbers of five digits for an MNC, which has two or three (ITU-T E.212), and many networks twice.

# shellcheck source=findings/packages.sh
. "$(dirname "$0")/packages.sh"
unpack_npm mccmnc.json@1.2.0 mcc-mnc-list@1.1.11

js() { (cd "$folder" && node -e "console.log(JSON.stringify($1))"); }
networks="Object.values(require('mccmnc.json'))"
american="$networks.filter(n => /^31[0-6]/.test(n.mcc) && n.mnc.length == 2)"
list="require('mcc-mnc-list').all()"

expect "mccmnc.json: American networks with two digits" 12 "$(js "$american.length")"
expect "310-26 and 310-260" '["Unknown","T-Mobile"]' "$(js "['31026', '310260'].map(k => require('mccmnc.json')[k].network_name)")"
expect "without an MNC" '["262 Debitel, Talkline"]' "$(js "$networks.filter(n => !n.mnc).map(n => n.mcc + ' ' + n.network_name)")"
expect "mcc-mnc-list: MNCs that are none" '["50144","50164","50168","50169","50176","50194","100 - 190","?","?"]' \
  "$(js "$list.map(n => n.mnc).filter(mnc => mnc && !/^\d{2,3}\$/.test(mnc))")"
expect "codes that are there twice" 48 "$(js "(all => all.length - new Set(all).size)($list.map(n => n.mcc + ' ' + n.mnc))")"
