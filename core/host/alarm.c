/* SPDX-License-Identifier: MIT */
/* Alarms: waiting for a time of the day, on the clock that people set. */
#include "host/alarm.h"

#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <unistd.h>

struct mt_alarm {
    uv_poll_t poll;
    int fd;
    void (*on_event)(void *context);
    void *context;
};

/*
 * libuv's timers run on CLOCK_MONOTONIC, which stands still while the computer sleeps: "until six"
 * would be over at some other time. A router without a battery learns the time minutes after it has
 * started, so a changed clock wakes the caller, too.
 */
static int open_timer(double when)
{
    /* Nothing but zeros would be no alarm, and a time_t of 32 bits ends in 2038. */
    double latest = sizeof(time_t) < sizeof(int64_t) ? INT32_MAX : 1e12;
    double bounded = fmin(fmax(when, 1e-9), latest);
    double whole = floor(bounded);
    struct itimerspec at = {
        .it_value = { .tv_sec = (time_t)whole, .tv_nsec = (long)((bounded - whole) * 1e9) },
    };
    int fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
    if (fd < 0)
        return -errno;
    if (timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &at, NULL) < 0) {
        int status = -errno;
        close(fd);
        return status;
    }
    return fd;
}

int mt_alarm_open(struct mt_loop *loop, double when, void (*on_event)(void *context), void *context,
                  struct mt_alarm **alarm)
{
    struct mt_alarm *made = calloc(1, sizeof(*made));
    if (!made)
        return -ENOMEM;
    made->on_event = on_event;
    made->context = context;
    made->fd = open_timer(when);
    int status = made->fd < 0 ? made->fd : uv_poll_init(&loop->uv, &made->poll, made->fd);
    if (status < 0) {
        if (made->fd >= 0)
            close(made->fd);
        free(made);
        return status;
    }
    *alarm = made;
    return 0;
}

static void on_closed(uv_handle_t *handle)
{
    free(mt_container_of(handle, struct mt_alarm, poll));
}

void mt_alarm_close(struct mt_alarm *alarm)
{
    uv_poll_stop(&alarm->poll);
    close(alarm->fd);
    uv_close((uv_handle_t *)&alarm->poll, on_closed);
}

int mt_alarm_take(struct mt_alarm *alarm)
{
    uint64_t times;
    ssize_t count;
    do
        count = read(alarm->fd, &times, sizeof(times));
    while (count < 0 && errno == EINTR);
    if (count >= 0)
        return MT_ALARM_COME;
    if (errno == ECANCELED)
        return MT_ALARM_CLOCK_SET;
    return errno == EAGAIN ? 0 : -errno;
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    struct mt_alarm *alarm = mt_container_of(poll, struct mt_alarm, poll);
    (void)status;
    (void)events;
    uv_poll_stop(poll);
    alarm->on_event(alarm->context);
}

void mt_alarm_watch(struct mt_alarm *alarm)
{
    uv_poll_start(&alarm->poll, UV_READABLE, on_readable);
}

void mt_alarm_unwatch(struct mt_alarm *alarm)
{
    uv_poll_stop(&alarm->poll);
}
