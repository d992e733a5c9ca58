/* SPDX-License-Identifier: MIT */
/* core.descriptor: descriptors that stand in for devices. */
#include <lauxlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/error.h"
#include "host/pty.h"
#include "host/tun.h"
#include "host/unix_socket.h"
#include "lua/modules.h"

/* These functions return bare descriptors: hand each to core.port.adopt(), or close it. */

/* tun(name) -> fd | nil, err. For core.port.adopt(fd, "messages"): a message is an IP packet. */
static int l_tun(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);
    int fd = mt_tun_open(name);
    if (fd < 0)
        return mt_error_errno(L, fd, "descriptor", "TUN device %s", name);
    lua_pushinteger(L, fd);
    return 1;
}

/*
 * pty() -> fd, path | nil, err. The master, and the slave's path. When the last process that has
 * the slave open closes it, the master reads an error: a caller that is to outlive its clients
 * keeps it open.
 */
static int l_pty(lua_State *L)
{
    char slave[PATH_MAX];
    int fd = mt_pty_open(slave);
    if (fd < 0)
        return mt_error_errno(L, fd, "descriptor", "pseudo terminal");
    lua_pushinteger(L, fd);
    lua_pushstring(L, slave);
    return 2;
}

/* socketpair(kind = "stream" | "seqpacket") -> fd, fd | nil, err */
static int l_socketpair(lua_State *L)
{
    static const char *const names[] = { "stream", "seqpacket", NULL };
    static const int types[] = { SOCK_STREAM, SOCK_SEQPACKET };
    int fds[2];
    int status = mt_unix_pair(types[luaL_checkoption(L, 1, NULL, names)], fds);
    if (status < 0)
        return mt_error_errno(L, status, "descriptor", "socket pair");
    lua_pushinteger(L, fds[0]);
    lua_pushinteger(L, fds[1]);
    return 2;
}

/* close(fd): for a descriptor that nothing has taken over. */
static int l_close(lua_State *L)
{
    close((int)luaL_checkinteger(L, 1));
    return 0;
}

static const luaL_Reg functions[] = {
    { "close", l_close }, { "pty", l_pty }, { "socketpair", l_socketpair },
    { "tun", l_tun },     { NULL, NULL },
};

int mt_lua_descriptor_open(lua_State *L)
{
    luaL_newlib(L, functions);
    return 1;
}
