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

/* Zeroed, it is empty; who has it clears it, and frees `items`. */
struct mt_netlink_items {
    struct mt_netlink_item *items;
    size_t count, capacity;
};

/* Adds what one message says; nothing for one that is broken, or about nothing that we keep. */
struct nlmsghdr;
int mt_netlink_items_decode(struct mt_netlink_items *list, struct nlmsghdr *message);

/* Both return 0 or -ENOMEM; the list owns the item then. */
int mt_netlink_items_add(struct mt_netlink_items *list, const struct mt_netlink_item *item);

void mt_netlink_items_clear(struct mt_netlink_items *list);

#endif
