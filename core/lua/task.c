/* SPDX-License-Identifier: MIT */
/* core.task: what modules/task.lua builds groups and time-outs from. */
#include <lauxlib.h>

#include "engine/runtime.h"
#include "engine/task.h"
#include "lua/modules.h"

/* ---- sleep ---- */

struct sleep_op {
    struct mt_op base;
    struct mt_timer timer;
};

static void on_slept(struct mt_timer *timer)
{
    mt_op_done(&mt_container_of(timer, struct sleep_op, timer)->base);
}

static void sleep_cancel(struct mt_op *base)
{
    mt_timer_stop(&((struct sleep_op *)base)->timer);
}

static int sleep_finish(lua_State *L, struct mt_op *op)
{
    (void)L;
    (void)op;
    return 0;
}

static const struct mt_op_class sleep_class = { sleep_cancel, sleep_finish, NULL };

/* sleep(seconds) */
static int l_sleep(lua_State *L)
{
    double seconds = luaL_checknumber(L, 1);
    struct sleep_op *op = mt_op_new(L, sizeof(*op), &sleep_class);
    mt_timer_start(mt_loop(L), &op->timer, seconds, on_slept);
    return mt_op_wait(L, &op->base);
}

/* now() -> seconds on a clock that only runs forward */
static int l_now(lua_State *L)
{
    lua_pushnumber(L, (lua_Number)uv_hrtime() / 1e9);
    return 1;
}

/* ---- tasks ---- */

/* spawn(function, ...) -> task. The raw start: scripts use a group, which also waits for its end. */
static int l_spawn(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TFUNCTION);
    mt_task_spawn(L, lua_gettop(L) - 1);
    return 1;
}

/* current() -> the task that calls it */
static int l_current(lua_State *L)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, mt_task_current(L));
    return 1;
}

/* context() -> the running task's context, which the tasks that it starts inherit; nil at first */
static int l_context(lua_State *L)
{
    mt_task_context(L);
    return 1;
}

/* set_context(value) */
static int l_set_context(lua_State *L)
{
    luaL_checkany(L, 1);
    lua_settop(L, 1);
    mt_task_set_context(L);
    return 0;
}

/* task:cancel(reason): every wait of the task raises `reason` from now on. */
static int l_cancel(lua_State *L)
{
    struct mt_task *task = luaL_checkudata(L, 1, "mt.task");
    luaL_checkany(L, 2);
    lua_settop(L, 2);
    mt_task_cancel(L, task);
    return 0;
}

/*
 * foreground(task | true | nil): from now on Ctrl-C interrupts this task; nobody at all; the first
 * task, as ever
 */
static int l_foreground(lua_State *L)
{
    struct mt_task *task = lua_isuserdata(L, 1) ? luaL_checkudata(L, 1, "mt.task") : NULL;
    mt_tasks_set_foreground(&mt_engine_of(L)->tasks, lua_toboolean(L, 1), task);
    return 0;
}

/* task:ended() -> boolean */
static int l_ended(lua_State *L)
{
    lua_pushboolean(L, mt_task_ended(luaL_checkudata(L, 1, "mt.task")));
    return 1;
}

/* ---- scopes ---- */

/* scope(seconds or nil, shield) -> scope, to be kept in a <close> variable */
static int l_scope(lua_State *L)
{
    double seconds = luaL_optnumber(L, 1, -1);
    mt_scope_push(L, seconds, lua_toboolean(L, 2));
    return 1;
}

/* scope:cancel(reason): every wait inside the scope raises `reason` from now on. */
static int l_scope_cancel(lua_State *L)
{
    struct mt_scope *scope = luaL_checkudata(L, 1, "mt.scope");
    luaL_checkany(L, 2);
    lua_settop(L, 2);
    mt_scope_cancel(L, scope);
    return 0;
}

/* scope:reason() -> what its waits raise, or nil while it is not cancelled */
static int l_scope_reason(lua_State *L)
{
    mt_scope_reason(L, luaL_checkudata(L, 1, "mt.scope"));
    return 1;
}

static int l_scope_close(lua_State *L)
{
    mt_scope_pop(L, luaL_checkudata(L, 1, "mt.scope"));
    return 0;
}

static const luaL_Reg task_methods[] = {
    { "cancel", l_cancel },
    { "ended", l_ended },
    { "join", mt_task_join },
    { NULL, NULL },
};

static const luaL_Reg scope_methods[] = {
    { "cancel", l_scope_cancel },
    { "reason", l_scope_reason },
    { "__close", l_scope_close },
    { "__gc", l_scope_close },
    { NULL, NULL },
};

static const luaL_Reg functions[] = {
    { "context", l_context },
    { "current", l_current },
    { "foreground", l_foreground },
    { "now", l_now },
    { "scope", l_scope },
    { "set_context", l_set_context },
    { "sleep", l_sleep },
    { "spawn", l_spawn },
    { "traceback", mt_traceback },
    { NULL, NULL },
};

static void set_methods(lua_State *L, const char *metatable, const luaL_Reg *methods)
{
    luaL_getmetatable(L, metatable);
    luaL_setfuncs(L, methods, 0);
    lua_pushvalue(L, -1);
    lua_setfield(L, -2, "__index");
    lua_pop(L, 1);
}

int mt_lua_task_open(lua_State *L)
{
    set_methods(L, "mt.task", task_methods);
    set_methods(L, "mt.scope", scope_methods);
    luaL_newlib(L, functions);
    return 1;
}
