/* SPDX-License-Identifier: MIT */
/* Signals that are read from a descriptor instead of ending the program. */
#ifndef MT_HOST_SIGNAL_H
#define MT_HOST_SIGNAL_H

#include "host/monitor.h"

/*
 * From now on the signal is only reported here, until this is closed. 0 or a negative errno: -EBUSY
 * when another part of this process listens to it already.
 * Closed, it does what it did before; one that came and has not been taken is dropped.
 */
int mt_signal_open(struct mt_loop *loop, int number, struct mt_monitor **signal);

/* 1 when it has come since the last call, 0 when it has not, or a negative errno. */
int mt_signal_take(struct mt_monitor *signal);

#endif
