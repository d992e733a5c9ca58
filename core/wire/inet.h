/* SPDX-License-Identifier: MIT */
/* The internet checksum of RFC 1071, as IPv4, TCP, UDP and ICMP use it. */

#ifndef MT_WIRE_INET_H
#define MT_WIRE_INET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A sum under way, owned by the caller; start from zeros: `struct mt_inet_sum sum = { 0 };`. */
struct mt_inet_sum {
    uint32_t total;
    bool odd; /* an odd number of bytes so far: the next byte is the low half of a word */
};

/* Adds a range; a packet may be added in any number of ranges, of any length. */
void mt_inet_add(struct mt_inet_sum *sum, const void *bytes, size_t size);

/*
 * The checksum to put in network order (mt_put_be16); summed over a packet that carries its
 * checksum it is 0 when the packet is intact. UDP writes 0xFFFF for 0, as 0 means "none" there.
 */
uint16_t mt_inet_checksum(const struct mt_inet_sum *sum);

#endif
