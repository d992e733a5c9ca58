/* SPDX-License-Identifier: MIT */
/* core.error: gives a table the metatable of an error object; mistakes of a caller, with its line. */
#include <lauxlib.h>

#include "lua/modules.h"

/* wrap(table) -> table */
static int l_wrap(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    luaL_setmetatable(L, "mt.error");
    return 1;
}

/*
 * Calls the Lua function for its caller. `return f { ... }` is a tail call: it leaves no trace of
 * the caller if f is a Lua function, but does if f is a C function.
 */
static int blame_caller(lua_State *L)
{
    int count = lua_gettop(L);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, count, 2);
    if (!lua_isnil(L, -2) || !lua_isstring(L, -1)) {
        lua_pop(L, 1);
        return 1;
    }
    luaL_where(L, 1);
    lua_insert(L, -2);
    lua_concat(L, 2);
    return lua_error(L);
}

/*
 * blaming(fn) -> function: as fn(...) -> value | nil, mistake, which must not wait; but a mistake,
 * a text, is raised, with the caller's file and line.
 */
static int l_blaming(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TFUNCTION);
    lua_settop(L, 1);
    lua_pushcclosure(L, blame_caller, 1);
    return 1;
}

int mt_lua_error_open(lua_State *L)
{
    lua_createtable(L, 0, 2);
    lua_pushcfunction(L, l_blaming);
    lua_setfield(L, -2, "blaming");
    lua_pushcfunction(L, l_wrap);
    lua_setfield(L, -2, "wrap");
    return 1;
}
