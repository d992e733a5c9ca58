/* SPDX-License-Identifier: MIT */
/* An exchange as Lua has it: requests in direct style, and a queue of indications. */
#include "lua/exchange.h"

#include <errno.h>
#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

#include "engine/error.h"
#include "engine/task.h"
#include "lua/port.h"
#include "lua/table.h"
#include "lua/tap.h"

struct indication {
    struct indication *next;
    lua_Integer lost;      /* how many were dropped between the one before it and this one */
    max_align_t message[]; /* as the protocol copied it */
};

struct lua_exchange {
    const struct mt_lua_protocol *protocol;
    struct mt_exchange *exchange; /* NULL once closed */
    struct indication *first, **last;
    unsigned queued;
    lua_Integer lost; /* how many were dropped after the last one in the queue */
    struct indication_op *waiting;
    int status; /* why it ended; 1 while it has not */
};

enum { MAX_INDICATIONS = 256 };

struct request_op {
    struct mt_op base;
    struct mt_request request;
    const struct mt_lua_protocol *protocol;
    void *answer; /* a copy */
    int status;
    bool as_bytes; /* as the request was */
};

struct indication_op {
    struct mt_op base;
    struct lua_exchange *exchange;
};

static struct lua_exchange *check_exchange(lua_State *L)
{
    return luaL_checkudata(L, 1, "mt.exchange");
}

static int push_failure(lua_State *L, const struct mt_lua_protocol *protocol, int status)
{
    if (status != -ETIMEDOUT && status != -EPROTO && status != -ECONNRESET)
        return mt_error_errno(L, status, protocol->name, "the modem's control port");
    lua_pushnil(L);
    if (status == -ETIMEDOUT)
        mt_error_push(L, "timeout", protocol->name, "the modem does not answer");
    else if (status == -ECONNRESET)
        mt_error_push(L, "modem-failed", protocol->name, "the modem has restarted");
    else
        mt_error_push(L, "malformed", protocol->name, "the modem's answer is broken");
    return 2;
}

/* ---- indications ---- */

static void wake_reader(struct lua_exchange *exchange)
{
    struct indication_op *op = exchange->waiting;
    exchange->waiting = NULL;
    if (op)
        mt_op_done(&op->base);
}

static struct indication *append(struct lua_exchange *exchange, size_t size)
{
    struct indication *indication = malloc(sizeof(*indication) + size);
    if (!indication)
        return NULL;
    indication->next = NULL;
    indication->lost = exchange->lost;
    exchange->lost = 0;
    *exchange->last = indication;
    exchange->last = &indication->next;
    return indication;
}

/*
 * A flood of indications loses indications, and takes no memory; the reader gets a mark where they
 * are missing.
 */
static void on_indication(void *context, const void *view)
{
    struct lua_exchange *exchange = context;
    const struct mt_lua_protocol *protocol = exchange->protocol;
    struct indication *indication = NULL;
    if (exchange->queued < MAX_INDICATIONS)
        indication = append(exchange, protocol->size(view));
    if (indication) {
        protocol->copy(indication->message, view);
        exchange->queued++;
    } else {
        exchange->lost++;
    }
    wake_reader(exchange);
}

static void on_gone(void *context, int status)
{
    struct lua_exchange *exchange = context;
    exchange->status = status;
    wake_reader(exchange);
}

static void drop_indication(struct lua_exchange *exchange)
{
    struct indication *done = exchange->first;
    exchange->first = done->next;
    if (!exchange->first)
        exchange->last = &exchange->first;
    exchange->queued--;
    free(done);
}

static void push_mark(lua_State *L, lua_Integer lost)
{
    lua_createtable(L, 0, 2);
    lua_pushstring(L, "overrun");
    lua_setfield(L, -2, "type");
    lua_pushinteger(L, lost);
    lua_setfield(L, -2, "lost");
}

static int push_indication(lua_State *L, struct lua_exchange *exchange)
{
    lua_Integer *lost = exchange->first ? &exchange->first->lost : &exchange->lost;
    if (*lost > 0) {
        push_mark(L, *lost);
        *lost = 0;
        return 1;
    }
    if (exchange->first) {
        exchange->protocol->push(L, exchange->first->message);
        drop_indication(exchange);
        return 1;
    }
    return push_failure(L, exchange->protocol, exchange->status < 0 ? exchange->status : -ENODEV);
}

static int l_indication(lua_State *L);

/* A task that did not have to wait may have taken it first. */
static int indication_finish(lua_State *L, struct mt_op *op)
{
    (void)op;
    lua_settop(L, 1);
    return l_indication(L);
}

static void indication_cancel(struct mt_op *base)
{
    struct indication_op *op = (struct indication_op *)base;
    if (op->exchange->waiting == op)
        op->exchange->waiting = NULL;
}

static const struct mt_op_class indication_class = { indication_cancel, indication_finish, NULL };

/*
 * exchange:indication() waits -> message | nil, err. The oldest, or { type = "overrun", lost =
 * integer } in the place of those that were dropped, when the queue was full.
 */
static int l_indication(lua_State *L)
{
    struct lua_exchange *exchange = check_exchange(L);
    if (exchange->first || exchange->lost > 0 || exchange->status <= 0 || !exchange->exchange)
        return push_indication(L, exchange);
    if (exchange->waiting)
        return luaL_error(L, "another task reads these indications");
    struct indication_op *op = mt_op_new(L, sizeof(*op), &indication_class);
    op->exchange = exchange;
    exchange->waiting = op;
    return mt_op_wait(L, &op->base);
}

/* ---- requests ---- */

static void on_answer(struct mt_request *request, int status, const void *view)
{
    struct request_op *op = mt_container_of(request, struct request_op, request);
    op->status = status;
    if (status == 0) {
        op->answer = malloc(op->protocol->size(view));
        if (op->answer)
            op->protocol->copy(op->answer, view);
        else
            op->status = -ENOMEM;
    }
    mt_op_done(&op->base);
}

static void request_release(struct mt_op *base)
{
    struct request_op *op = (struct request_op *)base;
    free(op->answer);
    op->answer = NULL;
}

static void request_cancel(struct mt_op *base)
{
    mt_exchange_cancel(&((struct request_op *)base)->request);
    request_release(base);
}

static int request_finish(lua_State *L, struct mt_op *base)
{
    struct request_op *op = (struct request_op *)base;
    if (op->status < 0)
        return push_failure(L, op->protocol, op->status);
    (op->as_bytes ? op->protocol->push_bytes : op->protocol->push)(L, op->answer);
    request_release(base);
    return 1;
}

static const struct mt_op_class request_class = { request_cancel, request_finish, request_release };

/* The bytes of the message at index 2: a table, or a whole message already. */
static const uint8_t *get_message(lua_State *L, const struct mt_lua_protocol *protocol,
                                  size_t *length)
{
    uint8_t *built;
    if (lua_type(L, 2) != LUA_TSTRING) {
        *length = protocol->build(L, 2, &built);
        return built;
    }
    const char *bytes = lua_tolstring(L, 2, length);
    luaL_argcheck(L, protocol->is_message(bytes, *length), 2, "no message");
    return (const uint8_t *)bytes;
}

/*
 * exchange:request(message = table|string, timeout = number) waits -> any | nil, err. The answer: a
 * message as a table or as a string, as the request is. The exchange sets the transaction's number.
 * A string is a whole message, as encode() makes it and decode() reads it.
 */
static int l_request(lua_State *L)
{
    struct lua_exchange *exchange = check_exchange(L);
    double seconds = luaL_checknumber(L, 3);
    size_t length;
    const uint8_t *bytes = get_message(L, exchange->protocol, &length);
    if (!exchange->exchange)
        return push_failure(L, exchange->protocol, -ENODEV);

    struct request_op *op = mt_op_new(L, sizeof(*op), &request_class);
    op->protocol = exchange->protocol;
    op->as_bytes = lua_type(L, 2) == LUA_TSTRING;
    op->request.on_answer = on_answer;
    int status = mt_exchange_request(exchange->exchange, &op->request, bytes, length, seconds);
    if (status < 0)
        return push_failure(L, exchange->protocol, status);
    return mt_op_wait(L, &op->base);
}

/*
 * exchange:fail_after_reset(): the modem has restarted. It never answers requests that were sent
 * before that: all that are under way get one more second.
 */
static int l_fail_after_reset(lua_State *L)
{
    struct lua_exchange *exchange = check_exchange(L);
    if (exchange->exchange)
        mt_exchange_fail_after_reset(exchange->exchange);
    return 0;
}

/*
 * exchange:received() -> integer: how many transfers have come, answers and indications, each
 * fragment by itself. 0 once it is closed.
 */
static int l_received(lua_State *L)
{
    struct lua_exchange *exchange = check_exchange(L);
    uint64_t count = exchange->exchange ? mt_exchange_received(exchange->exchange) : 0;
    lua_pushinteger(L, (lua_Integer)count);
    return 1;
}

/* exchange:set_wakeup(message): is sent to a modem that owes an answer and is silent. */
static int l_set_wakeup(lua_State *L)
{
    struct lua_exchange *exchange = check_exchange(L);
    uint8_t *bytes;
    size_t length = exchange->protocol->build(L, 2, &bytes);
    if (exchange->exchange && mt_exchange_set_wakeup(exchange->exchange, bytes, length) < 0)
        return luaL_error(L, "not enough memory");
    return 0;
}

/* ---- the exchange itself ---- */

/*
 * exchange:tap(last = 0) -> tap | nil, err. Sees every transfer from now on. With `last`, it is not
 * to be read: it keeps the newest ones, of this many bytes at most.
 */
static int l_tap(lua_State *L)
{
    struct lua_exchange *exchange = check_exchange(L);
    lua_Integer last = luaL_optinteger(L, 2, 0);
    luaL_argcheck(L, last >= 0, 2, "out of range");
    return mt_lua_tap_new(L, exchange->exchange, exchange->protocol->name, (size_t)last);
}

/* exchange:close(): the port, too. A task that waits for it gets an error with the code "gone". */
static int l_close(lua_State *L)
{
    struct lua_exchange *exchange = check_exchange(L);
    if (exchange->exchange)
        mt_exchange_close(exchange->exchange);
    exchange->exchange = NULL;
    while (exchange->first)
        drop_indication(exchange);
    exchange->lost = 0;
    return 0;
}

int mt_lua_exchange_new(lua_State *L, const struct mt_lua_protocol *protocol, int port, int window,
                        size_t max_transfer)
{
    lua_Integer allowed = luaL_checkinteger(L, window);
    luaL_argcheck(L, allowed >= 1 && allowed <= MT_EXCHANGE_MAX_WINDOW, window, "out of range");
    struct lua_exchange *exchange = lua_newuserdatauv(L, sizeof(*exchange), 0);
    *exchange = (struct lua_exchange){ .protocol = protocol, .status = 1 };
    exchange->last = &exchange->first;
    luaL_setmetatable(L, "mt.exchange");
    struct mt_exchange_events events = { on_indication, on_gone, exchange };
    int status = mt_exchange_open(mt_loop(L), mt_lua_port_take(L, port), protocol->host,
                                  max_transfer, (unsigned)allowed, events, &exchange->exchange);
    if (status < 0)
        return mt_error_errno(L, status, protocol->name, "open an exchange");
    return 1;
}

static const luaL_Reg methods[] = {
    { "close", l_close },
    { "fail_after_reset", l_fail_after_reset },
    { "indication", l_indication },
    { "received", l_received },
    { "request", l_request },
    { "set_wakeup", l_set_wakeup },
    { "tap", l_tap },
    { "__close", l_close },
    { "__gc", l_close },
    { NULL, NULL },
};

void mt_lua_exchange_register(lua_State *L)
{
    mt_class_new(L, "mt.exchange", methods);
    mt_lua_tap_register(L);
}
