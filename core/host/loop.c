/* SPDX-License-Identifier: MIT */
/* The libuv loop with its deadlines: many timers on one uv_timer_t. */
#include "host/loop.h"

#include <math.h>
#include <stddef.h>

static void arm_clock(struct mt_loop *loop);

static void on_clock(uv_timer_t *clock)
{
    struct mt_loop *loop = clock->data;

    /* A fired timer may start or stop others, so look at the head again each time. */
    while (loop->first && loop->first->due <= uv_now(&loop->uv)) {
        struct mt_timer *timer = loop->first;
        mt_timer_stop(timer);
        timer->fire(timer);
    }
    arm_clock(loop);
    /*
     * libuv runs timers before it polls, too: a task that one has made ready must not wait there.
     */
    uv_stop(&loop->uv);
}

static void arm_clock(struct mt_loop *loop)
{
    if (!loop->first) {
        uv_timer_stop(&loop->clock);
        return;
    }
    uint64_t now = uv_now(&loop->uv);
    uint64_t due = loop->first->due;
    uv_timer_start(&loop->clock, on_clock, due > now ? due - now : 0, 0);
}

int mt_loop_init(struct mt_loop *loop)
{
    int status = uv_loop_init(&loop->uv);
    if (status < 0)
        return status;
    uv_timer_init(&loop->uv, &loop->clock);
    loop->clock.data = loop;
    loop->first = NULL;
    loop->jobs = 0;
    loop->inotify = NULL;
    return 0;
}

int mt_loop_close(struct mt_loop *loop)
{
    uv_close((uv_handle_t *)&loop->clock, NULL);
    uv_run(&loop->uv, UV_RUN_NOWAIT);
    while (loop->jobs > 0)
        uv_run(&loop->uv, UV_RUN_ONCE);
    return uv_loop_close(&loop->uv);
}

void mt_timer_start(struct mt_loop *loop, struct mt_timer *timer, double seconds,
                    void (*fire)(struct mt_timer *timer))
{
    mt_timer_stop(timer);
    timer->loop = loop;
    timer->fire = fire;
    /* uv_now() has lost the part of a millisecond: counted from it, a timer would fire that much early. */
    timer->due = seconds > 0 ? (uint64_t)ceil((double)uv_hrtime() / 1e6 + fmin(seconds, 1e9) * 1e3)
                             : uv_now(&loop->uv);

    /* A sorted list: a modem has a handful of deadlines, most of them about equally far away. */
    struct mt_timer **slot = &loop->first;
    struct mt_timer *previous = NULL;
    while (*slot && (*slot)->due <= timer->due) {
        previous = *slot;
        slot = &(*slot)->next;
    }
    timer->previous = previous;
    timer->next = *slot;
    if (*slot)
        (*slot)->previous = timer;
    *slot = timer;
    if (loop->first == timer)
        arm_clock(loop);
}

void mt_timer_stop(struct mt_timer *timer)
{
    struct mt_loop *loop = timer->loop;
    if (!loop)
        return;
    if (timer->previous)
        timer->previous->next = timer->next;
    else
        loop->first = timer->next;
    if (timer->next)
        timer->next->previous = timer->previous;
    timer->loop = NULL;
    timer->previous = timer->next = NULL;
    if (!loop->first)
        uv_timer_stop(&loop->clock);
}
