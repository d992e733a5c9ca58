/* SPDX-License-Identifier: MIT */
/* core.version: what this program runs with, for bug reports. */
#include <errno.h>
#include <lauxlib.h>
#include <netlink/version.h>
#include <sys/utsname.h>
#include <uv.h>

#include "engine/error.h"
#include "lua/modules.h"
#include "lua/table.h"

/*
 * running() -> { kernel, libnl, libuv, machine } | nil, err. The versions of the kernel and of the
 * libraries that are loaded, which need not be those that the build has found.
 */
static int l_running(lua_State *L)
{
    struct utsname system;
    if (uname(&system) < 0)
        return mt_error_errno(L, -errno, "version", "find out which kernel runs");
    lua_createtable(L, 0, 4);
    mt_table_set_string(L, "kernel", system.release);
    mt_table_set_string(L, "machine", system.machine);
    mt_table_set_string(L, "libuv", uv_version_string());
    lua_pushfstring(L, "%d.%d.%d", nl_ver_maj, nl_ver_min, nl_ver_mic);
    lua_setfield(L, -2, "libnl");
    return 1;
}

int mt_lua_version_open(lua_State *L)
{
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, l_running);
    lua_setfield(L, -2, "running");
    return 1;
}
