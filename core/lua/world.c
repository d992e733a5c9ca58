/* SPDX-License-Identifier: MIT */
/* core.world: what the simulated modem lives in and is made of. */
#include "host/world.h"

#include <lauxlib.h>
#include <unistd.h>

#include "engine/error.h"
#include "lua/modules.h"

/*
 * enter() -> true | nil, err. From now on this process has a network, /sys, /run and
 * /etc/resolv.conf of its own; there is no way back. To be called first of all: a netlink request
 * or monitor of before, and whatever else is open, stays outside.
 */
static int l_enter(lua_State *L)
{
    int status = mt_world_enter();
    if (status < 0)
        return mt_error_errno(L, status, "world", "enter a world of our own");
    lua_pushboolean(L, 1);
    return 1;
}

/* empty(): kills all others in it; the last that is done there. */
static int l_empty(lua_State *L)
{
    (void)L;
    mt_world_empty();
    return 0;
}

/*
 * The functions below return bare descriptors: hand each to core.port.adopt(), or close it.
 */

/* tun(name) -> fd | nil, err. For core.port.adopt(fd, "messages"): a message is an IP packet. */
static int l_tun(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);
    int fd = mt_world_tun(name);
    if (fd < 0)
        return mt_error_errno(L, fd, "world", "TUN device %s", name);
    lua_pushinteger(L, fd);
    return 1;
}

/*
 * pty() -> the master's fd, the slave's path | nil, err. When the last who has the slave open
 * closes it, the master reads an error: keep it open to survive one's clients.
 */
static int l_pty(lua_State *L)
{
    char slave[PATH_MAX];
    int fd = mt_world_pty(slave);
    if (fd < 0)
        return mt_error_errno(L, fd, "world", "pseudo terminal");
    lua_pushinteger(L, fd);
    lua_pushstring(L, slave);
    return 2;
}

/* socketpair("stream" | "seqpacket") -> fd, fd | nil, err */
static int l_socketpair(lua_State *L)
{
    static const char *const kinds[] = { "stream", "seqpacket", NULL };
    int fds[2];
    int status = mt_world_socketpair(luaL_checkoption(L, 1, NULL, kinds) == 1, fds);
    if (status < 0)
        return mt_error_errno(L, status, "world", "socket pair");
    lua_pushinteger(L, fds[0]);
    lua_pushinteger(L, fds[1]);
    return 2;
}

/* close_fd(fd): for a descriptor that nothing has taken over */
static int l_close_fd(lua_State *L)
{
    close((int)luaL_checkinteger(L, 1));
    return 0;
}

static const luaL_Reg functions[] = {
    { "close_fd", l_close_fd },
    { "empty", l_empty },
    { "enter", l_enter },
    { "pty", l_pty },
    { "socketpair", l_socketpair },
    { "tun", l_tun },
    { NULL, NULL },
};

int mt_lua_world_open(lua_State *L)
{
    luaL_newlib(L, functions);
    return 1;
}
