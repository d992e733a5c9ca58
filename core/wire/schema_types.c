/* SPDX-License-Identifier: MIT */
/* The compiler of core.schema, for types: what each kind needs, and how large it can be. */

#include <lauxlib.h>
#include <string.h>

#include "wire/schema_compile.h"
#include "wire/uuid.h"

static const char *const kind_names[] = {
    "uint",   "int",  "float", "uuid",    "ipv4",  "ipv6",  "bytes",
    "string", "rest", "utf16", "struct",  "tlv",   "count", "list",
    "text",   "data", "ref",   "pointer", "array", "refs",  NULL,
};

static const char *const style_names[] = { "plain", "bool", "enum", "flags", NULL };

/* The place of a table's string in a list of names; -1 when it is not a string, or another one. */
static int find_name(lua_State *L, const char *key, const char *const names[])
{
    int found = -1;

    lua_getfield(L, -1, key);
    if (lua_type(L, -1) == LUA_TSTRING) {
        const char *name = lua_tostring(L, -1);

        for (int i = 0; names[i] && found < 0; i++) {
            if (names[i][0] == name[0] && strcmp(names[i], name) == 0)
                found = i;
        }
    }
    lua_pop(L, 1);
    return found;
}

static void compile_kind(struct mt_schema_compiler *c, struct mt_schema_type *type)
{
    int kind = find_name(c->L, "kind", kind_names);

    if (kind < 0) {
        lua_getfield(c->L, -1, "kind");
        lua_pushfstring(c->L, "unknown kind '%s'", luaL_tolstring(c->L, -1, NULL));
        mt_schema_refuse_pushed(c);
    }
    type->kind = (enum mt_schema_kind)kind;
}

static lua_Integer get_size(struct mt_schema_compiler *c)
{
    lua_Integer size;

    lua_getfield(c->L, -1, "size");
    size = lua_isinteger(c->L, -1) ? lua_tointeger(c->L, -1) : 0;
    lua_pop(c->L, 1);
    return size;
}

static bool get_flag(struct mt_schema_compiler *c, const char *key)
{
    bool set;

    lua_getfield(c->L, -1, key);
    set = lua_toboolean(c->L, -1);
    lua_pop(c->L, 1);
    return set;
}

/* Refuses a name at -2 whose number at -1 cannot be a value of this type. */
static void check_value(struct mt_schema_compiler *c, const struct mt_schema_type *type)
{
    lua_State *L = c->L;
    lua_Unsigned bits = (lua_Unsigned)lua_tointeger(L, -1);

    if (lua_type(L, -2) != LUA_TSTRING || !lua_isinteger(L, -1))
        mt_schema_refuse(c, "values must be name = integer");
    if (type->size < sizeof(bits) && bits >> (8 * type->size) != 0) {
        lua_pushfstring(L, "'%s' does not fit in %d bytes", lua_tostring(L, -2), (int)type->size);
        mt_schema_refuse_pushed(c);
    }
    if (type->style == MT_SCHEMA_FLAGS && (bits == 0 || (bits & (bits - 1)) != 0)) {
        lua_pushfstring(L, "'%s' is not a single bit", lua_tostring(L, -2));
        mt_schema_refuse_pushed(c);
    }
}

/* Names are found by number, those of flags by bit. */
static lua_Integer number_of(const struct mt_schema_type *type, lua_Integer value)
{
    return type->style == MT_SCHEMA_FLAGS ? __builtin_ctzll((lua_Unsigned)value) : value;
}

/*
 * Where names of numbers go: into the pool itself, so that a decoder finds them in one step; where
 * numbers are few and far between, into a table.
 */
static void make_names(struct mt_schema_compiler *c, struct mt_schema_type *type, size_t count,
                       lua_Unsigned highest)
{
    if (highest >= 32 + 4 * (lua_Unsigned)count) {
        lua_createtable(c->L, 0, (int)count);
        type->names = mt_schema_keep(c);
        return;
    }
    type->named = (size_t)highest + 1;
    type->names = c->kept + 1;
    for (size_t i = 0; i <= highest; i++) {
        lua_pushinteger(c->L, type->style == MT_SCHEMA_FLAGS ? (lua_Integer)(UINT64_C(1) << i)
                                                             : (lua_Integer)i);
        mt_schema_keep(c);
    }
}

/* Keeps a name at -2 under its number at -1. */
static void keep_name(struct mt_schema_compiler *c, const struct mt_schema_type *type)
{
    lua_State *L = c->L;
    lua_Integer number = number_of(type, lua_tointeger(L, -1));

    if (type->named > 0) {
        lua_pushvalue(L, MT_SCHEMA_POOL);
        number += type->names;
    } else {
        lua_rawgeti(L, MT_SCHEMA_POOL, type->names);
    }
    if (lua_rawgeti(L, -1, number) == LUA_TSTRING) {
        lua_pushfstring(L, "'%s' and '%s' have the same number", lua_tostring(L, -4),
                        lua_tostring(L, -1));
        mt_schema_refuse_pushed(c);
    }
    lua_pushvalue(L, -4);
    lua_rawseti(L, -3, number);
    lua_pop(L, 2);
}

/* The values of an enum or flags are copied: a codec does not change when a script's table does. */
static void compile_values(struct mt_schema_compiler *c, struct mt_schema_type *type)
{
    lua_State *L = c->L;
    int values = lua_gettop(L) + 1;
    lua_Unsigned highest = 0, number;
    size_t count = 0;

    if (lua_getfield(L, -1, "values") != LUA_TTABLE)
        mt_schema_refuse(c, "an enum or flags without values");
    for (lua_pushnil(L); lua_next(L, values); lua_pop(L, 1), count++) {
        check_value(c, type);
        number = (lua_Unsigned)number_of(type, lua_tointeger(L, -1));
        highest = number > highest ? number : highest;
    }
    make_names(c, type, count, highest);
    for (lua_pushnil(L); lua_next(L, values); lua_pop(L, 1))
        keep_name(c, type);
    lua_pop(L, 1);
    lua_pushboolean(L, false);
    type->numbers = mt_schema_keep(c);
}

/* Modems send the same few UUIDs again and again: the text of the last one is kept with its bytes. */
static void compile_uuid(struct mt_schema_compiler *c, struct mt_schema_type *type)
{
    char text[MT_UUID_TEXT_SIZE];

    type->least = MT_UUID_SIZE;
    type->exact = true;
    type->recent = mt_schema_keep_memory(c, MT_UUID_SIZE);
    mt_uuid_format(type->recent, text);
    lua_pushstring(c->L, text);
    type->names = mt_schema_keep(c);
}

static void compile_integer(struct mt_schema_compiler *c, struct mt_schema_type *type)
{
    lua_Integer size = get_size(c);
    int style = MT_SCHEMA_PLAIN;

    if (type->kind == MT_SCHEMA_UINT && (size < 1 || size > 8))
        mt_schema_refuse(c, "a uint has 1 to 8 bytes");
    if (type->kind == MT_SCHEMA_INT && size != 1 && size != 2 && size != 4 && size != 8)
        mt_schema_refuse(c, "an int has 1, 2, 4 or 8 bytes");
    type->size = type->least = (size_t)size;
    type->big = get_flag(c, "big");
    if (mt_schema_has(c, "style"))
        style = find_name(c->L, "style", style_names);
    if (style < 0 || (style > 0 && type->kind == MT_SCHEMA_INT))
        mt_schema_refuse(c, "an unknown style of integer");
    type->style = (enum mt_schema_style)style;
    if (type->style == MT_SCHEMA_ENUM || type->style == MT_SCHEMA_FLAGS)
        compile_values(c, type);
}

static void compile_float(struct mt_schema_compiler *c, struct mt_schema_type *type)
{
    lua_Integer size = get_size(c);

    if (size != 4 && size != 8)
        mt_schema_refuse(c, "a float has 4 or 8 bytes");
    type->size = type->least = (size_t)size;
}

/* What a list holds or a reference points at, with the demands that all of them share. */
static const struct mt_schema_type *compile_inner(struct mt_schema_compiler *c, const char *key)
{
    struct mt_schema_type *inner;

    if (lua_getfield(c->L, -1, key) != LUA_TTABLE) {
        lua_pushfstring(c->L, "'%s' must be a type", key);
        mt_schema_refuse_pushed(c);
    }
    if (mt_schema_has(c, "optional"))
        mt_schema_refuse(c, "only a field can be optional, not what it holds");
    if (mt_schema_has(c, "count"))
        mt_schema_refuse(c, "only a field of a structure can have a count field");
    inner = mt_schema_keep_memory(c, sizeof(*inner));
    mt_schema_compile_type(c, inner);
    lua_pop(c->L, 1);
    if (inner->kind == MT_SCHEMA_COUNT)
        mt_schema_refuse(c, "a count must be a field");
    if (mt_schema_refers(inner->kind))
        mt_schema_refuse(c, "a reference must be a field");
    return inner;
}

/* The count or length in front of what it counts. */
static void compile_prefix(struct mt_schema_compiler *c, struct mt_schema_type *type)
{
    type->prefix = compile_inner(c, "prefix");
    if (type->prefix->kind != MT_SCHEMA_UINT || type->prefix->style != MT_SCHEMA_PLAIN)
        mt_schema_refuse(c, "a count or length must be a plain uint");
    type->least = type->prefix->least;
}

/* Bytes or a string: with its length in front, or of a fixed size; only a string needs neither. */
static void compile_bytes(struct mt_schema_compiler *c, struct mt_schema_type *type)
{
    lua_Integer size = get_size(c);

    if (mt_schema_has(c, "prefix")) {
        compile_prefix(c, type);
    } else if (type->kind == MT_SCHEMA_STRING && !mt_schema_has(c, "size")) {
        type->open = true;
    } else {
        if (size < 1 || size > MT_SCHEMA_BYTES_MAX)
            mt_schema_refuse(c, "bytes must have a size of at least 1");
        type->size = type->least = (size_t)size;
        type->exact = true;
        type->filled = get_flag(c, "filled");
    }
}

static void compile_struct(struct mt_schema_compiler *c, struct mt_schema_type *type)
{
    if (lua_getfield(c->L, -1, "fields") != LUA_TTABLE)
        mt_schema_refuse(c, "a struct without fields");
    type->record = mt_schema_compile_record(c);
    type->least = type->record->least;
    type->exact = type->record->exact;
    type->open = type->record->open;
    lua_pop(c->L, 1);
}

/* MBIMEx 3.0's: a type, the length of its padding, and the length in front of a value. */
static void compile_tlv(struct mt_schema_compiler *c, struct mt_schema_type *type)
{
    lua_Integer size = get_size(c);

    if (size < 1 || size > UINT16_MAX)
        mt_schema_refuse(c, "a tlv has a type from 1 to 65535");
    type->size = (uint32_t)size;
    type->of = compile_inner(c, "of");
    type->least = 8;
}

/* With a count in front or in an earlier field, of a fixed size, or as many as there is room for. */
static void compile_list(struct mt_schema_compiler *c, struct mt_schema_type *type)
{
    lua_Integer size = get_size(c);

    type->open = get_flag(c, "all");
    if (!type->open && !mt_schema_has(c, "count") && !mt_schema_has(c, "size"))
        compile_prefix(c, type);
    type->of = compile_inner(c, "of");
    if (type->of->least == 0 || type->of->open)
        mt_schema_refuse(c, "an element of a list must have a size, and an end of its own");
    if (!mt_schema_has(c, "size"))
        return;
    if (size < 1 || size > MT_SCHEMA_VALUES_MAX ||
        type->of->least > MT_SCHEMA_BYTES_MAX / (size_t)size)
        mt_schema_refuse(c, "a list must have at least 1 element, and fit in a message");
    type->size = (size_t)size;
    type->least = type->size * type->of->least;
    type->exact = type->of->exact;
}

static void compile_fixed(struct mt_schema_compiler *c, struct mt_schema_type *type)
{
    type->of = compile_inner(c, "of");
    if (!type->of->exact || type->of->least == 0)
        mt_schema_refuse(c, "only a type of fixed size can be pointed at without a size");
    type->least = type->kind == MT_SCHEMA_POINTER ? 4 : 8;
}

static void compile_ref(struct mt_schema_compiler *c, struct mt_schema_type *type)
{
    type->of = compile_inner(c, "of");
    if (type->of->kind != MT_SCHEMA_STRUCT)
        mt_schema_refuse(c, "a ref points at a struct");
    type->least = 8;
}

static void compile_refs(struct mt_schema_compiler *c, struct mt_schema_type *type)
{
    type->of = compile_inner(c, "of");
    if (type->of->kind == MT_SCHEMA_LIST)
        mt_schema_refuse(c, "refs point at structs, a utf16 or bytes");
    type->least = mt_schema_has(c, "count") ? 0 : 4;
}

void mt_schema_compile_type(struct mt_schema_compiler *c, struct mt_schema_type *type)
{
    *type = (struct mt_schema_type){ .counted = -1 };
    if (++c->nesting > MT_SCHEMA_DEPTH_MAX)
        mt_schema_refuse(c, "types are nested too deep");
    compile_kind(c, type);
    switch (type->kind) {
    case MT_SCHEMA_UINT:
    case MT_SCHEMA_INT:
        compile_integer(c, type);
        type->exact = true;
        break;
    case MT_SCHEMA_FLOAT:
        compile_float(c, type);
        type->exact = true;
        break;
    case MT_SCHEMA_UUID:
        compile_uuid(c, type);
        break;
    case MT_SCHEMA_IPV4:
        type->least = 4;
        type->little = get_flag(c, "little");
        type->exact = true;
        break;
    case MT_SCHEMA_IPV6:
        type->least = 16;
        type->exact = true;
        break;
    case MT_SCHEMA_BYTES:
    case MT_SCHEMA_STRING:
        compile_bytes(c, type);
        break;
    case MT_SCHEMA_REST:
    case MT_SCHEMA_UTF16:
        type->open = true;
        break;
    case MT_SCHEMA_STRUCT:
        compile_struct(c, type);
        break;
    case MT_SCHEMA_TLV:
        compile_tlv(c, type);
        break;
    case MT_SCHEMA_COUNT:
        type->least = 4;
        break;
    case MT_SCHEMA_LIST:
        compile_list(c, type);
        break;
    case MT_SCHEMA_DATA:
        type->sized = get_flag(c, "sized");
        type->least = 8;
        break;
    case MT_SCHEMA_TEXT:
        type->least = 8;
        break;
    case MT_SCHEMA_REF:
        compile_ref(c, type);
        break;
    case MT_SCHEMA_POINTER:
    case MT_SCHEMA_ARRAY:
        compile_fixed(c, type);
        break;
    case MT_SCHEMA_REFS:
        compile_refs(c, type);
        break;
    }
    c->nesting--;
}
