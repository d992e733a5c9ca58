#!/bin/sh
# SPDX-License-Identifier: MIT
# lua-argparse 0.7.1 and 0.7.2: a negative number, such as a threshold in dBm, is taken for an option, as an option's
# value and as an argument: only --below=-110 works, and for an argument a -- in front, which an option's value cannot
# have. And the default of what takes one value at most (args "?") is lost: an option that is not given becomes an empty
# table, an argument nil.

# shellcheck source=findings/packages.sh
. "$(dirname "$0")/packages.sh"

cat >"$folder/try.lua" <<'END'
local parser = require "argparse" "try"
parser:option "--below":convert(tonumber)
parser:option "--level":args "?":default "-90"
parser:argument "dbm":args "?":default "-100":convert(tonumber)
local ok, result = parser:pparse()
if not ok then return print((result:gsub("\n.*", ""))) end
local level = result.level
print(result.below, type(level) == "table" and "{" .. table.concat(level) .. "}" or level, result.dbm)
END
parse() { lua5.4 -e "package.path = '$folder/root/usr/share/lua/5.4/?.lua'" "$folder/try.lua" "$@" | tr '\t' ' '; }

try() {
  unpack "$@"
  expect "--below -110" "unknown option '-1'" "$(parse --below -110)"
  expect "--below -- -110" "option '--below' requires an argument" "$(parse --below -- -110)"
  expect "--below=-110" "-110 {} nil" "$(parse --below=-110)"
  expect "-110" "unknown option '-1'" "$(parse -110)"
  expect "-- -110" "nil {} -110" "$(parse -- -110)"
  expect "nothing, where the defaults are -90 and -100" "nil {} nil" "$(parse)"
  rm -r "$folder/root"
}
try bookworm lua-argparse=0.7.1-2
try sid lua-argparse=0.7.2-1
