#!/bin/sh
# SPDX-License-Identifier: MIT
# lua-dkjson 2.6: a whole number that is held as a float loses digits when it is written, without a word: 14 are kept.
# So counts of bytes have to be Lua integers. It reads numbers and lists that are no JSON, such as 01, .5 and [1,]; and
# "\ud800", half a surrogate pair, becomes bytes that are no UTF-8 (RFC 8259, sections 5 to 8).

# shellcheck source=findings/packages.sh
. "$(dirname "$0")/packages.sh"
unpack bookworm lua-dkjson=2.6-2

lua() { lua5.4 -e "package.path = '$folder/root/usr/share/lua/5.4/?.lua'; json = require 'dkjson'" -e "io.write($1)"; }

expect "version" "dkjson 2.6" "$(lua 'json.version')"
expect "2^53 as a float" "9.007199254741e+15" "$(lua 'json.encode(2.0 ^ 53)')"
expect "2^53 as an integer" "9007199254740992" "$(lua 'json.encode(1 << 53)')"
for text in 01 .5 '[1,]'; do
  expect "does it take $text" "true" "$(lua "tostring(json.decode '$text' ~= nil)")"
done
expect "is half a pair UTF-8" "nil" "$(lua 'tostring((utf8.len((json.decode [["\ud800"]]))))')"
