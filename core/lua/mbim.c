/* SPDX-License-Identifier: MIT */
/* core.mbim: MBIM messages as tables, and exchanges of them with a modem. */
#include <errno.h>
#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

#include "engine/error.h"
#include "engine/task.h"
#include "host/exchange.h"
#include "host/port.h"
#include "lua/modules.h"
#include "lua/port.h"
#include "lua/table.h"
#include "wire/mbim.h"
#include "wire/uuid.h"

/* ---- messages as tables ---- */

static const struct {
    uint32_t type;
    const char *name;
} types[] = {
    { MT_MBIM_OPEN, "open" },
    { MT_MBIM_CLOSE, "close" },
    { MT_MBIM_COMMAND, "command" },
    { MT_MBIM_HOST_ERROR, "host-error" },
    { MT_MBIM_OPEN_DONE, "open-done" },
    { MT_MBIM_CLOSE_DONE, "close-done" },
    { MT_MBIM_COMMAND_DONE, "command-done" },
    { MT_MBIM_FUNCTION_ERROR, "function-error" },
    { MT_MBIM_INDICATE_STATUS, "indication" },
};

enum { TYPES = sizeof(types) / sizeof(types[0]) };

static bool has_service(uint32_t type)
{
    return type == MT_MBIM_COMMAND || type == MT_MBIM_COMMAND_DONE ||
           type == MT_MBIM_INDICATE_STATUS;
}

/* { type=, transaction=, status=, max_control=, service=, cid=, set=, info= } */
static void push_message(lua_State *L, const struct mt_mbim_message *message)
{
    lua_createtable(L, 0, 8);
    for (size_t i = 0; i < TYPES; i++) {
        if (types[i].type == message->type)
            mt_table_set_string(L, "type", types[i].name);
    }
    mt_table_set_integer(L, "transaction", message->transaction);
    mt_table_set_integer(L, "status", message->status);
    if (message->type == MT_MBIM_OPEN)
        mt_table_set_integer(L, "max_control", message->max_control);
    if (!has_service(message->type))
        return;
    char uuid[MT_UUID_TEXT_SIZE];
    mt_uuid_format(message->service, uuid);
    mt_table_set_string(L, "service", uuid);
    mt_table_set_integer(L, "cid", message->cid);
    mt_table_set_flag(L, "set", message->set);
    mt_table_set_bytes(L, "info", message->info, message->info_size);
}

static uint32_t opt_u32(lua_State *L, int index, const char *name)
{
    lua_getfield(L, index, name);
    lua_Integer value = luaL_optinteger(L, -1, 0);
    if (value < 0 || value > UINT32_MAX)
        luaL_error(L, "%s: %d does not fit in u32", name, (int)value);
    lua_pop(L, 1);
    return (uint32_t)value;
}

/* Reads such a table; leaves the string behind `info` on the stack, as the message points at it. */
static void check_message(lua_State *L, int index, struct mt_mbim_message *message)
{
    memset(message, 0, sizeof(*message));
    luaL_checktype(L, index, LUA_TTABLE);
    lua_getfield(L, index, "type");
    const char *name = luaL_checkstring(L, -1);
    for (size_t i = 0; i < TYPES; i++)
        if (strcmp(types[i].name, name) == 0)
            message->type = types[i].type;
    if (!message->type)
        luaL_error(L, "no MBIM message type is called '%s'", name);
    message->transaction = opt_u32(L, index, "transaction");
    message->status = opt_u32(L, index, "status");
    message->max_control = opt_u32(L, index, "max_control");
    message->cid = opt_u32(L, index, "cid");
    lua_getfield(L, index, "set");
    message->set = lua_toboolean(L, -1);
    if (!has_service(message->type))
        return;
    lua_getfield(L, index, "service");
    if (!mt_uuid_parse(luaL_checkstring(L, -1), message->service))
        luaL_error(L, "'%s' is no UUID", lua_tostring(L, -1));
    lua_getfield(L, index, "info");
    message->info = (const uint8_t *)luaL_optlstring(L, -1, "", &message->info_size);
}

/* Pushes the bytes of a message, in a userdata; returns how many. Raises when it is too long. */
static size_t build(lua_State *L, const struct mt_mbim_message *message, uint8_t **bytes)
{
    size_t capacity = message->info_size + MT_MBIM_COMMAND_SIZE;
    *bytes = lua_newuserdatauv(L, capacity, 0);
    struct mt_writer writer = mt_writer(*bytes, capacity);
    if (mt_mbim_build(&writer, message) < 0)
        luaL_error(L, "an MBIM message of %d bytes cannot be built", (int)message->info_size);
    return writer.used;
}

/* build(message) -> bytes */
static int l_build(lua_State *L)
{
    struct mt_mbim_message message;
    uint8_t *bytes;
    check_message(L, 1, &message);
    size_t length = build(L, &message, &bytes);
    lua_pushlstring(L, (const char *)bytes, length);
    return 1;
}

static int push_refusal(lua_State *L, enum mt_mbim_result result)
{
    lua_pushnil(L);
    mt_error_push(L, "malformed", "mbim", "MBIM message refused: %s", mt_mbim_result_name(result));
    return 2;
}

/* parse(bytes) -> message | nil, err: one whole message */
static int l_parse(lua_State *L)
{
    size_t length;
    const char *bytes = luaL_checklstring(L, 1, &length);
    struct mt_mbim_message message;
    enum mt_mbim_result result = mt_mbim_parse(bytes, length, &message);
    if (result < 0)
        return push_refusal(L, result);
    push_message(L, &message);
    return 1;
}

/* split(bytes, max_transfer) -> list of fragments */
static int l_split(lua_State *L)
{
    size_t length;
    const char *bytes = luaL_checklstring(L, 1, &length);
    lua_Integer transfer = luaL_checkinteger(L, 2);
    struct mt_mbim_split split;
    luaL_argcheck(L, transfer > 0 && transfer <= MT_MBIM_MESSAGE_MAX, 2, "out of range");
    if (mt_mbim_split_start(&split, bytes, length, (size_t)transfer) < 0)
        return luaL_error(L, "no message that can be split into %d bytes", (int)transfer);
    lua_newtable(L);
    uint8_t *room = lua_newuserdatauv(L, (size_t)transfer, 0);
    struct mt_writer writer = mt_writer(room, (size_t)transfer);
    for (lua_Integer i = 1; mt_mbim_split_next(&split, &writer); i++) {
        lua_pushlstring(L, (const char *)room, writer.used);
        lua_rawseti(L, -3, i);
        writer = mt_writer(room, (size_t)transfer);
    }
    lua_pop(L, 1);
    return 1;
}

/* ---- putting fragments together ---- */

/* assembly() -> assembly: the receiving side of a modem, or of whoever plays one */
static int l_assembly(lua_State *L)
{
    struct mt_mbim_assembly *assembly = lua_newuserdatauv(L, sizeof(*assembly), 0);
    mt_mbim_assembly_reset(assembly);
    luaL_setmetatable(L, "mt.mbim.assembly");
    return 1;
}

/*
 * assembly:add(transfer) -> message, once it is whole; nil while more must come; nil, err, lost:
 * `lost` is what is known of the message that cannot be read (type, transaction), `err.detail`
 * has the protocol error to answer with.
 */
static int l_add(lua_State *L)
{
    struct mt_mbim_assembly *assembly = luaL_checkudata(L, 1, "mt.mbim.assembly");
    size_t length;
    const char *bytes = luaL_checklstring(L, 2, &length);
    struct mt_mbim_message message = { 0 };
    enum mt_mbim_result result = mt_mbim_assembly_add(assembly, bytes, length, &message);
    if (result == MT_MBIM_MORE)
        return 0;
    if (result < 0) {
        push_refusal(L, result);
        lua_createtable(L, 0, 1);
        mt_table_set_integer(L, "protocol_error", mt_mbim_result_error(result));
        lua_setfield(L, -2, "detail");
        message.info_size = 0;
        push_message(L, &message);
        return 3;
    }
    push_message(L, &message);
    return 1;
}

/* ---- an exchange ---- */

struct indication {
    struct indication *next;
    struct mt_mbim_message message;  /* its info points behind this struct */
};

struct lua_exchange {
    struct mt_exchange *exchange;  /* NULL once closed */
    struct indication *first, **last;
    unsigned queued;
    struct indication_op *waiting;
    int status;  /* why it ended; 1 while it has not */
};

enum { MAX_INDICATIONS = 256 };

struct request_op {
    struct mt_op base;
    struct mt_request request;
    struct mt_mbim_message message;
    uint8_t *info;  /* a copy of the answer's */
    int status;
};

struct indication_op {
    struct mt_op base;
    struct lua_exchange *exchange;
};

static struct lua_exchange *check_exchange(lua_State *L)
{
    return luaL_checkudata(L, 1, "mt.mbim.exchange");
}

static void wake_reader(struct lua_exchange *exchange)
{
    struct indication_op *op = exchange->waiting;
    exchange->waiting = NULL;
    if (op)
        mt_op_done(&op->base);
}

static void on_indication(void *context, const void *view)
{
    struct lua_exchange *exchange = context;
    const struct mt_mbim_message *message = view;
    if (exchange->queued == MAX_INDICATIONS)
        return;  /* a modem that floods us loses its news, not our memory */
    struct indication *copy = malloc(sizeof(*copy) + message->info_size);
    if (!copy)
        return;
    copy->next = NULL;
    copy->message = *message;
    copy->message.info = (uint8_t *)(copy + 1);
    if (message->info_size > 0)
        memcpy(copy + 1, message->info, message->info_size);
    *exchange->last = copy;
    exchange->last = &copy->next;
    exchange->queued++;
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

/* exchange(port, max_transfer, window) -> exchange. The port is the exchange's from now on. */
static int l_exchange(lua_State *L)
{
    lua_Integer transfer = luaL_checkinteger(L, 2);
    lua_Integer window = luaL_checkinteger(L, 3);
    luaL_argcheck(L, transfer >= MT_MBIM_TRANSFER_MIN && transfer <= MT_MBIM_MESSAGE_MAX, 2,
                  "out of range");
    luaL_argcheck(L, window >= 1 && window <= 1024, 3, "out of range");
    struct lua_exchange *exchange = lua_newuserdatauv(L, sizeof(*exchange), 0);
    memset(exchange, 0, sizeof(*exchange));
    exchange->last = &exchange->first;
    exchange->status = 1;
    luaL_setmetatable(L, "mt.mbim.exchange");
    struct mt_exchange_events events = { on_indication, on_gone, exchange };
    int status = mt_exchange_open(mt_loop(L), mt_lua_port_take(L, 1), &mt_mbim_protocol,
                                  (size_t)transfer, (unsigned)window, events, &exchange->exchange);
    if (status < 0)
        return mt_error_errno(L, status, "mbim", "open an exchange");
    return 1;
}

static int l_exchange_close(lua_State *L)
{
    struct lua_exchange *exchange = check_exchange(L);
    if (exchange->exchange)
        mt_exchange_close(exchange->exchange);
    exchange->exchange = NULL;
    while (exchange->first)
        drop_indication(exchange);
    return 0;
}

static void on_answer(struct mt_request *request, int status, const void *view)
{
    struct request_op *op = mt_container_of(request, struct request_op, request);
    op->status = status;
    if (status == 0) {
        op->message = *(const struct mt_mbim_message *)view;
        op->info = malloc(op->message.info_size + 1);
        if (!op->info)
            op->status = -ENOMEM;
        else if (op->message.info_size > 0)
            memcpy(op->info, op->message.info, op->message.info_size);
        op->message.info = op->info;
    }
    mt_op_done(&op->base);
}

static void request_release(struct mt_op *base)
{
    struct request_op *op = (struct request_op *)base;
    free(op->info);
    op->info = NULL;
}

static void request_cancel(struct mt_op *base)
{
    mt_exchange_cancel(&((struct request_op *)base)->request);
    request_release(base);
}

static int request_finish(lua_State *L, struct mt_op *base)
{
    struct request_op *op = (struct request_op *)base;
    if (op->status == -ETIMEDOUT) {
        lua_pushnil(L);
        mt_error_push(L, "timeout", "mbim", "the modem does not answer");
        return 2;
    }
    if (op->status == -EPROTO) {
        lua_pushnil(L);
        mt_error_push(L, "malformed", "mbim", "the modem's answer is broken");
        return 2;
    }
    if (op->status < 0)
        return mt_error_errno(L, op->status, "mbim", "the modem's control port");
    push_message(L, &op->message);
    free(op->info);
    op->info = NULL;
    return 1;
}

static const struct mt_op_class request_class = {
    request_cancel, request_finish, request_release
};

/*
 * exchange:request(message, seconds) waits -> answer (a message) | nil, err
 * The transaction number is the exchange's business.
 */
static int l_request(lua_State *L)
{
    struct lua_exchange *exchange = check_exchange(L);
    double seconds = luaL_checknumber(L, 3);
    struct mt_mbim_message message;
    uint8_t *bytes;
    check_message(L, 2, &message);
    size_t length = build(L, &message, &bytes);
    if (!exchange->exchange)
        return mt_error_errno(L, -ENODEV, "mbim", "the modem's control port");

    struct request_op *op = mt_op_new(L, sizeof(*op), &request_class);
    op->request.on_answer = on_answer;
    int status = mt_exchange_request(exchange->exchange, &op->request, bytes, length, seconds);
    if (status < 0)
        return mt_error_errno(L, status, "mbim", "the modem's control port");
    return mt_op_wait(L, &op->base);
}

static int push_indication(lua_State *L, struct lua_exchange *exchange)
{
    if (exchange->first) {
        push_message(L, &exchange->first->message);
        drop_indication(exchange);
        return 1;
    }
    return mt_error_errno(L, exchange->status < 0 ? exchange->status : -ENODEV, "mbim",
                          "the modem's control port");
}

static int indication_finish(lua_State *L, struct mt_op *base)
{
    return push_indication(L, ((struct indication_op *)base)->exchange);
}

static void indication_cancel(struct mt_op *base)
{
    struct lua_exchange *exchange = ((struct indication_op *)base)->exchange;
    exchange->waiting = NULL;
}

static const struct mt_op_class indication_class = {
    indication_cancel, indication_finish, NULL
};

/* exchange:indication() waits -> message | nil, err once the port is gone */
static int l_indication(lua_State *L)
{
    struct lua_exchange *exchange = check_exchange(L);
    if (exchange->first || exchange->status <= 0 || !exchange->exchange)
        return push_indication(L, exchange);
    if (exchange->waiting)
        return luaL_error(L, "another task reads these indications");
    struct indication_op *op = mt_op_new(L, sizeof(*op), &indication_class);
    op->exchange = exchange;
    exchange->waiting = op;
    return mt_op_wait(L, &op->base);
}

/* exchange:set_nudge(message): see mt_exchange_set_nudge() */
static int l_set_nudge(lua_State *L)
{
    struct lua_exchange *exchange = check_exchange(L);
    struct mt_mbim_message message;
    uint8_t *bytes;
    check_message(L, 2, &message);
    size_t length = build(L, &message, &bytes);
    if (exchange->exchange && mt_exchange_set_nudge(exchange->exchange, bytes, length) < 0)
        return luaL_error(L, "not enough memory");
    return 0;
}

static const luaL_Reg exchange_methods[] = {
    { "close", l_exchange_close },
    { "indication", l_indication },
    { "request", l_request },
    { "set_nudge", l_set_nudge },
    { "__close", l_exchange_close },
    { "__gc", l_exchange_close },
    { NULL, NULL },
};

static const luaL_Reg assembly_methods[] = {
    { "add", l_add },
    { NULL, NULL },
};

static const luaL_Reg functions[] = {
    { "assembly", l_assembly },
    { "build", l_build },
    { "exchange", l_exchange },
    { "parse", l_parse },
    { "split", l_split },
    { NULL, NULL },
};

int mt_lua_mbim_open(lua_State *L)
{
    mt_class_new(L, "mt.mbim.exchange", exchange_methods);
    mt_class_new(L, "mt.mbim.assembly", assembly_methods);
    luaL_newlib(L, functions);
    return 1;
}
