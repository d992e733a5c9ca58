/* SPDX-License-Identifier: MIT */
/*
 * Messages of rtnetlink, written and read: a header, the header of their kind, and attributes. All
 * numbers are in this machine's order, but for addresses; all parts begin at multiples of four.
 */
#ifndef MT_HOST_NETLINK_MESSAGE_H
#define MT_HOST_NETLINK_MESSAGE_H

#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "wire/bytes.h"

enum { MT_NETLINK_ROOM = 4096 };

/* A request. What does not fit is left out: look at `full` once, at the end. */
struct mt_netlink_message {
    union {
        struct nlmsghdr header;
        uint8_t bytes[MT_NETLINK_ROOM];
    };
    bool full;
};

/* An address, or a network; without a family it is none. */
struct mt_netlink_ip {
    uint8_t family; /* AF_INET or AF_INET6 */
    uint8_t length; /* bits of the prefix: all, of an address */
    uint8_t bytes[16];
};

static inline size_t mt_netlink_ip_size(int family)
{
    return family == AF_INET6 ? 16 : 4;
}

/* Begins one of this type, RTM_NEWLINK for example, with the header of its kind. */
void mt_netlink_begin(struct mt_netlink_message *message, int type, int flags, const void *header,
                      size_t size);

void mt_netlink_put(struct mt_netlink_message *message, int type, const void *value, size_t size);
void mt_netlink_put_u8(struct mt_netlink_message *message, int type, uint8_t value);
void mt_netlink_put_u16(struct mt_netlink_message *message, int type, uint16_t value);
void mt_netlink_put_u32(struct mt_netlink_message *message, int type, uint32_t value);
void mt_netlink_put_string(struct mt_netlink_message *message, int type, const char *value);

/* Nothing, where it is no address. */
void mt_netlink_put_ip(struct mt_netlink_message *message, int type,
                       const struct mt_netlink_ip *ip);

/* Adds bytes that are no attribute, at a multiple of four; returns where they are. */
size_t mt_netlink_append(struct mt_netlink_message *message, const void *bytes, size_t size);

/* What is put from here on, up to the end, is inside an attribute. Returns where that begins. */
size_t mt_netlink_nest(struct mt_netlink_message *message, int type);
void mt_netlink_end(struct mt_netlink_message *message, size_t nest);

/* The value of the first attribute of a type; its `at` is NULL where there is none. */
struct mt_reader mt_netlink_find(struct mt_reader attributes, int type);

/* 0, where it is not there, or is too short. */
uint32_t mt_netlink_u32(struct mt_reader value);
uint16_t mt_netlink_u16(struct mt_reader value);
uint8_t mt_netlink_u8(struct mt_reader value);

/* NULL, where it is not there, or has no end. */
const char *mt_netlink_string(struct mt_reader value);

#endif
