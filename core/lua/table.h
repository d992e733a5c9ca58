/* SPDX-License-Identifier: MIT */
/* Helpers of the bindings: reading argument tables, filling result tables, making classes. */
#ifndef MT_LUA_TABLE_H
#define MT_LUA_TABLE_H

#include <lauxlib.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * Named arguments: fields of the plain table that the caller has checked to be at stack index 1; so
 * a string among them lives as long as the call. All raise for a value of another type.
 */
const char *mt_argument_string(lua_State *L, const char *name, const char *otherwise);
const char *mt_argument_need(lua_State *L, const char *name); /* a string that must be there */
lua_Integer mt_argument_integer(lua_State *L, const char *name, lua_Integer max,
                                lua_Integer otherwise); /* from 0 to `max` */
bool mt_argument_flag(lua_State *L, const char *name);

/* Pushes what it is, and returns its Lua type. */
int mt_argument(lua_State *L, const char *name);

/* Below, only a lack of memory raises. */

/* Each sets a field of the table on top of the stack; a string that is NULL sets nothing. */
void mt_table_set_flag(lua_State *L, const char *name, bool value);
void mt_table_set_integer(lua_State *L, const char *name, lua_Integer value);
void mt_table_set_string(lua_State *L, const char *name, const char *value);
void mt_table_set_bytes(lua_State *L, const char *name, const void *bytes, size_t length);

/* Makes the metatable `name`, with methods and metamethods, for luaL_setmetatable(). */
void mt_class_new(lua_State *L, const char *name, const luaL_Reg *methods);

/* Pushes zeroed memory that the functions of a module share; `on_collected` is its __gc. */
void *mt_shared_new(lua_State *L, size_t size, lua_CFunction on_collected);

#endif
