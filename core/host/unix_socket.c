/* SPDX-License-Identifier: MIT */
/* Unix sockets by path or abstract name, and the users at their other ends. */
#include "host/unix_socket.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "host/unix_owner.h"

static int socket_address(const char *path, struct sockaddr_un *address, socklen_t *length)
{
    size_t size = strlen(path);
    if (size >= sizeof(address->sun_path))
        return -ENAMETOOLONG;
    memset(address, 0, sizeof(*address));
    address->sun_family = AF_UNIX;
    memcpy(address->sun_path, path, size);
    /* An abstract name is exactly as long as its address says; a path ends with its NUL. */
    if (path[0] == '@')
        address->sun_path[0] = '\0';
    *length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size + (path[0] != '@'));
    return 0;
}

static int open_at(const char *path, int type, bool listens)
{
    struct sockaddr_un address;
    socklen_t length;
    int status = socket_address(path, &address, &length);
    if (status < 0)
        return status;
    int fd = socket(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    status = listens ? bind(fd, (struct sockaddr *)&address, length)
                     : connect(fd, (struct sockaddr *)&address, length);
    if (status < 0) {
        status = -errno;
        close(fd);
        return status;
    }
    return fd;
}

int mt_unix_connect(const char *path, int type)
{
    return open_at(path, type, false);
}

int mt_unix_bind(const char *path, int type)
{
    return open_at(path, type, true);
}

int mt_unix_pair(int type, int fds[2])
{
    return socketpair(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) < 0 ? -errno : 0;
}

int mt_unix_peer(int fd, struct mt_unix_peer *peer)
{
    struct ucred credentials;
    socklen_t size = sizeof(credentials);
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) < 0)
        return -errno;
    *peer = (struct mt_unix_peer){ credentials.pid, (int64_t)credentials.uid,
                                   (int64_t)credentials.gid };
    return 0;
}

int mt_unix_check_peer(int fd, const char *path, bool is_datagram, struct mt_unix_peer *stranger)
{
    struct mt_unix_peer peer = { 0, 0, MT_UID_UNKNOWN };
    int status = 0;
    if (is_datagram)
        peer.uid = mt_unix_owner(path);
    else
        status = mt_unix_peer(fd, &peer);
    if (status < 0)
        return status;
    if (peer.uid == 0 || peer.uid == (int64_t)geteuid())
        return 0;
    *stranger = peer;
    return -EPERM;
}
