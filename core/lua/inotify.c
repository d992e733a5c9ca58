/* SPDX-License-Identifier: MIT */
/* core.inotify: files in a folder come, go or change. */
#include "host/inotify.h"

#include <lauxlib.h>

#include "engine/error.h"
#include "engine/task.h"
#include "lua/modules.h"
#include "lua/monitor.h"

/*
 * monitor:next() -> true | nil, err: something in the folder has changed since; "not-found" once the
 * folder itself is gone, which ends the monitor.
 */
static int take_change(lua_State *L, struct mt_monitor *host)
{
    int status = mt_inotify_take(host);
    if (status <= 0)
        return status;
    lua_pushboolean(L, 1);
    return 1;
}

/* folder(path) -> monitor | nil, err */
static int l_folder(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    struct mt_monitor **host = mt_lua_monitor_new(L, "inotify", take_change);
    int status = mt_inotify_open(mt_loop(L), path, host);
    if (status < 0)
        return mt_error_errno(L, status, "inotify", "watch %s", path);
    return 1;
}

int mt_lua_inotify_open(lua_State *L)
{
    mt_lua_monitor_register(L);
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, l_folder);
    lua_setfield(L, -2, "folder");
    return 1;
}
