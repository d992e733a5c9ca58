#!/bin/sh
# SPDX-License-Identifier: MIT
# libnl-3 3.7.0: nl_addr_parse() with no address family takes a mistyped IPv4 address for one of DECnet: 10.0.0.256 and
# 010.0.0.1 become its 10.0, of two bytes; and 1:2 becomes a hardware address. With AF_INET they are errors.
#
# With AF_INET it still takes prefix lengths that no address has: 33, -1 (4294967295), octal 010 (8), hexadecimal, and
# 24 with anything behind it. `any` and `default` are addresses of no bytes. Who reads a person's address with it has
# to look at the length and the prefix length that come out.

# shellcheck source=findings/packages.sh
. "$(dirname "$0")/packages.sh"
unpack bookworm libnl-3-200=3.7.0-0.2+b1

cat >"$folder/parse.py" <<'END'
import ctypes, glob, socket, sys

nl = ctypes.CDLL(glob.glob(sys.argv[1] + "/root/lib/*/libnl-3.so.200")[0])
address = ctypes.c_void_p()
if nl.nl_addr_parse(sys.argv[3].encode(), int(sys.argv[2]), ctypes.byref(address)) < 0:
    print("an error")
else:
    print("family", nl.nl_addr_get_family(address), "bytes", nl.nl_addr_get_len(address), "prefix length",
          nl.nl_addr_get_prefixlen(address) & 0xFFFFFFFF)
END
parse() { python3 "$folder/parse.py" "$folder" "$@"; }

expect "10.0.0.1/24 of any family" "family 2 bytes 4 prefix length 24" "$(parse 0 10.0.0.1/24)"
for text in 10.0.0.256 010.0.0.1 "10.0.0.1 "; do
  expect "'$text' of any family" "family 12 bytes 2 prefix length 16" "$(parse 0 "$text")"
  expect "'$text' as IPv4" "an error" "$(parse 2 "$text")"
done
expect "1:2 of any family" "family 0 bytes 2 prefix length 16" "$(parse 0 1:2)"
expect "10.0.0.1/33 as IPv4" "family 2 bytes 4 prefix length 33" "$(parse 2 10.0.0.1/33)"
expect "10.0.0.1/-1 as IPv4" "family 2 bytes 4 prefix length 4294967295" "$(parse 2 10.0.0.1/-1)"
expect "10.0.0.1/010 as IPv4" "family 2 bytes 4 prefix length 8" "$(parse 2 10.0.0.1/010)"
expect "10.0.0.1/0x10 as IPv4" "family 2 bytes 4 prefix length 16" "$(parse 2 10.0.0.1/0x10)"
expect "10.0.0.1/24/3 as IPv4" "family 2 bytes 4 prefix length 24" "$(parse 2 10.0.0.1/24/3)"
expect "default as IPv4" "family 2 bytes 0 prefix length 0" "$(parse 2 default)"
