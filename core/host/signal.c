/* SPDX-License-Identifier: MIT */
/* Signals that are read from a descriptor instead of ending the program. */
#include "host/signal.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

struct mt_signal {
    uv_poll_t poll;
    int fd;
    sigset_t set;
    int number;
    void (*on_event)(void *context);
    void *context;
};

static sigset_t heard;  /* those that this process listens to */

/*
 * A descriptor instead of a handler: the engine's own handler stays as it is, for the time after.
 * The signal is blocked until then, which children do not inherit: libuv unblocks all for them.
 */
int mt_signal_open(struct mt_loop *loop, int number, void (*on_event)(void *context), void *context,
                   struct mt_signal **signal)
{
    if (sigismember(&heard, number) == 1)
        return -EBUSY;
    struct mt_signal *made = calloc(1, sizeof(*made));
    if (!made)
        return -ENOMEM;
    made->number = number;
    made->on_event = on_event;
    made->context = context;
    sigemptyset(&made->set);
    sigaddset(&made->set, number);
    made->fd = signalfd(-1, &made->set, SFD_NONBLOCK | SFD_CLOEXEC);
    int status = made->fd < 0 ? -errno : uv_poll_init(&loop->uv, &made->poll, made->fd);
    if (status < 0) {
        if (made->fd >= 0)
            close(made->fd);
        free(made);
        return status;
    }
    pthread_sigmask(SIG_BLOCK, &made->set, NULL);
    sigaddset(&heard, number);
    *signal = made;
    return 0;
}

static void on_closed(uv_handle_t *handle)
{
    free(mt_container_of(handle, struct mt_signal, poll));
}

/* The kernel keeps one of each kind, and not how often it came. */
int mt_signal_take(struct mt_signal *signal)
{
    struct signalfd_siginfo info;
    ssize_t count;
    do
        count = read(signal->fd, &info, sizeof(info));
    while (count < 0 && errno == EINTR);
    if (count < 0)
        return errno == EAGAIN ? 0 : -errno;
    return 1;
}

void mt_signal_close(struct mt_signal *signal)
{
    uv_poll_stop(&signal->poll);
    mt_signal_take(signal);  /* or one that came and was not taken would act once it is unblocked */
    close(signal->fd);
    sigdelset(&heard, signal->number);
    pthread_sigmask(SIG_UNBLOCK, &signal->set, NULL);
    uv_close((uv_handle_t *)&signal->poll, on_closed);
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    struct mt_signal *signal = mt_container_of(poll, struct mt_signal, poll);
    (void)status;
    (void)events;
    uv_poll_stop(poll);
    signal->on_event(signal->context);
}

void mt_signal_watch(struct mt_signal *signal)
{
    uv_poll_start(&signal->poll, UV_READABLE, on_readable);
}

void mt_signal_unwatch(struct mt_signal *signal)
{
    uv_poll_stop(&signal->poll);
}
