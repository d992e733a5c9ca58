/* SPDX-License-Identifier: MIT */
/* Is there a way to a host? One TCP connection that is begun, or one DNS query, and how it ends. */
#ifndef MT_HOST_PROBE_H
#define MT_HOST_PROBE_H

#include <stdbool.h>
#include <stdint.h>

#include "host/loop.h"
#include "wire/dns.h"

struct mt_probe;

enum { MT_PROBE_ADDRESSES = 16, MT_PROBE_SAID = 512, MT_PROBE_HEARD = 4096, MT_PROBE_ENDING = 8 };

struct mt_probe_target {
    enum mt_probe_kind { MT_PROBE_TCP, MT_PROBE_DNS } kind;
    const char *address; /* numeric */
    uint16_t port;
    const char *link; /* the only one to be used, or NULL */
    const char *name; /* DNS: the name in question; "" is the root */
    enum mt_dns_type type;
    const char *say; /* TCP: what to say once connected, less than MT_PROBE_SAID bytes; or NULL */
    const char *ending; /* TCP: what ends an answer, less than MT_PROBE_ENDING bytes; or NULL */
};

struct mt_probe_result {
    int status;     /* 0, -ETIMEDOUT, -EHOSTUNREACH, -ECONNREFUSED (DNS only), ... */
    double seconds; /* the round trip, when status is 0: to the first bytes of what came back */
    bool refused;   /* TCP: the host is there and refuses the connection */
    size_t count;   /* DNS: of the IPv6 addresses in the answer */
    uint8_t addresses[MT_PROBE_ADDRESSES][MT_DNS_AAAA_SIZE];
    size_t heard_size; /* TCP, where something was said: of what came back */
    char heard[MT_PROBE_HEARD];
};

/*
 * Starts one; the strings are not needed afterwards. `on_done` is called once, from the loop, and
 * the probe is gone with it. -EINVAL for a bad address or name; an error of the sending is returned
 * here. The answer to what was said is over once `ending` has come (NULL: its first bytes), at
 * MT_PROBE_HEARD bytes, at the connection's end, or at the deadline. A TCP probe ends its
 * connection with a reset, so neither side keeps anything of it.
 */
int mt_probe_start(struct mt_loop *loop, const struct mt_probe_target *target, double timeout,
                   void (*on_done)(void *context, const struct mt_probe_result *result),
                   void *context, struct mt_probe **probe);

/* Gives up; on_done will not be called. */
void mt_probe_cancel(struct mt_probe *probe);

#endif
