/* SPDX-License-Identifier: MIT */
/* rtnetlink: sockets that ask the kernel about links, addresses and routing, change them, and watch. */
#ifndef MT_HOST_NETLINK_H
#define MT_HOST_NETLINK_H

#include <stddef.h>

#include "host/monitor.h"
#include "host/netlink_items.h"

/*
 * Requests are synchronous: the kernel answers rtnetlink at once. The socket is opened by the first
 * request, and belongs to the network namespace that the process is in then.
 */
struct mt_netlink;
int mt_netlink_open(struct mt_netlink **netlink);

/*
 * The same for generic netlink: each message of an answer is handed to `take`, which returns 0 or a
 * negative errno, and frees nothing.
 */
struct nl_msg;
typedef int mt_netlink_take(struct nl_msg *message, void *context);
int mt_netlink_open_generic(mt_netlink_take *take, void *context, struct mt_netlink **netlink);

void mt_netlink_close(struct mt_netlink *netlink);

/*
 * Sends `message`, frees it, and waits for the acknowledgement or the end of the dump. 0 or a
 * negative errno: the kernel's own, where it refuses.
 */
int mt_netlink_request(struct mt_netlink *netlink, struct nl_msg *message);

/* Asks for everything of one kind. 0 or a negative errno. */
int mt_netlink_dump(struct mt_netlink *netlink, enum mt_netlink_kind kind);

/* The kernel's answer to the last request; it is valid until the next. */
const struct mt_netlink_item *mt_netlink_answer(struct mt_netlink *netlink, size_t *count);

/* The events of `groups`: a bit for each kind, as in 1 << MT_NETLINK_LINK. */
int mt_netlink_monitor_open(struct mt_loop *loop, unsigned groups, struct mt_monitor **monitor);

/* 1 and the oldest event, valid until the next; 0 when there is none yet, or a negative errno. */
int mt_netlink_monitor_take(struct mt_monitor *monitor, const struct mt_netlink_item **item);

#endif
