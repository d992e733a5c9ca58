/* SPDX-License-Identifier: MIT */
/* Packet sockets: frames of one link, for messages that are sent before there is an address. */
#ifndef MT_HOST_PACKET_H
#define MT_HOST_PACKET_H

/*
 * Opens a socket that sends and receives whole frames of a link, as its driver has them, with IPv4
 * inside. Returns the descriptor, which is the caller's, or a negative errno.
 */
int mt_packet_open(const char *link);

#endif
