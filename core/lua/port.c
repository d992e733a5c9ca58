/* SPDX-License-Identifier: MIT */
/* core.port: ports and listening sockets, read in direct style. */
#include <errno.h>
#include <fcntl.h>
#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/error.h"
#include "engine/task.h"
#include "host/listener.h"
#include "host/packet.h"
#include "host/port.h"
#include "host/unix_owner.h"
#include "lua/modules.h"
#include "lua/port.h"
#include "lua/table.h"

/* ---- a port ---- */

struct read_op {
    struct mt_op base;
    struct lua_port *port;
    uint8_t *data;
    size_t length;
    int status;
};

struct lua_port {
    struct mt_port *port; /* NULL once closed */
    struct mt_port_reader reader;
    struct read_op *waiting;
    int status; /* why it ended; 1 while it has not */
};

static struct lua_port *check_port(lua_State *L)
{
    return luaL_checkudata(L, 1, "mt.port");
}

static void stop_waiting(struct lua_port *port)
{
    port->waiting = NULL;
    if (port->port)
        mt_port_set_reader(port->port, NULL);
}

static void on_data(struct mt_port_reader *reader, const uint8_t *data, size_t length)
{
    struct lua_port *port = mt_container_of(reader, struct lua_port, reader);
    struct read_op *op = port->waiting;
    op->data = malloc(length);
    op->status = op->data ? 0 : -ENOMEM;
    if (op->data)
        memcpy(op->data, data, length);
    op->length = length;
    stop_waiting(port);
    mt_op_done(&op->base);
}

static void on_closed(struct mt_port_reader *reader, int status)
{
    struct lua_port *port = mt_container_of(reader, struct lua_port, reader);
    struct read_op *op = port->waiting;
    port->status = status ? status : -ENODEV;
    op->status = port->status;
    stop_waiting(port);
    mt_op_done(&op->base);
}

static int read_finish(lua_State *L, struct mt_op *base)
{
    struct read_op *op = (struct read_op *)base;
    if (op->status < 0)
        return mt_error_errno(L, op->status, "port", "read");
    lua_pushlstring(L, (const char *)op->data, op->length);
    free(op->data);
    op->data = NULL;
    return 1;
}

static void read_release(struct mt_op *base)
{
    struct read_op *op = (struct read_op *)base;
    free(op->data);
    op->data = NULL;
}

static void read_cancel(struct mt_op *base)
{
    struct read_op *op = (struct read_op *)base;
    if (op->port->waiting == op)
        stop_waiting(op->port);
    read_release(base);
}

static const struct mt_op_class read_class = { read_cancel, read_finish, read_release };

/* port:read() waits -> string | nil, err. On a message port, a whole message. */
static int l_read(lua_State *L)
{
    struct lua_port *port = check_port(L);
    if (!port->port || port->status <= 0)
        return mt_error_errno(L, port->port ? port->status : -ENODEV, "port", "read");
    if (port->waiting)
        return luaL_error(L, "another task is reading this port");
    struct read_op *op = mt_op_new(L, sizeof(*op), &read_class);
    op->port = port;
    port->waiting = op;
    port->reader = (struct mt_port_reader){ on_data, on_closed };
    mt_port_set_reader(port->port, &port->reader);
    return mt_op_wait(L, &op->base);
}

/* port:write(bytes) -> true | nil, err. Does not wait: what the kernel does not take is queued. */
static int l_write(lua_State *L)
{
    struct lua_port *port = check_port(L);
    size_t length;
    const char *bytes = luaL_checklstring(L, 2, &length);
    int status = port->port ? mt_port_write(port->port, bytes, length) : -ENODEV;
    if (status < 0)
        return mt_error_errno(L, status, "port", "write");
    lua_pushboolean(L, 1);
    return 1;
}

/*
 * port:renew() -> true | nil, err. Drops what waits to be written; a terminal is raw again, and what
 * was written there and not read is dropped.
 */
static int l_renew(lua_State *L)
{
    struct lua_port *port = check_port(L);
    int status = port->port ? mt_port_renew(port->port) : -ENODEV;
    if (status < 0)
        return mt_error_errno(L, status, "port", "renew");
    lua_pushboolean(L, 1);
    return 1;
}

/* port:close(): a task that waits for it gets an error with the code "gone". */
static int l_close(lua_State *L)
{
    struct lua_port *port = check_port(L);
    if (!port->port)
        return 0;
    if (port->waiting)
        on_closed(&port->reader, -ENODEV);
    mt_port_close(port->port);
    port->port = NULL;
    return 0;
}

/* port:peer() -> { pid, uid, gid } | nil, err. Of the process at the other end of a unix socket. */
static int l_peer(lua_State *L)
{
    struct lua_port *port = check_port(L);
    struct mt_unix_peer peer;
    int status = port->port ? mt_port_peer(port->port, &peer) : -ENODEV;
    if (status < 0)
        return mt_error_errno(L, status, "port", "peer");
    lua_createtable(L, 0, 3);
    lua_pushinteger(L, peer.pid);
    lua_setfield(L, -2, "pid");
    lua_pushinteger(L, peer.uid);
    lua_setfield(L, -2, "uid");
    lua_pushinteger(L, peer.gid);
    lua_setfield(L, -2, "gid");
    return 1;
}

/* port:max_message() -> integer | nil: how many bytes the driver takes in one control message. */
static int l_max_message(lua_State *L)
{
    struct lua_port *port = check_port(L);
    size_t size = port->port ? mt_port_max_message(port->port) : 0;
    if (size == 0)
        return 0;
    lua_pushinteger(L, (lua_Integer)size);
    return 1;
}

static struct lua_port *push_port(lua_State *L)
{
    struct lua_port *port = lua_newuserdatauv(L, sizeof(*port), 0);
    memset(port, 0, sizeof(*port));
    port->status = 1;
    luaL_setmetatable(L, "mt.port");
    return port;
}

struct mt_port *mt_lua_port_take(lua_State *L, int index)
{
    struct lua_port *port = luaL_checkudata(L, index, "mt.port");
    struct mt_port *taken = port->port;
    luaL_argcheck(L, taken && !port->waiting, index, "a port that is open and not being read");
    port->port = NULL;
    return taken;
}

/* Pushes nil and the error of connecting to a socket; for a stranger's socket, it names the user. */
static int refused(lua_State *L, int status, const struct mt_unix_peer *stranger, const char *path)
{
    if (stranger->uid == 0)
        return mt_error_errno(L, status, "port", "open %s", path);
    lua_pushnil(L);
    if (stranger->uid == MT_UID_UNKNOWN)
        mt_error_push(L, "permission", "port",
                      "the kernel does not say which user listens at %s: nothing is sent there",
                      path);
    else
        mt_error_push(L, "permission", "port",
                      "the user %I listens at %s, and is neither root nor our own user: nothing is "
                      "sent there",
                      (LUAI_UACINT)stranger->uid, path);
    lua_pushfstring(L, "See who that is: `ss -xlp | grep %s` as root.", path);
    lua_setfield(L, -2, "hint");
    lua_createtable(L, 0, 2);
    lua_pushinteger(L, stranger->uid);
    lua_setfield(L, -2, "uid");
    lua_pushinteger(L, stranger->pid);
    lua_setfield(L, -2, "pid");
    lua_setfield(L, -2, "detail");
    return 2;
}

/*
 * open(path) -> port | nil, err. A character device, a unix socket, or "@abstract". A terminal is
 * raw while it is open. A socket of another user's, root's apart, is an error with the code
 * "permission" and the user's detail.uid.
 */
static int l_open(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    struct mt_unix_peer stranger;
    struct lua_port *port = push_port(L);
    int status = mt_port_open(mt_loop(L), path, &stranger, &port->port);
    return status < 0 ? refused(L, status, &stranger, path) : 1;
}

/*
 * open_input(path) -> port | nil, err. Opens a FIFO, a terminal or a pipe to read only, and leaves a
 * terminal's settings as they are. Regular files never block: see core.fs.
 */
static int l_open_input(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    struct lua_port *port = push_port(L);
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    int status = fd < 0 ? -errno : mt_port_adopt(mt_loop(L), fd, MT_PORT_STREAM, &port->port);
    if (status < 0)
        return mt_error_errno(L, status, "port", "open %s", path);
    return 1;
}

/* send(path, bytes) -> true | nil, err. One datagram, to a unix socket or "@abstract". */
static int l_send(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    size_t length;
    const char *bytes = luaL_checklstring(L, 2, &length);
    struct mt_unix_peer stranger;
    int status = mt_port_send(path, bytes, length, &stranger);
    if (status < 0)
        return refused(L, status, &stranger, path);
    lua_pushboolean(L, 1);
    return 1;
}

/* receive(path) -> port | nil, err. A unix socket, or "@abstract", that reads datagrams. */
static int l_receive(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    struct lua_port *port = push_port(L);
    int status = mt_port_receive(mt_loop(L), path, &port->port);
    if (status < 0)
        return mt_error_errno(L, status, "port", "receive at %s", path);
    return 1;
}

/* Takes the descriptor from *fd once nothing can raise. */
static int adopt(lua_State *L, int *fd, enum mt_port_kind kind)
{
    struct lua_port *port = push_port(L);
    int taken = *fd;
    *fd = -1;
    int status = mt_port_adopt(mt_loop(L), taken, kind, &port->port);
    if (status < 0)
        return mt_error_errno(L, status, "port", "descriptor %d", taken);
    return 1;
}

static int open_packets(lua_State *L, int (*open)(const char *link))
{
    const char *link = luaL_checkstring(L, 1);
    struct lua_port *port = push_port(L);
    int fd = open(link);
    int status = fd < 0 ? fd : mt_port_adopt(mt_loop(L), fd, MT_PORT_MESSAGES, &port->port);
    if (status < 0)
        return mt_error_errno(L, status, "port", "packets of %s", link);
    return 1;
}

/* packets(link) -> port | nil, err. A message is a frame of the link, with IPv4 inside. */
static int l_packets(lua_State *L)
{
    return open_packets(L, mt_packet_open);
}

/*
 * all_nodes(link) -> port | nil, err. A message is an ICMPv6 message of neighbour discovery to all
 * nodes on the link; the kernel fills in its checksum. Nothing is received.
 */
static int l_all_nodes(lua_State *L)
{
    return open_packets(L, mt_packet_open_all_nodes);
}

static const char *const kinds[] = { "messages", "stream", NULL };

/*
 * adopt(fd, kind = "messages" | "stream") -> port | nil, err. The descriptor is the port's from
 * now on.
 */
static int l_adopt(lua_State *L)
{
    int fd = (int)luaL_checkinteger(L, 1);
    int kind = luaL_checkoption(L, 2, NULL, kinds);
    return adopt(L, &fd, kind == 0 ? MT_PORT_MESSAGES : MT_PORT_STREAM);
}

/* ---- a listening socket ---- */

struct accept_op {
    struct mt_op base;
    struct lua_listener *listener;
    int fd; /* or a negative errno */
};

struct lua_listener {
    struct mt_listener *listener; /* NULL once closed */
    enum mt_port_kind kind;
    struct accept_op *waiting;
};

static struct lua_listener *check_listener(lua_State *L)
{
    return luaL_checkudata(L, 1, "mt.listener");
}

static void on_connection(void *context, int fd)
{
    struct lua_listener *listener = context;
    struct accept_op *op = listener->waiting;
    listener->waiting = NULL;
    op->fd = fd;
    mt_op_done(&op->base);
}

static int accept_finish(lua_State *L, struct mt_op *base)
{
    struct accept_op *op = (struct accept_op *)base;
    if (op->fd < 0)
        return mt_error_errno(L, op->fd, "port", "accept");
    return adopt(L, &op->fd, op->listener->kind);
}

static void accept_release(struct mt_op *base)
{
    struct accept_op *op = (struct accept_op *)base;
    if (op->fd >= 0)
        close(op->fd);
    op->fd = -1;
}

static void accept_cancel(struct mt_op *base)
{
    struct accept_op *op = (struct accept_op *)base;
    if (op->listener->waiting == op) {
        op->listener->waiting = NULL;
        mt_listener_disarm(op->listener->listener);
    }
    accept_release(base);
}

static const struct mt_op_class accept_class = { accept_cancel, accept_finish, accept_release };

/*
 * listener:strangers() -> count, uid: how many connections of other users than root and us were
 * turned away since this was called last, and the last one's user.
 */
static int l_strangers(lua_State *L)
{
    struct lua_listener *listener = check_listener(L);
    struct mt_unix_peer last = { 0, 0, 0 };
    uint64_t count = listener->listener ? mt_listener_strangers(listener->listener, &last) : 0;
    lua_pushinteger(L, (lua_Integer)count);
    lua_pushinteger(L, last.uid);
    return 2;
}

/*
 * listener:accept() waits -> port | nil, err. The code is "permission" for the first stranger since
 * the last strangers(); further ones are only counted.
 */
static int l_accept(lua_State *L)
{
    struct lua_listener *listener = check_listener(L);
    if (!listener->listener)
        return mt_error_errno(L, -ENODEV, "port", "accept");
    if (listener->waiting)
        return luaL_error(L, "another task is accepting here");
    struct accept_op *op = mt_op_new(L, sizeof(*op), &accept_class);
    op->listener = listener;
    op->fd = -1;
    listener->waiting = op;
    mt_listener_arm(listener->listener);
    return mt_op_wait(L, &op->base);
}

/* listener:close(): a task that waits for it gets an error with the code "gone". */
static int l_listener_close(lua_State *L)
{
    struct lua_listener *listener = check_listener(L);
    if (!listener->listener)
        return 0;
    mt_listener_close(listener->listener);
    listener->listener = NULL;
    if (listener->waiting)
        on_connection(listener, -ENODEV);
    return 0;
}

/* listen(path, kind = "messages" | "stream") -> listener | nil, err */
static int l_listen(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    int kind = luaL_checkoption(L, 2, NULL, kinds);
    struct lua_listener *listener = lua_newuserdatauv(L, sizeof(*listener), 0);
    memset(listener, 0, sizeof(*listener));
    listener->kind = kind == 0 ? MT_PORT_MESSAGES : MT_PORT_STREAM;
    luaL_setmetatable(L, "mt.listener");
    int status = mt_listener_open(mt_loop(L), path, listener->kind, on_connection, listener,
                                  &listener->listener);
    if (status < 0)
        return mt_error_errno(L, status, "port", "listen at %s", path);
    return 1;
}

static const luaL_Reg port_methods[] = {
    { "close", l_close },   { "max_message", l_max_message },
    { "peer", l_peer },     { "read", l_read },
    { "renew", l_renew },   { "write", l_write },
    { "__close", l_close }, { "__gc", l_close },
    { NULL, NULL },
};

static const luaL_Reg listener_methods[] = {
    { "accept", l_accept },          { "close", l_listener_close }, { "strangers", l_strangers },
    { "__close", l_listener_close }, { "__gc", l_listener_close },  { NULL, NULL },
};

static const luaL_Reg functions[] = {
    { "adopt", l_adopt },
    { "all_nodes", l_all_nodes },
    { "listen", l_listen },
    { "open", l_open },
    { "open_input", l_open_input },
    { "packets", l_packets },
    { "receive", l_receive },
    { "send", l_send },
    { NULL, NULL },
};

int mt_lua_port_open(lua_State *L)
{
    mt_class_new(L, "mt.port", port_methods);
    mt_class_new(L, "mt.listener", listener_methods);
    luaL_newlib(L, functions);
    return 1;
}
