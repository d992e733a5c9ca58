/* SPDX-License-Identifier: MIT */
/* A monitor: what a script waits for the events of a kernel's socket with, one at a time. */
#ifndef MT_LUA_MONITOR_H
#define MT_LUA_MONITOR_H

#include <lua.h>

/*
 * The functions that a binding lends its monitors; `host` is its own. A host tells once that there
 * is something to take, after each time that it is asked to watch.
 */
struct mt_lua_monitor_class {
    const char *source;  /* of errors: "udev" */
    /*
     * Pushes the oldest event and returns how many values that is; 0 when there is none yet, or a
     * negative errno. May raise.
     */
    int (*take)(lua_State *L, void *host);
    void (*watch)(void *host);
    void (*unwatch)(void *host);
    void (*close)(void *host);
};

struct mt_lua_monitor {
    const struct mt_lua_monitor_class *class;
    void *host;  /* NULL until it is opened, and once it is closed */
    struct next_op *waiting;
};

/* Pushes a monitor whose host is still to be opened. Its methods are next() and close(). */
struct mt_lua_monitor *mt_lua_monitor_new(lua_State *L, const struct mt_lua_monitor_class *class);

/* For the host to call, with the monitor: there is something to take. */
void mt_lua_monitor_on_event(void *context);

/* Makes the metatable; a binding with monitors calls this when it is opened. */
void mt_lua_monitor_register(lua_State *L);

#endif
