/* SPDX-License-Identifier: MIT */
/* A module as others write them in C, linked to Lua's shared library: see tests/lua/test_loading.lua. */
#include <lauxlib.h>
#include <lua.h>
#include <stdint.h>

/* made(length = integer) -> table: a list. */
static int l_made(lua_State *L)
{
    lua_newtable(L);
    for (lua_Integer i = 1; i <= luaL_checkinteger(L, 1); i++) {
        lua_pushinteger(L, i);
        lua_rawseti(L, -2, i);
    }
    return 1;
}

/* place() -> userdata: a function of the Lua that this module calls. */
static int l_place(lua_State *L)
{
    lua_pushlightuserdata(L, (void *)(uintptr_t)lua_rawseti);
    return 1;
}

int luaopen_c_module(lua_State *L);
int luaopen_c_module(lua_State *L)
{
    static const luaL_Reg functions[] = { { "made", l_made },
                                          { "place", l_place },
                                          { NULL, NULL } };

    luaL_newlib(L, functions);
    return 1;
}
