/* SPDX-License-Identifier: MIT */
/* The decoder of core.schema: bytes from outside to Lua values, as a declaration says. */

#include <lauxlib.h>
#include <stdarg.h>
#include <stdio.h>

#include "wire/schema_coder.h"

/* One structure: references count from its start, and are checked against its end. */
struct scope {
    struct mt_reader whole;
    size_t nearest;  /* where the first data referred to begins: the fixed part ends before it */
    size_t farthest; /* where the last data referred to ends */
    uint32_t counts[MT_SCHEMA_FIELDS_MAX]; /* of the list in each place */
};

static bool decode_type(struct mt_schema_decoder *d, const struct mt_schema_type *type,
                        struct mt_reader *at, struct scope *scope);

bool mt_schema_decode_fail(struct mt_schema_decoder *d, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(d->reason, sizeof(d->reason), format, arguments);
    va_end(arguments);
    return false;
}

bool mt_schema_decode_short(struct mt_schema_decoder *d, size_t wanted, size_t left)
{
    return mt_schema_decode_fail(d, "%zu bytes wanted, %zu left", wanted, left);
}

bool mt_schema_decode_too_many(struct mt_schema_decoder *d)
{
    return mt_schema_decode_fail(d, "more than %d values in one message", MT_SCHEMA_VALUES_MAX);
}

bool mt_schema_decode_too_long(struct mt_schema_decoder *d)
{
    return mt_schema_decode_fail(d, "more than %d bytes of text and data in one message",
                                 MT_SCHEMA_BYTES_MAX);
}

/* Its padding may be cut off at the end of the message: it says nothing. */
static bool decode_tlv(struct mt_schema_decoder *d, const struct mt_schema_type *type,
                       struct mt_reader *at)
{
    uint64_t number = 0, padding = 0;
    uint32_t length = 0;
    struct mt_reader value;

    if (at->left < type->least)
        return mt_schema_decode_short(d, type->least, at->left);
    mt_take_uint(at, 2, false, &number);
    mt_skip(at, 1);
    mt_take_uint(at, 1, false, &padding);
    mt_take_le32(at, &length);
    if (number != type->size)
        return mt_schema_decode_fail(d, "a TLV of type %u, not %u", (unsigned)number, type->size);
    if (!mt_window(*at, 0, length, &value))
        return mt_schema_decode_short(d, length, at->left);
    mt_skip(at, length);
    mt_skip(at, padding < at->left ? (size_t)padding : at->left);
    return decode_type(d, type->of, &value, NULL);
}

/* A count is kept for the list that it counts; scripts see only the list. */
static bool decode_count(struct mt_schema_decoder *d, const struct mt_schema_type *type,
                         struct mt_reader *at, struct scope *scope)
{
    if (!mt_take_le32(at, &scope->counts[type->counted]))
        return mt_schema_decode_short(d, 4, at->left);
    lua_pushnil(d->L);
    return true;
}

static bool decode_list(struct mt_schema_decoder *d, const struct mt_schema_type *type,
                        struct mt_reader *at, const struct scope *scope)
{
    uint64_t count = 0;
    bool lenient = d->lenient;

    if (type->size)
        count = type->size;
    else if (type->open)
        count = at->left / type->of->least;
    else if (!type->prefix)
        count = scope->counts[type->counted];
    else if (!mt_take_uint(at, type->prefix->size, type->prefix->big, &count))
        return mt_schema_decode_short(d, type->prefix->size, at->left);
    if (count > at->left / type->of->least)
        return mt_schema_decode_fail(d, "%llu elements of %zu bytes wanted, %zu bytes left",
                                     (unsigned long long)count, type->of->least, at->left);
    if (count > d->values)
        return mt_schema_charge_values(d, (size_t)count);
    lua_createtable(d->L, (int)count, 0);
    /* A count says what has to be there, or the next element would be nonsense. */
    d->lenient = false;
    for (size_t i = 1; i <= count; i++) {
        mt_schema_path_element(&d->path, i);
        if (!decode_type(d, type->of, at, NULL))
            return false;
        mt_schema_path_leave(&d->path);
        lua_rawseti(d->L, -2, (lua_Integer)i);
    }
    d->lenient = lenient;
    return true;
}

/* The data that a reference points at, which everything that follows the fixed part is. */
static bool refer(struct mt_schema_decoder *d, struct scope *scope, uint32_t offset, uint64_t size,
                  struct mt_reader *data)
{
    size_t end, padded;

    if (size > scope->whole.left || !mt_window(scope->whole, offset, (size_t)size, data))
        return mt_schema_decode_fail(d, "%llu bytes at %lu wanted, the structure has %zu",
                                     (unsigned long long)size, (unsigned long)offset,
                                     scope->whole.left);
    end = offset + (size_t)size;
    padded = scope->whole.left - end < 3 ? scope->whole.left : (end + 3) & ~(size_t)3;
    if (offset < scope->nearest)
        scope->nearest = offset;
    if (padded > scope->farthest)
        scope->farthest = padded;
    return true;
}

/* A reference of an offset and a size; without a size the window is empty, whatever the offset. */
static bool take_range(struct mt_schema_decoder *d, struct mt_reader *at, struct scope *scope,
                       bool size_first, struct mt_reader *data)
{
    uint32_t offset = 0, size = 0;

    *data = mt_reader(NULL, 0);
    if (at->left < 8)
        return mt_schema_decode_short(d, 8, at->left);
    mt_take_le32(at, size_first ? &size : &offset);
    mt_take_le32(at, size_first ? &offset : &size);
    return size == 0 || refer(d, scope, offset, size, data);
}

static bool decode_text(struct mt_schema_decoder *d, struct mt_reader *at, struct scope *scope)
{
    struct mt_reader data;

    return take_range(d, at, scope, false, &data) && decode_type(d, &mt_schema_text, &data, NULL);
}

static bool decode_data(struct mt_schema_decoder *d, const struct mt_schema_type *type,
                        struct mt_reader *at, struct scope *scope)
{
    struct mt_reader data;

    return take_range(d, at, scope, type->sized, &data) &&
           decode_type(d, &mt_schema_data, &data, NULL);
}

static bool decode_ref(struct mt_schema_decoder *d, const struct mt_schema_type *type,
                       struct mt_reader *at, struct scope *scope)
{
    struct mt_reader data;

    if (!take_range(d, at, scope, false, &data))
        return false;
    if (data.left == 0) {
        lua_pushnil(d->L);
        return true;
    }
    return decode_type(d, type->of, &data, NULL);
}

static bool decode_pointer(struct mt_schema_decoder *d, const struct mt_schema_type *type,
                           struct mt_reader *at, struct scope *scope)
{
    struct mt_reader data = mt_reader(NULL, 0);
    uint32_t offset;

    if (!mt_take_le32(at, &offset))
        return mt_schema_decode_short(d, 4, at->left);
    if (offset == 0) {
        lua_pushnil(d->L);
        return true;
    }
    return refer(d, scope, offset, type->of->least, &data) && decode_type(d, type->of, &data, NULL);
}

static bool decode_array(struct mt_schema_decoder *d, const struct mt_schema_type *type,
                         struct mt_reader *at, struct scope *scope)
{
    struct mt_reader data = mt_reader(NULL, 0);
    uint32_t count = 0, offset = 0;

    if (at->left < 8)
        return mt_schema_decode_short(d, 8, at->left);
    mt_take_le32(at, &count);
    mt_take_le32(at, &offset);
    if (count > d->values)
        return mt_schema_charge_values(d, count);
    if (count != 0 && !refer(d, scope, offset, (uint64_t)count * type->of->least, &data))
        return false;
    lua_createtable(d->L, (int)count, 0);
    for (size_t i = 1; i <= count; i++) {
        mt_schema_path_element(&d->path, i);
        if (!decode_type(d, type->of, &data, NULL))
            return false;
        mt_schema_path_leave(&d->path);
        lua_rawseti(d->L, -2, (lua_Integer)i);
    }
    return true;
}

static bool decode_refs(struct mt_schema_decoder *d, const struct mt_schema_type *type,
                        struct mt_reader *at, struct scope *scope)
{
    struct mt_reader data;
    uint32_t count;

    if (type->counted >= 0)
        count = scope->counts[type->counted];
    else if (!mt_take_le32(at, &count))
        return mt_schema_decode_short(d, 4, at->left);
    if (count > at->left / 8)
        return mt_schema_decode_fail(d, "%lu references wanted, %zu bytes left",
                                     (unsigned long)count, at->left);
    if (count > d->values)
        return mt_schema_charge_values(d, count);
    lua_createtable(d->L, (int)count, 0);
    for (size_t i = 1; i <= count; i++) {
        mt_schema_path_element(&d->path, i);
        if (!take_range(d, at, scope, false, &data) || !decode_type(d, type->of, &data, NULL))
            return false;
        mt_schema_path_leave(&d->path);
        lua_rawseti(d->L, -2, (lua_Integer)i);
    }
    return true;
}

static void init_scope(struct scope *scope, struct mt_reader whole)
{
    scope->whole = whole;
    scope->nearest = whole.left;
    scope->farthest = 0;
}

/*
 * Has the fixed part no room for an optional field? Then the sender does not know it. Older or
 * sloppy firmware may not know a mandatory one either, which a lenient reader takes as it is.
 */
static bool is_absent(const struct scope *scope, const struct mt_schema_field *field,
                      const struct mt_reader *at)
{
    size_t used = scope->whole.left - at->left;
    size_t least = field->type.least;

    if (field->optional && least == 0)
        least = 1;
    return used > scope->nearest || scope->nearest - used < least;
}

/* Takes a structure and the data it refers to, so that the next one of a list follows. */
static bool decode_struct(struct mt_schema_decoder *d, const struct mt_schema_record *record,
                          struct mt_reader *at)
{
    struct mt_reader whole = *at;
    struct scope scope;
    size_t used;

    init_scope(&scope, whole);
    lua_createtable(d->L, 0, record->length);
    for (int i = 0; i < record->length; i++) {
        const struct mt_schema_field *field = &record->fields[i];

        if ((field->optional || d->lenient) && is_absent(&scope, field, at))
            break;
        mt_schema_path_field(&d->path, field->name);
        lua_rawgeti(d->L, MT_SCHEMA_POOL, field->key);
        if (!decode_type(d, &field->type, at, &scope))
            return false;
        lua_rawset(d->L, -3);
        mt_schema_path_leave(&d->path);
    }
    used = whole.left - at->left;
    if (used < scope.farthest)
        mt_skip(at, scope.farthest - used);
    return true;
}

/* Takes a value of a type and pushes it. The scope is there for those that only a field can be. */
static bool decode_type(struct mt_schema_decoder *d, const struct mt_schema_type *type,
                        struct mt_reader *at, struct scope *scope)
{
    if (!mt_schema_charge_values(d, 1))
        return false;
    if (type->kind < MT_SCHEMA_STRUCT)
        return mt_schema_decode_scalar(d, type, at);
    switch (type->kind) {
    case MT_SCHEMA_STRUCT:
        return decode_struct(d, type->record, at);
    case MT_SCHEMA_TLV:
        return decode_tlv(d, type, at);
    case MT_SCHEMA_COUNT:
        return decode_count(d, type, at, scope);
    case MT_SCHEMA_LIST:
        return decode_list(d, type, at, scope);
    case MT_SCHEMA_TEXT:
        return decode_text(d, at, scope);
    case MT_SCHEMA_DATA:
        return decode_data(d, type, at, scope);
    case MT_SCHEMA_REF:
        return decode_ref(d, type, at, scope);
    case MT_SCHEMA_POINTER:
        return decode_pointer(d, type, at, scope);
    case MT_SCHEMA_ARRAY:
        return decode_array(d, type, at, scope);
    case MT_SCHEMA_REFS:
        return decode_refs(d, type, at, scope);
    default:
        return mt_schema_decode_fail(d, "no such kind");
    }
}

bool mt_schema_decode_value(struct mt_schema_decoder *d, const struct mt_schema_type *type,
                            struct mt_reader *at)
{
    return decode_type(d, type, at, NULL);
}

int mt_schema_decode(lua_State *L, const struct mt_schema_codec *codec, struct mt_reader bytes,
                     bool lenient)
{
    struct mt_schema_decoder d; /* member by member: an initializer would clear the path, too */

    d.L = L;
    d.path.message = codec->name;
    d.path.depth = 0;
    d.values = MT_SCHEMA_VALUES_MAX;
    d.bytes = MT_SCHEMA_BYTES_MAX;
    d.lenient = lenient;
    luaL_checkstack(L, 8 * MT_SCHEMA_DEPTH_MAX, NULL);
    lua_getiuservalue(L, 1, 1);
    if (codec->record->tlvs ? mt_schema_decode_tlvs(&d, codec, bytes)
                            : decode_struct(&d, codec->record, &bytes))
        return 1;
    return mt_schema_fail(L, "malformed", &d.path, d.reason);
}
