/* SPDX-License-Identifier: MIT */
/* The runtime: one loop, one Lua state, from start to a clean end. */
#ifndef MT_ENGINE_RUNTIME_H
#define MT_ENGINE_RUNTIME_H

#include <lua.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

#include "engine/engine.h"
#include "engine/limit.h"
#include "engine/task.h"
#include "host/loop.h"
#include "host/output.h"

struct mt_runtime {
    struct mt_engine engine;
    struct mt_tasks tasks;
    struct mt_limits limits;
    struct mt_heap heap;
    lua_State *L;
    struct mt_task *first;             /* its end is the end of the program */
    uv_async_t stop;                   /* wakes the loop when a signal came */
    volatile sig_atomic_t signal;      /* the one that asked us to stop, or 0 */
    volatile sig_atomic_t interrupted; /* SIGINT came, for the foreground task */
    struct mt_output *output;          /* watches the readers of our output; NULL: not watched */
    bool is_ending;                    /* with the process: memory is not freed any more */
    jmp_buf all_finalized;
};

/*
 * Opens the state with Lua's standard libraries and, through `open_modules`, ours.
 * 0 or a negative errno.
 */
int mt_runtime_open(struct mt_runtime *runtime, lua_CFunction open_modules);

/*
 * Calls the function on top of runtime->L as the first task and runs the loop until it ends;
 * SIGINT, SIGTERM and SIGHUP cancel it. Returns the exit status: the integer that the task
 * returned (nothing counts as 0), 128 + the signal, or 1 with the error on standard error.
 */
int mt_runtime_run(struct mt_runtime *runtime);

/*
 * From now on the engine stops, as SIGPIPE ends other programs, when its standard output or error
 * has lost its reader. 0 or a negative errno.
 */
int mt_runtime_end_on_closed_output(lua_State *L);

/*
 * A write has failed because the reader is gone: stops the engine. False: the readers are not
 * watched.
 */
bool mt_runtime_output_closed(lua_State *L);

/* Closes the state and the loop. 0, or 1 when something was left open (standard error has it). */
int mt_runtime_close(struct mt_runtime *runtime);

#endif
