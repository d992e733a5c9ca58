#!/bin/sh
# SPDX-License-Identifier: MIT
# lua-dkjson 2.6 and 2.11: a table whose keys are numbers with gaps, such as profiles by their number, is a JSON list
# with null in the gaps while its highest key is 10 or less, and an object from 11 on, unless it is half full. A field
# called `n` that is a number makes it a list too, of that length at least.
#
# So the reader of modem profiles 1, 3 and 10 gets a list, and of 1, 3 and 11 an object. And a table with 1 and "1" in
# it becomes an object that has "1" twice.

# shellcheck source=findings/packages.sh
. "$(dirname "$0")/packages.sh"

encode() {
  lua5.4 -e "package.path = '$folder/root/usr/share/lua/5.4/?.lua'" -e "io.write((require 'dkjson'.encode { $1 }))"
}

try() {
  unpack "$@"
  expect "profiles 1, 3 and 10" \
    '["a",null,"b",null,null,null,null,null,null,"c"]' "$(encode '"a", [3] = "b", [10] = "c"')"
  expect "profile 10" '[null,null,null,null,null,null,null,null,null,"c"]' "$(encode '[10] = "c"')"
  expect "profile 11" '{"11":"c"}' "$(encode '[11] = "c"')"
  expect "a count, n = 3" '[null,null,null]' "$(encode 'n = 3')"
  expect "1 and its string" '2' "$(encode '[1] = "a", ["1"] = "a", state = "up"' | grep -o '"1"' | wc -l)"
  rm -r "$folder/root"
}
try bookworm lua-dkjson=2.6-2
try sid lua-dkjson=2.11-1
