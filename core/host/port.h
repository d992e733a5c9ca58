/* SPDX-License-Identifier: MIT */
/* A port: one descriptor that messages or bytes go through, with one close path. */
#ifndef MT_HOST_PORT_H
#define MT_HOST_PORT_H

#include <stddef.h>
#include <stdint.h>

#include "host/loop.h"
#include "host/unix_socket.h"

enum mt_port_kind {
    MT_PORT_MESSAGES, /* one read is whole messages: cdc-wdm, wwan, TUN, sockets that keep them */
    MT_PORT_STREAM,   /* bytes: stream sockets, ptys, ttys */
};

struct mt_port;

/*
 * The reader of a port. Called from the loop. `on_data` gets what one read returned, valid during
 * the call; `on_closed` comes once, when the other side is gone (status -ENODEV or such; 0 for an
 * orderly end of file), and nothing follows it. Either may close the port.
 */
struct mt_port_reader {
    void (*on_data)(struct mt_port_reader *reader, const uint8_t *data, size_t length);
    void (*on_closed)(struct mt_port_reader *reader, int status);
};

/*
 * Opens the character device, or connects to the unix socket, at `path`; a path that begins with '@'
 * is an abstract socket. A socket is tried as one of messages, of a stream, and of datagrams. A tty
 * or pty is raw while the port is open, and gets its settings back when it is closed,
 * but for HUPCL, and a speed of zero: DTR is up from now on.
 *
 * Any user may be the first to bind an abstract name. So a socket must be root's or our own user's;
 * for another one the result is -EPERM and `stranger` is its user, else `stranger` has the uid 0.
 * For a socket of datagrams see mt_unix_owner().
 */
int mt_port_open(struct mt_loop *loop, const char *path, struct mt_unix_peer *stranger,
                 struct mt_port **port);

/* Sends one datagram to the socket at `path`, which must be root's or ours, too. */
int mt_port_send(const char *path, const void *data, size_t length, struct mt_unix_peer *stranger);

/*
 * A socket at `path`, to read the datagrams that others send there. The caller removes the file
 * that it makes.
 */
int mt_port_receive(struct mt_loop *loop, const char *path, struct mt_port **port);

/* Takes over a descriptor; closes it also when it fails. */
int mt_port_adopt(struct mt_loop *loop, int fd, enum mt_port_kind kind, struct mt_port **port);

/* The port is freed once the loop has closed its handle; the pointer is invalid at once. */
void mt_port_close(struct mt_port *port);

/* Reads only while it has a reader: without one, nothing wakes the loop and the kernel queues. */
void mt_port_set_reader(struct mt_port *port, struct mt_port_reader *reader);

/*
 * Drops what waits to be sent. A terminal, whose settings the programs at it may have changed, is raw
 * again, and what they and we have written there and was not read is dropped. 0 or a negative errno.
 */
int mt_port_renew(struct mt_port *port);

/* Sends, or queues what the kernel does not take yet; -ENOBUFS above 1 MiB queued. */
int mt_port_write(struct mt_port *port, const void *data, size_t length);

enum mt_port_kind mt_port_kind(const struct mt_port *port);

/* The largest control message a cdc-wdm device takes (IOCTL_WDM_MAX_COMMAND), or 0 if unknown. */
size_t mt_port_max_message(const struct mt_port *port);

/* The process at the other end of a port that is a unix socket. 0 or a negative errno. */
int mt_port_peer(const struct mt_port *port, struct mt_unix_peer *peer);

#endif
