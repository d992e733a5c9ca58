/* SPDX-License-Identifier: MIT */
/* The runtime: one loop, one Lua state, from start to a clean end. */
#include "engine/runtime.h"

#include <errno.h>
#include <lauxlib.h>
#include <lualib.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "engine/error.h"
#include "host/line_editor.h"

static struct mt_runtime *runtime_of(lua_State *L)
{
    return mt_container_of(mt_engine_of(L), struct mt_runtime, engine);
}

/* Strings have one metatable for the whole program: no script gets hold of it. */
static void protect_strings(lua_State *L)
{
    lua_pushliteral(L, "");
    lua_getmetatable(L, -1);
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 2);
}

/*
 * What a command loads at first is no garbage, so that collecting begins when this much was
 * allocated. That is a twentieth of the instructions of a short run. A process that lives long, the
 * daemon, collects early instead: see modules/daemon/init.lua.
 */
enum { KIB_BEFORE_COLLECTING = 1536 };

/* Lua calls the finalizer that was made first last: this one, when the state is closed. */
static int finalize_last(lua_State *L)
{
    struct mt_runtime *runtime = runtime_of(L);
    if (runtime->is_ending)
        longjmp(runtime->all_finalized, 1);
    return 0;
}

static void make_last_finalizer(lua_State *L)
{
    lua_newuserdatauv(L, 0, 0);
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, finalize_last);
    lua_setfield(L, -2, "__gc");
    lua_setmetatable(L, -2);
    lua_rawsetp(L, LUA_REGISTRYINDEX, (void *)finalize_last);
}

static int open_state(lua_State *L)
{
    struct mt_runtime *runtime = runtime_of(L);
    make_last_finalizer(L);
    luaL_openlibs(L);
    lua_gc(L, LUA_GCSTEP, -KIB_BEFORE_COLLECTING);
    protect_strings(L);
    mt_error_init(L);
    mt_tasks_init(L, &runtime->tasks);
    lua_pushvalue(L, 1);
    lua_call(L, 0, 0);
    return 0;
}

/*
 * Signals that ask us to stop. A later one ends the process at once, also while a script spins and
 * the loop does not run; the next start then undoes, by the journal, what is left.
 */
static const int stop_signals[] = { SIGINT, SIGTERM, SIGHUP };
static struct mt_runtime *signalled; /* the one of this process */

static void on_signal(int number)
{
    static struct timespec first;
    struct timespec now;
    if (number == SIGINT && !signalled->signal && mt_tasks_on_interrupt(&signalled->tasks)) {
        signalled->interrupted = 1;
        uv_async_send(&signalled->stop);
        return;
    }
    clock_gettime(CLOCK_MONOTONIC, &now);
    if (signalled->signal) {
        /* timeout(1) and some service managers send each signal twice: that counts as one. */
        if (now.tv_sec - first.tv_sec > 1) {
            mt_line_editor_restore_terminal();
            _exit(128 + number);
        }
        return;
    }
    first = now;
    signalled->signal = number;
    uv_async_send(&signalled->stop);
}

static int cancel_first(lua_State *L)
{
    struct mt_runtime *runtime = runtime_of(L);
    mt_error_push(L, "interrupted", "task", "interrupted");
    mt_task_cancel(L, runtime->first);
    return 0;
}

static int interrupt_foreground(lua_State *L)
{
    struct mt_runtime *runtime = runtime_of(L);
    if (runtime->interrupted) {
        runtime->interrupted = 0;
        mt_tasks_interrupt(L);
    }
    return 0;
}

/* In a protected call: nothing may longjmp through libuv. */
static void on_stop(uv_async_t *handle)
{
    struct mt_runtime *runtime = mt_container_of(handle, struct mt_runtime, stop);
    if (runtime->signal && runtime->signal != SIGPIPE)
        fprintf(stderr, "\nmoontower: stopping; once more to stop at once\n");
    lua_pushcfunction(runtime->L, runtime->signal ? cancel_first : interrupt_foreground);
    if (lua_pcall(runtime->L, 0, 0, 0) != LUA_OK)
        lua_pop(runtime->L, 1);
}

static void on_closed_output(void *context)
{
    struct mt_runtime *runtime = context;
    if (!runtime->signal) {
        runtime->signal = SIGPIPE;
        uv_async_send(&runtime->stop);
    }
}

int mt_runtime_end_on_closed_output(lua_State *L)
{
    struct mt_runtime *runtime = runtime_of(L);
    if (runtime->output)
        return 0;
    return mt_output_open(&runtime->engine.loop, on_closed_output, runtime, &runtime->output);
}

bool mt_runtime_output_closed(lua_State *L)
{
    struct mt_runtime *runtime = runtime_of(L);
    if (runtime->output)
        on_closed_output(runtime);
    return runtime->output != NULL;
}

int mt_runtime_open(struct mt_runtime *runtime, lua_CFunction open_modules)
{
    memset(runtime, 0, sizeof(*runtime));
    runtime->engine.tasks = &runtime->tasks;
    runtime->engine.limits = &runtime->limits;
    runtime->limits.heap = &runtime->heap;
    signal(SIGPIPE, SIG_IGN); /* a write without a reader fails with EPIPE */
    signal(SIGXFSZ, SIG_IGN); /* one beyond `ulimit -f`, with EFBIG: what was begun is undone */
    int status = mt_loop_init(&runtime->engine.loop);
    if (status < 0)
        return status;
    status = uv_async_init(&runtime->engine.loop.uv, &runtime->stop, on_stop);
    if (status < 0)
        return status;
    runtime->L = lua_newstate(mt_limits_allocate, &runtime->limits);
    if (!runtime->L)
        return -ENOMEM;
    mt_engine_set(runtime->L, &runtime->engine);
    lua_pushcfunction(runtime->L, open_state);
    lua_pushcfunction(runtime->L, open_modules);
    if (lua_pcall(runtime->L, 1, 0, 0) != LUA_OK) {
        fprintf(stderr, "moontower: %s\n", lua_tostring(runtime->L, -1));
        return -EINVAL;
    }
    return 0;
}

static void report(lua_State *L, int index)
{
    fprintf(stderr, "moontower: %s\n", luaL_tolstring(L, index, NULL));
    if (lua_type(L, index) == LUA_TTABLE && lua_getfield(L, index, "traceback") == LUA_TSTRING)
        fprintf(stderr, "%s\n", lua_tostring(L, -1));
}

/* Of a task that ended with the last `count` values: true and its results, or false and its error. */
static int exit_status(struct mt_runtime *runtime, int count)
{
    lua_State *L = runtime->L;
    int ok = lua_gettop(L) - count + 1;
    if (runtime->signal == SIGPIPE)
        return 128 + SIGPIPE; /* whatever the script returned */
    if (lua_toboolean(L, ok))
        return count > 1 && lua_isinteger(L, ok + 1) ? (int)lua_tointeger(L, ok + 1) : 0;
    if (runtime->signal)
        return 128 + runtime->signal;
    report(L, ok + 1);
    return 1;
}

static int protected_run(lua_State *L)
{
    struct mt_runtime *runtime = runtime_of(L);
    runtime->first = mt_task_spawn(L, 0);
    signalled = runtime;
    for (size_t i = 0; i < sizeof(stop_signals) / sizeof(stop_signals[0]); i++) {
        struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
        sigaction(stop_signals[i], &action, NULL);
    }
    while (!mt_task_ended(runtime->first)) {
        bool more = mt_tasks_run(L);
        if (!mt_task_ended(runtime->first))
            uv_run(&runtime->engine.loop.uv, more ? UV_RUN_NOWAIT : UV_RUN_ONCE);
    }
    int results = mt_task_join(L);
    lua_pushinteger(L, exit_status(runtime, results));
    return 1;
}

int mt_runtime_run(struct mt_runtime *runtime)
{
    lua_State *L = runtime->L;
    lua_pushcfunction(L, protected_run);
    lua_insert(L, -2);
    if (lua_pcall(L, 1, 1, 0) != LUA_OK)
        report(L, -1);
    int status = lua_isinteger(L, -1) ? (int)lua_tointeger(L, -1) : 1;
    lua_settop(L, 0);
    return status;
}

static void print_handle(uv_handle_t *handle, void *unused)
{
    (void)unused;
    fprintf(stderr, "moontower: left open: %s%s\n", uv_handle_type_name(uv_handle_get_type(handle)),
            uv_is_closing(handle) ? " (closing)" : "");
}

/*
 * Runs the finalizers, and leaves before Lua frees one object after the other: memory goes with the
 * process, and that was 6 % of the instructions of `up`. Where a sanitizer looks for what was not
 * freed, all is.
 */
static void close_state(struct mt_runtime *runtime)
{
    runtime->is_ending = MT_HEAP_SMALL > 0; /* without a sanitizer */
    if (setjmp(runtime->all_finalized) == 0)
        lua_close(runtime->L);
}

int mt_runtime_close(struct mt_runtime *runtime)
{
    if (runtime->L)
        close_state(runtime);
    for (size_t i = 0; i < sizeof(stop_signals) / sizeof(stop_signals[0]); i++)
        signal(stop_signals[i], SIG_DFL);
    mt_output_close(runtime->output);
    uv_close((uv_handle_t *)&runtime->stop, NULL);
    if (mt_loop_close(&runtime->engine.loop) == 0)
        return 0;
    uv_walk(&runtime->engine.loop.uv, print_handle, NULL);
    return 1;
}
