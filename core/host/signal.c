/* SPDX-License-Identifier: MIT */
/* Signals that are read from a descriptor instead of ending the program. */
#include "host/signal.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

struct signal_monitor {
    struct mt_monitor base;
    sigset_t set;
    int number;
};

static sigset_t listened; /* the signals that this process reads here */

/* The kernel keeps one of each kind, and not how often it came. */
int mt_signal_take(struct mt_monitor *signal)
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

static void release(struct mt_monitor *base)
{
    struct signal_monitor *signal = mt_container_of(base, struct signal_monitor, base);
    if (base->fd < 0)
        return;
    mt_signal_take(base); /* or one that came and was not taken would act once it is unblocked */
    close(base->fd);
    sigdelset(&listened, signal->number);
    pthread_sigmask(SIG_UNBLOCK, &signal->set, NULL);
}

/*
 * A descriptor instead of a handler: the engine's own handler stays installed for the time after.
 * The signal is blocked until then; children do not inherit that, as libuv unblocks all signals for
 * them.
 */
int mt_signal_open(struct mt_loop *loop, int number, struct mt_monitor **signal)
{
    if (sigismember(&listened, number) == 1)
        return -EBUSY;
    struct signal_monitor *made = calloc(1, sizeof(*made));
    if (!made)
        return -ENOMEM;
    made->base.release = release;
    made->number = number;
    sigemptyset(&made->set);
    sigaddset(&made->set, number);
    int fd = signalfd(-1, &made->set, SFD_NONBLOCK | SFD_CLOEXEC);
    if (fd >= 0) {
        pthread_sigmask(SIG_BLOCK, &made->set, NULL);
        sigaddset(&listened, number);
    }
    return mt_monitor_open(loop, &made->base, fd < 0 ? -errno : fd, signal);
}
