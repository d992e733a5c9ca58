/* SPDX-License-Identifier: MIT */
/* A watch: hearing that files in a folder come, go or change. */
#include "host/watch.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <unistd.h>

/* A file counts once it is complete: what is written aside and renamed is one event. */
enum { EVENTS = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_DELETE_SELF | IN_ONLYDIR };

static int open_inotify(const char *folder)
{
    int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (fd < 0)
        return -errno;
    if (inotify_add_watch(fd, folder, EVENTS) < 0) {
        int status = -errno;
        close(fd);
        return status;
    }
    return fd;
}

int mt_watch_open(struct mt_loop *loop, const char *folder, struct mt_monitor **watch)
{
    struct mt_monitor *made = calloc(1, sizeof(*made));
    return made ? mt_monitor_open(loop, made, open_inotify(folder), watch) : -ENOMEM;
}

/* Which file it was does not matter: callers list the whole folder again. */
int mt_watch_take(struct mt_monitor *watch)
{
    char events[4096];
    int changed = 0;
    for (;;) {
        ssize_t count = read(watch->fd, events, sizeof(events));
        if (count > 0)
            changed = 1;
        else if (count == 0 || errno == EAGAIN)
            return changed;
        else if (errno != EINTR)
            return -errno;
    }
}
