/* SPDX-License-Identifier: MIT */
/* core.task: what modules/task.lua builds groups and time-outs from. */
#include <lauxlib.h>

#include "engine/engine.h"
#include "engine/error.h"
#include "engine/limit.h"
#include "engine/protect.h"
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

/* sleep(seconds) waits. */
static int l_sleep(lua_State *L)
{
    double seconds = luaL_checknumber(L, 1);
    struct sleep_op *op = mt_op_new(L, sizeof(*op), &sleep_class);
    mt_timer_start(mt_loop(L), &op->timer, seconds, on_slept);
    return mt_op_wait(L, &op->base);
}

/* now() -> seconds: on a clock that only runs forward. */
static int l_now(lua_State *L)
{
    lua_pushnumber(L, (lua_Number)uv_hrtime() / 1e9);
    return 1;
}

/* ---- tasks ---- */

/* spawn(fn, ...) -> task. The raw start: scripts use a group, which also waits for its end. */
static int l_spawn(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TFUNCTION);
    mt_task_spawn(L, lua_gettop(L) - 1);
    return 1;
}

/* current() -> task: the one that calls it. */
static int l_current(lua_State *L)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, mt_task_current(L));
    return 1;
}

/*
 * context() -> any: the running task's context, which the tasks that it starts inherit; nil at
 * first.
 */
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
 * foreground(task = task | boolean?): from now on Ctrl-C interrupts this task; with true, no task
 * at all; with nil, the first task, as at the start.
 */
static int l_foreground(lua_State *L)
{
    struct mt_task *task = lua_isuserdata(L, 1) ? luaL_checkudata(L, 1, "mt.task") : NULL;
    mt_tasks_set_foreground(mt_engine_of(L)->tasks, lua_toboolean(L, 1), task);
    return 0;
}

/* task:set_owner(scope): its waits raise the task's error, should the engine have to end the task. */
static int l_set_owner(lua_State *L)
{
    struct mt_task *task = luaL_checkudata(L, 1, "mt.task");
    luaL_checkudata(L, 2, "mt.scope");
    lua_settop(L, 2);
    if (!mt_task_ended(task))
        mt_task_set_owner(L, task);
    return 0;
}

/* task:ended() -> boolean */
static int l_ended(lua_State *L)
{
    lua_pushboolean(L, mt_task_ended(luaL_checkudata(L, 1, "mt.task")));
    return 1;
}

/* ---- scopes ---- */

/* scope(seconds?, shield = boolean?) -> scope. It is kept in a <close> variable. */
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

/* scope:reason() -> any: what its waits raise, or nil while it is not cancelled. */
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

/* ---- limits ---- */

/*
 * account { seconds = number?, bytes = integer?, tasks = integer?, cleanup = number?, name =
 * string? } -> account: for limit(), which a task shares with those that it starts. Together they
 * may run for `seconds` of the processor's time until each that was ready has run once, hold
 * `bytes`, and be `tasks` in number; 0 or nil: no limit. Shields hold no longer than `cleanup`
 * seconds after the cancellation that they hide.
 */
static int l_account(lua_State *L)
{
    lua_settop(L, 1);
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_getfield(L, 1, "name");
    lua_getfield(L, 1, "seconds");
    lua_getfield(L, 1, "bytes");
    lua_getfield(L, 1, "cleanup");
    lua_getfield(L, 1, "tasks");
    const char *name = luaL_checkstring(L, 2);
    double seconds = luaL_optnumber(L, 3, 0);
    lua_Integer bytes = luaL_optinteger(L, 4, 0);
    double cleanup = luaL_optnumber(L, 5, 0);
    lua_Integer tasks = luaL_optinteger(L, 6, 0);
    luaL_argcheck(L,
                  seconds >= 0 && seconds < 1e9 && cleanup >= 0 && cleanup < 1e9 && bytes >= 0 &&
                      tasks >= 0,
                  1, "a limit that can be");
    struct mt_account **account = lua_newuserdatauv(L, sizeof(*account), 0);
    *account = NULL;
    luaL_setmetatable(L, "mt.account");
    *account = mt_account_new(name, &(struct mt_allowance){
                                        .seconds = seconds,
                                        .cleanup = cleanup,
                                        .bytes = (size_t)bytes,
                                        .tasks = (size_t)tasks,
                                    });
    if (!*account)
        luaL_error(L, "not enough memory");
    return 1;
}

/*
 * limit(account = account | table?): from now on for the calling task, and those that it starts;
 * the table is what account() takes. limit(nil): no limits.
 */
static int l_limit(lua_State *L)
{
    luaL_checkany(L, 1);
    if (lua_isnil(L, 1)) {
        mt_task_set_account(L, NULL);
        return 0;
    }
    if (!lua_isuserdata(L, 1))
        l_account(L);
    struct mt_account **account = luaL_checkudata(L, -1, "mt.account");
    mt_task_set_account(L, *account);
    return 0;
}

/* account:held() -> integer: bytes. */
static int l_account_held(lua_State *L)
{
    struct mt_account **account = luaL_checkudata(L, 1, "mt.account");
    luaL_argcheck(L, *account, 1, "an account that is not closed");
    lua_pushinteger(L, (lua_Integer)mt_account_held(*account));
    return 1;
}

static int l_account_gc(lua_State *L)
{
    struct mt_account **account = luaL_checkudata(L, 1, "mt.account");
    mt_account_unref(*account);
    *account = NULL;
    return 0;
}

static const luaL_Reg task_methods[] = {
    { "cancel", l_cancel },       { "ended", l_ended }, { "join", mt_task_join },
    { "set_owner", l_set_owner }, { NULL, NULL },
};

static const luaL_Reg account_methods[] = {
    { "held", l_account_held },
    { "__gc", l_account_gc },
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
    { "account", l_account },
    { "context", l_context },
    { "current", l_current },
    { "foreground", l_foreground },
    { "limit", l_limit },
    { "now", l_now },
    { "scope", l_scope },
    { "set_context", l_set_context },
    { "sleep", l_sleep },
    { "spawn", l_spawn },
    { "traceback", mt_traceback },
    { "try", mt_try },
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
    luaL_newmetatable(L, "mt.account");
    lua_pop(L, 1);
    set_methods(L, "mt.account", account_methods);
    luaL_newlib(L, functions);
    return 1;
}
