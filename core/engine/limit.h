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

struct mt_task;

/*
 * The ready tasks of one account, or of those without any. They take turns with those of the other
 * accounts, so that no script has others wait for long, however many tasks it has.
 */
struct mt_turns {
    struct mt_task *first, **last;
    size_t count;
    size_t generation;      /* so many of them, from the first, were ready when its turn came */
    struct mt_turns *next;  /* whose turn is after these */
    bool is_listed;         /* waits for its turn, or has it */
};

/* How one task stands. All zero: it has no limits. */
struct mt_run {
    struct mt_account *account;  /* a reference, or NULL */
    uint64_t due;        /* when to look at the processor's clock, in uv_hrtime() nanoseconds */
    uint64_t processor;  /* what that clock showed when the task was resumed */
    size_t number;       /* of the task, in the order in which the account's were started */
    bool is_stopping;
};

/* Who runs now; the allocator's context. */
struct mt_limits {
    struct mt_account *charged;  /* who pays for what is allocated, or NULL */
    struct mt_run *run;          /* of the task that runs, or NULL */
    lua_State *thread;           /* its coroutine */
    int loads;                   /* of our modules that are under way, which is no doing of the task's */
};

/*
 * A lua_Alloc, whose context is a struct mt_limits. It never uses Lua, which may be moving a stack.
 * Who holds more than its limit, garbage not counted, meets an error a few steps later in its script. A quarter more is there to clean up with;
 * beyond, memory is refused, and Lua raises "not enough memory".
 */
void *mt_limits_allocate(void *limits, void *block, size_t old_size, size_t new_size);

/* What an account allows; 0 is no limit. */
struct mt_allowance {
    double seconds;  /* that its tasks may run, together, until each of them has had its turn */
    double cleanup;  /* for a task after it has been cancelled */
    size_t bytes;    /* that it may hold */
    size_t tasks;    /* that there may be at a time */
};

/* With one reference, the caller's. NULL: no memory. */
struct mt_account *mt_account_new(const char *name, const struct mt_allowance *allowance);
struct mt_account *mt_account_ref(struct mt_account *account);  /* both may be NULL */
void mt_account_unref(struct mt_account *account);
struct mt_turns *mt_account_turns(struct mt_account *account);

/* All of its tasks that were ready have had their turn: their time is counted from here on. */
void mt_account_begin_generation(struct mt_account *account);

/*
 * From here on this task is the account's first, until it ends: it is cancelled when the account's
 * tasks go on running for too long. Earlier failures are forgotten.
 */
void mt_account_set_first(struct mt_account *account, struct mt_task *first);
void mt_account_unset_first(lua_State *L, struct mt_account *account, const struct mt_task *first);
double mt_account_cleanup(const struct mt_account *account);  /* NULL: 0 */
size_t mt_account_held(const struct mt_account *account);

/* Nanoseconds that the processor has spent on this thread. */
uint64_t mt_processor_time(void);

/* Gives the run an account, of which it holds a reference until another (or NULL) is set. */
void mt_run_set_account(struct mt_run *run, struct mt_account *account);

/* Raises if the account may have no more tasks. */
void mt_account_check_tasks(lua_State *L, struct mt_account *account);

/* Was the task, which has not run yet, started by a script that has used up what it may? */
bool mt_run_is_doomed(const struct mt_run *run);

/* Pushes the error that such a task ends with. */
void mt_run_push_doom(lua_State *L, const struct mt_run *run);

/* The task begins to run in this coroutine: its clock starts, and it pays for what it allocates. */
void mt_run_enter(struct mt_run *run, lua_State *thread, struct mt_limits *limits);

/* The task waits, or has ended: the account is charged with its time. */
void mt_run_leave(struct mt_run *run);

/*
 * Calls the function below the top `arguments` values as lua_call() does, and charges the running
 * task neither time nor memory: limits measure a script's own work, not what is loaded for it.
 */
void mt_limits_call_uncharged(lua_State *L, int arguments, int results);

/* Where our own modules are, which is not where a script's mistake is. */
void mt_limits_set_modules(const char *folder);

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
