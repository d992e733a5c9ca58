/* SPDX-License-Identifier: MIT */
/* The libuv loop with its deadlines: many timers on one uv_timer_t. */
#ifndef MT_HOST_LOOP_H
#define MT_HOST_LOOP_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

struct mt_timer;
struct mt_inotify;

struct mt_loop {
    uv_loop_t uv;
    uv_timer_t clock;           /* armed for the earliest deadline; inactive when there is none */
    struct mt_timer *first;     /* deadlines, earliest first */
    bool is_held;               /* no deadline passes: the process was blocked */
    uint64_t held_until;        /* in uv_now() milliseconds */
    unsigned jobs;              /* under way in the thread pool; counted where they begin */
    struct mt_inotify *inotify; /* of all monitors of host/inotify.h; NULL when there are none */
};

/*
 * A deadline. It belongs to the struct that embeds it. uv_timer_t would do, but its memory must
 * outlive an asynchronous uv_close(); a stopped mt_timer may be freed at once, so it can live in a
 * Lua userdata or in a request that ends early. Zero-initialise before the first start.
 */
struct mt_timer {
    struct mt_timer *previous, *next;
    struct mt_loop *loop; /* NULL while not running */
    uint64_t due;         /* in uv_now() milliseconds; 0: at once */
    void (*fire)(struct mt_timer *timer);
};

int mt_loop_init(struct mt_loop *loop);

/*
 * Runs the loop until all handles are closed, and waits for jobs. 0, or UV_EBUSY when a handle was
 * left open.
 */
int mt_loop_close(struct mt_loop *loop);

/* Calls `fire` once, `seconds` from now (at least); restarts a running timer. */
void mt_timer_start(struct mt_loop *loop, struct mt_timer *timer, double seconds,
                    void (*fire)(struct mt_timer *timer));
void mt_timer_stop(struct mt_timer *timer);

/* clang-format off */
#define mt_container_of(pointer, type, member) \
    ((type *)(void *)((char *)(pointer) - offsetof(type, member)))
/* clang-format on */

#endif
