/* SPDX-License-Identifier: MIT */
/* Signals that are read from a descriptor instead of ending the program. */
#ifndef MT_HOST_SIGNAL_H
#define MT_HOST_SIGNAL_H

#include "host/loop.h"

/* Like a watch it reads only when it is asked to. */
struct mt_signal;

/*
 * From now on the signal is only reported here, until this is closed. 0 or a negative errno: -EBUSY
 * when another part of this process listens to it already.
 */
int mt_signal_open(struct mt_loop *loop, int number, void (*on_event)(void *context), void *context,
                   struct mt_signal **signal);

/* From now on it does what it did before; so does one that came and has not been taken. */
void mt_signal_close(struct mt_signal *signal);

/* 1 when it has come since it was last asked, 0 when it has not, or a negative errno. */
int mt_signal_take(struct mt_signal *signal);

/* Calls on_event once, when there is something to take. */
void mt_signal_watch(struct mt_signal *signal);
void mt_signal_unwatch(struct mt_signal *signal);

#endif
