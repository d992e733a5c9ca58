/* SPDX-License-Identifier: MIT */
/*
 * A libudev that knows what OpenWrt's libudev-zero knows: the uevent file and the links of a device in sysfs, and the
 * kernel's own events. No database, no properties of rules; every device counts as settled. For the build with musl, as no
 * package of Debian's has one there, and loaded by test_libudev_zero in the place of the real one.
 */
#include <errno.h>
#include <libudev.h>
#include <limits.h>
#include <linux/netlink.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { DEVPATH, SYSPATH, SYSNAME, SUBSYSTEM, DRIVER, DEVTYPE, DEVNAME, ACTION, SEQNUM, FIELDS };

static const char *const names[FIELDS] = {
    [DEVPATH] = "DEVPATH", [SUBSYSTEM] = "SUBSYSTEM", [DRIVER] = "DRIVER", [DEVTYPE] = "DEVTYPE",
    [DEVNAME] = "DEVNAME", [ACTION] = "ACTION",       [SEQNUM] = "SEQNUM",
};

struct udev_device {
    char *field[FIELDS];
};

#define MAX_SUBSYSTEMS 16

struct udev_monitor {
    int fd;
    unsigned group;
    char *subsystems[MAX_SUBSYSTEMS];
    int count;
};

static char context;

struct udev *udev_new(void)
{
    return (struct udev *)&context;
}

struct udev *udev_unref(struct udev *udev)
{
    (void)udev;
    return NULL;
}

/* ---- a device ---- */

static void set(struct udev_device *device, int field, const char *value)
{
    free(device->field[field]);
    device->field[field] = value ? strdup(value) : NULL;
}

/* One line, NAME=value, of a uevent file or of an event. Of a node, only the name below /dev is told. */
static void take_line(struct udev_device *device, const char *line)
{
    const char *value = strchr(line, '=');
    for (int i = 0; value && i < FIELDS; i++) {
        if (!names[i] || strncmp(line, names[i], (size_t)(value - line)) != 0 ||
            names[i][value - line])
            continue;
        char path[PATH_MAX];
        const char *folder = i == DEVNAME ? "/dev/" : "";
        if (snprintf(path, sizeof(path), "%s%s", folder, value + 1) < (int)sizeof(path))
            set(device, i, path);
    }
}

static const char *last_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static void take_link(struct udev_device *device, int field, const char *name)
{
    char path[PATH_MAX], target[PATH_MAX];
    ssize_t length = -1;
    if (snprintf(path, sizeof(path), "%s/%s", device->field[SYSPATH], name) < (int)sizeof(path))
        length = readlink(path, target, sizeof(target) - 1);
    if (length > 0) {
        target[length] = '\0';
        set(device, field, last_of(target));
    }
}

struct udev_device *udev_device_unref(struct udev_device *device)
{
    for (int i = 0; i < FIELDS; i++)
        free(device->field[i]);
    free(device);
    return NULL;
}

struct udev_device *udev_device_new_from_syspath(struct udev *udev, const char *syspath)
{
    char real[PATH_MAX], path[PATH_MAX], line[2048];
    (void)udev;
    if (!realpath(syspath, real) ||
        snprintf(path, sizeof(path), "%s/uevent", real) >= (int)sizeof(path))
        return NULL;
    FILE *file = fopen(path, "re");
    struct udev_device *device = file ? calloc(1, sizeof(*device)) : NULL;
    while (device && fgets(line, sizeof(line), file)) {
        line[strcspn(line, "\n")] = '\0';
        take_line(device, line);
    }
    if (file)
        fclose(file);
    if (!device)
        return NULL;
    set(device, SYSPATH, real);
    set(device, SYSNAME, last_of(real));
    take_link(device, SUBSYSTEM, "subsystem");
    take_link(device, DRIVER, "driver");
    return device;
}

int udev_device_get_is_initialized(struct udev_device *device)
{
    (void)device;
    return 1;
}

#define FIELD_OF_DEVICE(name, which)             \
    const char *name(struct udev_device *device) \
    {                                            \
        return device->field[which];             \
    }
FIELD_OF_DEVICE(udev_device_get_action, ACTION)
FIELD_OF_DEVICE(udev_device_get_devnode, DEVNAME)
FIELD_OF_DEVICE(udev_device_get_devtype, DEVTYPE)
FIELD_OF_DEVICE(udev_device_get_driver, DRIVER)
FIELD_OF_DEVICE(udev_device_get_subsystem, SUBSYSTEM)
FIELD_OF_DEVICE(udev_device_get_sysname, SYSNAME)
FIELD_OF_DEVICE(udev_device_get_syspath, SYSPATH)

/* ---- a monitor ---- */

/* "udev": a group of netlink in which something else would have to repeat the kernel's events. */
struct udev_monitor *udev_monitor_new_from_netlink(struct udev *udev, const char *name)
{
    struct udev_monitor *monitor = calloc(1, sizeof(*monitor));
    (void)udev;
    if (!monitor)
        return NULL;
    monitor->group = strcmp(name, "kernel") == 0 ? 1 : 4;
    monitor->fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
                         NETLINK_KOBJECT_UEVENT);
    if (monitor->fd >= 0)
        return monitor;
    free(monitor);
    return NULL;
}

struct udev_monitor *udev_monitor_unref(struct udev_monitor *monitor)
{
    close(monitor->fd);
    for (int i = 0; i < monitor->count; i++)
        free(monitor->subsystems[i]);
    free(monitor);
    return NULL;
}

int udev_monitor_filter_add_match_subsystem_devtype(struct udev_monitor *monitor,
                                                    const char *subsystem, const char *devtype)
{
    if (devtype || monitor->count == MAX_SUBSYSTEMS)
        return -1;
    monitor->subsystems[monitor->count++] = strdup(subsystem);
    return 0;
}

int udev_monitor_set_receive_buffer_size(struct udev_monitor *monitor, int size)
{
    return setsockopt(monitor->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
}

int udev_monitor_enable_receiving(struct udev_monitor *monitor)
{
    struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = monitor->group };
    return bind(monitor->fd, (struct sockaddr *)&address, sizeof(address));
}

int udev_monitor_get_fd(struct udev_monitor *monitor)
{
    return monitor->fd;
}

static bool wants(const struct udev_monitor *monitor, const struct udev_device *device)
{
    bool wanted = monitor->count == 0;
    for (int i = 0; i < monitor->count && device->field[SUBSYSTEM]; i++)
        wanted = wanted || strcmp(monitor->subsystems[i], device->field[SUBSYSTEM]) == 0;
    return wanted;
}

/* "add@/devices/...", then lines that end with a 0. */
static struct udev_device *device_of(const char *message, size_t length)
{
    struct udev_device *device = calloc(1, sizeof(*device));
    char syspath[PATH_MAX];
    if (!device)
        return NULL;
    for (const char *line = message; line < message + length; line += strlen(line) + 1)
        take_line(device, line);
    if (!device->field[DEVPATH] || !device->field[SUBSYSTEM] || !device->field[ACTION] ||
        !device->field[SEQNUM])
        return udev_device_unref(device);
    if (snprintf(syspath, sizeof(syspath), "/sys%s", device->field[DEVPATH]) >=
        (int)sizeof(syspath))
        return udev_device_unref(device);
    set(device, SYSPATH, syspath);
    set(device, SYSNAME, last_of(syspath));
    return device;
}

struct udev_device *udev_monitor_receive_device(struct udev_monitor *monitor)
{
    char message[8193];
    ssize_t length;
    while ((length = recv(monitor->fd, message, sizeof(message) - 1, 0)) > 0) {
        message[length] = '\0';
        struct udev_device *device = device_of(message, (size_t)length);
        if (device && wants(monitor, device))
            return device;
        if (device)
            udev_device_unref(device);
    }
    return NULL;
}
