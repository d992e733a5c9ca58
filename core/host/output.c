/* SPDX-License-Identifier: MIT */
/* Notices that our standard output or error has lost its reader. */
#include "host/output.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct stream {
    uv_poll_t poll;
    struct mt_output *output;
    int fd; /* a private one, for the poll; -1: not watched */
};

struct mt_output {
    struct stream streams[2];
    int open_handles;
    void (*on_closed)(void *context);
    void *context;
};

static void on_handle_closed(uv_handle_t *handle)
{
    struct mt_output *output = handle->data;
    if (--output->open_handles == 0)
        free(output);
}

void mt_output_close(struct mt_output *output)
{
    if (!output)
        return;
    int handles = output->open_handles;
    if (handles == 0)
        free(output);
    for (size_t i = 0; handles > 0 && i < 2; i++) {
        struct stream *stream = &output->streams[i];
        if (stream->fd >= 0) {
            uv_poll_stop(&stream->poll);
            close(stream->fd);
            stream->poll.data = output;
            uv_close((uv_handle_t *)&stream->poll, on_handle_closed);
        }
    }
}

static bool has_no_reader(int fd)
{
    struct pollfd now = { .fd = fd };
    return poll(&now, 1, 0) > 0 && (now.revents & (POLLERR | POLLHUP)) != 0;
}

static void on_event(uv_poll_t *poll, int status, int events)
{
    struct stream *stream = mt_container_of(poll, struct stream, poll);
    (void)status;
    (void)events;
    uv_poll_stop(poll);
    if (has_no_reader(stream->fd))
        stream->output->on_closed(stream->output->context);
}

static bool is_pipe(int fd)
{
    struct stat found;
    return fstat(fd, &found) == 0 && (S_ISFIFO(found.st_mode) || S_ISSOCK(found.st_mode));
}

/*
 * epoll always reports errors and hang-ups. libuv needs a requested event, so this is
 * UV_PRIORITIZED, which neither pipes nor our sockets have. UV_DISCONNECT would also come when the
 * other end has only closed its own writing side.
 */
static int watch_stream(struct mt_loop *loop, struct mt_output *output, struct stream *stream,
                        int fd)
{
    stream->output = output;
    stream->fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    if (stream->fd < 0)
        return -errno;
    /* libuv makes what it polls non-blocking; other processes may share this pipe, so undo that. */
    int flags = fcntl(fd, F_GETFL);
    int status = uv_poll_init(&loop->uv, &stream->poll, stream->fd);
    if (flags >= 0)
        fcntl(fd, F_SETFL, flags);
    if (status < 0) {
        close(stream->fd);
        stream->fd = -1;
        return status;
    }
    output->open_handles++;
    return uv_poll_start(&stream->poll, UV_PRIORITIZED, on_event);
}

int mt_output_open(struct mt_loop *loop, void (*on_closed)(void *context), void *context,
                   struct mt_output **output)
{
    struct mt_output *made = calloc(1, sizeof(*made));
    if (!made)
        return -ENOMEM;
    made->on_closed = on_closed;
    made->context = context;
    int status = 0;
    for (size_t i = 0; i < 2; i++) {
        int fd = i == 0 ? STDOUT_FILENO : STDERR_FILENO;
        made->streams[i].fd = -1;
        if (status == 0 && is_pipe(fd))
            status = watch_stream(loop, made, &made->streams[i], fd);
    }
    if (status < 0) {
        mt_output_close(made);
        return status;
    }
    *output = made;
    return 0;
}
