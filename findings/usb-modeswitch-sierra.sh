#!/bin/sh
# SPDX-License-Identifier: MIT
# usb-modeswitch-data 20191128: ten Sierra modems (MC7770, MC8305, EM7305, EM7355 ...) are put into USB configuration 1
# when they appear, and nothing else is done to them: whatever configuration the kernel or a person has put them into.
#
# One that is to stay in another, such as one with MBIM, does not where this package is installed. The MC7455 and EM7455
# (1199:9071, 9079) are not in the data.

# shellcheck source=findings/packages.sh
. "$(dirname "$0")/packages.sh"
unpack bookworm usb-modeswitch-data=20191128-5

mkdir "$folder/data"
tar -xzf "$folder/root/usr/share/usb_modeswitch/configPack.tar.gz" -C "$folder/data"
cd "$folder/data" || exit
expect "Sierra modems put into configuration 1" "9011 9013 9017 901b 901c 901f 9041 9051 9053 9063" \
  "$(grep -l '^Configuration=1' 1199:* | sed 's/.*://' | tr '\n' ' ' | sed 's/ $//')"
expect "what the EM7305's entry says" "Configuration=1" "$(grep -v '^#' 1199:9063 | tr -d '\n')"
expect "are udev rules there for it" "yes" \
  "$(grep -q '1199.*9041' "$folder"/root/*/udev/rules.d/*usb_modeswitch.rules && echo yes)"
expect "entries of the MC7455" "0" "$(find . -name '1199:9071*' -o -name '1199:9079*' | wc -l)"
