/* SPDX-License-Identifier: MIT */
/* The encoder of core.schema: Lua values to bytes, as a declaration says. */

#include <lauxlib.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "wire/schema_coder.h"

/* One structure: references count from its start, and are filled in once its fixed part is out. */
struct scope {
    const struct mt_schema_record *record;
    struct mt_schema_given given;
    size_t start;
    size_t slots[MT_SCHEMA_FIELDS_MAX];
};

static bool encode_type(struct mt_schema_encoder *e, const struct mt_schema_type *type,
                        const struct scope *scope);

bool mt_schema_encode_fail(struct mt_schema_encoder *e, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(e->reason, sizeof(e->reason), format, arguments);
    va_end(arguments);
    return false;
}

/* A mistake in the script: raises. */
static void raise_wrong_type(struct mt_schema_encoder *e, const char *wanted)
{
    const char *got = luaL_typename(e->L, -1);

    mt_schema_path_push(e->L, &e->path);
    luaL_error(e->L, "%s: %s expected, got %s", lua_tostring(e->L, -1), wanted, got);
}

void mt_schema_check_type(struct mt_schema_encoder *e, int type)
{
    if (lua_type(e->L, -1) != type)
        raise_wrong_type(e, lua_typename(e->L, type));
}

/* A larger buffer takes the place of the old one on the stack. */
bool mt_schema_grow(struct mt_schema_encoder *e, size_t size)
{
    struct mt_writer *to = &e->to;
    size_t capacity = to->capacity;
    uint8_t *bytes;

    if (size > MT_SCHEMA_BYTES_MAX - to->used)
        return mt_schema_encode_fail(e, "the message is longer than %d bytes", MT_SCHEMA_BYTES_MAX);
    while (capacity - to->used < size)
        capacity *= 2;
    bytes = lua_newuserdatauv(e->L, capacity, 0);
    memcpy(bytes, to->bytes, to->used);
    lua_replace(e->L, MT_SCHEMA_BUFFER);
    to->bytes = bytes;
    to->capacity = capacity;
    return true;
}

bool mt_schema_put_prefix(struct mt_schema_encoder *e, const struct mt_schema_type *prefix,
                          size_t count, const char *what)
{
    if (prefix->size < sizeof(count) && count >> (8 * prefix->size) != 0)
        return mt_schema_encode_fail(e, "%zu %s are more than a u%u counts", count, what,
                                     8 * prefix->size);
    return mt_schema_put_uint(e, prefix->size, prefix->big, count);
}

static bool align(struct mt_schema_encoder *e, const struct scope *scope)
{
    return mt_schema_put_zeros(e, (4 - (e->to.used - scope->start) % 4) % 4);
}

/* How many elements the list at the top of the stack has; nil has none. */
static size_t get_length(struct mt_schema_encoder *e)
{
    if (lua_isnil(e->L, -1))
        return 0;
    mt_schema_check_type(e, LUA_TTABLE);
    return lua_rawlen(e->L, -1);
}

/* Pushes an element of the list at the top of the stack, which must be there; of nil, nil. */
static void get_element(struct mt_schema_encoder *e, size_t i)
{
    mt_schema_path_element(&e->path, i);
    if (lua_isnil(e->L, -1))
        lua_pushnil(e->L);
    else if (lua_rawgeti(e->L, -1, (lua_Integer)i) == LUA_TNIL)
        raise_wrong_type(e, "a value");
}

static void leave_element(struct mt_schema_encoder *e)
{
    lua_pop(e->L, 1);
    mt_schema_path_leave(&e->path);
}

/* The elements of the list at the top of the stack, one after another. */
static bool encode_elements(struct mt_schema_encoder *e, const struct mt_schema_type *of,
                            size_t count)
{
    for (size_t i = 1; i <= count; i++) {
        get_element(e, i);
        if (!encode_type(e, of, NULL))
            return false;
        leave_element(e);
    }
    return true;
}

static bool encode_tlv(struct mt_schema_encoder *e, const struct mt_schema_type *type)
{
    size_t header = e->to.used, size, padding;

    if (!mt_schema_put_uint(e, 2, false, type->size) || !mt_schema_put_zeros(e, 6) ||
        !encode_type(e, type->of, NULL))
        return false;
    size = e->to.used - header - type->least;
    padding = (4 - size % 4) % 4;
    mt_patch_uint(&e->to, header + 3, 1, padding);
    mt_patch_le32(&e->to, header + 4, (uint32_t)size);
    return mt_schema_put_zeros(e, padding);
}

/* A count is the length of the list that it counts. */
static bool encode_count(struct mt_schema_encoder *e, const struct mt_schema_type *type,
                         const struct scope *scope)
{
    size_t count;

    mt_schema_push_value(e, &scope->given, (unsigned)type->counted);
    count = get_length(e);
    lua_pop(e->L, 1);
    return mt_schema_put_uint(e, 4, false, count);
}

static bool encode_list(struct mt_schema_encoder *e, const struct mt_schema_type *type)
{
    size_t count = get_length(e);

    if (type->size && count != type->size && !lua_isnil(e->L, -1))
        return mt_schema_encode_fail(e, "%zu elements given, %u wanted", count, type->size);
    if (type->prefix && !mt_schema_put_prefix(e, type->prefix, count, "elements"))
        return false;
    return encode_elements(e, type->of, type->size ? type->size : count);
}

static bool encode_refs(struct mt_schema_encoder *e, const struct mt_schema_type *type)
{
    size_t count = get_length(e);

    if (count > MT_SCHEMA_BYTES_MAX / 8)
        return mt_schema_encode_fail(e, "the message is longer than %d bytes", MT_SCHEMA_BYTES_MAX);
    return (type->counted >= 0 || mt_schema_put_uint(e, 4, false, count)) &&
           mt_schema_put_zeros(e, 8 * count);
}

/* Encodes the value at the top of the stack behind the fixed part; fills in offset and size. */
static bool place(struct mt_schema_encoder *e, const struct mt_schema_type *type,
                  const struct scope *scope, size_t slot, bool size_first)
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
    mt_patch_le32(&e->to, size_first ? slot + 4 : slot, (uint32_t)(start - scope->start));
    mt_patch_le32(&e->to, size_first ? slot : slot + 4, (uint32_t)size);
    return align(e, scope);
}

static bool place_pointer(struct mt_schema_encoder *e, const struct mt_schema_type *type,
                          const struct scope *scope, size_t slot)
{
    if (lua_isnil(e->L, -1))
        return true;
    if (!align(e, scope))
        return false;
    mt_patch_le32(&e->to, slot, (uint32_t)(e->to.used - scope->start));
    return encode_type(e, type->of, NULL) && align(e, scope);
}

static bool place_array(struct mt_schema_encoder *e, const struct mt_schema_type *type,
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

static bool place_refs(struct mt_schema_encoder *e, const struct mt_schema_type *type,
                       const struct scope *scope, size_t slot)
{
    size_t count = get_length(e);

    if (type->counted < 0)
        slot += 4;
    for (size_t i = 1; i <= count; i++, slot += 8) {
        get_element(e, i);
        if (!place(e, type->of, scope, slot, false))
            return false;
        leave_element(e);
    }
    return true;
}

/* Encodes what a reference, at the top of the stack, points at. */
static bool place_type(struct mt_schema_encoder *e, const struct mt_schema_type *type,
                       const struct scope *scope, size_t slot)
{
    switch (type->kind) {
    case MT_SCHEMA_TEXT:
        return place(e, &mt_schema_text, scope, slot, false);
    case MT_SCHEMA_DATA:
        return place(e, &mt_schema_data, scope, slot, type->sized);
    case MT_SCHEMA_REF:
        return place(e, type->of, scope, slot, false);
    case MT_SCHEMA_POINTER:
        return place_pointer(e, type, scope, slot);
    case MT_SCHEMA_ARRAY:
        return place_array(e, type, scope, slot);
    case MT_SCHEMA_REFS:
        return place_refs(e, type, scope, slot);
    default:
        return mt_schema_encode_fail(e, "no reference");
    }
}

/* Raises "Connect: no field 'sesion' (has: session, command)"; the key is at -2. */
static void raise_unknown_key(struct mt_schema_encoder *e, const struct mt_schema_record *record)
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

static bool is_text(const char *key, size_t length, const char *text)
{
    return strcmp(key, text) == 0 && length == strlen(text); /* a key may have NULs */
}

/*
 * The place of the field that a key names; -1: none, or a count, which the encoder finds out itself.
 * Short strings are one object each, so nearly always the addresses are the same.
 */
static int find_place(const struct mt_schema_record *record, const char *key, size_t length)
{
    int place = 0;

    while (place < record->length && record->fields[place].name != key)
        place++;
    if (place == record->length)
        for (place = 0; place < record->length; place++)
            if (is_text(key, length, record->fields[place].name))
                break;
    return place < record->length && record->fields[place].type.kind != MT_SCHEMA_COUNT ? place
                                                                                        : -1;
}

static bool is_leftover(const struct mt_schema_record *record, const char *key, size_t length)
{
    return record->tlvs && (is_text(key, length, "unknown") || is_text(key, length, "malformed"));
}

void mt_schema_push_given(struct mt_schema_encoder *e, const struct mt_schema_record *record,
                          struct mt_schema_given *given)
{
    lua_State *L = e->L;
    int values = lua_gettop(L);
    size_t length = 0;

    given->set = (struct mt_schema_set){ { 0 } };
    given->leftovers = false;
    if (lua_isnil(L, values))
        return;
    mt_schema_check_type(e, LUA_TTABLE);
    luaL_checkstack(L, record->length + 8 * MT_SCHEMA_DEPTH_MAX, NULL);
    lua_pushnil(L);
    while (lua_next(L, values)) {
        bool named = lua_type(L, -2) == LUA_TSTRING;
        const char *key = named ? lua_tolstring(L, -2, &length) : NULL;
        int place = named ? find_place(record, key, length) : -1;

        if (place >= 0) {
            lua_insert(L, -2); /* the value stays; the key goes on */
            mt_schema_set_add(&given->set, (unsigned)place);
            given->slots[place] = (uint16_t)(lua_gettop(L) - 1);
        } else if (named && is_leftover(record, key, length)) {
            lua_pop(L, 1);
            given->leftovers = true;
        } else {
            raise_unknown_key(e, record);
        }
    }
}

/* The first pass over a structure: its fixed part, where references are zeros yet. */
static bool encode_fields(struct mt_schema_encoder *e, struct scope *scope)
{
    const char *absent = NULL;

    for (int i = 0; i < scope->record->length; i++) {
        const struct mt_schema_field *field = &scope->record->fields[i];

        mt_schema_path_field(&e->path, field->name);
        mt_schema_push_value(e, &scope->given, (unsigned)i);
        scope->slots[i] = e->to.used;
        if (field->optional && lua_isnil(e->L, -1))
            absent = field->name;
        else if (absent)
            return mt_schema_encode_fail(e, "must be absent, as '%s' before it is", absent);
        else if (!encode_type(e, &field->type, scope))
            return false;
        lua_pop(e->L, 1);
        mt_schema_path_leave(&e->path);
    }
    return true;
}

/* The second pass: what the references point at, in order of declaration. */
static bool place_fields(struct mt_schema_encoder *e, const struct scope *scope)
{
    for (int i = 0; i < scope->record->length; i++) {
        const struct mt_schema_field *field = &scope->record->fields[i];

        if (!mt_schema_refers(field->type.kind) ||
            !mt_schema_set_has(&scope->given.set, (unsigned)i))
            continue;
        mt_schema_path_field(&e->path, field->name);
        mt_schema_push_value(e, &scope->given, (unsigned)i);
        if (!place_type(e, &field->type, scope, scope->slots[i]))
            return false;
        lua_pop(e->L, 1);
        mt_schema_path_leave(&e->path);
    }
    return true;
}

/* The structure at the top of the stack; nil is one without any values. */
static bool encode_struct(struct mt_schema_encoder *e, const struct mt_schema_record *record)
{
    struct scope scope; /* member by member: an initializer would clear the slots, too */
    int top = lua_gettop(e->L);

    scope.record = record;
    scope.start = e->to.used;
    mt_schema_push_given(e, record, &scope.given);
    if (!encode_fields(e, &scope) || (record->refers && !place_fields(e, &scope)))
        return false;
    lua_settop(e->L, top);
    return true;
}

/* Encodes the value at the top of the stack, in place. The scope is there as in the decoder. */
static bool encode_type(struct mt_schema_encoder *e, const struct mt_schema_type *type,
                        const struct scope *scope)
{
    if (type->kind < MT_SCHEMA_STRUCT)
        return mt_schema_encode_scalar(e, type);
    switch (type->kind) {
    case MT_SCHEMA_STRUCT:
        return encode_struct(e, type->record);
    case MT_SCHEMA_TLV:
        return encode_tlv(e, type);
    case MT_SCHEMA_COUNT:
        return encode_count(e, type, scope);
    case MT_SCHEMA_LIST:
        return encode_list(e, type);
    case MT_SCHEMA_TEXT:
    case MT_SCHEMA_DATA:
    case MT_SCHEMA_REF:
    case MT_SCHEMA_ARRAY:
        return mt_schema_put_zeros(e, 8);
    case MT_SCHEMA_POINTER:
        return mt_schema_put_zeros(e, 4);
    case MT_SCHEMA_REFS:
        return encode_refs(e, type);
    default:
        return mt_schema_encode_fail(e, "no such kind");
    }
}

bool mt_schema_encode_value(struct mt_schema_encoder *e, const struct mt_schema_type *type)
{
    return encode_type(e, type, NULL);
}

int mt_schema_encode(lua_State *L, const struct mt_schema_codec *codec,
                     const struct mt_schema_header *header)
{
    struct mt_schema_encoder e; /* member by member, as in the decoder */
    uint8_t room[256];          /* most messages are short */

    luaL_checkstack(L, 8 * MT_SCHEMA_DEPTH_MAX, NULL);
    lua_getiuservalue(L, 1, 1);
    e.L = L;
    e.path.message = codec->name;
    e.path.depth = 0;
    e.to = mt_writer(room, sizeof(room));
    lua_pushnil(L); /* MT_SCHEMA_BUFFER, when it needs more */
    lua_pushvalue(L, 2);
    if (header && !mt_schema_put_zeros(&e, header->size))
        return mt_schema_fail(L, "invalid", &e.path, e.reason);
    e.start = e.to.used;
    if (codec->record->tlvs ? !mt_schema_encode_tlvs(&e, codec) : !encode_struct(&e, codec->record))
        return mt_schema_fail(L, "invalid", &e.path, e.reason);
    if (header)
        header->fill(header, e.to.bytes, e.to.used);
    lua_pushlstring(L, (const char *)e.to.bytes, e.to.used);
    return 1;
}
