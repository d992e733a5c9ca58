/* SPDX-License-Identifier: MIT */
/* Tasks: coroutines that wait in direct style, the ops they wait for, and cancel scopes. */
#ifndef MT_ENGINE_TASK_H
#define MT_ENGINE_TASK_H

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>

#include "engine/limit.h"
#include "host/loop.h"

struct mt_op;
struct mt_task;

/*
 * How a binding waits:
 *
 *     static int l_sleep(lua_State *L)
 *     {
 *         double seconds = luaL_checknumber(L, 1);
 *         struct sleep_op *op = mt_op_new(L, sizeof(*op), &sleep_class);
 *         mt_timer_start(mt_loop(L), &op->timer, seconds, on_timer);    // calls mt_op_done()
 *         return mt_op_wait(L, &op->base);
 *     }
 *
 * The op is a userdata on the waiting function's own stack, so it lives exactly as long as the
 * wait. A libuv callback stores plain C results in the op and calls mt_op_done(); it never
 * touches a Lua stack. `finish` runs later, inside the coroutine, and may push and raise.
 */
struct mt_op_class {
    /*
     * Detach from whatever would have completed the op and free what it holds. Called at most
     * once, and only when `finish` will not be: for an op still pending (its task is cancelled),
     * or never resumed (the state is closing).
     */
    void (*cancel)(struct mt_op *op);
    /*
     * Push the results and return how many, as a lua_CFunction does; may raise. One that finds
     * nothing to take may call the binding's function again, which waits with a new op.
     */
    int (*finish)(lua_State *L, struct mt_op *op);
    /*
     * NULL, or: free what the op still holds. Called when the op is collected after `finish`,
     * which may have raised half way.
     */
    void (*release)(struct mt_op *op);
};

struct mt_op {
    const struct mt_op_class *class;
    struct mt_task *task;
    enum { MT_OP_NEW, MT_OP_PENDING, MT_OP_DONE, MT_OP_CANCELLED, MT_OP_FINISHED } state;
};

/*
 * Pushes a zeroed op of `size` bytes (struct mt_op is its first member). Raises when the caller
 * cannot wait (it is no task, or inside table.sort and the like), and when the task is cancelled:
 * cancelling is sticky. So call this before the side effect that the wait is for.
 */
void *mt_op_new(lua_State *L, size_t size, const struct mt_op_class *class);

/* Ends the C function: `return mt_op_wait(L, op);`. The op may be done already. */
int mt_op_wait(lua_State *L, struct mt_op *op);

/* From a callback: the results are in the op, resume its task. A second call is ignored. */
void mt_op_done(struct mt_op *op);

/* The loop of the engine that runs L. Never raises. */
struct mt_loop *mt_loop(lua_State *L);

/* Below: for the runtime and for the `core.task` binding. */

/*
 * A cancel scope: a part of a task that can be given up as a whole, by its deadline or by hand.
 * It is a userdata; closing it (`local scope <close>`) takes it off its task.
 */
struct mt_scope {
    struct mt_scope *outer;
    struct mt_task *task; /* NULL once closed */
    struct mt_loop *loop;
    struct mt_timer deadline; /* and, once cancelled, the end of the time to clean up */
    int reason; /* registry reference of what its waits raise; LUA_NOREF: a time-out */
    bool cancelled;
    bool shield;  /* hides cancellation of the scopes around it ... */
    bool overdue; /* ... but not of this one: the task has had its time to clean up */
};

/* What the engine keeps for its tasks. */
struct mt_tasks {
    struct mt_turns without_account; /* ready tasks; those of accounts are in theirs */
    struct mt_turns *first_turn, **last_turn;
    size_t turns;              /* how many wait there */
    struct mt_turns *deferred; /* those that did not come to their end in the latest round */
    struct mt_task *running;
    struct mt_task *foreground; /* what SIGINT interrupts, or NULL */
    bool has_foreground;        /* or else it interrupts the first task */
};

void mt_tasks_init(lua_State *L, struct mt_tasks *tasks);

/*
 * Starts a task that calls the function below the top `arguments` values of L; pops them and
 * pushes the task (a userdata). It first runs when the loop does.
 */
struct mt_task *mt_task_spawn(lua_State *L, int arguments);

/* The task that L runs in, or NULL. */
struct mt_task *mt_task_current(lua_State *L);

/*
 * A task's context is one Lua value, which the tasks that it starts inherit: whose terminal its
 * output belongs to, for example. Pushes that of the running task; nil when there is none.
 */
void mt_task_context(lua_State *L);

/* Pops the running task's new context. */
void mt_task_set_context(lua_State *L);

/*
 * From now on the running task, and those that it starts, are limited by this account. Raises when
 * L is not the task's own coroutine.
 */
void mt_task_set_account(lua_State *L, struct mt_account *account);

/*
 * The scope on top of L (popped) is cancelled with the task's error when the engine has to end the
 * task, as no code of the script runs then that could report it.
 */
void mt_task_set_owner(lua_State *L, struct mt_task *task);

/* Cancels the whole task; the value on top of L (popped) is what its waits will raise. */
void mt_task_cancel(lua_State *L, struct mt_task *task);

/*
 * With a foreground, SIGINT interrupts the task in it, if there is one (or NULL), and never the
 * first one. A prompt does so: there Ctrl-C is for the command that was typed.
 */
void mt_tasks_set_foreground(struct mt_tasks *tasks, bool has_foreground, struct mt_task *task);

/*
 * For the handler of SIGINT: interrupts the foreground task even while it does not wait. False
 * without a foreground. Where true, mt_tasks_interrupt() has to follow from the loop.
 */
bool mt_tasks_on_interrupt(struct mt_tasks *tasks);
void mt_tasks_interrupt(lua_State *L);

/* Has it ended? */
bool mt_task_ended(const struct mt_task *task);

/*
 * task:join() waits -> true, ... | false, err: the results or the error of the task, once it has
 * ended. A whole C function.
 */
int mt_task_join(lua_State *L);

/* Pushes a new innermost scope of the current task. `seconds` < 0 means no deadline. */
struct mt_scope *mt_scope_push(lua_State *L, double seconds, bool shield);

/* Cancels a scope; the value on top of L (popped) is what waits inside it will raise. */
void mt_scope_cancel(lua_State *L, struct mt_scope *scope);

/* Pushes what waits inside the cancelled scope raise, or nil when it is not cancelled. */
void mt_scope_reason(lua_State *L, struct mt_scope *scope);

/* Takes the scope off its task; a second call does nothing. */
void mt_scope_pop(lua_State *L, struct mt_scope *scope);

/*
 * Resumes the tasks that are ready now, those of each account in turn, for as long as the loop's
 * descriptors may wait. Returns whether any are ready still.
 */
bool mt_tasks_run(lua_State *L);

#endif
