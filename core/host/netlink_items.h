/* SPDX-License-Identifier: MIT */
/* Lists of what rtnetlink messages report: the answer to a request, or the events of a monitor. */
#ifndef MT_HOST_NETLINK_ITEMS_H
#define MT_HOST_NETLINK_ITEMS_H

#include "host/netlink.h"

/* How the messages of each kind look. */
struct mt_netlink_form {
    int type;       /* RTM_NEWLINK, ...; RTM_DELLINK is one more, RTM_GETLINK two */
    size_t header;  /* its size */
};
extern const struct mt_netlink_form mt_netlink_forms[MT_NETLINK_OVERRUN];

/* Zeroed, it is empty; its owner clears it, and frees `items`. */
struct mt_netlink_items {
    struct mt_netlink_item *items;
    size_t count, capacity;
};

/*
 * Adds what `message` reports, and a reference to it; nothing where it is broken, or about nothing
 * that we keep. NULL is an overrun. 0 or -ENOMEM.
 */
int mt_netlink_items_add(struct mt_netlink_items *list, struct nl_msg *message);

void mt_netlink_items_clear(struct mt_netlink_items *list);

#endif
