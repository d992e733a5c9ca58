/* SPDX-License-Identifier: MIT */
/* A monitor: an object whose next() waits for the next event of a monitor of host/. */
#ifndef MT_LUA_MONITOR_H
#define MT_LUA_MONITOR_H

#include <lua.h>

#include "host/monitor.h"

/*
 * Pushes a monitor, and returns where its binding puts the host's once that is open. Its methods are
 * next() and close(). `source` is that of errors: "udev". `take` pushes the oldest event and returns
 * how many values that is; 0 when there is none yet, or a negative errno. It may raise.
 */
struct mt_monitor **mt_lua_monitor_new(lua_State *L, const char *source,
                                       int (*take)(lua_State *L, struct mt_monitor *host));

/* Makes the metatable; a binding with monitors calls this when it is opened. */
void mt_lua_monitor_register(lua_State *L);

#endif
