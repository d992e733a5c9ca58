/* SPDX-License-Identifier: MIT */
/* Error objects: the table that every expected failure returns after nil, and what is raised. */
#include "engine/error.h"

#include <errno.h>
#include <lauxlib.h>
#include <stdarg.h>
#include <uv.h>

/* libuv's error numbers are Linux's, so one table serves both. */
static const char *code_of(int status)
{
    switch (status) {
    case -EACCES:
    case -EPERM:
        return "permission";
    case -ENOENT:
    case -ESRCH:
    case -EADDRNOTAVAIL:
        return "not-found";
    case -ENODEV:
    case -ENXIO:
    case -ESHUTDOWN:
    case -EPIPE:
    case -ECONNRESET:
        return "gone";
    case -EBUSY:
    case -EADDRINUSE:
        return "busy";
    case -ETIMEDOUT:
        return "timeout";
    case -EEXIST:
        return "exists";
    case -EINVAL:
    case -EPROTO:
    case -EMSGSIZE:
        return "invalid";
    case -ENETUNREACH:
    case -EHOSTUNREACH:
    case -ENETDOWN:
    case -ECONNREFUSED:
        return "unreachable";
    default:
        return "io";
    }
}

static int error_tostring(lua_State *L)
{
    if (lua_getfield(L, 1, "message") != LUA_TSTRING)
        lua_getfield(L, 1, "code");
    luaL_tolstring(L, -1, NULL);
    return 1;
}

void mt_error_init(lua_State *L)
{
    luaL_newmetatable(L, "mt.error");
    lua_pushcfunction(L, error_tostring);
    lua_setfield(L, -2, "__tostring");
    lua_pop(L, 1);
}

/* Replaces the message on top of the stack by the error. */
static void wrap_message(lua_State *L, const char *code, const char *source)
{
    lua_createtable(L, 0, 4);
    lua_insert(L, -2);
    lua_setfield(L, -2, "message");
    lua_pushstring(L, code);
    lua_setfield(L, -2, "code");
    lua_pushstring(L, source);
    lua_setfield(L, -2, "source");
    luaL_setmetatable(L, "mt.error");
}

void mt_error_push(lua_State *L, const char *code, const char *source, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    lua_pushvfstring(L, format, arguments);
    va_end(arguments);
    wrap_message(L, code, source);
}

int mt_error_errno(lua_State *L, int status, const char *source, const char *format, ...)
{
    va_list arguments;
    lua_pushnil(L);
    va_start(arguments, format);
    lua_pushvfstring(L, format, arguments);
    va_end(arguments);
    lua_pushfstring(L, "%s: %s", lua_tostring(L, -1), uv_strerror(status));
    lua_remove(L, -2);
    wrap_message(L, code_of(status), source);
    lua_createtable(L, 0, 1);
    lua_pushstring(L, uv_err_name(status));
    lua_setfield(L, -2, "errno");
    lua_setfield(L, -2, "detail");
    return 2;
}
