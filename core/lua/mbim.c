/* SPDX-License-Identifier: MIT */
/* core.mbim: MBIM messages as tables, and exchanges of them with a modem. */
#include <lauxlib.h>
#include <string.h>

#include "engine/error.h"
#include "lua/exchange.h"
#include "lua/modules.h"
#include "lua/table.h"
#include "wire/mbim.h"
#include "wire/schema.h"
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

/*
 * message = { type, transaction = integer?, status = integer?, max_control = integer?, service =
 * string?, cid = integer?, set = boolean?, info = string? }
 */
static void push_message(lua_State *L, const void *view)
{
    const struct mt_mbim_message *message = view;
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

/* Leaves the bytes of such a message in a userdata; returns how many. Raises if it is too long. */
static size_t build(lua_State *L, int index, uint8_t **bytes)
{
    struct mt_mbim_message message;
    check_message(L, index, &message);
    size_t capacity = message.info_size + MT_MBIM_COMMAND_SIZE;
    *bytes = lua_newuserdatauv(L, capacity, 0);
    struct mt_writer writer = mt_writer(*bytes, capacity);
    if (mt_mbim_build(&writer, &message) < 0)
        luaL_error(L, "an MBIM message of %d bytes cannot be built", (int)message.info_size);
    return writer.used;
}

/* build(message) -> bytes */
static int l_build(lua_State *L)
{
    uint8_t *bytes;
    size_t length = build(L, 1, &bytes);
    lua_pushlstring(L, (const char *)bytes, length);
    return 1;
}

/* ---- commands and answers in one step ---- */

struct command_header {
    struct mt_schema_header base;
    struct mt_mbim_message command; /* without its body */
};

static void fill_header(const struct mt_schema_header *base, uint8_t *message, size_t length)
{
    const struct command_header *header = (const struct command_header *)base;
    struct mt_writer writer = mt_writer(message, MT_MBIM_COMMAND_SIZE);
    mt_mbim_build(&writer, &header->command);
    mt_patch_le32(&writer, 4, (uint32_t)length);
    mt_patch_le32(&writer, MT_MBIM_COMMAND_SIZE - 4, (uint32_t)(length - MT_MBIM_COMMAND_SIZE));
}

/*
 * encode(codec, value = table?, service = string, cid = integer, set = boolean?, transaction =
 * integer?) -> bytes | nil, err. A whole command: what build() makes with the info that the codec
 * encodes, in half the time.
 */
static int l_encode(lua_State *L)
{
    struct command_header header = {
        .base = { MT_MBIM_COMMAND_SIZE, fill_header },
        .command = { .type = MT_MBIM_COMMAND },
    };
    if (!mt_uuid_parse(luaL_checkstring(L, 3), header.command.service))
        luaL_error(L, "'%s' is no UUID", lua_tostring(L, 3));
    header.command.cid = (uint32_t)luaL_checkinteger(L, 4);
    header.command.set = lua_toboolean(L, 5);
    header.command.transaction = (uint32_t)luaL_optinteger(L, 6, 0);
    int results = mt_schema_encode_behind(L, &header.base);
    size_t length = lua_rawlen(L, -1);
    if (results == 1 && length > MT_MBIM_MESSAGE_MAX)
        luaL_error(L, "an MBIM message of %d bytes cannot be built",
                   (int)(length - MT_MBIM_COMMAND_SIZE));
    return results;
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

static int push_other(lua_State *L, const struct mt_mbim_message *message)
{
    lua_pushnil(L);
    lua_pushnil(L);
    push_message(L, message);
    return 3;
}

/*
 * Parses the bytes at an index as the answer to a command, which the service and number behind them
 * name. Returns 0 if the modem has done it; else pushes what decode() returns then, and returns the
 * number of that.
 */
static int parse_answer(lua_State *L, int index, struct mt_mbim_message *message)
{
    size_t length;
    const char *bytes = luaL_checklstring(L, index, &length);
    uint8_t service[16];
    if (!mt_uuid_parse(luaL_checkstring(L, index + 1), service))
        luaL_error(L, "'%s' is no UUID", lua_tostring(L, index + 1));
    lua_Integer cid = luaL_checkinteger(L, index + 2);
    enum mt_mbim_result result = mt_mbim_parse(bytes, length, message);
    if (result < 0)
        return push_refusal(L, result);
    if (message->type == MT_MBIM_COMMAND_DONE && message->status == 0 && message->cid == cid &&
        memcmp(message->service, service, sizeof(service)) == 0)
        return 0;
    return push_other(L, message);
}

/* Takes where one piece of data is, and notes the nearest. Is it behind the fields, and in the bytes? */
static bool take_pair(struct mt_reader *pair, size_t behind, size_t length, size_t *nearest)
{
    uint32_t offset = 0, size = 0;
    if (!mt_take_le32(pair, &offset) || !mt_take_le32(pair, &size))
        return false;
    if (offset == 0)
        return size == 0; /* an empty one */
    if (offset < *nearest)
        *nearest = offset;
    return offset >= behind && (uint64_t)offset + size <= length;
}

/*
 * A shape tells how a structure can be recognized, as u16: how long its fields are at least; where a
 * count of further pairs, behind them, is, or 0xffff; how many pairs of an offset and a size are among
 * them, and where each is. Does each lead behind the fields? Closely: and is there nothing in between,
 * as there would be if the fields were more?
 */
static bool has_shape(const void *info, size_t length, struct mt_reader shape, bool closely)
{
    uint16_t least = 0, counted = 0, count = 0, place = 0;
    uint32_t further = 0;
    size_t nearest = length;
    mt_take_le16(&shape, &least);
    mt_take_le16(&shape, &counted);
    mt_take_le16(&shape, &count);
    bool leads = length >= least;
    for (; leads && count > 0 && mt_take_le16(&shape, &place); count--) {
        struct mt_reader pair = mt_reader(info, length);
        leads = mt_skip(&pair, place) && take_pair(&pair, least, length, &nearest);
    }
    if (!leads || count > 0 || !closely)
        return leads && count == 0;
    struct mt_reader pairs = mt_reader(info, length);
    if (counted != UINT16_MAX && !(mt_skip(&pairs, counted) && mt_take_le32(&pairs, &further)))
        return false;
    pairs = mt_reader(info, length);
    leads = mt_skip(&pairs, least);
    for (uint32_t i = 0; leads && i < further; i++)
        leads = take_pair(&pairs, least, length, &nearest);
    return leads && nearest == least + 8 * (size_t)further;
}

/* has_shape(info = string, shape = string) -> boolean: may the bytes have this shape? */
static int l_has_shape(lua_State *L)
{
    size_t length, shape_length;
    const char *info = luaL_checklstring(L, 1, &length);
    const char *shape = luaL_checklstring(L, 2, &shape_length);
    lua_pushboolean(L, has_shape(info, length, mt_reader(shape, shape_length), false));
    return 1;
}

/*
 * decode(codec, bytes, service = string, cid = integer, shape = string?, closely = boolean?) -> table |
 * nil, err, message. The values in the answer to a command, as a whole message: what the codec decodes
 * leniently of parse()'s info, in half the time. The modem's failure, and what answers no such command,
 * is no error: then the message is the third result, and the others are nil. So it is for an answer
 * that does not have the shape, and all of it. Closely: nothing is between its fields and its data.
 */
static int l_decode(lua_State *L)
{
    struct mt_mbim_message message;
    size_t length;
    const char *shape = luaL_optlstring(L, 5, NULL, &length);
    bool closely = lua_toboolean(L, 6);
    int results = parse_answer(L, 2, &message);
    if (results)
        return results;
    if (!shape)
        return mt_schema_decode_body(L, message.info, message.info_size, true);
    if (has_shape(message.info, message.info_size, mt_reader(shape, length), closely) &&
        mt_schema_decode_body(L, message.info, message.info_size, false) == 1)
        return 1;
    return push_other(L, &message);
}

/* split(bytes, max_transfer) -> list of string: the fragments. */
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

/* assembly() -> assembly: the receiving side of a modem, or of a program that plays one */
static int l_assembly(lua_State *L)
{
    struct mt_mbim_assembly *assembly = lua_newuserdatauv(L, sizeof(*assembly), 0);
    mt_mbim_assembly_reset(assembly);
    luaL_setmetatable(L, "mt.mbim.assembly");
    return 1;
}

/*
 * assembly:add(transfer) -> message | nil, err, lost: the message once it is whole; nil while more
 * must come. After an error, `lost` is what is known of the message that cannot be read (type,
 * transaction), and `err.detail` has the protocol error to answer with.
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

static bool is_message(const void *bytes, size_t length)
{
    struct mt_reader reader = mt_reader(bytes, length);
    struct mt_mbim_message message;
    uint32_t own = 0;
    return mt_mbim_parse(bytes, length, &message) == MT_MBIM_MESSAGE && mt_skip(&reader, 4) &&
           mt_take_le32(&reader, &own) && own == length;
}

static void push_bytes(lua_State *L, const void *view)
{
    const struct mt_mbim_message *message = view;
    size_t capacity = MT_MBIM_COMMAND_SIZE + message->info_size;
    luaL_Buffer buffer;
    struct mt_writer writer = mt_writer(luaL_buffinitsize(L, &buffer, capacity), capacity);
    mt_mbim_build(&writer, message);
    luaL_pushresultsize(&buffer, writer.used);
}

static size_t view_size(const void *view)
{
    const struct mt_mbim_message *message = view;
    return sizeof(*message) + message->info_size;
}

static void copy_view(void *to, const void *view)
{
    struct mt_mbim_message *copy = to;
    *copy = *(const struct mt_mbim_message *)view;
    if (copy->info_size > 0)
        copy->info = memcpy(copy + 1, copy->info, copy->info_size);
}

static const struct mt_lua_protocol protocol = {
    .name = "mbim",
    .host = &mt_mbim_protocol,
    .build = build,
    .is_message = is_message,
    .push = push_message,
    .push_bytes = push_bytes,
    .size = view_size,
    .copy = copy_view,
};

/* exchange(port, max_transfer, window) -> exchange. The port is the exchange's from now on. */
static int l_exchange(lua_State *L)
{
    lua_Integer transfer = luaL_checkinteger(L, 2);
    luaL_argcheck(L, transfer >= MT_MBIM_TRANSFER_MIN && transfer <= MT_MBIM_MESSAGE_MAX, 2,
                  "out of range");
    return mt_lua_exchange_new(L, &protocol, 1, 3, (size_t)transfer);
}

static const luaL_Reg assembly_methods[] = {
    { "add", l_add },
    { NULL, NULL },
};

static const luaL_Reg functions[] = {
    { "assembly", l_assembly }, { "build", l_build },       { "decode", l_decode },
    { "encode", l_encode },     { "exchange", l_exchange }, { "has_shape", l_has_shape },
    { "parse", l_parse },       { "split", l_split },       { NULL, NULL },
};

int mt_lua_mbim_open(lua_State *L)
{
    mt_lua_exchange_register(L);
    mt_class_new(L, "mt.mbim.assembly", assembly_methods);
    luaL_newlib(L, functions);
    return 1;
}
