/* SPDX-License-Identifier: MIT */
/* udev: which devices there are, what is known about them, and which come and go. */
#ifndef MT_HOST_UDEV_H
#define MT_HOST_UDEV_H

#include <stdbool.h>

#include "host/monitor.h"

/*
 * A device at one moment: one block of memory, free() it. Strings that udev lacks are NULL. For a
 * device on a bus (USB, PCI), only a monitor has `devnode` and `initialized`, and only USB has
 * `devtype`: see udev.c. The functions below do not wait for drivers.
 */
struct mt_device {
    struct mt_device *next;
    const char *action; /* "add", "remove", "change", ... in the event of a monitor */
    const char *syspath, *devnode, *subsystem, *sysname, *driver, *devtype;
    bool initialized; /* have udev's rules named it and set its permissions? */
};

/* Frees a list. */
void mt_devices_free(struct mt_device *first);

/* What the functions below share; NULL when there is no memory. */
struct mt_udev;
struct mt_udev *mt_udev_open(void);
void mt_udev_close(struct mt_udev *udev);

/*
 * The devices of a subsystem, by syspath, as a list that is the caller's. 0 or a negative errno: when
 * one of them could not be read, such as -EMFILE; one that goes while the list is made is left out.
 */
int mt_udev_devices(struct mt_udev *udev, const char *subsystem, struct mt_device **devices);

/* -ENODEV when there is none at `syspath`; another negative errno when that could not be found out. */
int mt_udev_device(struct mt_udev *udev, const char *syspath, struct mt_device **device);

/* The closest parent of that subsystem, and of that devtype if it is not NULL; or -ENOENT. */
int mt_udev_parent(struct mt_udev *udev, const char *syspath, const char *subsystem,
                   const char *devtype, struct mt_device **device);

enum { MT_ATTRIBUTE_SIZE = 4096 };

/*
 * Copies a sysfs attribute; of a link, the name that it leads to. 0 or a negative errno. Some of a
 * USB device (product, manufacturer, serial, bConfigurationValue) wait for its drivers: for these,
 * see usb.h.
 */
int mt_udev_attribute(const char *syspath, const char *name, char value[MT_ATTRIBUTE_SIZE]);

/*
 * Reports devices of the given subsystems (the list ends with NULL): after udev's rules have run,
 * or, with from_kernel, before them (and where no udevd is).
 */
int mt_udev_monitor_open(struct mt_loop *loop, struct mt_udev *udev, const char *const *subsystems,
                         bool from_kernel, struct mt_monitor **monitor);

/* 1 and the oldest event, 0 when there is none yet, -ENOBUFS when events were lost, or an errno. */
int mt_udev_monitor_take(struct mt_monitor *monitor, struct mt_device **device);

#endif
