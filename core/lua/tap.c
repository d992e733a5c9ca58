/* SPDX-License-Identifier: MIT */
/* A tap: an object that has the transfers of an exchange. */
#include "lua/tap.h"

#include <errno.h>
#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

#include "engine/error.h"
#include "engine/task.h"
#include "host/exchange.h"
#include "lua/table.h"

/*
 * The most that waits to be taken. A script that does not keep up misses some, and `dropped` says
 * how many. A tap that keeps the last ones may hold fewer bytes.
 */
enum { MAX_TRANSFERS = 1024, MAX_BYTES = 1 << 20 };

struct transfer {
    struct transfer *next;
    bool sent;
    uint64_t time; /* uv_hrtime() */
    size_t length;
    uint8_t bytes[];
};

struct lua_tap {
    struct mt_tap base;
    struct mt_exchange *exchange; /* NULL once it ended, or the tap was closed */
    const char *source;
    struct transfer *first, **last;
    unsigned queued, dropped;
    size_t bytes, most_bytes;
    bool keeps_last; /* drops the oldest where there is no room, and not the newest */
    struct next_op *waiting;
};

/* The tap is at stack index 1 of the waiting function, below its op. */
struct next_op {
    struct mt_op base;
    struct lua_tap *tap;
};

static struct lua_tap *check_tap(lua_State *L)
{
    return luaL_checkudata(L, 1, "mt.tap");
}

static void wake(struct lua_tap *tap)
{
    struct next_op *op = tap->waiting;
    tap->waiting = NULL;
    if (op)
        mt_op_done(&op->base);
}

static void drop_first(struct lua_tap *tap)
{
    struct transfer *done = tap->first;
    tap->first = done->next;
    if (!tap->first)
        tap->last = &tap->first;
    tap->queued--;
    tap->bytes -= done->length;
    free(done);
}

static bool has_room(const struct lua_tap *tap, size_t length)
{
    return tap->queued < MAX_TRANSFERS && length <= tap->most_bytes - tap->bytes;
}

static void on_transfer(struct mt_tap *base, bool sent, const uint8_t *bytes, size_t length)
{
    struct lua_tap *tap = mt_container_of(base, struct lua_tap, base);
    while (tap->keeps_last && tap->first && !has_room(tap, length))
        drop_first(tap);
    bool room = has_room(tap, length);
    struct transfer *transfer = room ? malloc(sizeof(*transfer) + length) : NULL;
    if (!transfer) {
        tap->dropped++;
        return;
    }
    *transfer = (struct transfer){
        .sent = sent,
        .time = uv_hrtime(),
        .length = length,
    };
    memcpy(transfer->bytes, bytes, length);
    *tap->last = transfer;
    tap->last = &transfer->next;
    tap->queued++;
    tap->bytes += length;
    wake(tap);
}

static void on_gone(struct mt_tap *base, int status)
{
    struct lua_tap *tap = mt_container_of(base, struct lua_tap, base);
    (void)status; /* the holder of the exchange gets the reason */
    tap->exchange = NULL;
    wake(tap);
}

/* { sent =, bytes =, time = } */
static void push_transfer(lua_State *L, const struct transfer *transfer)
{
    lua_createtable(L, 0, 3);
    mt_table_set_flag(L, "sent", transfer->sent);
    mt_table_set_bytes(L, "bytes", transfer->bytes, transfer->length);
    lua_pushnumber(L, (lua_Number)transfer->time / 1e9);
    lua_setfield(L, -2, "time");
}

static int take(lua_State *L, struct lua_tap *tap)
{
    if (!tap->first)
        return mt_error_errno(L, -ENODEV, tap->source, "the modem's control port");
    push_transfer(L, tap->first);
    drop_first(tap);
    return 1;
}

static int l_next(lua_State *L);

/* A task that did not have to wait may have taken it first. */
static int next_finish(lua_State *L, struct mt_op *op)
{
    (void)op;
    lua_settop(L, 1);
    return l_next(L);
}

static void next_cancel(struct mt_op *base)
{
    struct next_op *op = (struct next_op *)base;
    if (op->tap->waiting == op)
        op->tap->waiting = NULL;
}

static const struct mt_op_class next_class = { next_cancel, next_finish, NULL };

/*
 * tap:next() waits -> { sent, bytes, time } | nil, err. The time is on task.now()'s clock. Nil
 * once the exchange has ended.
 */
static int l_next(lua_State *L)
{
    struct lua_tap *tap = check_tap(L);
    if (tap->first || !tap->exchange)
        return take(L, tap);
    if (tap->waiting)
        return luaL_error(L, "another task reads this tap");
    struct next_op *op = mt_op_new(L, sizeof(*op), &next_class);
    op->tap = tap;
    tap->waiting = op;
    return mt_op_wait(L, &op->base);
}

/*
 * tap:transfers() -> list of { sent, bytes, time }, boolean. What it holds, the oldest first; it
 * stays. Also once the exchange has ended: then the second value is false.
 */
static int l_transfers(lua_State *L)
{
    const struct lua_tap *tap = check_tap(L);
    lua_createtable(L, (int)tap->queued, 0);
    lua_Integer i = 1;
    for (const struct transfer *one = tap->first; one; one = one->next) {
        push_transfer(L, one);
        lua_rawseti(L, -2, i++);
    }
    lua_pushboolean(L, tap->exchange != NULL);
    return 2;
}

/* tap:close(): a task that waits for it gets an error with the code "gone". */
static int l_close(lua_State *L)
{
    struct lua_tap *tap = check_tap(L);
    if (tap->exchange)
        mt_exchange_untap(tap->exchange, &tap->base);
    tap->exchange = NULL;
    while (tap->first)
        drop_first(tap);
    wake(tap);
    return 0;
}

/* tap.dropped -> integer: how many transfers were not taken in time. */
static int l_index(lua_State *L)
{
    struct lua_tap *tap = check_tap(L);
    if (strcmp(luaL_checkstring(L, 2), "dropped") == 0)
        lua_pushinteger(L, tap->dropped);
    else if (!luaL_getmetafield(L, 1, lua_tostring(L, 2)))
        lua_pushnil(L);
    return 1;
}

int mt_lua_tap_new(lua_State *L, struct mt_exchange *exchange, const char *source, size_t last)
{
    struct lua_tap *tap = lua_newuserdatauv(L, sizeof(*tap), 0);
    *tap = (struct lua_tap){ .base = { .on_transfer = on_transfer, .on_gone = on_gone } };
    tap->source = source;
    tap->last = &tap->first;
    tap->keeps_last = last > 0;
    tap->most_bytes = last > 0 && last < MAX_BYTES ? last : MAX_BYTES;
    luaL_setmetatable(L, "mt.tap");
    int status = exchange ? mt_exchange_tap(exchange, &tap->base) : -ENODEV;
    if (status < 0)
        return mt_error_errno(L, status, source, "the modem's control port");
    tap->exchange = exchange;
    return 1;
}

static const luaL_Reg methods[] = {
    { "close", l_close },   { "next", l_next },  { "transfers", l_transfers },
    { "__close", l_close }, { "__gc", l_close }, { NULL, NULL },
};

void mt_lua_tap_register(lua_State *L)
{
    mt_class_new(L, "mt.tap", methods);
    luaL_getmetatable(L, "mt.tap");
    lua_pushcfunction(L, l_index);
    lua_setfield(L, -2, "__index");
    lua_pop(L, 1);
}
