/* SPDX-License-Identifier: MIT */
/* A monitor: an object whose next() waits for the next event of a monitor of host/. */
#include "lua/monitor.h"

#include <errno.h>
#include <lauxlib.h>

#include "engine/error.h"
#include "engine/task.h"
#include "lua/table.h"

struct monitor {
    const char *source;
    int (*take)(lua_State *L, struct mt_monitor *host);
    struct mt_monitor *host; /* NULL until it is opened, and once it is closed */
    struct next_op *waiting;
};

/* The monitor is at stack index 1 of the waiting function, below its op. */
struct next_op {
    struct mt_op base;
    struct monitor *monitor;
};

static struct monitor *check_monitor(lua_State *L)
{
    return luaL_checkudata(L, 1, "mt.monitor");
}

static void on_event(void *context)
{
    struct monitor *monitor = context;
    struct next_op *op = monitor->waiting;
    monitor->waiting = NULL;
    mt_op_done(&op->base);
}

static void next_cancel(struct mt_op *base)
{
    struct next_op *op = (struct next_op *)base;
    struct monitor *monitor = op->monitor;
    if (monitor->waiting != op)
        return; /* its event has come, and another task may be waiting already */
    monitor->waiting = NULL;
    mt_monitor_disarm(monitor->host);
}

static int l_next(lua_State *L);

/* The event may mean nothing to Lua, or another task may have taken it. */
static int next_finish(lua_State *L, struct mt_op *op)
{
    (void)op;
    return l_next(L);
}

static const struct mt_op_class next_class = { next_cancel, next_finish, NULL };

/*
 * monitor:next() waits -> any | nil, err. The event, as the function that opened the monitor says.
 */
static int l_next(lua_State *L)
{
    struct monitor *monitor = check_monitor(L);
    lua_settop(L, 1);
    int count = monitor->host ? monitor->take(L, monitor->host) : -ENODEV;
    if (count < 0)
        return mt_error_errno(L, count, monitor->source, "monitor");
    if (count > 0)
        return count;
    if (monitor->waiting)
        return luaL_error(L, "another task waits for this monitor");
    lua_settop(L, 1);
    struct next_op *op = mt_op_new(L, sizeof(*op), &next_class);
    op->monitor = monitor;
    monitor->waiting = op;
    mt_monitor_arm(monitor->host, on_event, monitor);
    return mt_op_wait(L, &op->base);
}

/* monitor:close(): a task that waits for it gets an error with the code "gone". */
static int l_close(lua_State *L)
{
    struct monitor *monitor = check_monitor(L);
    if (!monitor->host)
        return 0;
    mt_monitor_close(monitor->host);
    monitor->host = NULL;
    if (monitor->waiting)
        on_event(monitor);
    return 0;
}

struct mt_monitor **mt_lua_monitor_new(lua_State *L, const char *source,
                                       int (*take)(lua_State *L, struct mt_monitor *host))
{
    struct monitor *monitor = lua_newuserdatauv(L, sizeof(*monitor), 0);
    *monitor = (struct monitor){ .source = source, .take = take };
    luaL_setmetatable(L, "mt.monitor");
    return &monitor->host;
}

static const luaL_Reg methods[] = {
    { "close", l_close }, { "next", l_next }, { "__close", l_close },
    { "__gc", l_close },  { NULL, NULL },
};

void mt_lua_monitor_register(lua_State *L)
{
    mt_class_new(L, "mt.monitor", methods);
}
