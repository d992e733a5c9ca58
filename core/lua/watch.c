/* SPDX-License-Identifier: MIT */
/* core.watch: hearing that files in a folder come, go or change. */
#include "host/watch.h"

#include <lauxlib.h>

#include "engine/error.h"
#include "engine/task.h"
#include "lua/modules.h"
#include "lua/monitor.h"

/* monitor:next() -> true | nil, err: something in the folder has changed since. */
static int take_change(lua_State *L, void *host)
{
    int status = mt_watch_take(host);
    if (status <= 0)
        return status;
    lua_pushboolean(L, 1);
    return 1;
}

static void watch(void *host)
{
    mt_watch_watch(host);
}

static void unwatch(void *host)
{
    mt_watch_unwatch(host);
}

static void close_watch(void *host)
{
    mt_watch_close(host);
}

static const struct mt_lua_monitor_class watch_class = {
    "watch", take_change, watch, unwatch, close_watch,
};

/* folder(path) -> monitor | nil, err */
static int l_folder(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    struct mt_lua_monitor *monitor = mt_lua_monitor_new(L, &watch_class);
    struct mt_watch *host = NULL;
    int status = mt_watch_open(mt_loop(L), path, mt_lua_monitor_on_event, monitor, &host);
    if (status < 0)
        return mt_error_errno(L, status, "watch", "watch %s", path);
    monitor->host = host;
    return 1;
}

int mt_lua_watch_open(lua_State *L)
{
    mt_lua_monitor_register(L);
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, l_folder);
    lua_setfield(L, -2, "folder");
    return 1;
}
