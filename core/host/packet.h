/* SPDX-License-Identifier: MIT */
/* Packet sockets of one link: whole frames, and ICMPv6 to all nodes on it. */
#ifndef MT_HOST_PACKET_H
#define MT_HOST_PACKET_H

/*
 * Opens a socket that sends and receives whole frames of a link, as its driver has them, with IPv4
 * inside. Returns the descriptor, which is the caller's, or a negative errno.
 */
int mt_packet_open(const char *link);

/*
 * Opens a socket that sends ICMPv6 messages to all nodes on a link, from its link-local address and
 * with the hop limit of neighbour discovery; the kernel fills in the checksum. It receives nothing.
 * Returns as above.
 */
int mt_packet_open_all_nodes(const char *link);

#endif
