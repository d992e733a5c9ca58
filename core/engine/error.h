/* SPDX-License-Identifier: MIT */
/* Error objects: the table that every expected failure returns after nil, and what is raised. */
#ifndef MT_ENGINE_ERROR_H
#define MT_ENGINE_ERROR_H

#include <lua.h>

/*
 * Pushes { code=, source=, message= } with the metatable "mt.error" (whose __tostring gives the
 * message). `code` is one of those listed in modules/errors.lua; `source` is the part of the engine
 * that noticed. The format is lua_pushfstring()'s.
 */
void mt_error_push(lua_State *L, const char *code, const char *source, const char *format, ...);

/*
 * Returns 2 after pushing nil and an error made of a negative errno, with the code that fits it
 * and detail.errno set to its name: `return mt_error_errno(L, -errno, "port", "open %s", path);`.
 */
int mt_error_errno(lua_State *L, int status, const char *source, const char *format, ...);

/* Creates the metatable. */
void mt_error_init(lua_State *L);

#endif
