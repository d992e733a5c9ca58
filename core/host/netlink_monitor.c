/* SPDX-License-Identifier: MIT */
/* Monitors: hearing from the kernel that links, addresses and routes change. */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <netlink/errno.h>
#include <netlink/handlers.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <stdlib.h>

#include "host/netlink.h"
#include "host/netlink_decode.h"

struct mt_netlink_monitor {
    uv_poll_t poll;
    struct nl_sock *socket;
    struct mt_netlink_items queue;  /* what one read brought; the kernel keeps the rest */
    size_t taken;
    int status;
    void (*on_event)(void *context);
    void *context;
};

static int on_notification(struct nl_msg *message, void *context)
{
    struct mt_netlink_monitor *monitor = context;
    if (mt_netlink_items_decode(&monitor->queue, nlmsg_hdr(message)) < 0)
        monitor->status = -ENOMEM;
    return NL_OK;
}

static int join_groups(struct nl_sock *opened, unsigned what)
{
    static const struct {
        unsigned what;
        int group;
    } groups[] = {
        { MT_NETLINK_WATCH_LINKS, RTNLGRP_LINK },
        { MT_NETLINK_WATCH_ADDRESSES, RTNLGRP_IPV4_IFADDR },
        { MT_NETLINK_WATCH_ADDRESSES, RTNLGRP_IPV6_IFADDR },
        { MT_NETLINK_WATCH_ROUTES, RTNLGRP_IPV4_ROUTE },
        { MT_NETLINK_WATCH_ROUTES, RTNLGRP_IPV6_ROUTE },
        { MT_NETLINK_WATCH_NEXTHOPS, RTNLGRP_NEXTHOP },
        { MT_NETLINK_WATCH_RULES, RTNLGRP_IPV4_RULE },
        { MT_NETLINK_WATCH_RULES, RTNLGRP_IPV6_RULE },
    };
    errno = EIO;
    if (nl_connect(opened, NETLINK_ROUTE) < 0 || nl_socket_set_nonblocking(opened) < 0)
        return -errno;
    for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
        if ((what & groups[i].what) && nl_socket_add_membership(opened, groups[i].group) < 0)
            return -errno;
    }
    return 0;
}

int mt_netlink_monitor_open(struct mt_loop *loop, unsigned what, void (*on_event)(void *context),
                            void *context, struct mt_netlink_monitor **monitor)
{
    struct mt_netlink_monitor *made = calloc(1, sizeof(*made));
    if (!made)
        return -ENOMEM;
    made->on_event = on_event;
    made->context = context;
    made->socket = nl_socket_alloc();
    int status = made->socket ? join_groups(made->socket, what) : -ENOMEM;
    if (status == 0)
        status = uv_poll_init(&loop->uv, &made->poll, nl_socket_get_fd(made->socket));
    if (status < 0) {
        nl_socket_free(made->socket);
        free(made);
        return status;
    }
    nl_socket_disable_seq_check(made->socket);
    nl_socket_modify_cb(made->socket, NL_CB_VALID, NL_CB_CUSTOM, on_notification, made);
    *monitor = made;
    return 0;
}

static void on_monitor_closed(uv_handle_t *handle)
{
    struct mt_netlink_monitor *monitor =
        mt_container_of(handle, struct mt_netlink_monitor, poll);
    mt_netlink_items_clear(&monitor->queue);
    free(monitor->queue.items);
    free(monitor);
}

void mt_netlink_monitor_close(struct mt_netlink_monitor *monitor)
{
    uv_poll_stop(&monitor->poll);
    nl_socket_free(monitor->socket);
    uv_close((uv_handle_t *)&monitor->poll, on_monitor_closed);
}

/* Reads until something is queued or the kernel has no more for now. */
static int fill_queue(struct mt_netlink_monitor *monitor)
{
    const struct mt_netlink_item overrun = { .kind = MT_NETLINK_OVERRUN };
    mt_netlink_items_clear(&monitor->queue);
    monitor->taken = 0;
    while (monitor->queue.count == 0) {
        monitor->status = 0;
        int status = nl_recvmsgs_default(monitor->socket);
        if (status == -NLE_AGAIN)
            return 0;
        /* ENOBUFS: the kernel dropped events for want of room in the socket. */
        if (status == -NLE_NOMEM || monitor->status < 0)
            return mt_netlink_items_add(&monitor->queue, &overrun);
        if (status < 0)
            return -EIO;
    }
    return 0;
}

int mt_netlink_monitor_take(struct mt_netlink_monitor *monitor, struct mt_netlink_item *item)
{
    if (monitor->taken == monitor->queue.count) {
        int status = fill_queue(monitor);
        if (status < 0 || monitor->queue.count == 0)
            return status;
    }
    *item = monitor->queue.items[monitor->taken++];
    return 1;
}

/* An overrun is a socket error, which libuv reports as a bad descriptor; take() sees it. */
static void on_readable(uv_poll_t *poll, int status, int events)
{
    struct mt_netlink_monitor *monitor = mt_container_of(poll, struct mt_netlink_monitor, poll);
    (void)status;
    (void)events;
    uv_poll_stop(poll);
    monitor->on_event(monitor->context);
}

void mt_netlink_monitor_watch(struct mt_netlink_monitor *monitor)
{
    uv_poll_start(&monitor->poll, UV_READABLE, on_readable);
}

void mt_netlink_monitor_unwatch(struct mt_netlink_monitor *monitor)
{
    uv_poll_stop(&monitor->poll);
}
