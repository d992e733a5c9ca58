/* SPDX-License-Identifier: MIT */
/* core.clock: waiting for a time of the day. */
#include <lauxlib.h>

#include "engine/error.h"
#include "engine/task.h"
#include "host/alarm.h"
#include "lua/modules.h"
#include "lua/monitor.h"

/* monitor:next() -> true: it is time; false: the clock was set, so compute the time again | nil, err */
static int take_alarm(lua_State *L, struct mt_monitor *host)
{
    int status = mt_alarm_take(host);
    if (status <= 0)
        return status;
    lua_pushboolean(L, status == MT_ALARM_COME);
    return 1;
}

/*
 * alarm(when) -> monitor | nil, err. In seconds as os.time() has them. Its next() returns true: it
 * is time; or false: the clock was set, so compute the time again.
 */
static int l_alarm(lua_State *L)
{
    double when = luaL_checknumber(L, 1);
    struct mt_monitor **host = mt_lua_monitor_new(L, "clock", take_alarm);
    int status = mt_alarm_open(mt_loop(L), when, host);
    if (status < 0)
        return mt_error_errno(L, status, "clock", "set an alarm");
    return 1;
}

/* slept() -> number: the seconds that the computer has slept since it was started. */
static int l_slept(lua_State *L)
{
    lua_pushnumber(L, mt_alarm_slept());
    return 1;
}

int mt_lua_clock_open(lua_State *L)
{
    mt_lua_monitor_register(L);
    lua_createtable(L, 0, 2);
    lua_pushcfunction(L, l_alarm);
    lua_setfield(L, -2, "alarm");
    lua_pushcfunction(L, l_slept);
    lua_setfield(L, -2, "slept");
    return 1;
}
