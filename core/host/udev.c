/* SPDX-License-Identifier: MIT */
/* udev: which devices there are, what is known about them, and which come and go. */
#include "host/udev.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/libudev.h"

struct mt_udev {
    struct udev *context; /* NULL until the library is needed */
};

static struct mt_libudev library; /* in all of them */

static int need_library(struct mt_udev *udev)
{
    int status = udev->context ? 0 : mt_libudev_load(&library);
    if (status == 0 && !udev->context)
        udev->context = library.udev_new();
    return status == 0 && !udev->context ? -ENOMEM : status;
}

void mt_devices_free(struct mt_device *first)
{
    while (first) {
        struct mt_device *next = first->next;
        free(first);
        first = next;
    }
}

/* ---- what is known of a device ---- */

/* The strings of a device follow its struct; `at` is where the next one goes. */
static const char *copy_text(char **at, const char *text)
{
    if (!text)
        return NULL;
    char *kept = *at;
    size_t size = strlen(text) + 1;
    memcpy(kept, text, size);
    *at += size;
    return kept;
}

static size_t size_of(const char *text)
{
    return text ? strlen(text) + 1 : 0;
}

/*
 * libudev gives a reason in errno, but not always, and its releases differ in the reason for a
 * device that does not exist. So only errors with another meaning count: they leave open whether
 * the device, or the requested value, exists. 0 or a negative errno.
 */
static int error_of_udev(void)
{
    switch (errno) {
    case EACCES:
    case EIO:
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case EPERM:
        return -errno;
    default:
        return 0;
    }
}

/* Of a device that could not be read: -ENODEV where that means that there is none. */
static int no_device(void)
{
    int status = error_of_udev();
    return status < 0 ? status : -ENODEV;
}

/* Copies the strings of `from` into a new device. */
static int copy_device(const struct mt_device *from, struct mt_device **device)
{
    struct mt_device *made = malloc(sizeof(*made) + size_of(from->action) + size_of(from->syspath) +
                                    size_of(from->devnode) + size_of(from->subsystem) +
                                    size_of(from->sysname) + size_of(from->driver) +
                                    size_of(from->devtype));
    if (!made)
        return -ENOMEM;
    char *at = (char *)(made + 1);
    made->next = NULL;
    made->action = copy_text(&at, from->action);
    made->syspath = copy_text(&at, from->syspath);
    made->devnode = copy_text(&at, from->devnode);
    made->subsystem = copy_text(&at, from->subsystem);
    made->sysname = copy_text(&at, from->sysname);
    made->driver = copy_text(&at, from->driver);
    made->devtype = copy_text(&at, from->devtype);
    made->initialized = from->initialized;
    *device = made;
    return 0;
}

static const char *get_text(const char *(*get)(struct udev_device *), struct udev_device *from,
                            int *status)
{
    errno = 0;
    const char *text = get(from);
    if (!text && *status == 0)
        *status = error_of_udev();
    return text;
}

/* 0 or a negative errno, such as -EMFILE when libudev could not read a value. */
static int copy_known(struct udev_device *from, struct mt_device **device)
{
    int status = 0;
    struct mt_device known = {
        .action = get_text(library.udev_device_get_action, from, &status),
        .syspath = get_text(library.udev_device_get_syspath, from, &status),
        .devnode = get_text(library.udev_device_get_devnode, from, &status),
        .subsystem = get_text(library.udev_device_get_subsystem, from, &status),
        .sysname = get_text(library.udev_device_get_sysname, from, &status),
        .driver = get_text(library.udev_device_get_driver, from, &status),
        .devtype = get_text(library.udev_device_get_devtype, from, &status),
    };
    errno = 0;
    known.initialized = library.udev_device_get_is_initialized(from) > 0;
    if (!known.initialized && status == 0)
        status = error_of_udev();
    return status < 0 ? status : copy_device(&known, device);
}

/* ---- devices on a bus ---- */

/*
 * Devices on a bus (USB, PCI, platform) have drivers. While a driver probes one, the kernel locks its
 * `uevent`, and that of the devices above it; a modem that is slow to answer can keep its driver in
 * probe for half a minute. libudev reads that file, and would block the loop. So these devices are
 * described by the links and names in sysfs alone, which can always be read. Devices of a class (tty,
 * net, usbmisc) have no driver to wait for.
 */

static const char *name_in(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static int join(char path[PATH_MAX], const char *folder, const char *name)
{
    return snprintf(path, PATH_MAX, "%s/%s", folder, name) < PATH_MAX ? 0 : -ENAMETOOLONG;
}

/* Where a link in a folder leads to; "" where there is none. */
static int read_link(const char *folder, const char *name, char target[PATH_MAX])
{
    char path[PATH_MAX];
    int status = join(path, folder, name);
    if (status < 0)
        return status;
    ssize_t length = readlink(path, target, PATH_MAX - 1);
    if (length < 0)
        status = error_of_udev();
    target[length < 0 ? 0 : length] = '\0';
    return status;
}

/* The subsystem's link leads to /sys/bus/NAME or /sys/class/NAME. */
static bool is_bus(const char *subsystem_link)
{
    const char *name = name_in(subsystem_link);
    return name - subsystem_link >= 5 && memcmp(name - 5, "/bus/", 5) == 0;
}

/* The kernel names USB interfaces after their device: 1-1:1.0. */
static const char *usb_devtype(const char *sysname)
{
    return strchr(sysname, ':') ? "usb_interface" : "usb_device";
}

static int bus_device(const char *syspath, const char *subsystem, struct mt_device **device)
{
    char driver[PATH_MAX];
    const char *sysname = name_in(syspath);
    int status = read_link(syspath, "driver", driver);
    if (status < 0)
        return status;
    return copy_device(
        &(struct mt_device){
            .syspath = syspath,
            .subsystem = subsystem,
            .sysname = sysname,
            .driver = driver[0] ? name_in(driver) : NULL,
            .devtype = strcmp(subsystem, "usb") == 0 ? usb_devtype(sysname) : NULL,
        },
        device);
}

/* Puts a device into a list by its syspath. */
static void insert(struct mt_device **list, struct mt_device *device)
{
    while (*list && strcmp((*list)->syspath, device->syspath) < 0)
        list = &(*list)->next;
    device->next = *list;
    *list = device;
}

/*
 * Where a link in a bus's or class's folder leads to: "../../devices/...", and no folder below
 * /sys/devices is a link. realpath() would look at each of them, for each of some fifty devices.
 * -ENODEV when it has gone since, or is no link.
 */
static int follow(const char *folder, const char *name, char syspath[PATH_MAX])
{
    char target[PATH_MAX];
    int status = read_link(folder, name, target);
    if (status < 0)
        return status;
    const char *rest = target;
    while (strncmp(rest, "../", 3) == 0)
        rest += 3;
    if (strncmp(rest, "devices/", 8) != 0)
        return -ENODEV;
    return join(syspath, "/sys", rest);
}

/* A device of a class, which libudev may read. */
static int class_device(struct mt_udev *udev, const char *syspath, struct mt_device **device)
{
    int status = need_library(udev);
    if (status < 0)
        return status;
    errno = 0;
    struct udev_device *found = library.udev_device_new_from_syspath(udev->context, syspath);
    if (!found)
        return no_device();
    status = copy_known(found, device);
    library.udev_device_unref(found);
    return status;
}

static int linked_device(struct mt_udev *udev, const char *folder, const char *name,
                         const char *subsystem, bool on_bus, struct mt_device **device)
{
    char syspath[PATH_MAX];
    int status = follow(folder, name, syspath);
    if (status < 0)
        return status;
    return on_bus ? bus_device(syspath, subsystem, device) : class_device(udev, syspath, device);
}

/* The devices of a bus or class, whose folder has a link to each. */
static int linked_devices(struct mt_udev *udev, DIR *folder, const char *path,
                          const char *subsystem, bool on_bus, struct mt_device **devices)
{
    struct mt_device *first = NULL, *device;
    const struct dirent *entry;
    int status = 0;
    while (errno = 0, (entry = readdir(folder))) {
        if (entry->d_name[0] == '.')
            continue;
        status = linked_device(udev, path, entry->d_name, subsystem, on_bus, &device);
        if (status == 0)
            insert(&first, device);
        else if (status != -ENODEV)
            break;
    }
    if (!entry)
        status = error_of_udev();
    if (status < 0) {
        mt_devices_free(first);
        return status;
    }
    *devices = first;
    return 0;
}

/* ---- asking ---- */

struct mt_udev *mt_udev_open(void)
{
    return calloc(1, sizeof(struct mt_udev));
}

void mt_udev_close(struct mt_udev *udev)
{
    if (udev->context)
        library.udev_unref(udev->context);
    free(udev);
}

/*
 * The folder of a device in /sys/devices, whatever path to it was given. The kernel names what is
 * open: realpath() would look at each part of the path, and most have nine. Without /proc, libudev of
 * systemd 257 finds no device either.
 */
static int resolve(const char *syspath, char folder[PATH_MAX])
{
    char self[32];
    int fd = open(syspath, O_PATH | O_CLOEXEC);
    if (fd < 0)
        return no_device();
    snprintf(self, sizeof(self), "%d", fd);
    int status = read_link("/proc/self/fd", self, folder);
    close(fd);
    return status == 0 && !folder[0] ? -ENODEV : status;
}

int mt_udev_device(struct mt_udev *udev, const char *syspath, struct mt_device **device)
{
    char real[PATH_MAX], subsystem[PATH_MAX];
    int status = resolve(syspath, real);
    if (status == 0)
        status = read_link(real, "subsystem", subsystem);
    if (status < 0)
        return status;
    return is_bus(subsystem) ? bus_device(real, name_in(subsystem), device)
                             : class_device(udev, real, device);
}

/* The devices that a folder has links to; -ENOENT when there is no such folder. */
static int devices_in(struct mt_udev *udev, const char *path, const char *subsystem, bool on_bus,
                      struct mt_device **devices)
{
    DIR *folder = opendir(path);
    if (!folder) {
        int status = error_of_udev();
        return status < 0 ? status : -ENOENT;
    }
    int status = linked_devices(udev, folder, path, subsystem, on_bus, devices);
    closedir(folder);
    return status;
}

int mt_udev_devices(struct mt_udev *udev, const char *subsystem, struct mt_device **devices)
{
    char path[PATH_MAX];
    if (snprintf(path, sizeof(path), "/sys/bus/%s/devices", subsystem) >= (int)sizeof(path))
        return -ENAMETOOLONG;
    int status = devices_in(udev, path, subsystem, true, devices);
    if (status == -ENOENT) {
        snprintf(path, sizeof(path), "/sys/class/%s", subsystem);
        status = devices_in(udev, path, subsystem, false, devices);
    }
    if (status != -ENOENT)
        return status;
    *devices = NULL;
    return 0;
}

/* Is the device in this folder of the subsystem and devtype? Then *device is it, else NULL. */
static int match(struct mt_udev *udev, const char *folder, const char *subsystem,
                 const char *devtype, struct mt_device **device)
{
    char link[PATH_MAX];
    *device = NULL;
    int status = read_link(folder, "subsystem", link);
    if (status < 0 || strcmp(name_in(link), subsystem) != 0)
        return status;
    status = is_bus(link) ? bus_device(folder, subsystem, device)
                          : class_device(udev, folder, device);
    if (status < 0 || !devtype)
        return status;
    if (!(*device)->devtype || strcmp((*device)->devtype, devtype) != 0) {
        mt_devices_free(*device);
        *device = NULL;
    }
    return 0;
}

int mt_udev_parent(struct mt_udev *udev, const char *syspath, const char *subsystem,
                   const char *devtype, struct mt_device **device)
{
    char folder[PATH_MAX];
    int status = resolve(syspath, folder);
    struct mt_device *parent = NULL;
    for (char *slash; status == 0 && !parent && (slash = strrchr(folder, '/')) > folder;) {
        *slash = '\0';
        status = match(udev, folder, subsystem, devtype, &parent);
    }
    *device = parent;
    return status == 0 && !parent ? -ENOENT : status;
}

/* The content of a file, without the end of its line; -EFBIG if there is more. */
static int read_value(int file, char value[MT_ATTRIBUTE_SIZE])
{
    ssize_t length = read(file, value, MT_ATTRIBUTE_SIZE);
    if (length < 0)
        return -errno;
    if (length == MT_ATTRIBUTE_SIZE)
        return -EFBIG;
    while (length > 0 && value[length - 1] == '\n')
        length--;
    value[length] = '\0';
    return 0;
}

/* Where a link leads to, without the folders. */
static int link_value(const char *syspath, const char *name, char value[MT_ATTRIBUTE_SIZE])
{
    char link[PATH_MAX];
    int status = read_link(syspath, name, link);
    if (status < 0)
        return status;
    const char *target = name_in(link);
    if (size_of(target) > MT_ATTRIBUTE_SIZE)
        return -EFBIG;
    memcpy(value, target, size_of(target));
    return 0;
}

int mt_udev_attribute(const char *syspath, const char *name, char value[MT_ATTRIBUTE_SIZE])
{
    char path[PATH_MAX];
    int status = join(path, syspath, name);
    if (status < 0)
        return status;
    int file = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | O_NOFOLLOW);
    if (file < 0 && errno == ELOOP)
        return link_value(syspath, name, value);
    if (file < 0 && errno == ENOENT)
        return access(syspath, F_OK) < 0 ? -ENODEV : -ENOENT;
    if (file < 0)
        return -errno;
    status = read_value(file, value);
    close(file);
    return status;
}

/* ---- events ---- */

struct udev_source {
    struct mt_monitor base;
    struct udev_monitor *udev;
};

static int subscribe(struct udev_monitor *monitor, const char *const *subsystems)
{
    for (; *subsystems; subsystems++) {
        int status = library.udev_monitor_filter_add_match_subsystem_devtype(monitor, *subsystems,
                                                                             NULL);
        if (status < 0)
            return status;
    }
    /* A modem's reset is a burst of events. Without the privilege, the default has to do. */
    library.udev_monitor_set_receive_buffer_size(monitor, 1 << 20);
    return library.udev_monitor_enable_receiving(monitor);
}

static void release(struct mt_monitor *base)
{
    struct udev_monitor *monitor = mt_container_of(base, struct udev_source, base)->udev;
    if (monitor)
        library.udev_monitor_unref(monitor);
}

int mt_udev_monitor_open(struct mt_loop *loop, struct mt_udev *udev, const char *const *subsystems,
                         bool from_kernel, struct mt_monitor **monitor)
{
    struct udev_source *made = calloc(1, sizeof(*made));
    if (!made)
        return -ENOMEM;
    made->base.release = release;
    int status = need_library(udev);
    if (status == 0) {
        made->udev = library.udev_monitor_new_from_netlink(udev->context,
                                                           from_kernel ? "kernel" : "udev");
        status = made->udev ? subscribe(made->udev, subsystems) : -ENOMEM;
    }
    if (status >= 0)
        status = library.udev_monitor_get_fd(made->udev);
    return mt_monitor_open(loop, &made->base, status, monitor);
}

int mt_udev_monitor_take(struct mt_monitor *monitor, struct mt_device **device)
{
    errno = EAGAIN;
    struct udev_device *found = library.udev_monitor_receive_device(
        mt_container_of(monitor, struct udev_source, base)->udev);
    if (!found)
        return errno == EAGAIN || errno == EINTR ? 0 : -errno;
    int status = copy_known(found, device);
    library.udev_device_unref(found);
    return status < 0 ? status : 1;
}
