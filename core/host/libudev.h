/* SPDX-License-Identifier: MIT */
/* libudev, which is loaded when a device of a class is described, or a monitor opened. */
#ifndef MT_HOST_LIBUDEV_H
#define MT_HOST_LIBUDEV_H

#include <libudev.h>

#include "host/library.h"

#define MT_LIBUDEV_FUNCTIONS(X)                        \
    X(udev_device_get_action)                          \
    X(udev_device_get_devnode)                         \
    X(udev_device_get_devtype)                         \
    X(udev_device_get_driver)                          \
    X(udev_device_get_is_initialized)                  \
    X(udev_device_get_subsystem)                       \
    X(udev_device_get_sysname)                         \
    X(udev_device_get_syspath)                         \
    X(udev_device_new_from_syspath)                    \
    X(udev_device_unref)                               \
    X(udev_monitor_enable_receiving)                   \
    X(udev_monitor_filter_add_match_subsystem_devtype) \
    X(udev_monitor_get_fd)                             \
    X(udev_monitor_new_from_netlink)                   \
    X(udev_monitor_receive_device)                     \
    X(udev_monitor_set_receive_buffer_size)            \
    X(udev_monitor_unref)                              \
    X(udev_new)                                        \
    X(udev_unref)

struct mt_libudev {
    MT_LIBUDEV_FUNCTIONS(MT_LIBRARY_POINTER)
};

/* As mt_library_load(). */
int mt_libudev_load(struct mt_libudev *library);

#endif
