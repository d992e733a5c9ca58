/* SPDX-License-Identifier: MIT */
/* The engine: one loop, one Lua state, from start to a clean end. */
#ifndef MT_ENGINE_RUNTIME_H
#define MT_ENGINE_RUNTIME_H

#include <lua.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

#include "engine/limit.h"
#include "engine/task.h"
#include "host/loop.h"
#include "host/output.h"

struct mt_engine {
    struct mt_loop loop;
    lua_State *L;
    struct mt_tasks tasks;
    struct mt_task *first;         /* whose end is the program's */
    uv_async_t stop;               /* wakes the loop when a signal came */
    volatile sig_atomic_t signal;  /* the one that asked us to stop, or 0 */
    volatile sig_atomic_t interrupted;  /* SIGINT came, for the foreground task */
    struct mt_output *output;      /* watches the readers of our output; NULL: not watched */
    struct mt_limits limits;
};

/* The engine that L belongs to. Every coroutine of the state inherits it. */
struct mt_engine *mt_engine_of(lua_State *L);

/*
 * Opens the state with Lua's standard libraries and, through `open_modules`, ours.
 * 0 or a negative errno.
 */
int mt_engine_open(struct mt_engine *engine, lua_CFunction open_modules);

/*
 * Calls the function on top of engine->L as the first task and runs the loop until it ends;
 * SIGINT, SIGTERM and SIGHUP cancel it. Returns the exit status: the integer that the task
 * returned (nothing counts as 0), 128 + the signal, or 1 with the error on standard error.
 */
int mt_engine_run(struct mt_engine *engine);

/*
 * From now on the engine stops, as SIGPIPE ends other programs, when its standard output or error
 * has lost its reader. 0 or a negative errno.
 */
int mt_engine_end_on_closed_output(struct mt_engine *engine);

/*
 * A write has failed because the reader is gone: stops the engine. False: the readers are not
 * watched.
 */
bool mt_engine_output_closed(struct mt_engine *engine);

/* Closes the state and the loop. 0, or 1 when something was left open (said on standard error). */
int mt_engine_close(struct mt_engine *engine);

#endif
