/* SPDX-License-Identifier: MIT */
/* Monitors: descriptors whose events are read one at a time, when a caller is ready for them. */
#include "host/monitor.h"

#include <stdlib.h>
#include <unistd.h>

static void release(struct mt_monitor *monitor)
{
    if (monitor->release)
        monitor->release(monitor);
    else if (monitor->fd >= 0)
        close(monitor->fd);
}

int mt_monitor_open(struct mt_loop *loop, struct mt_monitor *made, int fd,
                    struct mt_monitor **monitor)
{
    made->fd = fd;
    int status = fd < 0 ? fd : uv_poll_init(&loop->uv, &made->poll, fd);
    if (status < 0) {
        release(made);
        free(made);
        return status;
    }
    *monitor = made;
    return 0;
}

static void on_closed(uv_handle_t *handle)
{
    free(mt_container_of(handle, struct mt_monitor, poll));
}

void mt_monitor_close(struct mt_monitor *monitor)
{
    uv_poll_stop(&monitor->poll);
    release(monitor);
    uv_close((uv_handle_t *)&monitor->poll, on_closed);
}

/* Lost events are a socket error, which libuv reports as a bad descriptor; the next take sees it. */
static void on_readable(uv_poll_t *poll, int status, int events)
{
    struct mt_monitor *monitor = mt_container_of(poll, struct mt_monitor, poll);
    (void)status;
    (void)events;
    uv_poll_stop(poll);
    monitor->on_event(monitor->context);
}

void mt_monitor_arm(struct mt_monitor *monitor, void (*on_event)(void *context), void *context)
{
    monitor->on_event = on_event;
    monitor->context = context;
    uv_poll_start(&monitor->poll, UV_READABLE, on_readable);
}

void mt_monitor_disarm(struct mt_monitor *monitor)
{
    uv_poll_stop(&monitor->poll);
}
