/* SPDX-License-Identifier: MIT */
/* inotify: files in a folder come, go or change; programs open a device and close it again. */
#include "host/inotify.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

/*
 * A user has few inotify instances (fs.inotify.max_user_instances, usually 128), which all programs
 * of that user share. So all monitors of a loop have one, which reads the kernel's events and hands
 * each to the monitors that it concerns.
 */
struct mt_inotify {
    uv_poll_t poll;
    struct mt_loop *loop;
    int fd;
    struct inotify_monitor *first;
};

struct inotify_monitor {
    struct mt_monitor
        base; /* its descriptor is an eventfd, which can be read while has_changed is set */
    struct mt_inotify *inotify;
    struct inotify_monitor *next;
    int watch; /* the kernel's number; monitors of one path have the same */
    uint32_t mask;
    bool has_changed;
    bool is_gone; /* what is watched */
    int users;    /* how often it has been opened since, and not been closed */
    bool was_left;
};

enum {
    /* A file counts once it is complete: one that is written aside and renamed is one event. */
    CHANGES = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE,
    /* The kernel sends IN_IGNORED by itself, when the folder is removed or its file system unmounted. */
    GONE = IN_MOVE_SELF | IN_IGNORED,
    /* Of all watches: events were lost. */
    LOST = IN_Q_OVERFLOW,
};

/* ---- the instance of a loop ---- */

static void count_event(struct inotify_monitor *monitor, uint32_t mask)
{
    monitor->is_gone = monitor->is_gone || mask & GONE;
    if (mask & IN_OPEN)
        monitor->users++;
    if (mask & IN_CLOSE && monitor->users > 0 && --monitor->users == 0)
        monitor->was_left = true;
    if (!monitor->has_changed)
        eventfd_write(monitor->base.fd, 1);
    monitor->has_changed = true;
}

static void pass_event(struct mt_inotify *inotify, const struct inotify_event *event)
{
    for (struct inotify_monitor *each = inotify->first; each; each = each->next) {
        bool is_its_own = event->wd == each->watch && event->mask & (each->mask | IN_IGNORED);
        if (is_its_own || event->mask & LOST)
            count_event(each, event->mask);
    }
}

static void read_events(struct mt_inotify *inotify)
{
    _Alignas(struct inotify_event) char events[sizeof(struct inotify_event) + 4096];
    const struct inotify_event *event;
    ssize_t count;
    while ((count = read(inotify->fd, events, sizeof(events))) > 0 || (count < 0 && errno == EINTR))
        for (ssize_t at = 0; at < count; at += (ssize_t)sizeof(*event) + event->len) {
            event = (const struct inotify_event *)(const void *)(events + at);
            pass_event(inotify, event);
        }
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    read_events(mt_container_of(poll, struct mt_inotify, poll));
}

static void on_closed(uv_handle_t *handle)
{
    free(mt_container_of(handle, struct mt_inotify, poll));
}

static int open_instance(struct mt_loop *loop)
{
    struct mt_inotify *made = calloc(1, sizeof(*made));
    if (!made)
        return -ENOMEM;
    made->loop = loop;
    made->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    int status = made->fd < 0 ? -errno : uv_poll_init(&loop->uv, &made->poll, made->fd);
    if (status < 0) {
        if (made->fd >= 0)
            close(made->fd);
        free(made);
        return status;
    }
    uv_poll_start(&made->poll, UV_READABLE, on_readable);
    loop->inotify = made;
    return 0;
}

static void close_unused(struct mt_inotify *inotify)
{
    if (inotify->first)
        return;
    inotify->loop->inotify = NULL;
    uv_poll_stop(&inotify->poll);
    close(inotify->fd);
    uv_close((uv_handle_t *)&inotify->poll, on_closed);
}

/* ---- its monitors ---- */

static bool is_watched(const struct mt_inotify *inotify, int watch)
{
    const struct inotify_monitor *each = inotify->first;
    while (each && each->watch != watch)
        each = each->next;
    return each != NULL;
}

static void release(struct mt_monitor *base)
{
    struct inotify_monitor *monitor = mt_container_of(base, struct inotify_monitor, base);
    struct mt_inotify *inotify = monitor->inotify;
    struct inotify_monitor **link = &inotify->first;
    while (*link != monitor)
        link = &(*link)->next;
    *link = monitor->next;
    if (base->fd >= 0)
        close(base->fd);
    if (!is_watched(inotify, monitor->watch))
        inotify_rm_watch(inotify->fd,
                         monitor->watch); /* of what is gone it fails, and that is right */
    close_unused(inotify);
}

/* Returns the new monitor's descriptor, or a negative errno. */
static int begin(struct inotify_monitor *made, const char *path)
{
    read_events(
        made->inotify); /* of watches that are there: what was before is not for the new one */
    made->watch = inotify_add_watch(made->inotify->fd, path, made->mask | IN_MASK_ADD);
    int fd = made->watch < 0 ? -1 : eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

static int watch(struct mt_loop *loop, const char *path, uint32_t mask, struct mt_monitor **monitor)
{
    int status = loop->inotify ? 0 : open_instance(loop);
    if (status < 0)
        return status;
    struct inotify_monitor *made = calloc(1, sizeof(*made));
    if (!made) {
        close_unused(loop->inotify);
        return -ENOMEM;
    }
    made->inotify = loop->inotify;
    made->mask = mask;
    made->base.release = release;
    int fd = begin(made, path);
    made->next = made->inotify->first;
    made->inotify->first = made;
    return mt_monitor_open(loop, &made->base, fd, monitor);
}

int mt_inotify_open(struct mt_loop *loop, const char *folder, struct mt_monitor **monitor)
{
    return watch(loop, folder, CHANGES | IN_MOVE_SELF | IN_ONLYDIR, monitor);
}

int mt_inotify_open_users(struct mt_loop *loop, const char *path, struct mt_monitor **monitor)
{
    return watch(loop, path, IN_OPEN | IN_CLOSE, monitor);
}

/* Which file it was does not matter: callers list the whole folder again. */
int mt_inotify_take(struct mt_monitor *base)
{
    struct inotify_monitor *monitor = mt_container_of(base, struct inotify_monitor, base);
    eventfd_t count;
    read_events(monitor->inotify);
    bool has_changed = monitor->has_changed;
    if (has_changed)
        eventfd_read(base->fd, &count);
    monitor->has_changed = false;
    return monitor->is_gone ? -ENOENT : has_changed;
}

int mt_inotify_take_users(struct mt_monitor *base, int *users, bool *was_left)
{
    struct inotify_monitor *monitor = mt_container_of(base, struct inotify_monitor, base);
    int status = mt_inotify_take(base);
    *users = monitor->users;
    *was_left = monitor->was_left;
    monitor->was_left = false;
    return status;
}
