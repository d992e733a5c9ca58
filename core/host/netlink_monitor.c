/* SPDX-License-Identifier: MIT */
/*
 * Monitors of rtnetlink: the kernel reports changes of links, addresses, routes, next hops, rules.
 */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <netlink/errno.h>
#include <netlink/handlers.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <stdlib.h>

#include "host/netlink.h"

struct netlink_monitor {
    struct mt_monitor base;
    struct nl_sock *socket;
    struct mt_netlink_items queue; /* what one read brought; the kernel keeps the rest */
    size_t taken;
    int status;
};

static int on_notification(struct nl_msg *message, void *context)
{
    struct netlink_monitor *monitor = context;
    if (mt_netlink_items_add(&monitor->queue, message) < 0)
        monitor->status = -ENOMEM;
    return NL_OK;
}

static int join_groups(struct nl_sock *opened, unsigned wanted)
{
    static const struct {
        enum mt_netlink_kind kind;
        int group;
    } groups[] = {
        { MT_NETLINK_LINK, RTNLGRP_LINK },           { MT_NETLINK_ADDRESS, RTNLGRP_IPV4_IFADDR },
        { MT_NETLINK_ADDRESS, RTNLGRP_IPV6_IFADDR }, { MT_NETLINK_ROUTE, RTNLGRP_IPV4_ROUTE },
        { MT_NETLINK_ROUTE, RTNLGRP_IPV6_ROUTE },    { MT_NETLINK_NEXTHOP, RTNLGRP_NEXTHOP },
        { MT_NETLINK_RULE, RTNLGRP_IPV4_RULE },      { MT_NETLINK_RULE, RTNLGRP_IPV6_RULE },
    };
    errno = EIO;
    if (nl_connect(opened, NETLINK_ROUTE) < 0 || nl_socket_set_nonblocking(opened) < 0)
        return -errno;
    for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
        if ((wanted & 1U << groups[i].kind) &&
            nl_socket_add_membership(opened, groups[i].group) < 0)
            return -errno;
    }
    return 0;
}

static void release(struct mt_monitor *base)
{
    struct netlink_monitor *monitor = mt_container_of(base, struct netlink_monitor, base);
    nl_socket_free(monitor->socket);
    mt_netlink_items_clear(&monitor->queue);
    free(monitor->queue.items);
}

int mt_netlink_monitor_open(struct mt_loop *loop, unsigned groups, struct mt_monitor **monitor)
{
    struct netlink_monitor *made = calloc(1, sizeof(*made));
    if (!made)
        return -ENOMEM;
    made->base.release = release;
    made->socket = nl_socket_alloc();
    int status = made->socket ? join_groups(made->socket, groups) : -ENOMEM;
    if (status == 0) {
        nl_socket_disable_seq_check(made->socket);
        nl_socket_modify_cb(made->socket, NL_CB_VALID, NL_CB_CUSTOM, on_notification, made);
        status = nl_socket_get_fd(made->socket);
    }
    return mt_monitor_open(loop, &made->base, status, monitor);
}

/* Reads until something is queued or the kernel has no more for now. */
static int fill_queue(struct netlink_monitor *monitor)
{
    mt_netlink_items_clear(&monitor->queue);
    monitor->taken = 0;
    while (monitor->queue.count == 0) {
        monitor->status = 0;
        int status = nl_recvmsgs_default(monitor->socket);
        if (status == -NLE_AGAIN)
            return 0;
        /* ENOBUFS: the kernel dropped events for lack of room in the socket. */
        if (status == -NLE_NOMEM || monitor->status < 0)
            return mt_netlink_items_add(&monitor->queue, NULL);
        if (status < 0)
            return -EIO;
    }
    return 0;
}

int mt_netlink_monitor_take(struct mt_monitor *base, const struct mt_netlink_item **item)
{
    struct netlink_monitor *monitor = mt_container_of(base, struct netlink_monitor, base);
    if (monitor->taken == monitor->queue.count) {
        int status = fill_queue(monitor);
        if (status < 0 || monitor->queue.count == 0)
            return status;
    }
    *item = &monitor->queue.items[monitor->taken++];
    return 1;
}
