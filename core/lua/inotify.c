/* SPDX-License-Identifier: MIT */
/* core.inotify: files in a folder come, go or change; programs open a device and close it again. */
#include "host/inotify.h"

#include <errno.h>
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

/*
 * The kernel's own words for the limits of inotify, which all programs of a user share, would mislead.
 * Those of a process's descriptors are the same.
 */
static const char *failure(int status)
{
    if (status == -EMFILE)
        return "watch %s (sysctl fs.inotify.max_user_instances says how many programs may, and "
               "ulimit -n how many files one may open)";
    if (status == -ENOSPC)
        return "watch %s (sysctl fs.inotify.max_user_watches says how much may be watched)";
    return "watch %s";
}

/* folder(path) -> monitor | nil, err */
static int l_folder(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    struct mt_monitor **host = mt_lua_monitor_new(L, "inotify", take_change);
    int status = mt_inotify_open(mt_loop(L), path, host);
    if (status < 0)
        return mt_error_errno(L, status, "inotify", failure(status), path);
    return 1;
}

/*
 * monitor:next() -> users, was_left | nil, err: how often it is open now, and whether it was open no
 * more at some moment since the last call; "not-found" once it is gone.
 */
static int take_users(lua_State *L, struct mt_monitor *host)
{
    int users;
    bool was_left;
    int status = mt_inotify_take_users(host, &users, &was_left);
    if (status <= 0)
        return status;
    lua_pushinteger(L, users);
    lua_pushboolean(L, was_left);
    return 2;
}

/* users(path) -> monitor | nil, err. Of a device: those that open it from now on. */
static int l_users(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    struct mt_monitor **host = mt_lua_monitor_new(L, "inotify", take_users);
    int status = mt_inotify_open_users(mt_loop(L), path, host);
    if (status < 0)
        return mt_error_errno(L, status, "inotify", failure(status), path);
    return 1;
}

static const luaL_Reg functions[] = {
    { "folder", l_folder },
    { "users", l_users },
    { NULL, NULL },
};

int mt_lua_inotify_open(lua_State *L)
{
    mt_lua_monitor_register(L);
    luaL_newlib(L, functions);
    return 1;
}
