/* SPDX-License-Identifier: MIT */
/*
 * A libudev that knows of no device, for the build with musl alone: no package of Debian's builds a real
 * one with it. (OpenWrt has libudev-zero.) The simulated modem's own world has no udev either.
 */
#include <libudev.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct udev_monitor {
    int fd; /* never readable */
};

static char context, search;

struct udev *udev_new(void)
{
    return (struct udev *)&context;
}

struct udev *udev_unref(struct udev *udev)
{
    (void)udev;
    return NULL;
}

/* ---- devices: there are none, so none of these is ever called with one ---- */

struct udev_device *udev_device_new_from_syspath(struct udev *udev, const char *syspath)
{
    (void)udev;
    (void)syspath;
    return NULL;
}

struct udev_device *udev_device_unref(struct udev_device *device)
{
    (void)device;
    return NULL;
}

struct udev_device *udev_device_get_parent_with_subsystem_devtype(struct udev_device *device,
                                                                  const char *subsystem,
                                                                  const char *devtype)
{
    (void)device;
    (void)subsystem;
    (void)devtype;
    return NULL;
}

const char *udev_device_get_sysattr_value(struct udev_device *device, const char *name)
{
    (void)device;
    (void)name;
    return NULL;
}

int udev_device_get_is_initialized(struct udev_device *device)
{
    (void)device;
    return 0;
}

struct udev_list_entry *udev_device_get_properties_list_entry(struct udev_device *device)
{
    (void)device;
    return NULL;
}

#define STRING_OF_DEVICE(name)                   \
    const char *name(struct udev_device *device) \
    {                                            \
        (void)device;                            \
        return NULL;                             \
    }
STRING_OF_DEVICE(udev_device_get_action)
STRING_OF_DEVICE(udev_device_get_devnode)
STRING_OF_DEVICE(udev_device_get_devtype)
STRING_OF_DEVICE(udev_device_get_driver)
STRING_OF_DEVICE(udev_device_get_subsystem)
STRING_OF_DEVICE(udev_device_get_sysname)
STRING_OF_DEVICE(udev_device_get_syspath)

struct udev_list_entry *udev_list_entry_get_next(struct udev_list_entry *entry)
{
    (void)entry;
    return NULL;
}

const char *udev_list_entry_get_name(struct udev_list_entry *entry)
{
    (void)entry;
    return NULL;
}

const char *udev_list_entry_get_value(struct udev_list_entry *entry)
{
    (void)entry;
    return NULL;
}

/* ---- searches, which find nothing ---- */

struct udev_enumerate *udev_enumerate_new(struct udev *udev)
{
    (void)udev;
    return (struct udev_enumerate *)&search;
}

struct udev_enumerate *udev_enumerate_unref(struct udev_enumerate *enumerate)
{
    (void)enumerate;
    return NULL;
}

int udev_enumerate_add_match_subsystem(struct udev_enumerate *enumerate, const char *subsystem)
{
    (void)enumerate;
    (void)subsystem;
    return 0;
}

int udev_enumerate_scan_devices(struct udev_enumerate *enumerate)
{
    (void)enumerate;
    return 0;
}

struct udev_list_entry *udev_enumerate_get_list_entry(struct udev_enumerate *enumerate)
{
    (void)enumerate;
    return NULL;
}

/* ---- a monitor, which hears nothing ---- */

struct udev_monitor *udev_monitor_new_from_netlink(struct udev *udev, const char *name)
{
    struct udev_monitor *monitor = malloc(sizeof(*monitor));
    (void)udev;
    (void)name;
    if (!monitor)
        return NULL;
    monitor->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (monitor->fd >= 0)
        return monitor;
    free(monitor);
    return NULL;
}

struct udev_monitor *udev_monitor_unref(struct udev_monitor *monitor)
{
    close(monitor->fd);
    free(monitor);
    return NULL;
}

int udev_monitor_filter_add_match_subsystem_devtype(struct udev_monitor *monitor,
                                                    const char *subsystem, const char *devtype)
{
    (void)monitor;
    (void)subsystem;
    (void)devtype;
    return 0;
}

int udev_monitor_set_receive_buffer_size(struct udev_monitor *monitor, int size)
{
    (void)monitor;
    (void)size;
    return 0;
}

int udev_monitor_enable_receiving(struct udev_monitor *monitor)
{
    (void)monitor;
    return 0;
}

int udev_monitor_get_fd(struct udev_monitor *monitor)
{
    return monitor->fd;
}

struct udev_device *udev_monitor_receive_device(struct udev_monitor *monitor)
{
    (void)monitor;
    return NULL;
}
