#!/bin/sh
# SPDX-License-Identifier: MIT
# modemmanager 1.20.4 and 1.24.2: 19 of its udev rules have product numbers in capitals: 006F (Cinterion), 00B7
# (Archos), 000A (ZTE), and seven of Nokia. The kernel shows idProduct in small letters, and udev heeds the difference,
# so these rules never apply, and such modems' ports are left to probing. All others have small letters.
#
# Who takes its port tables for data has to lower the letters first, and then has ports that ModemManager does not tag.

# shellcheck source=findings/packages.sh
. "$(dirname "$0")/packages.sh"

rules() { find "$folder/root" -name '77-mm-*.rules' -exec grep -h '^[^#]' {} +; }
ids() {
  grep -oE "idVendor}==\"[^\"]*\", ATTRS{idProduct}==\"$1\"" | grep -oE '"[0-9A-Fa-f]{4}"' | tr -d '"' | paste -d: - -
}

try() {
  unpack "$@"
  capitals=$(rules | ids '[^"]*[A-F][^"]*')
  expect "rules" 19 "$(echo "$capitals" | wc -l)"
  nokia="0421:060D 0421:061A 0421:061B 0421:061F 0421:062A 0421:062E 0421:062F"
  expect "products" "$nokia 19d2:000A 1bbb:00B7 1e2d:006F " \
    "$(echo "$capitals" | sort -u | tr '\n' ' ')"
  small=$(echo "$capitals" | tr A-F a-f)
  expect "rules that have one of them in small letters" 0 "$(rules | ids '[^"]*' | grep -cFx "$small")"
  rm -r "$folder/root"
}
try bookworm modemmanager=1.20.4-1
try sid modemmanager=1.24.2-2+b1
