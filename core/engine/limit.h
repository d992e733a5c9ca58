/* SPDX-License-Identifier: MIT */
/* Limits on scripts: how long a task may run between two waits, and how much memory it may hold. */
#ifndef MT_ENGINE_LIMIT_H
#define MT_ENGINE_LIMIT_H

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "host/heap.h"

/*
 * What a script and all tasks that it starts are allowed together, and what they hold. Every block
 * of the Lua state is preceded by a header that names the account which pays for it. Owned by those
 * blocks, the tasks and the userdata that refer to it: it is freed with the last.
 */
struct mt_account;

struct mt_task;

/*
 * The ready tasks of one account, or of those without any. They take turns with those of the other
 * accounts, so that no script makes others wait for long, however many tasks it has.
 */
struct mt_turns {
    struct mt_task *first, **last;
    size_t count;
    size_t generation;     /* of those that were ready when it began, how many have not run yet */
    struct mt_turns *next; /* of the account whose turn comes after this one's */
    bool is_listed;        /* they wait for their turn, or have it */
};

/* A task's slice of the processor, since it was resumed. All zero: the task has no limits. */
struct mt_slice {
    struct mt_account *account; /* a reference, or NULL */
    uint64_t due;               /* when to read the processor's clock, in uv_hrtime() nanoseconds */
    uint64_t processor;         /* what that clock showed when the task was resumed */
    size_t number;              /* of the task, in the order in which the account's were started */
    bool is_stopping;
};

/* The task that runs now and the account that pays: the allocator's context. */
struct mt_limits {
    struct mt_account *charged; /* pays for what is allocated; NULL: no account does */
    struct mt_slice *slice;     /* of the task that runs, or NULL */
    lua_State *thread;          /* its coroutine */
    struct mt_heap *heap;       /* where the blocks are */
    int loads; /* modules of ours that are loading, which the task is not charged for */
};

/*
 * A lua_Alloc, whose context is a struct mt_limits. It never calls Lua, which may be moving a
 * stack. A task whose account holds more than its limit, garbage not counted, gets an error at one
 * of its next VM instructions. A quarter more is there to clean up with; the allocator refuses
 * memory beyond that, and Lua raises "not enough memory".
 */
void *mt_limits_allocate(void *limits, void *block, size_t old_size, size_t new_size);

/* What an account allows; 0 is no limit. */
struct mt_allowance {
    double seconds; /* that its tasks may run, together, until each of them has had its turn */
    double cleanup; /* for a task after it has been cancelled */
    size_t bytes;   /* that it may hold */
    size_t tasks;   /* that there may be at a time */
};

/* With one reference, the caller's. NULL: no memory. */
struct mt_account *mt_account_new(const char *name, const struct mt_allowance *allowance);
struct mt_account *mt_account_ref(struct mt_account *account); /* both may be NULL */
void mt_account_unref(struct mt_account *account);
struct mt_turns *mt_account_turns(struct mt_account *account);

/* All of its tasks that were ready have run once: their time is counted from zero again. */
void mt_account_begin_generation(struct mt_account *account);

/*
 * From here on this task is the account's first, until it ends. When the account's tasks go on
 * running for too long, `cancel` cancels it, with the error on top of L (popped). Earlier failures
 * are forgotten.
 */
void mt_account_set_first(struct mt_account *account, struct mt_task *first,
                          void (*cancel)(lua_State *L, struct mt_task *task));
void mt_account_unset_first(lua_State *L, struct mt_account *account, const struct mt_task *first);
double mt_account_cleanup(const struct mt_account *account); /* NULL: 0 */
size_t mt_account_held(const struct mt_account *account);

/* Nanoseconds that the processor has spent on this thread. */
uint64_t mt_processor_time(void);

/* Gives the slice an account, of which it holds a reference until another (or NULL) is set. */
void mt_slice_set_account(struct mt_slice *slice, struct mt_account *account);

/* Raises if the account may have no more tasks. */
void mt_account_check_tasks(lua_State *L, struct mt_account *account);

/* Must the task, which has not run yet, never run, because its account has exceeded a limit since? */
bool mt_slice_is_refused(const struct mt_slice *slice);

/* Pushes the error that such a task ends with. */
void mt_slice_push_refusal(lua_State *L, const struct mt_slice *slice);

/* The task begins to run in this coroutine: its clock starts, and it pays for what it allocates. */
void mt_slice_enter(struct mt_slice *slice, lua_State *thread, struct mt_limits *limits);

/* The task waits, or has ended: the account is charged with its time. */
void mt_slice_leave(struct mt_slice *slice);

/*
 * Calls the function below the top `arguments` values as lua_call() does, and charges the running
 * task neither time nor memory: limits measure a script's own work, not what is loaded for it.
 */
void mt_limits_call_uncharged(lua_State *L, int arguments, int results);

/* The folder of our own modules: an error of a limit names the line of the script that called them. */
void mt_limits_set_modules(const char *folder);

/* Sets the hook that reads the clock, in place of any other hook. */
void mt_slice_set_hook(const struct mt_slice *slice, lua_State *thread);

/*
 * True if the hook has made the coroutine, which has just yielded, yield for good. Then closes its
 * variables, for which they get the same time once more, and pushes the error that the task ends
 * with.
 */
bool mt_slice_end_stopped(struct mt_slice *slice, lua_State *thread);

/* The task has ended: gives up its account, and what the registry keeps for it. */
void mt_slice_end(struct mt_slice *slice, lua_State *L);

/*
 * Is the string on top of L "not enough memory", and a limit the reason? Then replaces it by an
 * error with that limit and the place.
 */
bool mt_limits_explain(lua_State *L);

#endif
