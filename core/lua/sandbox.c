/* SPDX-License-Identifier: MIT */
/* core.sandbox: runs a chunk that is not trusted, with bounded time and memory, and nothing left of it. */
#include <lauxlib.h>
#include <lualib.h>
#include <string.h>

#include "engine/engine.h"
#include "engine/error.h"
#include "engine/limit.h"
#include "lua/modules.h"

enum { STEPS_BETWEEN_LOOKS = 100, DEEPEST = 16, LONGEST_MESSAGE = 1000 };

/* Chunks run one at a time. */
static struct {
    uint64_t nanoseconds, begun; /* of the processor's time */
    uint64_t due;                /* when to read that, in uv_hrtime() nanoseconds */
} spent;

static void start_clock(double seconds)
{
    spent.nanoseconds = (uint64_t)(seconds * 1e9);
    spent.begun = mt_processor_time();
    spent.due = uv_hrtime() + spent.nanoseconds;
}

/* A few steps can take long (a string of megabytes, over and over), so the limit is on time. */
static void on_steps(lua_State *L, lua_Debug *where)
{
    (void)where;
    uint64_t now = uv_hrtime();
    if (now < spent.due)
        return;
    uint64_t used = mt_processor_time() - spent.begun;
    if (used < spent.nanoseconds) {
        spent.due = now + spent.nanoseconds - used;
        return;
    }
    luaL_where(L, 0); /* a hook is not on the stack itself */
    lua_pushliteral(L, "it runs for too long (an endless loop?)");
    lua_concat(L, 2);
    lua_error(L);
}

/* A raised value that is no text does not help a reader; the place where it was raised does. */
static int on_raise(lua_State *L)
{
    lua_Debug caller;

    if (lua_isstring(L, 1))
        return 1;
    lua_pushliteral(L, "");
    for (int level = 1; lua_rawlen(L, -1) == 0 && lua_getstack(L, level, &caller); level++)
        luaL_where(L, level);
    lua_pushfstring(L, "%sit raises a %s, not a message", lua_tostring(L, -1), luaL_typename(L, 1));
    return 1;
}

/* ---- arguments ---- */

/* Pushes a copy of the table at `index`, and of the tables in it, down to that many levels. */
static void push_copy(lua_State *L, int index, int levels)
{
    index = lua_absindex(L, index);
    lua_newtable(L);
    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
        lua_pushvalue(L, -2);
        if (levels > 0 && lua_istable(L, -2))
            push_copy(L, -2, levels - 1);
        else
            lua_pushvalue(L, -2);
        lua_rawset(L, -5);
    }
}

/*
 * `("x"):rep(n)` reaches the string library through the metatable of strings, around any
 * environment, and a pattern can keep C busy for hours. So that metatable gets this table while the
 * chunk runs, which no script can reach; pushes the table that was there.
 */
static void swap_string_methods(lua_State *L, int methods)
{
    methods = lua_absindex(L, methods);
    lua_pushliteral(L, "");
    lua_getmetatable(L, -1);
    lua_getfield(L, -1, "__index");
    lua_pushvalue(L, methods);
    lua_setfield(L, -3, "__index");
    lua_replace(L, -3);
    lua_pop(L, 1);
}

/* ---- results ---- */

static void push_plain(lua_State *L, int index, int depth);

/* A table with cycles has no end of depth. */
static void push_plain_table(lua_State *L, int index, int depth)
{
    if (depth == DEEPEST || !lua_checkstack(L, 6))
        luaL_error(L, "its tables are more than %d deep", DEEPEST);
    lua_newtable(L);
    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
        if (lua_type(L, -2) != LUA_TSTRING && lua_type(L, -2) != LUA_TNUMBER)
            luaL_error(L, "it has a key that is a %s", luaL_typename(L, -2));
        lua_pushvalue(L, -2);
        push_plain(L, -2, depth + 1);
        lua_rawset(L, -5);
    }
}

static void push_plain(lua_State *L, int index, int depth)
{
    index = lua_absindex(L, index);
    if (lua_istable(L, index))
        push_plain_table(L, index, depth);
    else
        lua_pushvalue(L, index);
}

/* copy(value) -> value: a copy that shares no table with it; raises if it nests too deeply. */
static int l_copy(lua_State *L)
{
    lua_settop(L, 1);
    push_plain(L, 1, 0);
    return 1;
}

static int copy_results(lua_State *L)
{
    int results = lua_gettop(L);
    luaL_checkstack(L, results + 1, "too many results");
    for (int i = 1; i <= results; i++)
        push_plain(L, i, 0);
    return results;
}

/* ---- running ---- */

/* On the new coroutine; its message handler, at index 1, stays. */
static int run(lua_State *thread, const char *source, size_t length, const char *name)
{
    int status = luaL_loadbufferx(thread, source, length, name, "t");
    if (status != LUA_OK)
        return status;
    lua_insert(thread, 2);
    lua_setupvalue(thread, 2, 1); /* the environment, which was at 2 */
    status = lua_pcall(thread, 0, LUA_MULTRET, 1);
    if (status != LUA_OK)
        return status;
    int results = lua_gettop(thread) - 1;
    if (!lua_checkstack(thread, 1)) {
        lua_settop(thread, 1);
        lua_pushliteral(thread, "too many results");
        return LUA_ERRRUN;
    }
    lua_pushcfunction(thread, copy_results);
    lua_insert(thread, 2);
    return lua_pcall(thread, results, LUA_MULTRET, 1);
}

static int push_failure(lua_State *L, lua_State *thread)
{
    size_t length;
    lua_pushnil(L);
    lua_xmove(thread, L, 1);
    const char *message = luaL_tolstring(L, -1, &length);
    lua_pushlstring(L, message, length < LONGEST_MESSAGE ? length : LONGEST_MESSAGE);
    mt_error_push(L, "invalid", "sandbox", "%s", lua_tostring(L, -1));
    lua_replace(L, -4);
    lua_pop(L, 2);
    return 2;
}

/*
 * run(source, chunk_name, environment, seconds, bytes = integer) -> true, ... | nil, err. Text
 * chunks only. The chunk sees a copy of `environment`, of the tables in it and in those, and
 * nothing else; it gets `seconds` of the processor's time and `bytes` of memory. The results are
 * plain tables that the chunk cannot change any more.
 */
static int l_run(lua_State *L)
{
    struct mt_limits *limits = mt_engine_of(L)->limits;
    struct mt_account *outer = limits->charged;
    size_t length;
    const char *source = luaL_checklstring(L, 1, &length);
    const char *name = luaL_checkstring(L, 2);
    luaL_checktype(L, 3, LUA_TTABLE);
    double seconds = luaL_checknumber(L, 4);
    size_t bytes = (size_t)luaL_checkinteger(L, 5);
    lua_settop(L, 3);
    if (lua_getfield(L, 3, "string") != LUA_TTABLE)
        return luaL_argerror(L, 3, "the environment needs a string table");

    struct mt_account *account = mt_account_new("sandbox",
                                                &(struct mt_allowance){ .bytes = bytes });
    if (!account)
        return luaL_error(L, "not enough memory");
    limits->charged = NULL; /* nothing may be raised while strings have other methods */
    lua_State *thread = lua_newthread(L); /* a new coroutine: hooks are set for one coroutine */
    lua_pushcfunction(thread, on_raise);
    push_copy(L, 3, 2);
    lua_xmove(L, thread, 1);
    push_copy(L, 4, 0);
    swap_string_methods(L, -1);

    lua_sethook(thread, on_steps, LUA_MASKCOUNT, STEPS_BETWEEN_LOOKS);
    start_clock(seconds);
    limits->charged = account;
    int status = run(thread, source, length, name);
    limits->charged = NULL;
    lua_sethook(thread, NULL, 0, 0);
    swap_string_methods(L, -1);
    limits->charged = outer;
    mt_account_unref(account);
    if (status != LUA_OK)
        return push_failure(L, thread);
    int results = lua_gettop(thread) - 1;
    lua_pushboolean(L, 1);
    luaL_checkstack(L, results, "too many results");
    lua_xmove(thread, L, results);
    return results + 1;
}

/*
 * new_math() -> table: another `math`, with random numbers of its own, for a script that seeds
 * them.
 */
static int l_new_math(lua_State *L)
{
    lua_pushcfunction(L, luaopen_math);
    lua_call(L, 0, 1);
    return 1;
}

static const luaL_Reg functions[] = {
    { "copy", l_copy },
    { "new_math", l_new_math },
    { "run", l_run },
    { NULL, NULL },
};

int mt_lua_sandbox_open(lua_State *L)
{
    luaL_newlib(L, functions);
    return 1;
}
