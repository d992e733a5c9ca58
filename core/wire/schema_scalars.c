/* SPDX-License-Identifier: MIT */
/* Numbers, addresses, strings: each kind that holds no others, decoded and encoded side by side. */

#include <arpa/inet.h>
#include <float.h>
#include <lauxlib.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire/ip_text.h"
#include "wire/schema_coder.h"
#include "wire/utf16.h"
#include "wire/uuid.h"

/* Pushes the name of a number, or of a flag's bit; where it has none, the value itself. */
static void push_name(lua_State *L, const struct mt_schema_type *type, uint64_t number,
                      uint64_t value)
{
    if (number < type->named) {
        lua_rawgeti(L, MT_SCHEMA_POOL, type->names + (lua_Integer)number);
        return;
    }
    if (type->named == 0) {
        lua_rawgeti(L, MT_SCHEMA_POOL, type->names);
        if (lua_rawgeti(L, -1, (lua_Integer)number) != LUA_TNIL) {
            lua_replace(L, -2);
            return;
        }
        lua_pop(L, 2);
    }
    lua_pushinteger(L, (lua_Integer)value);
}

static bool push_flags(struct mt_schema_decoder *d, const struct mt_schema_type *type,
                       uint64_t value)
{
    lua_State *L = d->L;
    int count = 0;

    for (uint64_t left = value; left != 0; left &= left - 1)
        count++;
    lua_createtable(L, 0, count);
    for (uint64_t left = value; left != 0; left &= left - 1) {
        if (!mt_schema_charge_values(d, 1))
            return false;
        push_name(L, type, (unsigned)__builtin_ctzll(left), left & (~left + 1));
        lua_pushboolean(L, true);
        lua_rawset(L, -3);
    }
    return true;
}

static bool decode_uint(struct mt_schema_decoder *d, const struct mt_schema_type *type,
                        struct mt_reader *at)
{
    uint64_t value;

    if (!mt_take_uint(at, type->size, type->big, &value))
        return mt_schema_decode_short(d, type->size, at->left);
    switch (type->style) {
    case MT_SCHEMA_PLAIN:
        lua_pushinteger(d->L, (lua_Integer)value);
        break;
    case MT_SCHEMA_BOOL:
        lua_pushboolean(d->L, value != 0);
        break;
    case MT_SCHEMA_ENUM:
        push_name(d->L, type, value, value);
        break;
    case MT_SCHEMA_FLAGS:
        return push_flags(d, type, value);
    }
    return true;
}

/* The integer at the top of the stack; false when a number is not whole. */
static bool get_integer(struct mt_schema_encoder *e, lua_Integer *value)
{
    int whole;

    mt_schema_check_type(e, LUA_TNUMBER);
    *value = lua_tointegerx(e->L, -1, &whole);
    return whole || mt_schema_encode_fail(e, "%g is no integer", (double)lua_tonumber(e->L, -1));
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Adds the name at the top of the stack to the table of numbers below it. */
static void add_number(lua_State *L, const struct mt_schema_type *type, lua_Integer number)
{
    if (type->style == MT_SCHEMA_FLAGS)
        number = (lua_Integer)(UINT64_C(1) << number);
    lua_pushinteger(L, number);
    lua_rawset(L, -3);
}

/* Pushes the table from names to numbers. Most messages are never encoded: it is made late. */
static void push_numbers(lua_State *L, const struct mt_schema_type *type)
{
    if (lua_rawgeti(L, MT_SCHEMA_POOL, type->numbers) == LUA_TTABLE)
        return;
    lua_pop(L, 1);
    lua_newtable(L);
    for (uint32_t i = 0; i < type->named; i++) {
        if (lua_rawgeti(L, MT_SCHEMA_POOL, type->names + (lua_Integer)i) == LUA_TSTRING)
            add_number(L, type, i);
        else
            lua_pop(L, 1);
    }
    if (type->named == 0) {
        lua_rawgeti(L, MT_SCHEMA_POOL, type->names);
        lua_insert(L, -2);
        for (lua_pushnil(L); lua_next(L, -3);) {
            lua_pushvalue(L, -3); /* names, numbers, number, name, numbers */
            lua_insert(L, -2);
            add_number(L, type, lua_tointeger(L, -3));
            lua_pop(L, 1);
        }
        lua_remove(L, -2);
    }
    lua_pushvalue(L, -1);
    lua_rawseti(L, MT_SCHEMA_POOL, type->numbers);
}

/* "'papp' is none of: chap, none, pap", for a name that is at the top of the stack. */
static bool fail_name(struct mt_schema_encoder *e, const struct mt_schema_type *type)
{
    const char *name = lua_tostring(e->L, -1);
    const char *names[64] = { NULL };
    size_t count = 0, used;
    int length;

    push_numbers(e->L, type);
    lua_pushnil(e->L);
    while (count < 64 && lua_next(e->L, -2)) {
        lua_pop(e->L, 1);
        names[count++] = lua_tostring(e->L, -1);
    }
    qsort(names, count, sizeof(names[0]), compare_names);
    mt_schema_encode_fail(e, "'%.40s' is none of:", name);
    for (size_t i = 0; i < count; i++) {
        used = strlen(e->reason);
        length = snprintf(e->reason + used, sizeof(e->reason) - used, "%s %s", i ? "," : "",
                          names[i]);
        if (length < 0 || (size_t)length >= sizeof(e->reason) - used)
            break;
    }
    return false;
}

/* Takes a name off the stack, and finds its number in the table at an index. */
static bool take_name(lua_State *L, int numbers, lua_Integer *value)
{
    bool known = lua_rawget(L, numbers) != LUA_TNIL;

    *value = lua_tointeger(L, -1);
    lua_pop(L, 1);
    return known;
}

/* The number of a name, or a number as it is, at the top of the stack. */
static bool get_named(struct mt_schema_encoder *e, const struct mt_schema_type *type,
                      lua_Integer *value)
{
    bool known;

    if (lua_type(e->L, -1) != LUA_TSTRING)
        return get_integer(e, value);
    push_numbers(e->L, type);
    lua_pushvalue(e->L, -2);
    known = take_name(e->L, -2, value);
    lua_pop(e->L, 1);
    return known || fail_name(e, type);
}

/* One of several flags, at an index; the table of their numbers is at another. */
static bool add_flag(struct mt_schema_encoder *e, const struct mt_schema_type *type, int flag,
                     int numbers, lua_Integer *sum)
{
    lua_Integer value;

    lua_pushvalue(e->L, flag);
    if (lua_type(e->L, -1) != LUA_TSTRING) {
        if (!get_integer(e, &value))
            return false;
        lua_pop(e->L, 1);
    } else if (!take_name(e->L, numbers, &value)) {
        lua_pushvalue(e->L, flag);
        return fail_name(e, type);
    }
    *sum |= value;
    return true;
}

/* Flags are a set { lte = true, [0x40] = true }, a list { "lte", "umts" }, or an integer. */
static bool get_flags(struct mt_schema_encoder *e, const struct mt_schema_type *type,
                      lua_Integer *value)
{
    lua_State *L = e->L;
    int numbers = lua_gettop(L) + 1;

    if (lua_type(L, -1) == LUA_TNUMBER)
        return get_integer(e, value);
    mt_schema_check_type(e, LUA_TTABLE);
    *value = 0;
    push_numbers(L, type);
    lua_pushnil(L);
    while (lua_next(L, numbers - 1)) {
        bool listed = lua_type(L, -1) == LUA_TSTRING;

        if (!listed)
            mt_schema_check_type(e, LUA_TBOOLEAN);
        if ((listed || lua_toboolean(L, -1)) &&
            !add_flag(e, type, listed ? -1 : -2, numbers, value))
            return false;
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    return true;
}

static bool encode_uint(struct mt_schema_encoder *e, const struct mt_schema_type *type)
{
    lua_Integer value = 0;
    bool fits = true;

    if (!lua_isnil(e->L, -1)) {
        switch (type->style) {
        case MT_SCHEMA_PLAIN:
            fits = get_integer(e, &value);
            break;
        case MT_SCHEMA_BOOL:
            mt_schema_check_type(e, LUA_TBOOLEAN);
            value = lua_toboolean(e->L, -1);
            break;
        case MT_SCHEMA_ENUM:
            fits = get_named(e, type, &value);
            break;
        case MT_SCHEMA_FLAGS:
            fits = get_flags(e, type, &value);
            break;
        }
    }
    if (!fits)
        return false;
    if (type->size < 8 && (uint64_t)value >> (8 * type->size) != 0)
        return mt_schema_encode_fail(e, "%lld does not fit in u%u", (long long)value,
                                     8 * type->size);
    return mt_schema_put_uint(e, type->size, type->big, (uint64_t)value);
}

static bool decode_int(struct mt_schema_decoder *d, const struct mt_schema_type *type,
                       struct mt_reader *at)
{
    uint64_t value, sign = UINT64_C(1) << (8 * type->size - 1);

    if (!mt_take_uint(at, type->size, type->big, &value))
        return mt_schema_decode_short(d, type->size, at->left);
    lua_pushinteger(d->L, (lua_Integer)((value ^ sign) - sign));
    return true;
}

static bool encode_int(struct mt_schema_encoder *e, const struct mt_schema_type *type)
{
    int64_t limit = (int64_t)((UINT64_C(1) << (8 * type->size - 1)) - 1);
    lua_Integer value = 0;

    if (!lua_isnil(e->L, -1) && !get_integer(e, &value))
        return false;
    if (value > limit || value < -limit - 1)
        return mt_schema_encode_fail(e, "%lld does not fit in i%u", (long long)value,
                                     8 * type->size);
    return mt_schema_put_uint(e, type->size, type->big, (uint64_t)value);
}

static bool decode_float(struct mt_schema_decoder *d, const struct mt_schema_type *type,
                         struct mt_reader *at)
{
    uint64_t bits;
    uint32_t low;
    double value;
    float narrow;

    if (!mt_take_uint(at, type->size, false, &bits))
        return mt_schema_decode_short(d, type->size, at->left);
    if (type->size == sizeof(narrow)) {
        low = (uint32_t)bits;
        memcpy(&narrow, &low, sizeof(narrow));
        value = narrow;
    } else {
        memcpy(&value, &bits, sizeof(value));
    }
    lua_pushnumber(d->L, value);
    return true;
}

static bool encode_float(struct mt_schema_encoder *e, const struct mt_schema_type *type)
{
    uint64_t bits;
    uint32_t low;
    double value = 0;
    float narrow;

    if (!lua_isnil(e->L, -1)) {
        mt_schema_check_type(e, LUA_TNUMBER);
        value = lua_tonumber(e->L, -1);
    }
    if (type->size == sizeof(narrow)) {
        if (isfinite(value) && fabs(value) > (double)FLT_MAX)
            return mt_schema_encode_fail(e, "%g does not fit in a float", value);
        narrow = (float)value;
        memcpy(&low, &narrow, sizeof(low));
        bits = low;
    } else {
        memcpy(&bits, &value, sizeof(bits));
    }
    return mt_schema_put_uint(e, type->size, false, bits);
}

/* Finding the text again instead of making it saves a fifth of a message with one. */
static bool decode_uuid(struct mt_schema_decoder *d, const struct mt_schema_type *type,
                        struct mt_reader *at)
{
    char text[MT_UUID_TEXT_SIZE];
    const uint8_t *bytes;

    if (!mt_take(at, MT_UUID_SIZE, &bytes))
        return mt_schema_decode_short(d, MT_UUID_SIZE, at->left);
    if (memcmp(type->recent, bytes, MT_UUID_SIZE) == 0) {
        lua_rawgeti(d->L, MT_SCHEMA_POOL, type->names);
        return true;
    }
    mt_uuid_format(bytes, text);
    lua_pushstring(d->L, text);
    lua_pushvalue(d->L, -1);
    lua_rawseti(d->L, MT_SCHEMA_POOL, type->names);
    memcpy(type->recent, bytes, MT_UUID_SIZE);
    return true;
}

static bool encode_uuid(struct mt_schema_encoder *e)
{
    uint8_t bytes[16] = { 0 };

    if (!lua_isnil(e->L, -1)) {
        mt_schema_check_type(e, LUA_TSTRING);
        if (!mt_uuid_parse(lua_tostring(e->L, -1), bytes))
            return mt_schema_encode_fail(e, "'%.60s' is no UUID", lua_tostring(e->L, -1));
    }
    return mt_schema_put(e, bytes, sizeof(bytes));
}

/* QMI sends some IPv4 addresses as a little-endian integer: the other way around. */
static void turn(const struct mt_schema_type *type, uint8_t bytes[4])
{
    uint8_t turned[4] = { bytes[3], bytes[2], bytes[1], bytes[0] };

    if (type->little)
        memcpy(bytes, turned, sizeof(turned));
}

static bool decode_address(struct mt_schema_decoder *d, const struct mt_schema_type *type,
                           struct mt_reader *at)
{
    char text[MT_IP_TEXT_SIZE];
    const uint8_t *wire;
    uint8_t bytes[16];
    size_t length;

    if (!mt_take(at, type->least, &wire))
        return mt_schema_decode_short(d, type->least, at->left);
    memcpy(bytes, wire, type->least);
    turn(type, bytes);
    length = type->kind == MT_SCHEMA_IPV4 ? mt_ip_format4(bytes, text) : mt_ip_format6(bytes, text);
    lua_pushlstring(d->L, text, length);
    return true;
}

static bool encode_address(struct mt_schema_encoder *e, const struct mt_schema_type *type)
{
    bool is_ipv4 = type->kind == MT_SCHEMA_IPV4;
    uint8_t bytes[16] = { 0 };

    if (!lua_isnil(e->L, -1)) {
        mt_schema_check_type(e, LUA_TSTRING);
        if (inet_pton(is_ipv4 ? AF_INET : AF_INET6, lua_tostring(e->L, -1), bytes) != 1)
            return mt_schema_encode_fail(e, "'%.60s' is no %s address", lua_tostring(e->L, -1),
                                         is_ipv4 ? "IPv4" : "IPv6");
    }
    turn(type, bytes);
    return mt_schema_put(e, bytes, type->least);
}

/*
 * Is it UTF-16, which firmware passes on as the network has sent it? A zero in the middle ends no text
 * that has its length in front. In UTF-16, it is the second byte of a letter, and another one follows.
 */
static bool looks_like_utf16(const uint8_t *bytes, size_t size, const uint8_t *zero)
{
    size_t at = (size_t)(zero - bytes);

    return size % 2 == 0 && at % 2 == 1 && at + 1 < size && zero[1] != 0;
}

static bool decode_utf16(struct mt_schema_decoder *d, struct mt_reader *at);

#define FILLER 0xff /* in a network's code of two digits, for example: "02\xff" */

/* Does it end where that begins? Text that begins with it is none of that, and stays as it is. */
static bool is_filled(const struct mt_schema_type *type, const void *text, size_t size)
{
    return type->filled && size != 0 && *(const uint8_t *)text != FILLER;
}

/* Bytes, text or the rest: of the size declared, or of the length in front of them, or all left. */
static bool decode_bytes(struct mt_schema_decoder *d, const struct mt_schema_type *type,
                         struct mt_reader *at)
{
    uint64_t size = type->size ? type->size : at->left;
    const uint8_t *bytes, *end = NULL;
    size_t used;

    if (type->prefix && !mt_take_uint(at, type->prefix->size, type->prefix->big, &size))
        return mt_schema_decode_short(d, type->prefix->size, at->left);
    if (size > at->left || !mt_take(at, (size_t)size, &bytes))
        return mt_schema_decode_fail(d, "%llu bytes wanted, %zu left", (unsigned long long)size,
                                     at->left);
    if (!mt_schema_charge_bytes(d, (size_t)size))
        return false;
    if (type->kind == MT_SCHEMA_STRING && size != 0)
        end = memchr(bytes, 0, (size_t)size);
    if (end && type->prefix && looks_like_utf16(bytes, (size_t)size, end)) {
        struct mt_reader text = mt_reader(bytes, (size_t)size);
        return decode_utf16(d, &text);
    }
    used = end ? (size_t)(end - bytes) : (size_t)size;
    if (is_filled(type, bytes, used))
        while (bytes[used - 1] == FILLER)
            used--;
    lua_pushlstring(d->L, (const char *)bytes, used);
    return true;
}

/* A string, or nil for an empty one, at the top of the stack. */
static const char *get_string(struct mt_schema_encoder *e, size_t *size)
{
    *size = 0;
    if (lua_isnil(e->L, -1))
        return "";
    mt_schema_check_type(e, LUA_TSTRING);
    return lua_tolstring(e->L, -1, size);
}

static bool encode_bytes(struct mt_schema_encoder *e, const struct mt_schema_type *type)
{
    size_t size;
    const char *bytes = get_string(e, &size);

    if (type->prefix && !mt_schema_put_prefix(e, type->prefix, size, "bytes"))
        return false;
    if (type->size && size > type->size)
        return mt_schema_encode_fail(e, "%zu bytes do not fit in %u", size, type->size);
    if (!mt_schema_put(e, bytes, size))
        return false;
    for (; is_filled(type, bytes, size) && size < type->size; size++)
        if (!mt_schema_put_uint(e, 1, false, FILLER))
            return false;
    return mt_schema_put_zeros(e, type->size ? type->size - size : 0);
}

static bool decode_utf16(struct mt_schema_decoder *d, struct mt_reader *at)
{
    size_t room = MT_UTF8_ROOM(at->left);
    struct mt_writer utf8;
    uint8_t text[256]; /* of most; the rest is made in a userdata */

    if (!mt_schema_charge_bytes(d, room))
        return false;
    if (room <= sizeof(text)) {
        utf8 = mt_writer(text, sizeof(text));
        mt_utf16_decode(*at, &utf8);
        lua_pushlstring(d->L, (const char *)text, utf8.used);
    } else {
        utf8 = mt_writer(lua_newuserdatauv(d->L, room, 0), room);
        mt_utf16_decode(*at, &utf8);
        lua_pushlstring(d->L, (const char *)utf8.bytes, utf8.used);
        lua_replace(d->L, -2);
    }
    mt_skip(at, at->left);
    return true;
}

static bool encode_utf16(struct mt_schema_encoder *e)
{
    size_t size;
    const char *text = get_string(e, &size);

    if (size > MT_SCHEMA_BYTES_MAX / 2)
        return mt_schema_encode_fail(e, "the text is longer than %d bytes",
                                     MT_SCHEMA_BYTES_MAX / 2);
    if (!mt_schema_reserve(e, MT_UTF16_ROOM(size)))
        return false;
    mt_utf16_encode(mt_reader(text, size), &e->to);
    return true;
}

bool mt_schema_decode_scalar(struct mt_schema_decoder *d, const struct mt_schema_type *type,
                             struct mt_reader *at)
{
    switch (type->kind) {
    case MT_SCHEMA_UINT:
        return decode_uint(d, type, at);
    case MT_SCHEMA_INT:
        return decode_int(d, type, at);
    case MT_SCHEMA_FLOAT:
        return decode_float(d, type, at);
    case MT_SCHEMA_UUID:
        return decode_uuid(d, type, at);
    case MT_SCHEMA_IPV4:
    case MT_SCHEMA_IPV6:
        return decode_address(d, type, at);
    case MT_SCHEMA_BYTES:
    case MT_SCHEMA_STRING:
    case MT_SCHEMA_REST:
        return decode_bytes(d, type, at);
    case MT_SCHEMA_UTF16:
        return decode_utf16(d, at);
    default:
        return mt_schema_decode_fail(d, "no scalar");
    }
}

bool mt_schema_encode_scalar(struct mt_schema_encoder *e, const struct mt_schema_type *type)
{
    switch (type->kind) {
    case MT_SCHEMA_UINT:
        return encode_uint(e, type);
    case MT_SCHEMA_INT:
        return encode_int(e, type);
    case MT_SCHEMA_FLOAT:
        return encode_float(e, type);
    case MT_SCHEMA_UUID:
        return encode_uuid(e);
    case MT_SCHEMA_IPV4:
    case MT_SCHEMA_IPV6:
        return encode_address(e, type);
    case MT_SCHEMA_BYTES:
    case MT_SCHEMA_STRING:
    case MT_SCHEMA_REST:
        return encode_bytes(e, type);
    case MT_SCHEMA_UTF16:
        return encode_utf16(e);
    default:
        return mt_schema_encode_fail(e, "no scalar");
    }
}
