/* SPDX-License-Identifier: MIT */
/* core.queue: a bounded queue of Lua values between tasks. */
#include <lauxlib.h>

#include "engine/error.h"
#include "engine/task.h"
#include "lua/modules.h"

/* The values are in the queue's user value 1, a table, from [head] to [tail - 1]. */
struct queue {
    lua_Integer head, tail, limit;
    struct pop_op *first_waiting;
    bool closed;
};

enum { VALUES = 1, CLOSE_ERROR = 2 };

/* The queue is at stack index 1 of the waiting function, below its op. */
struct pop_op {
    struct mt_op base;
    struct queue *queue;
    struct pop_op *next;
};

static struct queue *check_queue(lua_State *L)
{
    return luaL_checkudata(L, 1, "mt.queue");
}

static void forget(struct pop_op *op)
{
    for (struct pop_op **at = &op->queue->first_waiting; *at; at = &(*at)->next) {
        if (*at == op) {
            *at = op->next;
            return;
        }
    }
}

/*
 * A value is left in the queue until the woken task takes it, so that a task cancelled between
 * the two loses nothing; then the next one waiting gets it.
 */
static void wake_first(struct queue *queue)
{
    struct pop_op *op = queue->first_waiting;
    if (op) {
        queue->first_waiting = op->next;
        mt_op_done(&op->base);
    }
}

static int take(lua_State *L, struct queue *queue)
{
    if (queue->head == queue->tail) {
        lua_pushnil(L);
        lua_getiuservalue(L, 1, CLOSE_ERROR);
        return 2;
    }
    lua_getiuservalue(L, 1, VALUES);
    lua_rawgeti(L, -1, queue->head);
    lua_pushnil(L);
    lua_rawseti(L, -3, queue->head++);
    if (queue->head == queue->tail)
        queue->head = queue->tail = 1;
    else
        wake_first(queue);
    return 1;
}

static int l_pop(lua_State *L);

static int pop_finish(lua_State *L, struct mt_op *base)
{
    struct queue *queue = ((struct pop_op *)base)->queue;
    lua_settop(L, 1);
    /* A task that did not have to wait may have taken it first. */
    if (queue->head == queue->tail && !queue->closed)
        return l_pop(L);
    return take(L, queue);
}

static void pop_cancel(struct mt_op *base)
{
    struct pop_op *op = (struct pop_op *)base;
    forget(op);
}

static const struct mt_op_class pop_class = { pop_cancel, pop_finish, NULL };

/* queue:pop() waits -> value | nil, err. Nil and the error once the queue is closed and empty. */
static int l_pop(lua_State *L)
{
    struct queue *queue = check_queue(L);
    lua_settop(L, 1);
    if (queue->head != queue->tail || queue->closed)
        return take(L, queue);
    struct pop_op *op = mt_op_new(L, sizeof(*op), &pop_class);
    op->queue = queue;
    struct pop_op **at = &queue->first_waiting;
    while (*at)
        at = &(*at)->next;
    *at = op;
    return mt_op_wait(L, &op->base);
}

/* queue:push(value) -> boolean: false when it is full or closed, and the value is dropped. */
static int l_push(lua_State *L)
{
    struct queue *queue = check_queue(L);
    luaL_checkany(L, 2);
    luaL_argcheck(L, !lua_isnil(L, 2), 2, "nil cannot be queued");
    bool taken = !queue->closed && queue->tail - queue->head < queue->limit;
    if (taken) {
        lua_getiuservalue(L, 1, VALUES);
        lua_pushvalue(L, 2);
        lua_rawseti(L, -2, queue->tail++);
        wake_first(queue);
    }
    lua_pushboolean(L, taken);
    return 1;
}

/*
 * queue:close(reason): what is queued can still be taken; then pop() returns nil and the reason,
 * an error.
 */
static int l_close(lua_State *L)
{
    struct queue *queue = check_queue(L);
    if (queue->closed)
        return 0;
    lua_settop(L, 2);
    lua_setiuservalue(L, 1, CLOSE_ERROR);
    queue->closed = true;
    while (queue->first_waiting)
        wake_first(queue);
    return 0;
}

/* queue:length() -> integer: how many values are waiting to be taken. */
static int l_length(lua_State *L)
{
    struct queue *queue = check_queue(L);
    lua_pushinteger(L, queue->tail - queue->head);
    return 1;
}

/* new(limit) -> queue */
static int l_new(lua_State *L)
{
    lua_Integer limit = luaL_checkinteger(L, 1);
    luaL_argcheck(L, limit > 0, 1, "a limit of at least 1");
    struct queue *queue = lua_newuserdatauv(L, sizeof(*queue), 2);
    *queue = (struct queue){ .head = 1, .tail = 1, .limit = limit };
    lua_newtable(L);
    lua_setiuservalue(L, -2, VALUES);
    luaL_setmetatable(L, "mt.queue");
    return 1;
}

static const luaL_Reg methods[] = {
    { "close", l_close }, { "length", l_length }, { "pop", l_pop },
    { "push", l_push },   { NULL, NULL },
};

int mt_lua_queue_open(lua_State *L)
{
    luaL_newmetatable(L, "mt.queue");
    luaL_setfuncs(L, methods, 0);
    lua_pushvalue(L, -1);
    lua_setfield(L, -2, "__index");
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, l_new);
    lua_setfield(L, -2, "new");
    return 1;
}
