/* SPDX-License-Identifier: MIT */
/* Tasks: coroutines that wait in direct style, the ops they wait for, and cancel scopes. */
#include "engine/task.h"

#include <lauxlib.h>
#include <string.h>

#include "engine/engine.h"
#include "engine/error.h"
#include "engine/protect.h"

/*
 * Many ready tasks keep the loop from its descriptors for no longer than this; one task may run
 * longer.
 */
static const uint64_t longest_round = 50 * 1000 * 1000; /* nanoseconds */

/* A task's userdata is kept in the registry, under its address, from its spawn to its end. */
struct mt_task {
    struct mt_tasks *tasks;
    struct mt_task *next_ready;
    struct join_op *joiners;
    lua_State *thread;
    struct mt_op *op; /* what it waits for */
    struct mt_scope root, *scope;
    struct mt_slice slice;
    int arguments; /* for the first resume */
    bool started, queued, ended;
};

enum { THREAD = 1, RESULTS, CONTEXT, OWNER }; /* the user values of a task */

struct join_op {
    struct mt_op base;
    struct mt_task *target;
    struct join_op *next;
};

/* A pending op is only collected when the state closes: the waiting coroutine holds it. */
static int op_gc(lua_State *L)
{
    struct mt_op *op = lua_touserdata(L, 1);
    if (op->state == MT_OP_PENDING || op->state == MT_OP_DONE) {
        op->state = MT_OP_CANCELLED;
        op->class->cancel(op);
    } else if (op->state == MT_OP_FINISHED && op->class->release) {
        op->class->release(op);
    }
    return 0;
}

/* Only when the state closes is it not over. */
static int task_gc(lua_State *L)
{
    struct mt_task *task = lua_touserdata(L, 1);
    mt_slice_set_account(&task->slice, NULL);
    return 0;
}

void mt_tasks_init(lua_State *L, struct mt_tasks *tasks)
{
    memset(&tasks->without_account, 0, sizeof(tasks->without_account));
    tasks->without_account.last = &tasks->without_account.first;
    tasks->first_turn = NULL;
    tasks->last_turn = &tasks->first_turn;
    tasks->turns = 0;
    tasks->deferred = NULL;
    tasks->running = NULL;
    tasks->foreground = NULL;
    tasks->has_foreground = false;
    luaL_newmetatable(L, "mt.task");
    lua_pushcfunction(L, task_gc);
    lua_setfield(L, -2, "__gc");
    luaL_newmetatable(L, "mt.scope");
    luaL_newmetatable(L, "mt.op");
    lua_pushcfunction(L, op_gc);
    lua_setfield(L, -2, "__gc");
    lua_pop(L, 3);
}

static void wait_for_turn(struct mt_tasks *tasks, struct mt_turns *turns)
{
    turns->next = NULL;
    *tasks->last_turn = turns;
    tasks->last_turn = &turns->next;
    tasks->turns++;
    turns->is_listed = true;
}

static struct mt_turns *take_turns(struct mt_tasks *tasks)
{
    struct mt_turns *turns = tasks->first_turn;
    tasks->first_turn = turns->next;
    if (!tasks->first_turn)
        tasks->last_turn = &tasks->first_turn;
    tasks->turns--;
    return turns;
}

static struct mt_turns *turns_of(struct mt_task *task)
{
    struct mt_account *account = task->slice.account;
    return account ? mt_account_turns(account) : &task->tasks->without_account;
}

static void make_ready(struct mt_task *task)
{
    struct mt_turns *turns = turns_of(task);
    if (task->queued)
        return;
    task->queued = true;
    task->next_ready = NULL;
    *turns->last = task;
    turns->last = &task->next_ready;
    turns->count++;
    if (!turns->is_listed)
        wait_for_turn(task->tasks, turns);
}

static struct mt_task *take_ready(struct mt_turns *turns)
{
    struct mt_task *task = turns->first;
    turns->first = task->next_ready;
    if (!turns->first)
        turns->last = &turns->first;
    turns->count--;
    turns->generation--;
    task->queued = false;
    return task;
}

struct mt_task *mt_task_current(lua_State *L)
{
    return mt_engine_of(L)->tasks->running;
}

struct mt_loop *mt_loop(lua_State *L)
{
    return &mt_engine_of(L)->loop;
}

/* ---- scopes ---- */

/*
 * The scope whose cancellation the task must obey now: the innermost one not hidden by a shield, or
 * that no shield hides any more.
 */
static struct mt_scope *cancelled_scope(const struct mt_task *task)
{
    bool is_shielded = false;
    for (struct mt_scope *scope = task->scope; scope; scope = scope->outer) {
        if (scope->cancelled && (!is_shielded || scope->overdue))
            return scope;
        is_shielded = is_shielded || scope->shield;
    }
    return NULL;
}

/* Wakes a task that waits although it has just been cancelled. */
static void interrupt(struct mt_task *task)
{
    struct mt_op *op = task->op;
    if (!op || op->state != MT_OP_PENDING || !cancelled_scope(task))
        return;
    op->state = MT_OP_CANCELLED;
    op->class->cancel(op);
    make_ready(task);
}

static void on_overdue(struct mt_timer *timer)
{
    struct mt_scope *scope = mt_container_of(timer, struct mt_scope, deadline);
    scope->overdue = true;
    interrupt(scope->task);
}

static void begin_cancelling(struct mt_scope *scope)
{
    double cleanup = mt_account_cleanup(scope->task->slice.account);
    scope->cancelled = true;
    if (cleanup > 0)
        mt_timer_start(scope->loop, &scope->deadline, cleanup, on_overdue);
    interrupt(scope->task);
}

static void on_deadline(struct mt_timer *timer)
{
    begin_cancelling(mt_container_of(timer, struct mt_scope, deadline));
}

void mt_scope_reason(lua_State *L, struct mt_scope *scope)
{
    if (!scope->cancelled) {
        lua_pushnil(L);
        return;
    }
    if (scope->reason == LUA_NOREF) {
        mt_error_push(L, "timeout", "task", "timed out");
        scope->reason = luaL_ref(L, LUA_REGISTRYINDEX);
    }
    lua_rawgeti(L, LUA_REGISTRYINDEX, scope->reason);
}

/* Raises what waits in this scope raise; NULL: a scope that was collected since it was cancelled. */
static int raise_reason(lua_State *L, struct mt_scope *scope)
{
    if (scope)
        mt_scope_reason(L, scope);
    else
        mt_error_push(L, "cancelled", "task", "cancelled");
    return lua_error(L);
}

struct mt_scope *mt_scope_push(lua_State *L, double seconds, bool shield)
{
    struct mt_task *task = mt_task_current(L);
    if (!task || task->thread != L)
        luaL_error(L, "a scope needs a task of its own");
    struct mt_scope *scope = lua_newuserdatauv(L, sizeof(*scope), 0);
    memset(scope, 0, sizeof(*scope));
    scope->reason = LUA_NOREF;
    scope->shield = shield;
    scope->loop = mt_loop(L);
    luaL_setmetatable(L, "mt.scope");
    scope->task = task;
    scope->outer = task->scope;
    task->scope = scope;
    if (seconds >= 0)
        mt_timer_start(scope->loop, &scope->deadline, seconds, on_deadline);
    return scope;
}

void mt_scope_pop(lua_State *L, struct mt_scope *scope)
{
    struct mt_task *task = scope->task;
    mt_timer_stop(&scope->deadline);
    luaL_unref(L, LUA_REGISTRYINDEX, scope->reason);
    scope->reason = LUA_NOREF;
    scope->task = NULL;
    if (!task)
        return;
    /* Normally the innermost; a scope that was not declared <close> may be collected out of turn. */
    for (struct mt_scope **at = &task->scope; *at; at = &(*at)->outer) {
        if (*at == scope) {
            *at = scope->outer;
            break;
        }
    }
}

void mt_scope_cancel(lua_State *L, struct mt_scope *scope)
{
    if (!scope->task || scope->cancelled) {
        lua_pop(L, 1);
        return;
    }
    scope->reason = luaL_ref(L, LUA_REGISTRYINDEX);
    begin_cancelling(scope);
}

/* ---- ops ---- */

void *mt_op_new(lua_State *L, size_t size, const struct mt_op_class *class)
{
    struct mt_task *task = mt_task_current(L);
    if (!task)
        luaL_error(L, "only a task can wait");
    if (task->thread != L)
        luaL_error(L, "a task cannot wait inside a coroutine of its own making");
    if (!lua_isyieldable(L))
        luaL_error(L, "cannot wait here (in table.sort, string.gsub, require or a finalizer)");
    struct mt_scope *cancelled = cancelled_scope(task);
    if (cancelled)
        raise_reason(L, cancelled);
    struct mt_op *op = lua_newuserdatauv(L, size, 0);
    memset(op, 0, size);
    op->class = class;
    op->task = task;
    luaL_setmetatable(L, "mt.op");
    return op;
}

static int on_resumed(lua_State *L, int status, lua_KContext context)
{
    struct mt_op *op = (struct mt_op *)context;
    struct mt_task *task = op->task;
    (void)status;

    task->op = NULL;
    if (op->state == MT_OP_CANCELLED) {
        return raise_reason(L, cancelled_scope(task));
    }
    op->state = MT_OP_FINISHED;
    return op->class->finish(L, op);
}

int mt_op_wait(lua_State *L, struct mt_op *op)
{
    if (op->state == MT_OP_NEW)
        op->state = MT_OP_PENDING;
    op->task->op = op;
    if (op->state == MT_OP_DONE)
        make_ready(op->task);
    return lua_yieldk(L, 0, (lua_KContext)op, on_resumed);
}

void mt_op_done(struct mt_op *op)
{
    if (op->state == MT_OP_NEW) {
        op->state = MT_OP_DONE; /* done before it was waited for */
    } else if (op->state == MT_OP_PENDING) {
        op->state = MT_OP_DONE;
        make_ready(op->task);
    }
}

/* ---- the life of a task ---- */

/*
 * Keeps what the task ended with, [true, results...] or [false, error], and wakes the tasks that
 * wait for it.
 */
static void end_task(lua_State *L, struct mt_task *task, bool ok, int first_result)
{
    int count = lua_gettop(L) - first_result + 1;
    luaL_checkstack(L, 4, NULL);
    lua_createtable(L, count + 1, 1);
    lua_pushboolean(L, ok);
    lua_rawseti(L, -2, 1);
    for (int i = 0; i < count; i++) {
        lua_pushvalue(L, first_result + i);
        lua_rawseti(L, -2, i + 2);
    }
    lua_pushinteger(L, count + 1);
    lua_setfield(L, -2, "n");

    lua_rawgetp(L, LUA_REGISTRYINDEX, task);
    lua_insert(L, -2);
    lua_setiuservalue(L, -2, RESULTS);
    lua_pop(L, 1);

    task->ended = true;
    if (task->tasks->foreground == task)
        task->tasks->foreground = NULL;
    while (task->scope)
        mt_scope_pop(L, task->scope); /* the root, and those of objects that outlive the task */
    for (struct join_op *joiner = task->joiners; joiner; joiner = joiner->next)
        mt_op_done(&joiner->base);
    task->joiners = NULL;
}

static int on_returned(lua_State *L, int status, lua_KContext context)
{
    bool ok = status == LUA_OK || status == LUA_YIELD;
    mt_traceback_oom(L, status);
    mt_engine_of(L)->limits->charged = NULL; /* what follows must not fail */
    end_task(L, (struct mt_task *)context, ok, 2);
    return 0;
}

/*
 * The first function of a task's coroutine. The protected call is inside the coroutine so that
 * <close> variables of a failing script run where they can still wait.
 */
static int task_main(lua_State *L)
{
    struct mt_task *task = lua_touserdata(L, lua_upvalueindex(1));
    lua_pushcfunction(L, mt_traceback);
    lua_insert(L, 1);
    int status = lua_pcallk(L, task->arguments, LUA_MULTRET, 1, (lua_KContext)task, on_returned);
    return on_returned(L, status, (lua_KContext)task);
}

void mt_task_context(lua_State *L)
{
    struct mt_task *task = mt_task_current(L);
    if (!task) {
        lua_pushnil(L);
        return;
    }
    lua_rawgetp(L, LUA_REGISTRYINDEX, task);
    lua_getiuservalue(L, -1, CONTEXT);
    lua_remove(L, -2);
}

void mt_task_set_context(lua_State *L)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, mt_task_current(L));
    lua_insert(L, -2);
    lua_setiuservalue(L, -2, CONTEXT);
    lua_pop(L, 1);
}

void mt_task_set_account(lua_State *L, struct mt_account *account)
{
    struct mt_task *task = mt_task_current(L);
    if (!task || task->thread != L)
        luaL_error(L, "limits need a task of its own");
    mt_account_unset_first(L, task->slice.account, task);
    mt_slice_leave(&task->slice);
    mt_slice_set_account(&task->slice, account);
    if (account)
        mt_account_set_first(account, task, mt_task_cancel);
    mt_slice_set_hook(&task->slice, L);
    mt_slice_enter(&task->slice, L, mt_engine_of(L)->limits);
}

void mt_task_set_owner(lua_State *L, struct mt_task *task)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, task);
    lua_insert(L, -2);
    lua_setiuservalue(L, -2, OWNER);
    lua_pop(L, 1);
}

struct mt_task *mt_task_spawn(lua_State *L, int arguments)
{
    struct mt_tasks *tasks = mt_engine_of(L)->tasks;
    struct mt_account *account = tasks->running ? tasks->running->slice.account : NULL;
    int function = lua_gettop(L) - arguments;

    mt_account_check_tasks(L, account);
    struct mt_task *task = lua_newuserdatauv(L, sizeof(*task), OWNER);
    memset(task, 0, sizeof(*task));
    luaL_setmetatable(L, "mt.task");
    lua_State *thread = lua_newthread(L);
    lua_setiuservalue(L, -2, THREAD);
    mt_task_context(L);
    lua_setiuservalue(L, -2, CONTEXT);
    lua_insert(L, function);
    lua_pushlightuserdata(L, task);
    lua_pushcclosure(L, task_main, 1);
    lua_insert(L, function + 1);
    if (!lua_checkstack(thread, arguments + 2))
        luaL_error(L, "too many arguments");
    lua_pushvalue(L, function);
    lua_rawsetp(L, LUA_REGISTRYINDEX, task);
    lua_xmove(L, thread, arguments + 2); /* the last that could have failed is above */

    task->tasks = tasks;
    task->thread = thread;
    task->arguments = arguments;
    task->root.task = task;
    task->root.loop = mt_loop(L);
    task->root.reason = LUA_NOREF;
    task->scope = &task->root;
    mt_slice_set_account(&task->slice, account);
    make_ready(task);
    return task;
}

void mt_task_cancel(lua_State *L, struct mt_task *task)
{
    if (task->ended)
        lua_pop(L, 1);
    else
        mt_scope_cancel(L, &task->root);
}

/* ---- interrupting the task that a person at the terminal has started ---- */

void mt_tasks_set_foreground(struct mt_tasks *tasks, bool has_foreground, struct mt_task *task)
{
    tasks->has_foreground = has_foreground;
    tasks->foreground = task && !task->ended ? task : NULL;
}

static void on_next_step(lua_State *L, lua_Debug *where)
{
    (void)where;
    mt_slice_set_hook(&mt_task_current(L)->slice, L);
    mt_error_push(L, "interrupted", "task", "interrupted");
    lua_error(L);
}

/* A hook may be set from a signal handler, and it ends a loop that never waits. */
bool mt_tasks_on_interrupt(struct mt_tasks *tasks)
{
    struct mt_task *task = tasks->foreground;
    if (task && tasks->running == task)
        lua_sethook(task->thread, on_next_step, LUA_MASKCOUNT, 1);
    return tasks->has_foreground;
}

void mt_tasks_interrupt(lua_State *L)
{
    struct mt_task *task = mt_engine_of(L)->tasks->foreground;
    if (!task)
        return;
    /* The signal may have come just before it began to wait: interrupted once is enough. */
    mt_slice_set_hook(&task->slice, task->thread);
    mt_error_push(L, "interrupted", "task", "interrupted");
    mt_task_cancel(L, task);
}

bool mt_task_ended(const struct mt_task *task)
{
    return task->ended;
}

/* Ends a task in which nothing of the script runs any more, with the error on top of its coroutine. */
static void end_from_outside(lua_State *thread, struct mt_task *task)
{
    luaL_checkstack(thread, 3, NULL);
    lua_rawgetp(thread, LUA_REGISTRYINDEX, task);
    lua_getiuservalue(thread, -1, OWNER);
    struct mt_scope *owner = lua_touserdata(thread, -1);
    if (owner) {
        lua_pushvalue(thread, -3);
        mt_scope_cancel(thread, owner);
    }
    lua_pop(thread, 2);
    end_task(thread, task, false, lua_gettop(thread));
}

/* Returns whether the coroutine has come to its end. */
static bool resume(lua_State *L, struct mt_task *task)
{
    struct mt_limits *limits = mt_engine_of(L)->limits;
    struct mt_limits outer_limits = *limits;
    struct mt_task *outer = task->tasks->running;
    lua_State *thread = task->thread;
    int arguments = task->started ? 0 : task->arguments + 1;
    int results = 0;

    task->started = true;
    mt_slice_enter(&task->slice, thread, limits);
    task->tasks->running = task;
    int status = lua_resume(thread, L, arguments, &results);
    bool is_waiting = status == LUA_YIELD && task->op;
    if (status == LUA_YIELD && !is_waiting && !mt_slice_end_stopped(&task->slice, thread)) {
        /* coroutine.yield() in the task's own coroutine, which nothing would ever resume. */
        lua_resetthread(thread);
        mt_error_push(thread, "raised", "task",
                      "a task cannot coroutine.yield(); it can task.sleep(0)");
    }
    task->tasks->running = outer;
    *limits = outer_limits;
    mt_slice_leave(&task->slice);

    if (is_waiting)
        lua_pop(thread, results);
    /* task_main() catches what a script raises; this is left: no memory to do even that. */
    else if (!task->ended)
        end_from_outside(thread, task);
    return !is_waiting;
}

/* The task must not run: it ends as if it had waited at once. */
static void end_unstarted(struct mt_task *task)
{
    task->started = true;
    if (task->root.cancelled) {
        mt_scope_reason(task->thread, &task->root);
        end_task(task->thread, task, false, lua_gettop(task->thread));
    } else {
        mt_slice_push_refusal(task->thread, &task->slice);
        end_from_outside(task->thread, task);
    }
}

/* An ended task may be collected. While its results may still be asked for, at least its coroutine is. */
static void let_go(lua_State *L, struct mt_task *task)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, task);
    lua_pushnil(L);
    lua_setiuservalue(L, -2, THREAD);
    task->thread = NULL;
    lua_pop(L, 1);
    lua_pushnil(L);
    lua_rawsetp(L, LUA_REGISTRYINDEX, task);
}

/* Runs it until it waits or ends. */
static void give_turn(lua_State *L, struct mt_task *task)
{
    if (!task->started && mt_slice_is_refused(&task->slice)) {
        end_unstarted(task);
    } else if (!resume(L, task)) {
        return;
    }
    mt_account_unset_first(L, task->slice.account, task);
    mt_slice_end(&task->slice, L);
    let_go(L, task);
}

/* Resumes tasks of one account, at least one; those that become ready now run in a later round. */
static void give_turns(lua_State *L, struct mt_turns *turns, struct mt_account *account)
{
    uint64_t end = uv_hrtime() + longest_round;
    if (turns->generation == 0) {
        turns->generation = turns->count;
        if (account)
            mt_account_begin_generation(account);
    }
    do
        give_turn(L, take_ready(turns));
    while (turns->generation > 0 && uv_hrtime() < end);
}

/* Queues that were not emptied come after those that have become ready since. */
static void end_deferring(struct mt_tasks *tasks)
{
    while (tasks->deferred) {
        struct mt_turns *turns = tasks->deferred;
        tasks->deferred = turns->next;
        wait_for_turn(tasks, turns);
    }
}

/*
 * One round: a task that never really waits must not keep the loop from its descriptors. The next
 * round continues where this one ended; which account comes next does not depend on how many tasks
 * it has.
 */
bool mt_tasks_run(lua_State *L)
{
    struct mt_tasks *tasks = mt_engine_of(L)->tasks;
    uint64_t end = uv_hrtime() + longest_round;

    end_deferring(tasks);
    for (size_t left = tasks->turns; left > 0; left--) {
        struct mt_turns *turns = take_turns(tasks);
        struct mt_account *account = mt_account_ref(turns->first->slice.account);
        give_turns(L, turns, account);
        turns->is_listed = turns->count > 0;
        if (turns->is_listed) {
            turns->next = tasks->deferred;
            tasks->deferred = turns;
        }
        mt_account_unref(account);
        if (uv_hrtime() >= end)
            break;
    }
    return tasks->turns > 0 || tasks->deferred;
}

/* ---- joining ---- */

static void join_cancel(struct mt_op *base)
{
    struct join_op *op = (struct join_op *)base;
    for (struct join_op **at = &op->target->joiners; *at; at = &(*at)->next) {
        if (*at == op) {
            *at = op->next;
            return;
        }
    }
}

/* The target is below the op, at the joining function's stack index 1. */
static int push_results(lua_State *L)
{
    lua_settop(L, 1);
    lua_getiuservalue(L, 1, RESULTS);
    lua_getfield(L, 2, "n");
    int count = (int)lua_tointeger(L, -1);
    luaL_checkstack(L, count, "too many results");
    for (int i = 1; i <= count; i++)
        lua_rawgeti(L, 2, i);
    return count;
}

static int join_finish(lua_State *L, struct mt_op *op)
{
    (void)op;
    return push_results(L);
}

static const struct mt_op_class join_class = { join_cancel, join_finish, NULL };

int mt_task_join(lua_State *L)
{
    struct mt_task *target = luaL_checkudata(L, 1, "mt.task");
    lua_settop(L, 1);
    if (target == mt_task_current(L))
        return luaL_error(L, "a task cannot wait for its own end");
    if (target->ended)
        return push_results(L);
    struct join_op *op = mt_op_new(L, sizeof(*op), &join_class);
    op->target = target;
    op->next = target->joiners;
    target->joiners = op;
    return mt_op_wait(L, &op->base);
}
