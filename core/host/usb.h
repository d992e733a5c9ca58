/* SPDX-License-Identifier: MIT */
/* USB port reset, and writing to sysfs, for a device that does not respond. */
#ifndef MT_HOST_USB_H
#define MT_HOST_USB_H

#include "host/loop.h"

/*
 * The kernel takes seconds for either, so they run in libuv's thread pool. Nothing interrupts them
 * there; closing the loop waits for them.
 */
struct mt_usb_job;

/*
 * Resets the port of the device with this node, /dev/bus/usb/BBB/DDD. `on_done` is called once, from
 * the loop, with 0 or a negative errno, and the job is gone with it.
 */
int mt_usb_reset(struct mt_loop *loop, const char *node, void (*on_done)(void *context, int status),
                 void *context, struct mt_usb_job **job);

/* Writes the text to a file that is there, such as `authorized` of a device. */
int mt_usb_write(struct mt_loop *loop, const char *path, const char *text,
                 void (*on_done)(void *context, int status), void *context,
                 struct mt_usb_job **job);

/* on_done will not be called. A job that has begun continues. */
void mt_usb_abandon(struct mt_usb_job *job);

#endif
