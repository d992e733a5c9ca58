/* SPDX-License-Identifier: MIT */
/* Sockets of rtnetlink, and what the kernel sends to them. */
#ifndef MT_HOST_NETLINK_SOCKET_H
#define MT_HOST_NETLINK_SOCKET_H

#include <linux/netlink.h>
#include <stddef.h>

/* What was received: several messages, often. Zeroed, it is empty; its owner frees `bytes`. */
struct mt_netlink_input {
    void *bytes;
    size_t room;
    size_t left;                 /* to be looked at */
    const struct nlmsghdr *next; /* of those */
};

/* A descriptor, or a negative errno. */
int mt_netlink_socket_open(void);

/*
 * Receives what the kernel sends next; what other processes send is passed over. `flags` are those
 * of recv(). 0 or a negative errno.
 */
int mt_netlink_receive(int fd, int flags, struct mt_netlink_input *input);

/* Takes the next message; NULL when there is none left. */
const struct nlmsghdr *mt_netlink_next(struct mt_netlink_input *input);

#endif
