/* SPDX-License-Identifier: MIT */
/* What all requests to rtnetlink have in common: making a message, sending it, hearing the answer. */
#ifndef MT_HOST_NETLINK_REQUEST_H
#define MT_HOST_NETLINK_REQUEST_H

#include "host/netlink.h"

struct nl_msg;

/* A message that begins with `header`; NULL when there is no memory. */
struct nl_msg *mt_netlink_message(int type, int flags, void *header, size_t size);

/* Adds an address; nothing for none. 0 or a negative number. */
int mt_netlink_put_ip(struct nl_msg *message, int type, const struct mt_ip *ip);

/*
 * Sends `message`, frees it, and waits for the acknowledgement or the end of the dump. 0 or a
 * negative errno: the kernel's own, where it refuses.
 */
int mt_netlink_request(struct mt_netlink *netlink, struct nl_msg *message);

#endif
