/* SPDX-License-Identifier: MIT */
/* inotify: files in a folder come, go or change; programs open a device and close it again. */
#include "host/inotify.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <unistd.h>

struct inotify_monitor {
    struct mt_monitor base;
    bool is_gone; /* what is watched */
    int users;    /* how often it has been opened since, and not been closed */
    bool was_left;
};

enum {
    /* A file counts once it is complete: one that is written aside and renamed is one event. */
    CHANGES = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE,
    /* The kernel sends IN_IGNORED by itself, when the folder is removed or its file system unmounted. */
    GONE = IN_MOVE_SELF | IN_IGNORED,
};

static int open_inotify(const char *path, uint32_t mask)
{
    int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (fd < 0)
        return -errno;
    if (inotify_add_watch(fd, path, mask) < 0) {
        int status = -errno;
        close(fd);
        return status;
    }
    return fd;
}

static int watch(struct mt_loop *loop, const char *path, uint32_t mask, struct mt_monitor **monitor)
{
    struct inotify_monitor *made = calloc(1, sizeof(*made));
    return made ? mt_monitor_open(loop, &made->base, open_inotify(path, mask), monitor) : -ENOMEM;
}

int mt_inotify_open(struct mt_loop *loop, const char *folder, struct mt_monitor **monitor)
{
    return watch(loop, folder, CHANGES | IN_MOVE_SELF | IN_ONLYDIR, monitor);
}

int mt_inotify_open_users(struct mt_loop *loop, const char *path, struct mt_monitor **monitor)
{
    return watch(loop, path, IN_OPEN | IN_CLOSE, monitor);
}

static void count_event(struct inotify_monitor *monitor, uint32_t mask)
{
    monitor->is_gone = monitor->is_gone || mask & GONE;
    if (mask & IN_OPEN)
        monitor->users++;
    if (mask & IN_CLOSE && monitor->users > 0 && --monitor->users == 0)
        monitor->was_left = true;
}

static void count_events(struct inotify_monitor *monitor, const char *events, size_t length)
{
    const struct inotify_event *event;
    for (size_t at = 0; at < length; at += sizeof(*event) + event->len) {
        event = (const struct inotify_event *)(const void *)(events + at);
        count_event(monitor, event->mask);
    }
}

/* Which file it was does not matter: callers list the whole folder again. */
int mt_inotify_take(struct mt_monitor *base)
{
    struct inotify_monitor *monitor = mt_container_of(base, struct inotify_monitor, base);
    _Alignas(struct inotify_event) char events[sizeof(struct inotify_event) + 4096];
    int changed = 0;
    while (!monitor->is_gone) {
        ssize_t count = read(base->fd, events, sizeof(events));
        if (count > 0) {
            changed = 1;
            count_events(monitor, events, (size_t)count);
        } else if (count == 0 || errno == EAGAIN) {
            return changed;
        } else if (errno != EINTR) {
            return -errno;
        }
    }
    return -ENOENT;
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
