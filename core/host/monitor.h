/* SPDX-License-Identifier: MIT */
/* Monitors: descriptors whose events are read one at a time, when a caller is ready for them. */
#ifndef MT_HOST_MONITOR_H
#define MT_HOST_MONITOR_H

#include "host/loop.h"

/*
 * A source of events (host/alarm.h, host/signal.h, ...) embeds this as the first member of its own
 * struct, and has two functions: one opens the monitor, one takes the oldest event. It reads only
 * when it is asked to; until then the kernel queues.
 */
struct mt_monitor {
    uv_poll_t poll;
    int fd;
    void (*release)(struct mt_monitor *monitor); /* closes all but the memory; NULL: only `fd` */
    void (*on_event)(void *context);
    void *context;
};

/*
 * Puts `made`, zeroed memory from the heap, onto the loop. `fd` is its descriptor, or the negative
 * errno of a failure to open one. 0 or a negative errno: then `made` has been released and freed.
 */
int mt_monitor_open(struct mt_loop *loop, struct mt_monitor *made, int fd,
                    struct mt_monitor **monitor);
void mt_monitor_close(struct mt_monitor *monitor);

/* Calls on_event once, when there is something to take. */
void mt_monitor_arm(struct mt_monitor *monitor, void (*on_event)(void *context), void *context);
void mt_monitor_disarm(struct mt_monitor *monitor);

#endif
