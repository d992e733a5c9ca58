/* SPDX-License-Identifier: MIT */
/* core.qmi: QMI messages as tables, and exchanges of them with a modem. */
#include <lauxlib.h>
#include <string.h>

#include "engine/error.h"
#include "lua/exchange.h"
#include "lua/modules.h"
#include "lua/table.h"
#include "wire/qmi.h"
#include "wire/schema.h"
#include "wire/stream.h"

/* ---- messages as tables ---- */

static const char *const types[] = { "request", "response", "indication", NULL };

/*
 * message = { service = integer?, client = integer?, type, transaction = integer?, id = integer?,
 * tlvs = string?, from_modem = boolean? }
 */
static void push_message(lua_State *L, const void *view)
{
    const struct mt_qmi_message *message = view;
    lua_createtable(L, 0, 7);
    mt_table_set_integer(L, "service", message->service);
    mt_table_set_integer(L, "client", message->client);
    mt_table_set_string(L, "type", types[message->type]);
    mt_table_set_integer(L, "transaction", message->transaction);
    mt_table_set_integer(L, "id", message->id);
    mt_table_set_bytes(L, "tlvs", message->tlvs, message->tlvs_size);
    mt_table_set_flag(L, "from_modem", message->from_modem);
}

static uint16_t opt_number(lua_State *L, int index, const char *name, uint16_t max)
{
    lua_getfield(L, index, name);
    lua_Integer value = luaL_optinteger(L, -1, 0);
    if (value < 0 || value > max)
        luaL_error(L, "%s: %I is not from 0 to %d", name, value, max);
    lua_pop(L, 1);
    return (uint16_t)value;
}

static enum mt_qmi_type check_type(lua_State *L, int index)
{
    lua_getfield(L, index, "type");
    const char *name = luaL_checkstring(L, -1);
    for (int i = 0; types[i]; i++) {
        if (strcmp(types[i], name) == 0)
            return (enum mt_qmi_type)i;
    }
    return (enum mt_qmi_type)luaL_error(L, "no QMI message type is called '%s'", name);
}

/* Reads such a table; leaves the string behind `tlvs` on the stack, as the message points at it. */
static void check_message(lua_State *L, int index, struct mt_qmi_message *message)
{
    luaL_checktype(L, index, LUA_TTABLE);
    *message = (struct mt_qmi_message){ .type = check_type(L, index) };
    message->service = (uint8_t)opt_number(L, index, "service", UINT8_MAX);
    message->client = (uint8_t)opt_number(L, index, "client", UINT8_MAX);
    message->transaction = opt_number(L, index, "transaction",
                                      message->service == MT_QMI_CTL ? UINT8_MAX : UINT16_MAX);
    message->id = opt_number(L, index, "id", UINT16_MAX);
    lua_getfield(L, index, "from_modem");
    message->from_modem = lua_toboolean(L, -1);
    lua_getfield(L, index, "tlvs");
    message->tlvs = (const uint8_t *)luaL_optlstring(L, -1, "", &message->tlvs_size);
}

/* Leaves the bytes of such a message in a userdata; returns how many. Raises if it is too long. */
static size_t build(lua_State *L, int index, uint8_t **bytes)
{
    struct mt_qmi_message message;
    check_message(L, index, &message);
    if (message.tlvs_size > MT_QMI_TLVS_MAX)
        luaL_error(L, "a QMI message with %I bytes of TLVs cannot be built",
                   (lua_Integer)message.tlvs_size);
    size_t capacity = MT_QMI_QMUX_SIZE + MT_QMI_SERVICE_SIZE + message.tlvs_size;
    *bytes = lua_newuserdatauv(L, capacity, 0);
    struct mt_writer writer = mt_writer(*bytes, capacity);
    mt_qmi_build(&writer, &message);
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

/* ---- requests and answers in one step ---- */

struct request_header {
    struct mt_schema_header base;
    struct mt_qmi_message request; /* without its TLVs */
};

static void fill_header(const struct mt_schema_header *base, uint8_t *message, size_t length)
{
    const struct request_header *header = (const struct request_header *)base;
    struct mt_writer writer = mt_writer(message, base->size);
    mt_qmi_build(&writer, &header->request);
    mt_patch_le16(&writer, 1, (uint16_t)(length - 1));
    mt_patch_le16(&writer, base->size - 2, (uint16_t)(length - base->size));
}

/* luaL_optinteger() asks for the type first, which takes as long again. */
static uint16_t check_number(lua_State *L, int index, uint16_t max)
{
    int is_whole;
    lua_Integer value = lua_tointegerx(L, index, &is_whole);
    if (!is_whole)
        value = luaL_optinteger(L, index, 0);
    luaL_argcheck(L, value >= 0 && value <= max, index, "out of range");
    return (uint16_t)value;
}

/*
 * encode(codec, value = table?, service = integer, client = integer, id, transaction = integer?) ->
 * bytes | nil, err. A whole request: what build() makes with the TLVs that the codec encodes, in a
 * third of the time.
 */
static int l_encode(lua_State *L)
{
    struct request_header header = {
        .base = { .fill = fill_header },
        .request = { .type = MT_QMI_REQUEST },
    };
    header.request.service = (uint8_t)check_number(L, 3, UINT8_MAX);
    bool is_ctl = header.request.service == MT_QMI_CTL;
    header.base.size = MT_QMI_QMUX_SIZE + (is_ctl ? MT_QMI_CTL_SIZE : MT_QMI_SERVICE_SIZE);
    header.request.client = (uint8_t)check_number(L, 4, UINT8_MAX);
    header.request.id = check_number(L, 5, UINT16_MAX);
    header.request.transaction = check_number(L, 6, is_ctl ? UINT8_MAX : UINT16_MAX);
    int results = mt_schema_encode_behind(L, &header.base);
    size_t length = lua_rawlen(L, -1);
    if (results == 1 && length > MT_QMI_FRAME_MAX)
        luaL_error(L, "a QMI message with %I bytes of TLVs cannot be built",
                   (lua_Integer)(length - header.base.size));
    return results;
}

static void push_refusal(lua_State *L, enum mt_qmi_result result)
{
    mt_error_push(L, "malformed", "qmi", "QMI message refused: %s", mt_qmi_result_name(result));
}

static int push_parsed(lua_State *L, enum mt_qmi_result result,
                       const struct mt_qmi_message *message)
{
    if (result < 0) {
        lua_pushnil(L);
        push_refusal(L, result);
        return 2;
    }
    push_message(L, message);
    return 1;
}

/* parse(bytes) -> message | nil, err: one whole QMUX frame; bytes after it are ignored */
static int l_parse(lua_State *L)
{
    size_t length;
    const char *bytes = luaL_checklstring(L, 1, &length);
    struct mt_qmi_message message;
    return push_parsed(L, mt_qmi_parse(bytes, length, &message), &message);
}

/*
 * decode(codec, bytes, id = integer) -> table | nil, err, message. The values in a whole message
 * with this id: what the codec decodes leniently of parse()'s TLVs, in half the time. Another id is
 * no error: then the message is the third result, and the others are nil.
 */
static int l_decode(lua_State *L)
{
    size_t length;
    const char *bytes = luaL_checklstring(L, 2, &length);
    lua_Integer id = luaL_checkinteger(L, 3);
    struct mt_qmi_message message;
    enum mt_qmi_result result = mt_qmi_parse(bytes, length, &message);
    if (result < 0)
        return push_parsed(L, result, &message);
    if (message.id == id)
        return mt_schema_decode_body(L, message.tlvs, message.tlvs_size, true);
    lua_pushnil(L);
    lua_pushnil(L);
    push_message(L, &message);
    return 3;
}

/* ---- putting frames together ---- */

/* assembly() -> assembly: the receiving side of a modem, or of a program that plays one */
static int l_assembly(lua_State *L)
{
    struct mt_stream *stream = lua_newuserdatauv(L, sizeof(*stream), 0);
    stream->frame = mt_qmi_frame_length;
    stream->used = 0;
    luaL_setmetatable(L, "mt.qmi.assembly");
    return 1;
}

/*
 * assembly:add(bytes) -> list of message, err: the messages that are complete now. What could not
 * be read is dropped, and `err` says why the first of it was refused.
 */
static int l_add(lua_State *L)
{
    struct mt_stream *stream = luaL_checkudata(L, 1, "mt.qmi.assembly");
    size_t length;
    const char *bytes = luaL_checklstring(L, 2, &length);
    struct mt_reader input = mt_reader(bytes, length), frame;
    enum mt_qmi_result refused = MT_QMI_MESSAGE;
    lua_Integer count = 0;
    lua_newtable(L);
    while (mt_stream_next(stream, &input, &frame)) {
        struct mt_qmi_message message;
        enum mt_qmi_result result = mt_qmi_parse(frame.at, frame.left, &message);
        if (result < 0) {
            refused = refused < 0 ? refused : result;
            continue;
        }
        push_message(L, &message);
        lua_rawseti(L, -2, ++count);
    }
    if (refused > 0)
        return 1;
    push_refusal(L, refused);
    return 2;
}

/* ---- an exchange ---- */

static bool is_message(const void *bytes, size_t length)
{
    struct mt_reader reader = mt_reader(bytes, length);
    struct mt_qmi_message message;
    uint16_t own = 0;
    return mt_qmi_parse(bytes, length, &message) == MT_QMI_MESSAGE && mt_skip(&reader, 1) &&
           mt_take_le16(&reader, &own) && own == length - 1;
}

static void push_bytes(lua_State *L, const void *view)
{
    const struct mt_qmi_message *message = view;
    size_t capacity = MT_QMI_QMUX_SIZE + MT_QMI_SERVICE_SIZE + message->tlvs_size;
    luaL_Buffer buffer;
    struct mt_writer writer = mt_writer(luaL_buffinitsize(L, &buffer, capacity), capacity);
    mt_qmi_build(&writer, message);
    luaL_pushresultsize(&buffer, writer.used);
}

static size_t view_size(const void *view)
{
    const struct mt_qmi_message *message = view;
    return sizeof(*message) + message->tlvs_size;
}

static void copy_view(void *to, const void *view)
{
    struct mt_qmi_message *copy = to;
    *copy = *(const struct mt_qmi_message *)view;
    if (copy->tlvs_size > 0)
        copy->tlvs = memcpy(copy + 1, copy->tlvs, copy->tlvs_size);
}

static const struct mt_lua_protocol protocol = {
    .name = "qmi",
    .host = &mt_qmi_protocol,
    .build = build,
    .is_message = is_message,
    .push = push_message,
    .push_bytes = push_bytes,
    .size = view_size,
    .copy = copy_view,
};

/* exchange(port, window) -> exchange. The port is the exchange's from now on. */
static int l_exchange(lua_State *L)
{
    return mt_lua_exchange_new(L, &protocol, 1, 2, MT_QMI_FRAME_MAX);
}

static const luaL_Reg assembly_methods[] = {
    { "add", l_add },
    { NULL, NULL },
};

static const luaL_Reg functions[] = {
    { "assembly", l_assembly },
    { "build", l_build },
    { "decode", l_decode },
    { "encode", l_encode },
    { "exchange", l_exchange },
    { "parse", l_parse },
    { NULL, NULL },
};

int mt_lua_qmi_open(lua_State *L)
{
    mt_lua_exchange_register(L);
    mt_class_new(L, "mt.qmi.assembly", assembly_methods);
    luaL_newlib(L, functions);
    return 1;
}
