/* SPDX-License-Identifier: MIT */
/* udev: which devices there are, what is known about them, and which come and go. */
#include "host/udev.h"

#include <errno.h>
#include <libudev.h>
#include <stdlib.h>
#include <string.h>

void mt_devices_free(struct mt_device *first)
{
    while (first) {
        struct mt_device *next = first->next;
        free(first);
        first = next;
    }
}

/* ---- copying what libudev knows ---- */

/* The strings of a device stand behind its struct; `at` is where the next one goes. */
static const char *keep(char **at, const char *text)
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
 * libudev says why in errno, but not always, and differs between releases in what it says of a device
 * that is not there. So only the errors that tell of something else count: they leave open whether the
 * device, or what was asked about it, is there. 0 or a negative errno.
 */
static int could_not_ask(void)
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

static const char *ask(const char *(*get)(struct udev_device *), struct udev_device *from, int *status)
{
    errno = 0;
    const char *text = get(from);
    if (!text && *status == 0)
        *status = could_not_ask();
    return text;
}

/* 0 or a negative errno, such as -EMFILE when libudev could not read what is asked for here. */
static int copy_device(struct udev_device *from, struct mt_device **device)
{
    int status = 0;
    const char *const fields[] = {
        ask(udev_device_get_action, from, &status),
        ask(udev_device_get_syspath, from, &status),
        ask(udev_device_get_devnode, from, &status),
        ask(udev_device_get_subsystem, from, &status),
        ask(udev_device_get_sysname, from, &status),
        ask(udev_device_get_driver, from, &status),
        ask(udev_device_get_devtype, from, &status),
    };
    errno = 0;
    bool initialized = udev_device_get_is_initialized(from) > 0;
    if (!initialized && status == 0)
        status = could_not_ask();
    errno = 0;
    struct udev_list_entry *properties = udev_device_get_properties_list_entry(from);
    struct udev_list_entry *entry;
    size_t count = 0, text = 0;
    if (!properties && status == 0)
        status = could_not_ask();
    if (status < 0)
        return status;
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
        text += size_of(fields[i]);
    udev_list_entry_foreach(entry, properties) {
        text += size_of(udev_list_entry_get_name(entry));
        text += size_of(udev_list_entry_get_value(entry));
        count++;
    }

    struct mt_device *made = calloc(1, sizeof(*made) + count * sizeof(made->properties[0]) + text);
    if (!made)
        return -ENOMEM;
    char *at = (char *)&made->properties[count];
    made->action = keep(&at, fields[0]);
    made->syspath = keep(&at, fields[1]);
    made->devnode = keep(&at, fields[2]);
    made->subsystem = keep(&at, fields[3]);
    made->sysname = keep(&at, fields[4]);
    made->driver = keep(&at, fields[5]);
    made->devtype = keep(&at, fields[6]);
    made->initialized = initialized;
    udev_list_entry_foreach(entry, properties) {
        struct mt_property *property = &made->properties[made->property_count++];
        property->name = keep(&at, udev_list_entry_get_name(entry));
        property->value = keep(&at, udev_list_entry_get_value(entry));
    }
    *device = made;
    return 0;
}

/* ---- asking ---- */

struct udev *mt_udev_open(void)
{
    return udev_new();
}

void mt_udev_close(struct udev *udev)
{
    udev_unref(udev);
}

static int open_device(struct udev *udev, const char *syspath, struct udev_device **device)
{
    errno = 0;
    *device = udev_device_new_from_syspath(udev, syspath);
    if (*device)
        return 0;
    int status = could_not_ask();
    return status < 0 ? status : -ENODEV;
}

int mt_udev_device(struct udev *udev, const char *syspath, struct mt_device **device)
{
    struct udev_device *found;
    int status = open_device(udev, syspath, &found);
    if (status < 0)
        return status;
    status = copy_device(found, device);
    udev_device_unref(found);
    return status;
}

int mt_udev_devices(struct udev *udev, const char *subsystem, struct mt_device **devices)
{
    struct udev_enumerate *search = udev_enumerate_new(udev);
    if (!search)
        return -ENOMEM;
    int status = udev_enumerate_add_match_subsystem(search, subsystem);
    if (status >= 0)
        status = udev_enumerate_scan_devices(search);
    struct udev_list_entry *entry;
    struct mt_device *first = NULL, **last = &first;
    udev_list_entry_foreach(entry, status >= 0 ? udev_enumerate_get_list_entry(search) : NULL) {
        status = mt_udev_device(udev, udev_list_entry_get_name(entry), last);
        if (status == 0)
            last = &(*last)->next;
        else if (status != -ENODEV)  /* gone since the search */
            break;
    }
    udev_enumerate_unref(search);
    if (status < 0 && status != -ENODEV) {
        mt_devices_free(first);
        return status;
    }
    *devices = first;
    return 0;
}

int mt_udev_parent(struct udev *udev, const char *syspath, const char *subsystem,
                   const char *devtype, struct mt_device **device)
{
    struct udev_device *child;
    int status = open_device(udev, syspath, &child);
    if (status < 0)
        return status;
    /* The parent lives as long as the child. */
    errno = 0;
    struct udev_device *parent =
        udev_device_get_parent_with_subsystem_devtype(child, subsystem, devtype);
    status = parent ? copy_device(parent, device) : could_not_ask();
    if (!parent && status == 0)
        status = -ENOENT;
    udev_device_unref(child);
    return status;
}

int mt_udev_attribute(struct udev *udev, const char *syspath, const char *name,
                      char value[MT_ATTRIBUTE_SIZE])
{
    struct udev_device *device;
    int status = open_device(udev, syspath, &device);
    if (status < 0)
        return status;
    errno = 0;
    const char *found = udev_device_get_sysattr_value(device, name);
    size_t size = size_of(found);
    if (!found)
        status = could_not_ask() < 0 ? could_not_ask() : -ENOENT;
    else if (size > MT_ATTRIBUTE_SIZE)
        status = -EFBIG;
    else
        memcpy(value, found, size);
    udev_device_unref(device);
    return status;
}

/* ---- events ---- */

struct mt_udev_monitor {
    uv_poll_t poll;
    struct udev_monitor *monitor;
    void (*on_event)(void *context);
    void *context;
};

static int subscribe(struct udev_monitor *monitor, const char *const *subsystems)
{
    for (; *subsystems; subsystems++) {
        int status = udev_monitor_filter_add_match_subsystem_devtype(monitor, *subsystems, NULL);
        if (status < 0)
            return status;
    }
    /* A modem's reset is a burst of events. Without the privilege, the default has to do. */
    udev_monitor_set_receive_buffer_size(monitor, 1 << 20);
    return udev_monitor_enable_receiving(monitor);
}

int mt_udev_monitor_open(struct mt_loop *loop, struct udev *udev, const char *const *subsystems,
                         bool from_kernel, void (*on_event)(void *context), void *context,
                         struct mt_udev_monitor **monitor)
{
    struct mt_udev_monitor *made = calloc(1, sizeof(*made));
    if (!made)
        return -ENOMEM;
    made->on_event = on_event;
    made->context = context;
    made->monitor = udev_monitor_new_from_netlink(udev, from_kernel ? "kernel" : "udev");
    int status = made->monitor ? subscribe(made->monitor, subsystems) : -ENOMEM;
    if (status >= 0)
        status = uv_poll_init(&loop->uv, &made->poll, udev_monitor_get_fd(made->monitor));
    if (status < 0) {
        udev_monitor_unref(made->monitor);
        free(made);
        return status;
    }
    *monitor = made;
    return 0;
}

static void on_monitor_closed(uv_handle_t *handle)
{
    free(mt_container_of(handle, struct mt_udev_monitor, poll));
}

void mt_udev_monitor_close(struct mt_udev_monitor *monitor)
{
    uv_poll_stop(&monitor->poll);
    udev_monitor_unref(monitor->monitor);
    uv_close((uv_handle_t *)&monitor->poll, on_monitor_closed);
}

int mt_udev_monitor_take(struct mt_udev_monitor *monitor, struct mt_device **device)
{
    errno = EAGAIN;
    struct udev_device *found = udev_monitor_receive_device(monitor->monitor);
    if (!found)
        return errno == EAGAIN || errno == EINTR ? 0 : -errno;
    int status = copy_device(found, device);
    udev_device_unref(found);
    return status < 0 ? status : 1;
}

/* Lost events are a socket error, which libuv reports as a bad descriptor; take() sees it. */
static void on_readable(uv_poll_t *poll, int status, int events)
{
    struct mt_udev_monitor *monitor = mt_container_of(poll, struct mt_udev_monitor, poll);
    (void)status;
    (void)events;
    uv_poll_stop(poll);
    monitor->on_event(monitor->context);
}

void mt_udev_monitor_watch(struct mt_udev_monitor *monitor)
{
    uv_poll_start(&monitor->poll, UV_READABLE, on_readable);
}

void mt_udev_monitor_unwatch(struct mt_udev_monitor *monitor)
{
    uv_poll_stop(&monitor->poll);
}
