/* SPDX-License-Identifier: MIT */
/* core.sandbox: runs a chunk that is not trusted, with bounded time and memory. */
#include <lauxlib.h>
#include <string.h>

#include "engine/error.h"
#include "engine/runtime.h"
#include "lua/modules.h"

enum { STEPS_BETWEEN_LOOKS = 100 };
static uint64_t deadline;  /* in uv_hrtime() nanoseconds; chunks run one at a time */

/* A few steps can take long (a string of megabytes, over and over), so it is time that counts. */
static void on_steps(lua_State *L, lua_Debug *where)
{
    (void)where;
    if (uv_hrtime() <= deadline)
        return;
    luaL_where(L, 0); /* a hook is not on the stack itself */
    lua_pushliteral(L, "it runs for too long (an endless loop?)");
    lua_concat(L, 2);
    lua_error(L);
}

/* What is raised besides text says nothing to people; where it was raised does. */
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

/*
 * `("x"):rep(n)` reaches the string library through the metatable of strings, around any
 * environment, and a pattern can keep C busy for hours: so that metatable, too, gets the
 * environment's own `string` for the while. Pushes what was there.
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

/*
 * run(source, chunk_name, environment, seconds, bytes) -> true, results... | nil, err
 * Text chunks only. The chunk sees `environment` and nothing else; it gets `seconds` of time and
 * `bytes` of memory.
 */
static int l_run(lua_State *L)
{
    struct mt_engine *engine = mt_engine_of(L);
    size_t length;
    const char *source = luaL_checklstring(L, 1, &length);
    const char *name = luaL_checkstring(L, 2);
    luaL_checktype(L, 3, LUA_TTABLE);
    double seconds = luaL_checknumber(L, 4);
    size_t bytes = (size_t)luaL_checkinteger(L, 5);
    struct mt_account *outer = engine->limits.charged;
    lua_settop(L, 3);

    /* A coroutine of its own: hooks are set for one coroutine. */
    lua_State *thread = lua_newthread(L);
    if (lua_getfield(L, 3, "string") != LUA_TTABLE)
        return luaL_argerror(L, 3, "the environment needs a string table");
    struct mt_account *account = mt_account_new("sandbox", 0, 0, bytes);
    if (!account)
        return luaL_error(L, "not enough memory");
    swap_string_methods(L, -1);

    lua_pushcfunction(thread, on_raise);
    int status = luaL_loadbufferx(thread, source, length, name, "t");
    if (status == LUA_OK) {
        lua_pushvalue(L, 3);
        lua_xmove(L, thread, 1);
        lua_setupvalue(thread, -2, 1);
        lua_sethook(thread, on_steps, LUA_MASKCOUNT, STEPS_BETWEEN_LOOKS);
        deadline = uv_hrtime() + (uint64_t)(seconds * 1e9);
        engine->limits.charged = account;
        status = lua_pcall(thread, 0, LUA_MULTRET, 1);
        engine->limits.charged = outer;
        lua_sethook(thread, NULL, 0, 0);
    }
    mt_account_unref(account);
    swap_string_methods(L, -1);
    if (status != LUA_OK) {
        lua_pushnil(L);
        lua_xmove(thread, L, 1);
        mt_error_push(L, "invalid", "sandbox", "%s", luaL_tolstring(L, -1, NULL));
        lua_replace(L, -3);
        lua_pop(L, 1);
        return 2;
    }
    int results = lua_gettop(thread) - 1;
    lua_pushboolean(L, 1);
    luaL_checkstack(L, results, "too many results");
    lua_xmove(thread, L, results);
    return results + 1;
}

int mt_lua_sandbox_open(lua_State *L)
{
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, l_run);
    lua_setfield(L, -2, "run");
    return 1;
}
