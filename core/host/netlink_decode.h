/* SPDX-License-Identifier: MIT */
/* What the answers to requests and the events of a monitor have in common: reading rtnetlink. */
#ifndef MT_HOST_NETLINK_DECODE_H
#define MT_HOST_NETLINK_DECODE_H

#include <sys/socket.h>

#include "host/netlink.h"

/* IFA_PROTO, of Linux 5.18; older kernels ignore it. Debian 12's libnl has no setter for it. */
enum { MT_IFA_PROTO = 11 };

static inline int mt_ip_size(int family)
{
    return family == AF_INET6 ? 16 : 4;
}

/* Reads one message; false for one that is broken, or about nothing that we keep. */
struct nlmsghdr;
bool mt_netlink_decode(struct nlmsghdr *message, struct mt_netlink_item *item);

/* Zeroed, it is empty; who has it frees `items`. */
struct mt_netlink_items {
    struct mt_netlink_item *items;
    size_t count, capacity;
};

/* 0 or -ENOMEM. */
int mt_netlink_items_add(struct mt_netlink_items *list, const struct mt_netlink_item *item);

#endif
