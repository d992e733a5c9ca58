/* SPDX-License-Identifier: MIT */
/* Limits on scripts: how long a task may run between two waits, and how much memory it may hold. */
#ifndef MT_ENGINE_LIMIT_H
#define MT_ENGINE_LIMIT_H

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What a script and all tasks that it starts are allowed together, and what they hold. Every block
 * of the Lua state is preceded by a header that names the account which pays for it. Owned by those
 * blocks, the tasks and the userdata that refer to it: it is freed with the last.
 */
struct mt_account;

/* How one task stands. All zero: it has no limits. */
struct mt_run {
    struct mt_account *account;  /* a reference, or NULL */
    uint64_t due;        /* when to look at the processor's clock, in uv_hrtime() nanoseconds */
    uint64_t processor;  /* what that clock showed when the task was resumed */
    int overruns;        /* how often it has run for too long: the second time ends it */
    bool is_stopping;
};

/* Who runs now; the allocator's context. */
struct mt_limits {
    struct mt_account *charged;  /* who pays for what is allocated, or NULL */
    struct mt_run *run;          /* of the task that runs, or NULL */
    lua_State *thread;           /* its coroutine */
};

/*
 * A lua_Alloc, whose context is a struct mt_limits. It never uses Lua, which may be moving a stack.
 * Who holds more than its limit, garbage not counted, meets an error a few steps later in its script. A quarter more is there to clean up with;
 * beyond, memory is refused, and Lua raises "not enough memory".
 */
void *mt_limits_allocate(void *limits, void *block, size_t old_size, size_t new_size);

/*
 * With one reference, the caller's. `seconds` between two waits, `cleanup` seconds after it has been
 * cancelled, and `bytes` may be 0: no limit. NULL: no memory.
 */
struct mt_account *mt_account_new(const char *name, double seconds, double cleanup, size_t bytes);
void mt_account_unref(struct mt_account *account);  /* may be NULL */
double mt_account_cleanup(const struct mt_account *account);  /* NULL: 0 */
size_t mt_account_held(const struct mt_account *account);

/* Nanoseconds that the processor has spent on this thread. */
uint64_t mt_processor_time(void);

/* Gives the run an account, of which it holds a reference until another (or NULL) is set. */
void mt_run_set_account(struct mt_run *run, struct mt_account *account);

/* The task begins to run in this coroutine: its clock starts, and it pays for what it allocates. */
void mt_run_enter(struct mt_run *run, lua_State *thread, struct mt_limits *limits);

/* (Re)sets the hook that looks at the clock; one that was set for something else is gone. */
void mt_run_set_hook(const struct mt_run *run, lua_State *thread);

/*
 * Has the coroutine, which has just yielded, been stopped for good? Then closes its variables, for
 * which they get the same time once more, and pushes the error that the task ends with.
 */
bool mt_run_end_stopped(struct mt_run *run, lua_State *thread);

/* The task has ended: lets go of what is kept for it. */
void mt_run_end(struct mt_run *run, lua_State *L);

/*
 * Is the string on top of L "not enough memory", and a limit the reason? Then replaces it by an error
 * that says so, and where.
 */
bool mt_limits_explain(lua_State *L);

#endif
