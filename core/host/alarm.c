/* SPDX-License-Identifier: MIT */
/* Alarms: waiting for a time of the day, on the clock that people set. */
#include "host/alarm.h"

#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

/*
 * libuv's timers run on CLOCK_MONOTONIC, which stops while the computer sleeps: a wait "until six"
 * would end at another time. A router without a battery gets the time minutes after it has started,
 * so a changed clock wakes the caller, too.
 */
static int open_timer(double when)
{
    /* All zeros would disarm the timer, and a time_t of 32 bits ends in 2038. */
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

int mt_alarm_open(struct mt_loop *loop, double when, struct mt_monitor **alarm)
{
    struct mt_monitor *made = calloc(1, sizeof(*made));
    return made ? mt_monitor_open(loop, made, open_timer(when), alarm) : -ENOMEM;
}

int mt_alarm_take(struct mt_monitor *alarm)
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

static double seconds_of(clockid_t clock)
{
    struct timespec now = { 0 };
    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

double mt_alarm_slept(void)
{
    double awake = seconds_of(CLOCK_MONOTONIC); /* first: what passes in between is not negative */
    return seconds_of(CLOCK_BOOTTIME) - awake;
}
