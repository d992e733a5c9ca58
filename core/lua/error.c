/* SPDX-License-Identifier: MIT */
/* core.error: gives a table the metatable of an error object. */
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

int mt_lua_error_open(lua_State *L)
{
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, l_wrap);
    lua_setfield(L, -2, "wrap");
    return 1;
}
