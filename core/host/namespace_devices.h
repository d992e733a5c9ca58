/* SPDX-License-Identifier: MIT */
/* A /sys and a /dev of our own in the namespaces that this process has entered, and their events. */
#ifndef MT_HOST_NAMESPACE_DEVICES_H
#define MT_HOST_NAMESPACE_DEVICES_H

#include <stddef.h>

/*
 * /sys becomes an empty folder, and /dev one that leads to the devices of before: both can be written
 * to, and are seen by this process and its children alone. libudev takes such a /sys from then on. A
 * second call does nothing. -EPERM outside of the namespaces of mt_namespace_enter().
 */
int mt_namespace_own_devices(void);

/*
 * Tells all who listen to the kernel's events in this network namespace of a device, as the kernel
 * does: `event` is "add@/devices/..." and then KEY=VALUE, each with a zero behind it. The kernel adds
 * a number. -EPERM outside, where the listeners are this computer's own.
 */
int mt_namespace_tell_of_device(const char *event, size_t size);

#endif
