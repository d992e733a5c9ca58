#!/bin/sh
# SPDX-License-Identifier: MIT
# libnl-route-3 3.7.0: rtnl_link_get_family() says AF_BRIDGE (7) of a bridge that was read in a dump of AF_UNSPEC (or
# AF_INET), where the kernel's message says AF_UNSPEC; of other links it says 0. In a dump of AF_INET6 the bridge has
# 10, as all have.
#
# So who takes a link's family for the one asked for overlooks the bridges, or takes them for ports of one.

# shellcheck source=findings/packages.sh
. "$(dirname "$0")/packages.sh"
unpack bookworm libnl-3-200=3.7.0-0.2+b1 libnl-route-3-200=3.7.0-0.2+b1 iproute2=6.1.0-3

cat >"$folder/links.py" <<'END'
import ctypes, glob, socket as sockets, struct, sys

nl = ctypes.CDLL(glob.glob(sys.argv[1] + "/root/lib/*/libnl-3.so.200")[0], mode=ctypes.RTLD_GLOBAL)
route = ctypes.CDLL(glob.glob(sys.argv[1] + "/root/usr/lib/*/libnl-route-3.so.200")[0])
nl.nl_socket_alloc.restype = route.rtnl_link_get_by_name.restype = ctypes.c_void_p
socket, cache = ctypes.c_void_p(nl.nl_socket_alloc()), ctypes.c_void_p()
nl.nl_connect(socket, 0)
for family in 0, 2, 10:
    route.rtnl_link_alloc_cache(socket, family, ctypes.byref(cache))
    links = [ctypes.c_void_p(route.rtnl_link_get_by_name(cache, name)) for name in (b"lo", b"bridge0", b"veth0")]
    print(family, "->", *map(route.rtnl_link_get_family, links), end="; ")

# The same question without libnl: RTM_GETLINK (18), a request for all (0x301) links of AF_UNSPEC.
kernel = sockets.socket(sockets.AF_NETLINK, sockets.SOCK_RAW)
kernel.send(struct.pack("=IHHII16x", 32, 18, 0x301, 1, 0))
answers, families, offset = kernel.recv(1 << 16), set(), 0
while offset < len(answers):
    length, kind = struct.unpack_from("=IH", answers, offset)
    if kind == 16:  # RTM_NEWLINK
        families.add(answers[offset + 16])
    offset += (length + 3) & ~3
print("the kernel says", *families)
END
# shellcheck disable=SC2016 # the inner shell's arguments
seen=$(LD_LIBRARY_PATH=$(echo "$folder"/root/lib/*-linux-gnu) unshare -rn sh -c '
  "$1" link add bridge0 type bridge && "$1" link add veth0 type veth peer name veth1 && python3 "$2" "$3"' \
  sh "$folder/root/bin/ip" "$folder/links.py" "$folder")
expect "the families of lo, a bridge and a veth, by that asked for" \
  "0 -> 0 7 0; 2 -> 0 7 0; 10 -> 10 10 10; the kernel says 0" "$seen"
