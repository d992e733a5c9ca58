/* SPDX-License-Identifier: MIT */
/* Unix sockets by path or abstract name, and the users at their other ends. */
#ifndef MT_HOST_UNIX_SOCKET_H
#define MT_HOST_UNIX_SOCKET_H

#include <stdbool.h>
#include <stdint.h>

/* The process at the other end of a unix socket, as it was when it connected or began to listen. */
struct mt_unix_peer {
    int64_t pid, uid, gid;
};

/*
 * A non-blocking socket of a type (SOCK_STREAM ...) that is connected to `path`, or bound to it, where
 * '@' begins an abstract name. The descriptor is the caller's; or a negative errno: -EADDRINUSE from
 * mt_unix_bind() when something is bound there already.
 */
int mt_unix_connect(const char *path, int type);
int mt_unix_bind(const char *path, int type);

/* Two sockets that are connected to each other. 0 or a negative errno. */
int mt_unix_pair(int type, int fds[2]);

/* The peer of a connected socket that is no datagram socket. 0 or a negative errno. */
int mt_unix_peer(int fd, struct mt_unix_peer *peer);

/*
 * 0 if the other end of a connected socket is root's or our own user's; else -EPERM, and `stranger`
 * is that user. For datagrams, the user of the socket at `path` counts: see mt_unix_owner().
 */
int mt_unix_check_peer(int fd, const char *path, bool is_datagram, struct mt_unix_peer *stranger);

#endif
