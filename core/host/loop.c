/* SPDX-License-Identifier: MIT */
/* The libuv loop with its deadlines: many timers on one uv_timer_t. */
#include "host/loop.h"

#include <math.h>
#include <stddef.h>

static void arm_clock(struct mt_loop *loop);
static void insert(struct mt_loop *loop, struct mt_timer *timer, uint64_t due);

/*
 * While this process was blocked, as by a write to slow flash, the answer may have come that a
 * deadline waits for: it must be read before the deadline passes. The tasks that read it, and the
 * programs that write it, were perhaps blocked as long, and get a tenth of that.
 */
static uint64_t grace(const struct mt_timer *timer, uint64_t now)
{
    uint64_t late = now - timer->due;

    return timer->was_late || late < 20 ? 0 : late < 10000 ? late / 10 : 1000;
}

static void on_clock(uv_timer_t *clock)
{
    struct mt_loop *loop = clock->data;

    /* A fired timer may start or stop others, so look at the head again each time. */
    while (loop->first && loop->first->due <= uv_now(&loop->uv)) {
        struct mt_timer *timer = loop->first;
        uint64_t more = grace(timer, uv_now(&loop->uv));
        mt_timer_stop(timer);
        if (more > 0) {
            insert(loop, timer, uv_now(&loop->uv) + more);
            timer->was_late = true;
        } else {
            timer->fire(timer);
        }
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

static void insert(struct mt_loop *loop, struct mt_timer *timer, uint64_t due)
{
    timer->loop = loop;
    timer->due = due;

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
}

void mt_timer_start(struct mt_loop *loop, struct mt_timer *timer, double seconds,
                    void (*fire)(struct mt_timer *timer))
{
    /* uv_now() has lost the part of a millisecond: counted from it, a timer would fire that much early. */
    double due = (double)uv_hrtime() / 1e6 + (seconds > 0 ? fmin(seconds, 1e9) * 1e3 : 0);

    mt_timer_stop(timer);
    timer->fire = fire;
    timer->was_late = false;
    insert(loop, timer, (uint64_t)(seconds > 0 ? ceil(due) : due));
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
