/* SPDX-License-Identifier: MIT */
/* Lists of what rtnetlink messages report: the answer to a request, or the events of a monitor. */
#ifndef MT_HOST_NETLINK_ITEMS_H
#define MT_HOST_NETLINK_ITEMS_H

#include <stdbool.h>
#include <stddef.h>

enum mt_netlink_kind {
    MT_NETLINK_LINK,
    MT_NETLINK_ADDRESS,
    MT_NETLINK_ROUTE,
    MT_NETLINK_NEXTHOP,
    MT_NETLINK_RULE,
    MT_NETLINK_OVERRUN, /* a monitor missed events: ask for the whole picture again */
};

/* A thing that the kernel reported: read by libnl-route, and as it came. */
struct nl_msg;
struct nl_object;
struct mt_netlink_item {
    enum mt_netlink_kind kind;
    bool deleted;
    struct nl_msg *message;   /* for what libnl-route does not read; NULL for an overrun */
    struct nl_object *object; /* a rtnl_link, rtnl_addr, rtnl_route or rtnl_rule; else NULL */
};

/* How the messages of each kind look. */
struct mt_netlink_form {
    int type;      /* RTM_NEWLINK, ...; RTM_DELLINK is one more, RTM_GETLINK two */
    size_t header; /* its size */
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
