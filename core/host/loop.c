/* SPDX-License-Identifier: MIT */
/* The libuv loop with its deadlines: many timers on one uv_timer_t. */
#include "host/loop.h"

#include <math.h>
#include <stddef.h>

static const uint64_t NO_WAIT = 0; /* due of a timer that only lets others have their turn */

static void arm_clock(struct mt_loop *loop);

static void fire_due(struct mt_loop *loop, uint64_t now)
{
    /* A fired timer may start or stop others, so look at the head again each time. */
    while (loop->first && loop->first->due <= now) {
        struct mt_timer *timer = loop->first;
        mt_timer_stop(timer);
        timer->fire(timer);
    }
}

/*
 * While this process was blocked, as by a write to slow flash, the answer may have come that a
 * deadline waits for: it must be read before the deadline passes. So all deadlines wait while
 * tasks may read, once, a tenth of the time that was lost.
 */
static uint64_t hold_until(const struct mt_loop *loop, uint64_t now)
{
    if (loop->is_held)
        return loop->held_until;
    if (!loop->first || loop->first->due + 100 > now)
        return 0;
    uint64_t late = now - loop->first->due;
    return now + (late < 1000 ? late / 10 : 100);
}

static void on_clock(uv_timer_t *clock)
{
    struct mt_loop *loop = clock->data;
    uint64_t now = uv_now(&loop->uv);

    fire_due(loop, NO_WAIT);
    loop->held_until = hold_until(loop, now);
    loop->is_held = loop->held_until > now;
    if (!loop->is_held)
        fire_due(loop, now);
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
    if (loop->is_held && due != NO_WAIT)
        due = loop->held_until;
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
    loop->is_held = false;
    loop->held_until = 0;
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
    /* uv_now() has lost the part of a millisecond: counted from it, a timer would fire that much early. */
    double due = ceil((double)uv_hrtime() / 1e6 + fmin(seconds, 1e9) * 1e3);

    mt_timer_stop(timer);
    timer->loop = loop;
    timer->fire = fire;
    timer->due = seconds > 0 ? (uint64_t)due : NO_WAIT;

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
