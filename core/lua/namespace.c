/* SPDX-License-Identifier: MIT */
/* core.namespace: the namespaces that a simulated modem, and the tests, run in. */
#include "host/namespace.h"

#include <lauxlib.h>

#include "engine/error.h"
#include "lua/modules.h"

/*
 * enter() -> true | nil, err. From now on this process has a private network, /sys, /run and
 * /etc/resolv.conf; there is no way back. To be called first of all: a netlink request or monitor of
 * before, and whatever else is open, stays outside.
 */
static int l_enter(lua_State *L)
{
    int status = mt_namespace_enter();
    if (status < 0)
        return mt_error_errno(L, status, "namespace", "enter new namespaces");
    lua_pushboolean(L, 1);
    return 1;
}

/* empty(): kills all other processes in them; the last thing that is done there. */
static int l_empty(lua_State *L)
{
    (void)L;
    mt_namespace_empty();
    return 0;
}

static const luaL_Reg functions[] = {
    { "empty", l_empty },
    { "enter", l_enter },
    { NULL, NULL },
};

int mt_lua_namespace_open(lua_State *L)
{
    luaL_newlib(L, functions);
    return 1;
}
