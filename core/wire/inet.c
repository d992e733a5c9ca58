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

void mt_inet_add_pseudo4(struct mt_inet_sum *sum, const uint8_t source[4], const uint8_t target[4],
                         uint8_t protocol, uint16_t length)
{
    uint8_t tail[4];
    struct mt_writer writer = mt_writer(tail, sizeof(tail));

    mt_put_be16(&writer, protocol);
    mt_put_be16(&writer, length);
    mt_inet_add(sum, source, 4);
    mt_inet_add(sum, target, 4);
    mt_inet_add(sum, tail, sizeof(tail));
}

void mt_inet_add_pseudo6(struct mt_inet_sum *sum, const uint8_t source[16],
                         const uint8_t target[16], uint8_t protocol, uint32_t length)
{
    uint8_t tail[8];
    struct mt_writer writer = mt_writer(tail, sizeof(tail));

    mt_put_be32(&writer, length);
    mt_put_be32(&writer, protocol);
    mt_inet_add(sum, source, 16);
    mt_inet_add(sum, target, 16);
    mt_inet_add(sum, tail, sizeof(tail));
}

uint16_t mt_inet_checksum(const struct mt_inet_sum *sum)
{
    uint32_t total = sum->total;

    while (total >> 16)
        total = (total & 0xFFFF) + (total >> 16);
    return (uint16_t)~total;
}
