/* SPDX-License-Identifier: MIT */
/* core.signal: a script receives a signal, which then does nothing else. */
#include "host/signal.h"

#include <lauxlib.h>
#include <signal.h>

#include "engine/error.h"
#include "engine/runtime.h"
#include "engine/task.h"
#include "lua/modules.h"
#include "lua/monitor.h"

/* Not INT and TERM: whatever a script does, they end the program (see engine/runtime.c). */
static const char *const names[] = { "HUP", "USR1", "USR2", "WINCH", NULL };
static const int numbers[] = { SIGHUP, SIGUSR1, SIGUSR2, SIGWINCH };

/* monitor:next() -> true | nil, err: the signal has come since. */
static int take_signal(lua_State *L, struct mt_monitor *host)
{
    int status = mt_signal_take(host);
    if (status <= 0)
        return status;
    lua_pushboolean(L, 1);
    return 1;
}

/*
 * open(name = "HUP" | "USR1" | "USR2" | "WINCH") -> monitor | nil, err: "busy" where another monitor has it.
 * Its next() returns true once the signal has come.
 */
static int l_open(lua_State *L)
{
    int which = luaL_checkoption(L, 1, NULL, names);
    struct mt_monitor **host = mt_lua_monitor_new(L, "signal", take_signal);
    int status = mt_signal_open(mt_loop(L), numbers[which], host);
    if (status < 0)
        return mt_error_errno(L, status, "signal", "listen to SIG%s", names[which]);
    return 1;
}

/*
 * end_on_closed_output(failed = boolean?) -> boolean: from now on the program ends, as SIGPIPE
 * ends others, when its standard output or error has lost its reader. With true, a write has just
 * failed for that reason: the result says whether the program ends.
 */
static int l_end_on_closed_output(lua_State *L)
{
    if (lua_toboolean(L, 1)) {
        lua_pushboolean(L, mt_runtime_output_closed(L));
        return 1;
    }
    int status = mt_runtime_end_on_closed_output(L);
    if (status < 0)
        return mt_error_errno(L, status, "signal", "watch standard output");
    lua_pushboolean(L, true);
    return 1;
}

int mt_lua_signal_open(lua_State *L)
{
    mt_lua_monitor_register(L);
    lua_createtable(L, 0, 2);
    lua_pushcfunction(L, l_open);
    lua_setfield(L, -2, "open");
    lua_pushcfunction(L, l_end_on_closed_output);
    lua_setfield(L, -2, "end_on_closed_output");
    return 1;
}
