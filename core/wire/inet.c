/* SPDX-License-Identifier: MIT */
/* The internet checksum of RFC 1071: the complement of a one's-complement sum of 16-bit words. */

#include "wire/inet.h"

#include "wire/bytes.h"

void mt_inet_add(struct mt_inet_sum *sum, const void *bytes, size_t size)
{
    struct mt_reader range = mt_reader(bytes, size);
    uint16_t word;
    uint8_t byte;

    if (sum->odd && mt_take_u8(&range, &byte)) {
        sum->total += byte;
        sum->odd = false;
    }
    while (mt_take_be16(&range, &word)) {
        sum->total += word;
        sum->total = (sum->total & 0xFFFF) + (sum->total >> 16);
    }
    if (mt_take_u8(&range, &byte)) {
        sum->total += (uint32_t)byte << 8;
        sum->odd = true;
    }
    sum->total = (sum->total & 0xFFFF) + (sum->total >> 16);
}

uint16_t mt_inet_checksum(const struct mt_inet_sum *sum)
{
    uint32_t total = sum->total;

    while (total >> 16)
        total = (total & 0xFFFF) + (total >> 16);
    return (uint16_t)~total;
}
