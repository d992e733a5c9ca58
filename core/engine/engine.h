/* SPDX-License-Identifier: MIT */
/* The engine of a Lua state, as each of its coroutines finds it. */
#ifndef MT_ENGINE_ENGINE_H
#define MT_ENGINE_ENGINE_H

#include <lua.h>
#include <string.h>

#include "host/loop.h"

struct mt_limits;
struct mt_tasks;

struct mt_engine {
    struct mt_loop loop;
    struct mt_limits *limits;
    struct mt_tasks *tasks;
};

/* Gives L, the main coroutine of a state, its engine: before the first mt_engine_of(). */
static inline void mt_engine_set(lua_State *L, struct mt_engine *engine)
{
    memcpy(lua_getextraspace(L), &engine, sizeof(engine));
}

/* The engine that L belongs to: new coroutines inherit the pointer. */
static inline struct mt_engine *mt_engine_of(lua_State *L)
{
    struct mt_engine *engine;
    memcpy(&engine, lua_getextraspace(L), sizeof(engine));
    return engine;
}

#endif
