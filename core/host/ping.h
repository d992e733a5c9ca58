/* SPDX-License-Identifier: MIT */
/* One ICMP or ICMPv6 echo request, and its reply, its refusal or its time-out. */
#ifndef MT_HOST_PING_H
#define MT_HOST_PING_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

#include "host/loop.h"

enum { MT_PING_MIN_SIZE = 16, MT_PING_MAX_SIZE = 8192 };

struct mt_ping;

struct mt_ping_result {
    int status;     /* 0, -ETIMEDOUT, -EHOSTUNREACH, -ENETUNREACH, -EMSGSIZE, ... */
    double seconds; /* the round trip, when status is 0 */
    /* The host that reported it unreachable, and how; `from` is "" when it was this host. */
    char from[INET6_ADDRSTRLEN];
    uint8_t icmp_type, icmp_code;
};

/*
 * Sends one echo request with `size` bytes of payload (between the limits above) to a numeric
 * address, through the link of the given name if it is not NULL. `on_done` is called once, from the
 * loop, and the ping is gone with it. -EINVAL for a bad address; an error of the sending is
 * returned here.
 */
int mt_ping_start(struct mt_loop *loop, const char *address, const char *link, size_t size,
                  double timeout,
                  void (*on_done)(void *context, const struct mt_ping_result *result),
                  void *context, struct mt_ping **ping);

/* Gives up; on_done will not be called. */
void mt_ping_cancel(struct mt_ping *ping);

#endif
