/* SPDX-License-Identifier: MIT */
/* A watch: hearing that files in a folder come, go or change. */
#include "host/watch.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <unistd.h>

struct mt_watch {
    uv_poll_t poll;
    int fd;
    void (*on_event)(void *context);
    void *context;
};

/* A file counts once it is complete: what is written aside and renamed is one event. */
enum { EVENTS = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_DELETE_SELF | IN_ONLYDIR };

int mt_watch_open(struct mt_loop *loop, const char *folder, void (*on_event)(void *context),
                  void *context, struct mt_watch **watch)
{
    struct mt_watch *made = calloc(1, sizeof(*made));
    if (!made)
        return -ENOMEM;
    made->on_event = on_event;
    made->context = context;
    made->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    int status = made->fd < 0 || inotify_add_watch(made->fd, folder, EVENTS) < 0 ? -errno : 0;
    if (status == 0)
        status = uv_poll_init(&loop->uv, &made->poll, made->fd);
    if (status < 0) {
        if (made->fd >= 0)
            close(made->fd);
        free(made);
        return status;
    }
    *watch = made;
    return 0;
}

static void on_closed(uv_handle_t *handle)
{
    free(mt_container_of(handle, struct mt_watch, poll));
}

void mt_watch_close(struct mt_watch *watch)
{
    uv_poll_stop(&watch->poll);
    close(watch->fd);
    uv_close((uv_handle_t *)&watch->poll, on_closed);
}

/* Which file it was does not matter: callers list the whole folder again. */
int mt_watch_take(struct mt_watch *watch)
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

static void on_readable(uv_poll_t *poll, int status, int events)
{
    struct mt_watch *watch = mt_container_of(poll, struct mt_watch, poll);
    (void)status;
    (void)events;
    uv_poll_stop(poll);
    watch->on_event(watch->context);
}

void mt_watch_watch(struct mt_watch *watch)
{
    uv_poll_start(&watch->poll, UV_READABLE, on_readable);
}

void mt_watch_unwatch(struct mt_watch *watch)
{
    uv_poll_stop(&watch->poll);
}
