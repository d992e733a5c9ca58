/* SPDX-License-Identifier: MIT */
/* core.process: children that are waited for, and what can be known about other processes. */
#include "host/process.h"

#include <errno.h>
#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/error.h"
#include "engine/task.h"
#include "host/detached.h"
#include "host/proc.h"
#include "lua/modules.h"
#include "lua/table.h"

struct run_op {
    struct mt_op base;
    struct mt_process *process;
    const char *name;
    bool attached;
};

static void on_done(void *context)
{
    struct run_op *op = context;
    mt_op_done(&op->base);
}

static void run_cancel(struct mt_op *base)
{
    struct run_op *op = (struct run_op *)base;
    if (op->process)
        mt_process_abandon(op->process);
    op->process = NULL;
}

/* From here on the op must not release it again if something raises. */
static void release(struct run_op *op)
{
    mt_process_release(op->process);
    op->process = NULL;
}

static void set_output(lua_State *L, const char *name, const struct mt_child_output *output)
{
    mt_table_set_bytes(L, name, output->data ? output->data : "", output->length);
}

/* Until its release the process is the op's: a raise in between leaks nothing. */
static int run_finish(lua_State *L, struct mt_op *base)
{
    struct run_op *op = (struct run_op *)base;
    const struct mt_process_result *result = mt_process_result(op->process);
    if (result->timed_out) {
        release(op);
        return mt_error_errno(L, -ETIMEDOUT, "process", "%s", op->name);
    }
    lua_createtable(L, 0, 5);
    mt_table_set_integer(L, "status", result->status);
    if (result->signal)
        mt_table_set_integer(L, "signal", result->signal);
    if (!op->attached) {
        set_output(L, "stdout", &result->out);
        set_output(L, "stderr", &result->err);
        mt_table_set_flag(L, "truncated", result->out.truncated || result->err.truncated);
    }
    release(op);
    return 1;
}

static const struct mt_op_class run_class = { run_cancel, run_finish, run_cancel };

/* ---- arguments ---- */

/* Pushes an array of C strings, with room for `count` and the NULL that ends it. */
static char **push_strings(lua_State *L, size_t count)
{
    char **strings = lua_newuserdatauv(L, (count + 1) * sizeof(*strings), 0);
    memset(strings, 0, (count + 1) * sizeof(*strings));
    return strings;
}

/* execve() takes pointers to strings that may change, but changes none. */
static char *as_argument(const char *text)
{
    union {
        const char *in;
        char *out;
    } pointer = { .in = text };
    return pointer.out;
}

/* The list part of the table at index 1, whose strings live as long as it does. */
static char **read_arguments(lua_State *L)
{
    size_t count = lua_rawlen(L, 1);
    luaL_argcheck(L, count > 0, 1, "the name of a program expected");
    char **arguments = push_strings(L, count);
    for (size_t i = 0; i < count; i++) {
        if (lua_rawgeti(L, 1, (lua_Integer)i + 1) != LUA_TSTRING)
            luaL_error(L, "argument %d: a string expected", (int)i + 1);
        arguments[i] = as_argument(lua_tostring(L, -1));
        lua_pop(L, 1);
    }
    return arguments;
}

extern char **environ;

/* Is the variable of "NAME=value" among the keys of the table at `index`? */
static bool is_replaced(lua_State *L, int index, const char *variable)
{
    lua_pushlstring(L, variable, strcspn(variable, "="));
    bool replaced = lua_rawget(L, index) != LUA_TNIL;
    lua_pop(L, 1);
    return replaced;
}

/* Our environment with what env = { NAME = "value", GONE = false } changes; NULL without env. */
static char **read_environment(lua_State *L)
{
    if (lua_getfield(L, 1, "env") == LUA_TNIL)
        return NULL;
    luaL_checktype(L, -1, LUA_TTABLE);
    int changes = lua_gettop(L);
    lua_newtable(L); /* keeps the new strings alive */
    int kept = changes + 1;
    lua_Integer count = 0;
    for (lua_pushnil(L); lua_next(L, changes); lua_pop(L, 1)) {
        if (lua_type(L, -2) != LUA_TSTRING)
            luaL_error(L, "env: names and values expected");
        if (!lua_toboolean(L, -1))
            continue;
        if (lua_type(L, -1) != LUA_TSTRING)
            luaL_error(L, "env: %s: a string expected", lua_tostring(L, -2));
        lua_pushfstring(L, "%s=%s", lua_tostring(L, -2), lua_tostring(L, -1));
        lua_rawseti(L, kept, ++count);
    }
    for (char **variable = environ; *variable; variable++) {
        if (is_replaced(L, changes, *variable))
            continue;
        lua_pushstring(L, *variable);
        lua_rawseti(L, kept, ++count);
    }
    char **strings = push_strings(L, (size_t)count);
    for (lua_Integer i = 0; i < count; i++) {
        lua_rawgeti(L, kept, i + 1);
        strings[i] = as_argument(lua_tostring(L, -1));
        lua_pop(L, 1);
    }
    return strings;
}

static int start(lua_State *L, bool attached)
{
    struct mt_processes *processes = lua_touserdata(L, lua_upvalueindex(1));
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    struct mt_process_options options = { .attached = attached, .timeout = -1 };
    options.arguments = read_arguments(L);
    options.environment = read_environment(L);
    if (!attached && lua_getfield(L, 1, "stdin") != LUA_TNIL)
        options.input = luaL_checklstring(L, -1, &options.input_length);
    if (!attached && lua_getfield(L, 1, "timeout") != LUA_TNIL)
        options.timeout = luaL_checknumber(L, -1);

    struct run_op *op = mt_op_new(L, sizeof(*op), &run_class);
    op->name = options.arguments[0];
    op->attached = attached;
    int status = mt_process_start(processes, &options, on_done, op, &op->process);
    if (status < 0)
        return mt_error_errno(L, status, "process", "%s", op->name);
    return mt_op_wait(L, &op->base);
}

/*
 * run { "program", "argument", ..., stdin = string?, env = table?, timeout = number? } waits -> {
 * status, signal = integer?, stdout, stderr, truncated } | nil, err. No shell: the program is
 * looked up on PATH and gets the arguments as they are. It has no terminal. `env` has variables by
 * name; false takes one away. A status of 128 + n means that signal n ended it. Each output is cut
 * at 1 MiB. At the time-out, or when the waiting task is cancelled, the program and what it
 * started get SIGTERM, and SIGKILL a second later.
 */
static int l_run(lua_State *L)
{
    return start(L, false);
}

/*
 * spawn_attached { "program", ..., env = table? } waits -> { status, signal = integer? } | nil,
 * err. The program shares our terminal: an editor, a pager. It is in our process group, so that
 * Ctrl-C goes to both.
 */
static int l_spawn_attached(lua_State *L)
{
    return start(L, true);
}

/*
 * start_detached { "program", "argument", ... } -> true | nil, err. The program outlives us: it has
 * a session of its own, and neither terminal nor descriptor of ours.
 */
static int l_start_detached(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    char **arguments = read_arguments(L);
    int status = mt_detached_start(arguments);
    if (status < 0)
        return mt_error_errno(L, status, "process", "%s", arguments[0]);
    lua_pushboolean(L, true);
    return 1;
}

/* ---- other processes ---- */

enum { MAX_HOLDERS = 64, MAX_NAMED = 512 };

/*
 * holders(path) -> list of { pid, name } | nil, err. The other processes that have this device
 * open.
 */
static int l_holders(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    struct mt_holder holders[MAX_HOLDERS];
    int count = mt_proc_holders(path, holders, MAX_HOLDERS);
    if (count < 0)
        return mt_error_errno(L, count, "process", "holders of %s", path);
    lua_createtable(L, count, 0);
    for (int i = 0; i < count; i++) {
        lua_createtable(L, 0, 2);
        mt_table_set_integer(L, "pid", holders[i].pid);
        mt_table_set_string(L, "name", holders[i].name);
        lua_rawseti(L, -2, i + 1);
    }
    return 1;
}

/*
 * named(name) -> list of integer: the pids of all processes of this name, of at most 15 letters.
 */
static int l_named(lua_State *L)
{
    pid_t pids[MAX_NAMED];
    int count = mt_proc_named(luaL_checkstring(L, 1), pids, MAX_NAMED);
    lua_createtable(L, count > 0 ? count : 0, 0);
    for (int i = 0; i < count; i++) {
        lua_pushinteger(L, pids[i]);
        lua_rawseti(L, -2, i + 1);
    }
    return 1;
}

/* start_time(pid) -> integer | nil, err. Pids are used again; a pid with its start time is not. */
static int l_start_time(lua_State *L)
{
    lua_Integer pid = luaL_checkinteger(L, 1);
    uint64_t ticks;
    int status = mt_proc_start_time((pid_t)pid, &ticks);
    if (status < 0)
        return mt_error_errno(L, status, "process", "process %I", pid);
    lua_pushinteger(L, (lua_Integer)ticks);
    return 1;
}

/* pid_alive(pid, start_time?) -> boolean: does it run, and is it the one that started then? */
static int l_pid_alive(lua_State *L)
{
    uint64_t ticks;
    bool alive = mt_proc_start_time((pid_t)luaL_checkinteger(L, 1), &ticks) == 0 &&
                 (lua_isnoneornil(L, 2) || (lua_Integer)ticks == luaL_checkinteger(L, 2));
    lua_pushboolean(L, alive);
    return 1;
}

/* take_variable(name) -> string | nil: from our environment; children do not inherit it then. */
static int l_take_variable(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);
    lua_pushstring(L, getenv(name));
    unsetenv(name);
    return 1;
}

/* ---- the module ---- */

static int processes_gc(lua_State *L)
{
    mt_processes_close(lua_touserdata(L, 1));
    return 0;
}

/* Pushes the children of this state, the upvalue of the functions that start them. */
static void push_processes(lua_State *L)
{
    struct mt_processes *processes = mt_shared_new(L, sizeof(*processes), processes_gc);
    processes->loop = mt_loop(L);
}

static const luaL_Reg functions[] = {
    { "named", l_named },
    { "holders", l_holders },
    { "pid_alive", l_pid_alive },
    { "run", l_run },
    { "spawn_attached", l_spawn_attached },
    { "start_detached", l_start_detached },
    { "start_time", l_start_time },
    { "take_variable", l_take_variable },
    { NULL, NULL },
};

int mt_lua_process_open(lua_State *L)
{
    luaL_newlibtable(L, functions);
    push_processes(L);
    luaL_setfuncs(L, functions, 1);
    return 1;
}
