/* SPDX-License-Identifier: MIT */
/*
 * Monitors of rtnetlink: the kernel reports changes of links, addresses, routes, next hops, rules.
 */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host/netlink.h"
#include "host/netlink_socket.h"

struct netlink_monitor {
    struct mt_monitor base;
    struct mt_netlink_input input;
    struct mt_netlink_items queue; /* what one read brought; the kernel keeps the rest */
    size_t taken;
};

static int join_groups(int fd, unsigned wanted)
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
    for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
        if ((wanted & 1U << groups[i].kind) &&
            setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &groups[i].group,
                       sizeof(groups[i].group)) < 0)
            return -errno;
    }
    return 0;
}

static void release(struct mt_monitor *base)
{
    struct netlink_monitor *monitor = mt_container_of(base, struct netlink_monitor, base);
    if (base->fd >= 0)
        close(base->fd);
    mt_netlink_items_clear(&monitor->queue);
    free(monitor->queue.items);
    free(monitor->input.bytes);
}

int mt_netlink_monitor_open(struct mt_loop *loop, unsigned groups, struct mt_monitor **monitor)
{
    struct netlink_monitor *made = calloc(1, sizeof(*made));
    if (!made)
        return -ENOMEM;
    made->base.release = release;
    int fd = mt_netlink_socket_open();
    int status = fd < 0 ? fd : join_groups(fd, groups);
    if (status < 0 && fd >= 0)
        close(fd);
    return mt_monitor_open(loop, &made->base, status < 0 ? status : fd, monitor);
}

/* Reads until something is queued or the kernel has no more for now. */
static int fill_queue(struct netlink_monitor *monitor)
{
    mt_netlink_items_clear(&monitor->queue);
    monitor->taken = 0;
    while (monitor->queue.count == 0) {
        const struct nlmsghdr *message;
        int status = mt_netlink_receive(monitor->base.fd, MSG_DONTWAIT, &monitor->input);
        if (status == -EAGAIN)
            return 0;
        while (status == 0 && (message = mt_netlink_next(&monitor->input)) != NULL)
            status = mt_netlink_items_add(&monitor->queue, message);
        /* ENOBUFS: the kernel dropped events for lack of room in the socket. */
        if (status == -ENOBUFS || status == -ENOMEM)
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
