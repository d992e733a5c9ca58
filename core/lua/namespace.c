/* SPDX-License-Identifier: MIT */
/* core.namespace: the namespaces that a simulated modem, and the tests, run in. */
#include "host/namespace.h"

#include <lauxlib.h>

#include "engine/error.h"
#include "host/namespace_devices.h"
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

/*
 * own_devices() -> true | nil, err. In the namespaces, /sys becomes an empty folder, and /dev one to which
 * names can be added. A second call does nothing.
 */
static int l_own_devices(lua_State *L)
{
    int status = mt_namespace_own_devices();
    if (status < 0)
        return mt_error_errno(L, status, "namespace", "make a /sys and a /dev of our own");
    lua_pushboolean(L, 1);
    return 1;
}

/*
 * tell_of_device(text) -> true | nil, err. In the namespaces, those who listen to the kernel's events of
 * devices receive this one: "add@/devices/...", and KEY=VALUE, each with a zero behind it.
 */
static int l_tell_of_device(lua_State *L)
{
    size_t size;
    const char *text = luaL_checklstring(L, 1, &size);
    int status = mt_namespace_tell_of_device(text, size);
    if (status < 0)
        return mt_error_errno(L, status, "namespace", "tell of a device");
    lua_pushboolean(L, 1);
    return 1;
}

static const luaL_Reg functions[] = {
    { "empty", l_empty },
    { "enter", l_enter },
    { "own_devices", l_own_devices },
    { "tell_of_device", l_tell_of_device },
    { NULL, NULL },
};

int mt_lua_namespace_open(lua_State *L)
{
    luaL_newlib(L, functions);
    return 1;
}
