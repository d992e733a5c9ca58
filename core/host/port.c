/* SPDX-License-Identifier: MIT */
/* A port: one descriptor that messages or bytes go through, with one close path. */
#include "host/port.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/usb/cdc-wdm.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

enum { READ_SIZE = 65536, MAX_QUEUED = 1 << 20, MAX_ERRORS = 8 };

struct pending_write {
    struct pending_write *next;
    size_t length, sent;
    uint8_t data[];
};

struct mt_port {
    struct mt_loop *loop;
    uv_poll_t poll;
    int fd;
    enum mt_port_kind kind;
    struct mt_port_reader *reader;
    struct pending_write *first, **last;
    size_t queued;
    int armed;  /* the events that libuv waits for */
    int errors; /* in a row, without a good read between them */
    bool was_tty;
    struct termios tty; /* as we found it */
};

static void on_poll_closed(uv_handle_t *handle)
{
    free(mt_container_of(handle, struct mt_port, poll));
}

static void drop_queue(struct mt_port *port)
{
    while (port->first) {
        struct pending_write *done = port->first;
        port->first = done->next;
        free(done);
    }
    port->last = &port->first;
    port->queued = 0;
}

void mt_port_close(struct mt_port *port)
{
    if (port->was_tty)
        tcsetattr(port->fd, TCSANOW, &port->tty);
    drop_queue(port);
    port->reader = NULL;
    uv_poll_stop(&port->poll);
    close(port->fd);
    uv_close((uv_handle_t *)&port->poll, on_poll_closed);
}

static void on_ready(uv_poll_t *poll, int status, int events);

/*
 * Not when nothing changes: libuv takes the descriptor out of epoll and puts it in again, and if a
 * cdc-wdm becomes readable in that moment, that wake-up is lost. Its driver checks whether it is
 * readable before it joins the wait queue.
 */
static void arm(struct mt_port *port)
{
    int events = (port->reader ? UV_READABLE : 0) | (port->first ? UV_WRITABLE : 0);
    if (events == port->armed)
        return;
    port->armed = events;
    if (events)
        uv_poll_start(&port->poll, events, on_ready);
    else
        uv_poll_stop(&port->poll);
}

static void report_closed(struct mt_port *port, int status)
{
    struct mt_port_reader *reader = port->reader;
    uv_poll_stop(&port->poll);
    port->armed = 0;
    port->reader = NULL;
    if (reader)
        reader->on_closed(reader, status);
}

/* 1 when all of it is sent, 0 when the kernel's queue is full, or a negative errno. */
static int send_some(struct mt_port *port, const uint8_t *data, size_t length, size_t *sent)
{
    while (*sent < length) {
        ssize_t count = write(port->fd, data + *sent, length - *sent);
        if (count < 0) {
            if (errno == EINTR)
                continue;
            return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -errno;
        }
        /* A message port takes all or nothing; less than all is a broken device. */
        if (port->kind == MT_PORT_MESSAGES && (size_t)count < length)
            return -EIO;
        *sent += (size_t)count;
    }
    return 1;
}

static int flush_queue(struct mt_port *port)
{
    while (port->first) {
        struct pending_write *head = port->first;
        int status = send_some(port, head->data, head->length, &head->sent);
        if (status <= 0)
            return status;
        port->queued -= head->length;
        port->first = head->next;
        if (!port->first)
            port->last = &port->first;
        free(head);
    }
    return 0;
}

/* Returns whether something came: then there may be more. */
static bool on_readable(struct mt_port *port)
{
    static uint8_t buffer[READ_SIZE]; /* one loop, one thread: one buffer serves every port */
    ssize_t count = read(port->fd, buffer, sizeof(buffer));
    if (count > 0)
        port->errors = 0;
    if (count > 0)
        port->reader->on_data(port->reader, buffer, (size_t)count);
    else if (count == 0)
        report_closed(port, 0);
    else if (errno == EIO)
        report_closed(port, -ENODEV); /* the pty's other side is gone */
    else if (errno != EINTR && errno != EAGAIN)
        report_closed(port, -errno);
    return count > 0;
}

/*
 * A peer that hung up before it had read all of ours is an error; what it sent before can still be
 * read.
 */
static void read_the_rest(struct mt_port *port)
{
    while (port->reader && on_readable(port)) {
    }
    if (port->reader)
        report_closed(port, -ENODEV);
}

/*
 * On cdc-wdm an error is either an unplugged device or one failed transfer, which the driver
 * reports once, at the next read or write. This reads the report; 0 means that the port is usable
 * still.
 */
static int collect_error(struct mt_port *port)
{
    uint8_t byte;
    if (++port->errors > MAX_ERRORS)
        return -EIO;
    ssize_t count = read(port->fd, &byte, 0);
    if (count < 0 && (errno == ENODEV || errno == ESHUTDOWN || errno == ENXIO))
        return -ENODEV;
    count = write(port->fd, &byte, 0);
    if (count < 0 && (errno == ENODEV || errno == ESHUTDOWN || errno == ENXIO))
        return -ENODEV;
    return 0;
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
    struct mt_port *port = mt_container_of(poll, struct mt_port, poll);
    if (status == UV_EBADF) {
        port->armed = 0; /* libuv has stopped: epoll reports an error */
        if (port->kind == MT_PORT_STREAM) {
            read_the_rest(port);
            return;
        }
        status = collect_error(port);
    }
    if (status == 0 && (events & UV_WRITABLE))
        status = flush_queue(port);
    if (status < 0) {
        report_closed(port, status);
        return;
    }
    arm(port);
    if ((events & UV_READABLE) && port->reader)
        on_readable(port);
}

int mt_port_adopt(struct mt_loop *loop, int fd, enum mt_port_kind kind, struct mt_port **port)
{
    struct mt_port *made = calloc(1, sizeof(*made));
    int status = made ? uv_poll_init(&loop->uv, &made->poll, fd) : -ENOMEM;
    if (status < 0) {
        free(made);
        close(fd);
        return status;
    }
    made->loop = loop;
    made->fd = fd;
    made->kind = kind;
    made->last = &made->first;
    *port = made;
    return 0;
}

/*
 * Connects to a socket of any type. The kernel answers EPROTOTYPE when a path is a socket of another
 * type; abstract names are separate for each type, so there it answers that no socket is there.
 */
static int connect_any(const char *path, struct mt_unix_peer *stranger, enum mt_port_kind *kind)
{
    static const int types[] = { SOCK_SEQPACKET, SOCK_STREAM, SOCK_DGRAM };
    int fd = -EPROTOTYPE, type = 0;
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        type = types[i];
        *kind = type == SOCK_STREAM ? MT_PORT_STREAM : MT_PORT_MESSAGES;
        fd = mt_unix_connect(path, type);
        if (fd != -EPROTOTYPE && (path[0] != '@' || fd != -ECONNREFUSED))
            break;
    }
    int status = fd < 0 ? fd : mt_unix_check_peer(fd, path, type == SOCK_DGRAM, stranger);
    if (fd >= 0 && status < 0)
        close(fd);
    return status < 0 ? status : fd;
}

static int open_path(const char *path, struct mt_unix_peer *stranger, enum mt_port_kind *kind)
{
    struct stat info;
    *kind = MT_PORT_STREAM;
    if (path[0] == '@')
        return connect_any(path, stranger, kind);
    if (stat(path, &info) < 0)
        return -errno;
    if (S_ISSOCK(info.st_mode))
        return connect_any(path, stranger, kind);
    if (!S_ISCHR(info.st_mode))
        return -ENOTTY;
    int fd = open(path, O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    if (!isatty(fd))
        *kind = MT_PORT_MESSAGES;
    return fd;
}

/* The line that tells a modem that somebody is there; a pty has none. */
static void raise_lines(const struct mt_port *port)
{
    int lines = TIOCM_DTR | TIOCM_RTS;
    (void)ioctl(port->fd, TIOCMBIS, &lines);
}

/* No echo, no line editing, no Ctrl-C: every byte as it is. */
static int set_raw(const struct mt_port *port)
{
    struct termios raw = port->tty;
    cfmakeraw(&raw);
    raw.c_cflag |= CLOCAL | CREAD; /* a modem that drops its carrier line is no reason to hang up */
    if (tcsetattr(port->fd, TCSANOW, &raw) < 0)
        return -errno;
    raise_lines(port);
    return 0;
}

/*
 * How a terminal is left. A speed of zero is how a program has hung up: nothing could be sent. And at the
 * last close of a terminal with HUPCL, the kernel would lower DTR: a modem may end then what it was asked
 * to connect.
 */
static void keep_line(struct termios *tty)
{
    if (cfgetospeed(tty) == B0)
        cfsetspeed(tty, B115200);
    tty->c_cflag &= ~(tcflag_t)HUPCL;
}

/* Does nothing to devices other than terminals. */
static int make_raw(struct mt_port *port)
{
    if (tcgetattr(port->fd, &port->tty) < 0)
        return 0;
    keep_line(&port->tty);
    int status = set_raw(port);
    port->was_tty = status == 0;
    return status;
}

int mt_port_renew(struct mt_port *port)
{
    drop_queue(port);
    arm(port);
    if (!port->was_tty)
        return 0;
    int status = set_raw(port);
    return status == 0 && tcflush(port->fd, TCIOFLUSH) < 0 ? -errno : status;
}

int mt_port_open(struct mt_loop *loop, const char *path, struct mt_unix_peer *stranger,
                 struct mt_port **port)
{
    enum mt_port_kind kind;
    struct mt_port *opened;
    *stranger = (struct mt_unix_peer){ 0, 0, 0 };
    int fd = open_path(path, stranger, &kind);
    if (fd < 0)
        return fd;
    int status = mt_port_adopt(loop, fd, kind, &opened);
    if (status < 0)
        return status;
    status = make_raw(opened);
    if (status < 0) {
        mt_port_close(opened);
        return status;
    }
    *port = opened;
    return 0;
}

int mt_port_receive(struct mt_loop *loop, const char *path, struct mt_port **port)
{
    int fd = mt_unix_bind(path, SOCK_DGRAM);
    return fd < 0 ? fd : mt_port_adopt(loop, fd, MT_PORT_MESSAGES, port);
}

void mt_port_set_reader(struct mt_port *port, struct mt_port_reader *reader)
{
    port->reader = reader;
    arm(port);
}

int mt_port_write(struct mt_port *port, const void *data, size_t length)
{
    size_t sent = 0;
    if (!port->first) {
        int status = send_some(port, data, length, &sent);
        if (status != 0)
            return status < 0 ? status : 0;
    }
    if (port->queued + length > MAX_QUEUED)
        return -ENOBUFS;
    struct pending_write *pending = malloc(sizeof(*pending) + length);
    if (!pending)
        return -ENOMEM;
    *pending = (struct pending_write){ .length = length, .sent = sent };
    memcpy(pending->data, data, length);
    *port->last = pending;
    port->last = &pending->next;
    port->queued += length;
    arm(port);
    return 0;
}

enum mt_port_kind mt_port_kind(const struct mt_port *port)
{
    return port->kind;
}

size_t mt_port_max_message(const struct mt_port *port)
{
    uint16_t size = 0;
    if (ioctl(port->fd, IOCTL_WDM_MAX_COMMAND, &size) < 0)
        return 0;
    return size;
}

int mt_port_peer(const struct mt_port *port, struct mt_unix_peer *peer)
{
    return mt_unix_peer(port->fd, peer);
}

int mt_port_send(const char *path, const void *data, size_t length, struct mt_unix_peer *stranger)
{
    *stranger = (struct mt_unix_peer){ 0, 0, 0 };
    int fd = mt_unix_connect(path, SOCK_DGRAM);
    if (fd < 0)
        return fd;
    int status = mt_unix_check_peer(fd, path, true, stranger);
    if (status == 0 && send(fd, data, length, MSG_NOSIGNAL) < 0)
        status = -errno;
    close(fd);
    return status;
}
