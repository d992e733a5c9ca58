/* SPDX-License-Identifier: MIT */
/* Helpers of the bindings: reading argument tables, filling result tables, making classes. */
#include "lua/table.h"

#include <string.h>

int mt_argument(lua_State *L, const char *name)
{
    lua_pushstring(L, name);
    return lua_rawget(L, 1);
}

const char *mt_argument_string(lua_State *L, const char *name, const char *otherwise)
{
    const char *value = otherwise;
    if (mt_argument(L, name) != LUA_TNIL) {
        if (lua_type(L, -1) != LUA_TSTRING)
            luaL_error(L, "%s: a string expected", name);
        value = lua_tostring(L, -1);
    }
    lua_pop(L, 1);
    return value;
}

const char *mt_argument_need(lua_State *L, const char *name)
{
    const char *value = mt_argument_string(L, name, NULL);
    if (!value)
        luaL_error(L, "%s is missing", name);
    return value;
}

lua_Integer mt_argument_integer(lua_State *L, const char *name, lua_Integer max,
                                lua_Integer otherwise)
{
    lua_Integer value = otherwise;
    if (mt_argument(L, name) != LUA_TNIL) {
        int is_integer;
        value = lua_tointegerx(L, -1, &is_integer);
        if (!is_integer || value < 0 || value > max)
            luaL_error(L, "%s: an integer from 0 to %I expected", name, max);
    }
    lua_pop(L, 1);
    return value;
}

bool mt_argument_flag(lua_State *L, const char *name)
{
    mt_argument(L, name);
    bool value = lua_toboolean(L, -1);
    lua_pop(L, 1);
    return value;
}

void mt_table_set_flag(lua_State *L, const char *name, bool value)
{
    lua_pushboolean(L, value);
    lua_setfield(L, -2, name);
}

void mt_table_set_integer(lua_State *L, const char *name, lua_Integer value)
{
    lua_pushinteger(L, value);
    lua_setfield(L, -2, name);
}

void mt_table_set_string(lua_State *L, const char *name, const char *value)
{
    if (!value)
        return;
    lua_pushstring(L, value);
    lua_setfield(L, -2, name);
}

void mt_table_set_bytes(lua_State *L, const char *name, const void *bytes, size_t length)
{
    lua_pushlstring(L, bytes, length);
    lua_setfield(L, -2, name);
}

void mt_class_new(lua_State *L, const char *name, const luaL_Reg *methods)
{
    luaL_newmetatable(L, name);
    luaL_setfuncs(L, methods, 0);
    lua_pushvalue(L, -1);
    lua_setfield(L, -2, "__index");
    lua_pop(L, 1);
}

void *mt_shared_new(lua_State *L, size_t size, lua_CFunction on_collected)
{
    void *shared = lua_newuserdatauv(L, size, 0);
    memset(shared, 0, size);
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, on_collected);
    lua_setfield(L, -2, "__gc");
    lua_setmetatable(L, -2);
    return shared;
}
