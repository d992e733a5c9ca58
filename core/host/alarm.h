/* SPDX-License-Identifier: MIT */
/* Alarms: waiting for a time of the day, on the clock that people set. */
#ifndef MT_HOST_ALARM_H
#define MT_HOST_ALARM_H

#include "host/loop.h"

/* Like a watch it reads only when it is asked to. */
struct mt_alarm;

/* `when` in seconds since 1970; a time that is over comes at once. 0 or a negative errno. */
int mt_alarm_open(struct mt_loop *loop, double when, void (*on_event)(void *context), void *context,
                  struct mt_alarm **alarm);
void mt_alarm_close(struct mt_alarm *alarm);

/* 0 while there is nothing to tell, or a negative errno. */
enum { MT_ALARM_COME = 1, MT_ALARM_CLOCK_SET = 2 };
int mt_alarm_take(struct mt_alarm *alarm);

/* Calls on_event once, when there is something to take. */
void mt_alarm_watch(struct mt_alarm *alarm);
void mt_alarm_unwatch(struct mt_alarm *alarm);

#endif
