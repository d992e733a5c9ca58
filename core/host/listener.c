/* SPDX-License-Identifier: MIT */
/* Listening unix sockets, for root and our own user. */
#include "host/listener.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

struct mt_listener {
    uv_poll_t poll;
    int fd;
    void (*on_connection)(void *context, int fd);
    void *context;
    uint64_t strangers;
    struct mt_unix_peer last_stranger;
    char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
    dev_t device; /* which file our socket is: another one may have taken its name since */
    ino_t inode;
};

enum { MAX_TURNED_AWAY = 256 }; /* in one round of the loop */

/* The next connection of root's or ours; -EPERM for a stranger's, which has been closed. */
static int accept_ours(struct mt_listener *listener)
{
    int fd = accept4(listener->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0)
        return -errno;
    int status = mt_unix_check_peer(fd, listener->path, false, &listener->last_stranger);
    if (status == 0)
        return fd;
    close(fd);
    if (status == -EPERM)
        listener->strangers++;
    return status;
}

/* libuv reports an error of the socket as EBADF; accept() returns all others. */
static void on_incoming(uv_poll_t *poll, int status, int events)
{
    struct mt_listener *listener = mt_container_of(poll, struct mt_listener, poll);
    int fd = status;
    (void)events;
    for (int i = 0; status == 0 && i < MAX_TURNED_AWAY; i++) {
        fd = accept_ours(listener);
        if (fd == -EAGAIN || fd == -EINTR || fd == -ECONNABORTED)
            return; /* none is waiting, or the caller has hung up */
        if (fd != -EPERM || listener->strangers == 1)
            break;
        fd = -EAGAIN;
    }
    if (fd == -EAGAIN)
        return; /* more strangers: the loop's other work goes first */
    uv_poll_stop(poll);
    listener->on_connection(listener->context, fd);
}

void mt_listener_arm(struct mt_listener *listener)
{
    uv_poll_start(&listener->poll, UV_READABLE, on_incoming);
}

void mt_listener_disarm(struct mt_listener *listener)
{
    uv_poll_stop(&listener->poll);
}

uint64_t mt_listener_strangers(struct mt_listener *listener, struct mt_unix_peer *last)
{
    uint64_t count = listener->strangers;
    *last = listener->last_stranger;
    listener->strangers = 0;
    return count;
}

static void on_listener_closed(uv_handle_t *handle)
{
    free(mt_container_of(handle, struct mt_listener, poll));
}

static bool is_file_of(const struct mt_listener *listener)
{
    struct stat info;
    return listener->path[0] != '@' && lstat(listener->path, &info) == 0 &&
           info.st_dev == listener->device && info.st_ino == listener->inode;
}

/* The file goes before the socket: as long as that is open, no other file gets its inode. */
void mt_listener_close(struct mt_listener *listener)
{
    uv_poll_stop(&listener->poll);
    if (is_file_of(listener))
        unlink(listener->path);
    close(listener->fd);
    uv_close((uv_handle_t *)&listener->poll, on_listener_closed);
}

static int listen_socket(const char *path, enum mt_port_kind kind)
{
    int fd = mt_unix_bind(path, kind == MT_PORT_MESSAGES ? SOCK_SEQPACKET : SOCK_STREAM);
    if (fd >= 0 && listen(fd, SOMAXCONN) < 0) {
        int status = -errno;
        close(fd);
        return status;
    }
    return fd;
}

int mt_listener_open(struct mt_loop *loop, const char *path, enum mt_port_kind kind,
                     void (*on_connection)(void *context, int fd), void *context,
                     struct mt_listener **listener)
{
    int fd = listen_socket(path, kind);
    if (fd < 0)
        return fd;
    struct mt_listener *made = calloc(1, sizeof(*made));
    int status = made ? uv_poll_init(&loop->uv, &made->poll, fd) : -ENOMEM;
    if (status < 0) {
        free(made);
        close(fd);
        return status;
    }
    made->fd = fd;
    made->on_connection = on_connection;
    made->context = context;
    memcpy(made->path, path, strlen(path));
    struct stat info;
    if (path[0] != '@' && lstat(path, &info) == 0) {
        made->device = info.st_dev;
        made->inode = info.st_ino;
    }
    *listener = made;
    return 0;
}
