/* SPDX-License-Identifier: MIT */
/* Alarms: waiting for a time of the day, on the clock that people set. */
#ifndef MT_HOST_ALARM_H
#define MT_HOST_ALARM_H

#include "host/monitor.h"

/* `when` in seconds since 1970; a time in the past comes at once. 0 or a negative errno. */
int mt_alarm_open(struct mt_loop *loop, double when, struct mt_monitor **alarm);

/* 0 while nothing has happened, or a negative errno. */
enum { MT_ALARM_COME = 1, MT_ALARM_CLOCK_SET = 2 };
int mt_alarm_take(struct mt_monitor *alarm);

/* Seconds that the computer has slept since it was started. An open alarm comes, too, when it wakes:
 * the clock is set then. */
double mt_alarm_slept(void);

#endif
