/* SPDX-License-Identifier: MIT */
/* Protected calls at the edge of a script: they turn what it raises into an error with a traceback. */
#include "engine/protect.h"

#include <lauxlib.h>

#include "engine/engine.h"
#include "engine/error.h"
#include "engine/limit.h"

int mt_traceback(lua_State *L)
{
    struct mt_limits *limits = mt_engine_of(L)->limits;
    struct mt_account *payer = limits->charged;
    if (lua_type(L, 1) == LUA_TTABLE)
        return 1; /* an error object: shared, and the caller expects it */
    luaL_tolstring(L, 1, NULL);
    limits->charged = NULL; /* the script may have no memory left */
    if (!mt_limits_explain(L)) {
        /* A raised string is a mistake in a script: make it an error like the others. */
        mt_error_push(L, "raised", "script", "%s", lua_tostring(L, -1));
        luaL_traceback(L, L, NULL, 1);
        lua_setfield(L, -2, "traceback");
    }
    limits->charged = payer;
    return 1;
}

void mt_traceback_oom(lua_State *L, int status)
{
    struct mt_limits *limits = mt_engine_of(L)->limits;
    struct mt_account *payer = limits->charged;
    if (status == LUA_ERRMEM) {
        limits->charged = NULL;
        lua_pushcfunction(L, mt_traceback);
        lua_insert(L, -2);
        lua_call(L, 1, 1);
        limits->charged = payer;
    }
}

/* The first result takes the place of the handler, at index 1. */
static int on_tried(lua_State *L, int status, lua_KContext context)
{
    bool ok = status == LUA_OK || status == LUA_YIELD;
    (void)context;
    mt_traceback_oom(L, status);
    lua_pushboolean(L, ok);
    lua_replace(L, 1);
    return lua_gettop(L);
}

int mt_try(lua_State *L)
{
    luaL_checkany(L, 1);
    lua_pushcfunction(L, mt_traceback);
    lua_insert(L, 1);
    return on_tried(L, lua_pcallk(L, lua_gettop(L) - 2, LUA_MULTRET, 1, 0, on_tried), 0);
}
