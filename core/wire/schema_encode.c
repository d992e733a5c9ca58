/* SPDX-License-Identifier: MIT */
/* The encoder of core.schema: Lua values to bytes, as a declaration says. */

#include <arpa/inet.h>
#include <lauxlib.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "schema_form.h"
#include "utf16.h"
#include "uuid.h"

/* On the stack: the codec, the values, and above them */
#define POOL 3
#define BUFFER 4

/*
 * The buffer is a userdata, so nothing leaks when a mistake in the script raises. Values that are
 * wrong but no mistake of the script's leave a reason and return false, as in the decoder. Tables
 * are read without metamethods: no foreign code runs between the two passes over a structure.
 */
struct encoder {
    lua_State *L;
    struct mt_schema_path path;
    struct mt_writer to;
    char reason[200];
};

/* One structure: references count from its start, and are filled in once its fixed part is out. */
struct scope {
    const struct mt_schema_record *record;
    int values; /* on the stack */
    size_t start;
    size_t slots[MT_SCHEMA_FIELDS_MAX];
};

static bool encode_type(struct encoder *e, const struct mt_schema_type *type,
                        const struct scope *scope);

__attribute__((format(printf, 2, 3))) static bool fail(struct encoder *e, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(e->reason, sizeof(e->reason), format, arguments);
    va_end(arguments);
    return false;
}

/* A mistake in the script: raises. */
static void raise_wrong_type(struct encoder *e, const char *wanted)
{
    const char *got = luaL_typename(e->L, -1);

    mt_schema_path_push(e->L, &e->path);
    luaL_error(e->L, "%s: %s expected, got %s", lua_tostring(e->L, -1), wanted, got);
}

static void check_type(struct encoder *e, int type)
{
    if (lua_type(e->L, -1) != type)
        raise_wrong_type(e, lua_typename(e->L, type));
}

/* Makes room for `size` more bytes. A larger buffer takes the place of the old one on the stack. */
static bool reserve(struct encoder *e, size_t size)
{
    struct mt_writer *to = &e->to;
    size_t capacity = to->capacity;
    uint8_t *bytes;

    if (size <= to->capacity - to->used)
        return true;
    if (size > MT_SCHEMA_BYTES_MAX - to->used)
        return fail(e, "the message is longer than %d bytes", MT_SCHEMA_BYTES_MAX);
    while (capacity - to->used < size)
        capacity *= 2;
    bytes = lua_newuserdatauv(e->L, capacity, 0);
    memcpy(bytes, to->bytes, to->used);
    lua_replace(e->L, BUFFER);
    to->bytes = bytes;
    to->capacity = capacity;
    return true;
}

static bool put(struct encoder *e, const void *bytes, size_t size)
{
    if (!reserve(e, size))
        return false;
    mt_put(&e->to, bytes, size);
    return true;
}

static bool put_zeros(struct encoder *e, size_t size)
{
    if (!reserve(e, size))
        return false;
    mt_put_zeros(&e->to, size);
    return true;
}

static bool put_uint(struct encoder *e, size_t size, bool big, uint64_t value)
{
    if (!reserve(e, size))
        return false;
    mt_put_uint(&e->to, size, big, value);
    return true;
}

static bool align(struct encoder *e, const struct scope *scope)
{
    return put_zeros(e, (4 - (e->to.used - scope->start) % 4) % 4);
}

/* The integer at the top of the stack; false when a number is not whole. */
static bool get_integer(struct encoder *e, lua_Integer *value)
{
    int whole;

    check_type(e, LUA_TNUMBER);
    *value = lua_tointegerx(e->L, -1, &whole);
    return whole ? true : fail(e, "%g is no integer", (double)lua_tonumber(e->L, -1));
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* "'papp' is none of: chap, none, pap", for a name that is at the top of the stack. */
static bool fail_name(struct encoder *e, const struct mt_schema_type *type)
{
    const char *name = lua_tostring(e->L, -1);
    const char *names[64] = { NULL };
    size_t count = 0, used;
    int length;

    lua_rawgeti(e->L, POOL, type->numbers);
    lua_pushnil(e->L);
    while (count < 64 && lua_next(e->L, -2)) {
        lua_pop(e->L, 1);
        names[count++] = lua_tostring(e->L, -1);
    }
    qsort(names, count, sizeof(names[0]), compare_names);
    fail(e, "'%.40s' is none of:", name);
    for (size_t i = 0; i < count; i++) {
        used = strlen(e->reason);
        length = snprintf(e->reason + used, sizeof(e->reason) - used, "%s %s", i ? "," : "",
                          names[i]);
        if (length < 0 || (size_t)length >= sizeof(e->reason) - used)
            break;
    }
    return false;
}

/* The number of a name, or a number as it is, at the top of the stack. */
static bool get_named(struct encoder *e, const struct mt_schema_type *type, lua_Integer *value)
{
    bool known;

    if (lua_type(e->L, -1) != LUA_TSTRING)
        return get_integer(e, value);
    lua_rawgeti(e->L, POOL, type->numbers);
    lua_pushvalue(e->L, -2);
    known = lua_rawget(e->L, -2) != LUA_TNIL;
    *value = lua_tointeger(e->L, -1);
    lua_pop(e->L, 2);
    return known || fail_name(e, type);
}

/* Flags are a set { lte = true, [0x40] = true }, a list { "lte", "umts" }, or an integer. */
static bool get_flags(struct encoder *e, const struct mt_schema_type *type, lua_Integer *value)
{
    lua_State *L = e->L;
    lua_Integer flag;

    if (lua_type(L, -1) == LUA_TNUMBER)
        return get_integer(e, value);
    check_type(e, LUA_TTABLE);
    *value = 0;
    lua_pushnil(L);
    while (lua_next(L, -2)) {
        bool listed = lua_type(L, -1) == LUA_TSTRING;

        if (!listed)
            check_type(e, LUA_TBOOLEAN);
        if (listed || lua_toboolean(L, -1)) {
            lua_pushvalue(L, listed ? -1 : -2);
            if (!get_named(e, type, &flag))
                return false;
            *value |= flag;
            lua_pop(L, 1);
        }
        lua_pop(L, 1);
    }
    return true;
}

static bool encode_uint(struct encoder *e, const struct mt_schema_type *type)
{
    lua_Integer value = 0;
    bool fits = true;

    if (!lua_isnil(e->L, -1)) {
        switch (type->style) {
        case MT_SCHEMA_PLAIN:
            fits = get_integer(e, &value);
            break;
        case MT_SCHEMA_BOOL:
            check_type(e, LUA_TBOOLEAN);
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
        return fail(e, "%lld does not fit in u%zu", (long long)value, 8 * type->size);
    return put_uint(e, type->size, type->big, (uint64_t)value);
}

static bool encode_int(struct encoder *e, const struct mt_schema_type *type)
{
    int64_t limit = (int64_t)((UINT64_C(1) << (8 * type->size - 1)) - 1);
    lua_Integer value = 0;

    if (!lua_isnil(e->L, -1) && !get_integer(e, &value))
        return false;
    if (value > limit || value < -limit - 1)
        return fail(e, "%lld does not fit in i%zu", (long long)value, 8 * type->size);
    return put_uint(e, type->size, type->big, (uint64_t)value);
}

static bool encode_uuid(struct encoder *e)
{
    uint8_t bytes[16] = { 0 };

    if (!lua_isnil(e->L, -1)) {
        check_type(e, LUA_TSTRING);
        if (!mt_uuid_parse(lua_tostring(e->L, -1), bytes))
            return fail(e, "'%.60s' is no UUID", lua_tostring(e->L, -1));
    }
    return put(e, bytes, sizeof(bytes));
}

static bool encode_address(struct encoder *e, int family, size_t size)
{
    uint8_t bytes[16] = { 0 };

    if (!lua_isnil(e->L, -1)) {
        check_type(e, LUA_TSTRING);
        if (inet_pton(family, lua_tostring(e->L, -1), bytes) != 1)
            return fail(e, "'%.60s' is no %s address", lua_tostring(e->L, -1),
                        family == AF_INET ? "IPv4" : "IPv6");
    }
    return put(e, bytes, size);
}

/* A string, or nil for an empty one, at the top of the stack. */
static const char *get_string(struct encoder *e, size_t *size)
{
    *size = 0;
    if (lua_isnil(e->L, -1))
        return "";
    check_type(e, LUA_TSTRING);
    return lua_tolstring(e->L, -1, size);
}

static bool encode_bytes(struct encoder *e, const struct mt_schema_type *type)
{
    size_t size;
    const char *bytes = get_string(e, &size);

    if (size > type->size)
        return fail(e, "%zu bytes do not fit in %zu", size, type->size);
    return put(e, bytes, size) && put_zeros(e, type->size - size);
}

static bool encode_rest(struct encoder *e)
{
    size_t size;
    const char *bytes = get_string(e, &size);

    return put(e, bytes, size);
}

static bool encode_utf16(struct encoder *e)
{
    size_t size;
    const char *text = get_string(e, &size);

    if (size > MT_SCHEMA_BYTES_MAX / 2)
        return fail(e, "the text is longer than %d bytes", MT_SCHEMA_BYTES_MAX / 2);
    if (!reserve(e, MT_UTF16_ROOM(size)))
        return false;
    mt_utf16_encode(mt_reader(text, size), &e->to);
    return true;
}

/* How many elements the list at the top of the stack has; nil has none. */
static size_t get_length(struct encoder *e)
{
    if (lua_isnil(e->L, -1))
        return 0;
    check_type(e, LUA_TTABLE);
    return lua_rawlen(e->L, -1);
}

/* Pushes an element of the list at the top of the stack, which must be there. */
static void get_element(struct encoder *e, size_t i)
{
    mt_schema_path_element(&e->path, i);
    if (lua_rawgeti(e->L, -1, (lua_Integer)i) == LUA_TNIL)
        raise_wrong_type(e, "a value");
}

static void leave_element(struct encoder *e)
{
    lua_pop(e->L, 1);
    mt_schema_path_leave(&e->path);
}

/* The elements of the list at the top of the stack, one after another. */
static bool encode_elements(struct encoder *e, const struct mt_schema_type *of, size_t count)
{
    for (size_t i = 1; i <= count; i++) {
        get_element(e, i);
        if (!encode_type(e, of, NULL))
            return false;
        leave_element(e);
    }
    return true;
}

/* A count is the length of the list that it counts. */
static bool encode_count(struct encoder *e, const struct mt_schema_type *type,
                         const struct scope *scope)
{
    const struct mt_schema_field *list = &scope->record->fields[type->counted];
    size_t count;

    lua_rawgeti(e->L, POOL, list->key);
    lua_rawget(e->L, scope->values);
    count = get_length(e);
    lua_pop(e->L, 1);
    return put_uint(e, 4, false, count);
}

static bool encode_list(struct encoder *e, const struct mt_schema_type *type)
{
    size_t count = get_length(e);

    if (type->prefix) {
        if (type->prefix->size < 8 && count >> (8 * type->prefix->size) != 0)
            return fail(e, "%zu elements are more than a u%zu counts", count,
                        8 * type->prefix->size);
        if (!put_uint(e, type->prefix->size, type->prefix->big, count))
            return false;
    }
    return encode_elements(e, type->of, count);
}

static bool encode_refs(struct encoder *e, const struct mt_schema_type *type)
{
    size_t count = get_length(e);

    if (count > MT_SCHEMA_BYTES_MAX / 8)
        return fail(e, "the message is longer than %d bytes", MT_SCHEMA_BYTES_MAX);
    return (type->counted >= 0 || put_uint(e, 4, false, count)) && put_zeros(e, 8 * count);
}

/* Encodes the value at the top of the stack behind the fixed part; fills in offset and size. */
static bool place(struct encoder *e, const struct mt_schema_type *type, const struct scope *scope,
                  size_t slot)
{
    size_t start, size;

    if (lua_isnil(e->L, -1))
        return true; /* offset 0, size 0 */
    if (!align(e, scope))
        return false;
    start = e->to.used;
    if (!encode_type(e, type, NULL))
        return false;
    size = e->to.used - start;
    if (size == 0)
        return true;
    mt_patch_le32(&e->to, slot, (uint32_t)(start - scope->start));
    mt_patch_le32(&e->to, slot + 4, (uint32_t)size);
    return align(e, scope);
}

static bool place_pointer(struct encoder *e, const struct mt_schema_type *type,
                          const struct scope *scope, size_t slot)
{
    if (lua_isnil(e->L, -1))
        return true;
    if (!align(e, scope))
        return false;
    mt_patch_le32(&e->to, slot, (uint32_t)(e->to.used - scope->start));
    return encode_type(e, type->of, NULL) && align(e, scope);
}

static bool place_array(struct encoder *e, const struct mt_schema_type *type,
                        const struct scope *scope, size_t slot)
{
    size_t count = get_length(e);

    if (count == 0)
        return true;
    if (!align(e, scope))
        return false;
    mt_patch_le32(&e->to, slot, (uint32_t)count);
    mt_patch_le32(&e->to, slot + 4, (uint32_t)(e->to.used - scope->start));
    return encode_elements(e, type->of, count) && align(e, scope);
}

static bool place_refs(struct encoder *e, const struct mt_schema_type *type,
                       const struct scope *scope, size_t slot)
{
    size_t count = get_length(e);

    if (type->counted < 0)
        slot += 4;
    for (size_t i = 1; i <= count; i++, slot += 8) {
        get_element(e, i);
        if (!place(e, type->of, scope, slot))
            return false;
        leave_element(e);
    }
    return true;
}

/* Encodes what a reference, at the top of the stack, points at. */
static bool place_type(struct encoder *e, const struct mt_schema_type *type,
                       const struct scope *scope, size_t slot)
{
    static const struct mt_schema_type text = { .kind = MT_SCHEMA_UTF16 };
    static const struct mt_schema_type data = { .kind = MT_SCHEMA_REST };

    switch (type->kind) {
    case MT_SCHEMA_TEXT:
        return place(e, &text, scope, slot);
    case MT_SCHEMA_DATA:
        return place(e, &data, scope, slot);
    case MT_SCHEMA_REF:
        return place(e, type->of, scope, slot);
    case MT_SCHEMA_POINTER:
        return place_pointer(e, type, scope, slot);
    case MT_SCHEMA_ARRAY:
        return place_array(e, type, scope, slot);
    case MT_SCHEMA_REFS:
        return place_refs(e, type, scope, slot);
    default:
        return fail(e, "no reference");
    }
}

/* Raises "Connect: no field 'sesion' (has: session, command)"; the key is at -2. */
static void raise_unknown_key(struct encoder *e, const struct mt_schema_record *record)
{
    lua_State *L = e->L;
    luaL_Buffer names;

    lua_pop(L, 1);
    luaL_tolstring(L, -1, NULL);
    mt_schema_path_push(L, &e->path);
    luaL_buffinit(L, &names);
    for (int i = 0; i < record->length; i++) {
        if (record->fields[i].type.kind == MT_SCHEMA_COUNT)
            continue;
        luaL_addstring(&names, luaL_bufflen(&names) ? ", " : "has: ");
        luaL_addstring(&names, record->fields[i].name);
    }
    if (luaL_bufflen(&names) == 0)
        luaL_addstring(&names, "has none");
    luaL_pushresult(&names);
    luaL_error(L, "%s: no field '%s' (%s)", lua_tostring(L, -2), lua_tostring(L, -3),
               lua_tostring(L, -1));
}

/* A key that no field has is a mistake. */
static void check_keys(struct encoder *e, const struct mt_schema_record *record)
{
    lua_State *L = e->L;

    lua_rawgeti(L, POOL, record->keys);
    lua_pushnil(L);
    while (lua_next(L, -3)) {
        lua_pop(L, 1);
        lua_pushvalue(L, -1);
        if (lua_rawget(L, -3) == LUA_TNIL)
            raise_unknown_key(e, record);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
}

/* Pushes the value of a field. */
static void get_field(struct encoder *e, const struct scope *scope, int i)
{
    const struct mt_schema_field *field = &scope->record->fields[i];

    mt_schema_path_field(&e->path, field->name);
    lua_rawgeti(e->L, POOL, field->key);
    lua_rawget(e->L, scope->values);
}

static void leave_field(struct encoder *e)
{
    lua_pop(e->L, 1);
    mt_schema_path_leave(&e->path);
}

/* The first pass over a structure: its fixed part, where references are zeros yet. */
static bool encode_fields(struct encoder *e, struct scope *scope)
{
    const char *absent = NULL;

    for (int i = 0; i < scope->record->length; i++) {
        const struct mt_schema_field *field = &scope->record->fields[i];

        get_field(e, scope, i);
        scope->slots[i] = e->to.used;
        if (field->optional && lua_isnil(e->L, -1))
            absent = field->name;
        else if (absent)
            return fail(e, "must be absent, as '%s' before it is", absent);
        else if (!encode_type(e, &field->type, scope))
            return false;
        leave_field(e);
    }
    return true;
}

/* The second pass: what the references point at, in order of declaration. */
static bool place_fields(struct encoder *e, const struct scope *scope)
{
    for (int i = 0; i < scope->record->length; i++) {
        const struct mt_schema_type *type = &scope->record->fields[i].type;

        if (!mt_schema_refers(type->kind))
            continue;
        get_field(e, scope, i);
        if (!place_type(e, type, scope, scope->slots[i]))
            return false;
        leave_field(e);
    }
    return true;
}

/* The structure at the top of the stack; nil is one of which nothing is known. */
static bool encode_struct(struct encoder *e, const struct mt_schema_record *record)
{
    struct scope scope = { .record = record, .values = lua_gettop(e->L), .start = e->to.used };

    if (lua_isnil(e->L, -1)) {
        lua_newtable(e->L);
        lua_replace(e->L, scope.values);
    }
    check_type(e, LUA_TTABLE);
    check_keys(e, record);
    return encode_fields(e, &scope) && (!record->refers || place_fields(e, &scope));
}

/* Encodes the value at the top of the stack, in place. The scope is there as in the decoder. */
static bool encode_type(struct encoder *e, const struct mt_schema_type *type,
                        const struct scope *scope)
{
    switch (type->kind) {
    case MT_SCHEMA_UINT:
        return encode_uint(e, type);
    case MT_SCHEMA_INT:
        return encode_int(e, type);
    case MT_SCHEMA_UUID:
        return encode_uuid(e);
    case MT_SCHEMA_IPV4:
        return encode_address(e, AF_INET, 4);
    case MT_SCHEMA_IPV6:
        return encode_address(e, AF_INET6, 16);
    case MT_SCHEMA_BYTES:
        return encode_bytes(e, type);
    case MT_SCHEMA_REST:
        return encode_rest(e);
    case MT_SCHEMA_UTF16:
        return encode_utf16(e);
    case MT_SCHEMA_STRUCT:
        return encode_struct(e, type->record);
    case MT_SCHEMA_COUNT:
        return encode_count(e, type, scope);
    case MT_SCHEMA_LIST:
        return encode_list(e, type);
    case MT_SCHEMA_TEXT:
    case MT_SCHEMA_DATA:
    case MT_SCHEMA_REF:
    case MT_SCHEMA_ARRAY:
        return put_zeros(e, 8);
    case MT_SCHEMA_POINTER:
        return put_zeros(e, 4);
    case MT_SCHEMA_REFS:
        return encode_refs(e, type);
    }
    return fail(e, "no such kind");
}

int mt_schema_encode(lua_State *L, const struct mt_schema_codec *codec)
{
    const size_t capacity = 256;
    struct encoder e = { .L = L, .path = { .message = codec->name } };

    luaL_checkstack(L, 8 * MT_SCHEMA_DEPTH_MAX, NULL);
    lua_getiuservalue(L, 1, 1);
    e.to = mt_writer(lua_newuserdatauv(L, capacity, 0), capacity);
    lua_pushvalue(L, 2);
    if (!encode_struct(&e, codec->record))
        return mt_schema_fail(L, "invalid", &e.path, e.reason);
    lua_pushlstring(L, (const char *)e.to.bytes, e.to.used);
    return 1;
}
