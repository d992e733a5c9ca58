/* SPDX-License-Identifier: MIT */
/* The compiler of core.schema: turns a declaration's tables into structs, or refuses them. */

#include <lauxlib.h>
#include <string.h>

#include "schema_form.h"

#define POOL 3 /* where on the stack the pool is while compiling; 1 and 2 are the arguments */

struct compiler {
    lua_State *L;
    struct mt_schema_path path;
    int nesting;
};

static const char *const kind_names[] = {
    "uint", "int",  "uuid", "ipv4", "ipv6",    "bytes", "rest", "utf16", "struct", "count", "list",
    "text", "data", "ref",  "pointer", "array", "refs",  NULL,
};

static const char *const style_names[] = { "plain", "bool", "enum", "flags", NULL };

static void compile_type(struct compiler *c, struct mt_schema_type *type);
static struct mt_schema_record *compile_record(struct compiler *c);

/* Raises "Connect.session: " and the reason, which is on the top of the stack. */
static int refuse_pushed(struct compiler *c)
{
    mt_schema_path_push(c->L, &c->path);
    return luaL_error(c->L, "%s: %s", lua_tostring(c->L, -1), lua_tostring(c->L, -2));
}

static int refuse(struct compiler *c, const char *reason)
{
    lua_pushstring(c->L, reason);
    return refuse_pushed(c);
}

/* Pops a value and keeps it as long as the codec lives; returns its index in the pool. */
static int keep(struct compiler *c)
{
    int index = (int)lua_rawlen(c->L, POOL) + 1;

    lua_rawseti(c->L, POOL, index);
    return index;
}

/* Zeroed memory that lives as long as the codec. */
static void *keep_memory(struct compiler *c, size_t size)
{
    void *memory = memset(lua_newuserdatauv(c->L, size, 0), 0, size);

    keep(c);
    return memory;
}

/* The place of a table's string in a list of names; -1 when it is not a string, or another one. */
static int find_name(lua_State *L, const char *key, const char *const names[])
{
    int found = -1;

    lua_getfield(L, -1, key);
    if (lua_type(L, -1) == LUA_TSTRING) {
        for (int i = 0; names[i] && found < 0; i++) {
            if (strcmp(names[i], lua_tostring(L, -1)) == 0)
                found = i;
        }
    }
    lua_pop(L, 1);
    return found;
}

static void compile_kind(struct compiler *c, struct mt_schema_type *type)
{
    int kind = find_name(c->L, "kind", kind_names);

    if (kind < 0) {
        lua_getfield(c->L, -1, "kind");
        lua_pushfstring(c->L, "unknown kind '%s'", luaL_tolstring(c->L, -1, NULL));
        refuse_pushed(c);
    }
    type->kind = (enum mt_schema_kind)kind;
}

static bool has(struct compiler *c, const char *key)
{
    bool present = lua_getfield(c->L, -1, key) != LUA_TNIL;

    lua_pop(c->L, 1);
    return present;
}

static lua_Integer get_size(struct compiler *c)
{
    lua_Integer size;

    lua_getfield(c->L, -1, "size");
    size = lua_isinteger(c->L, -1) ? lua_tointeger(c->L, -1) : 0;
    lua_pop(c->L, 1);
    return size;
}

/* One name at -2 and its number at -1, kept both ways; leaves the name. */
static void compile_value(struct compiler *c, const struct mt_schema_type *type, int numbers,
                          int names)
{
    lua_State *L = c->L;
    lua_Integer number = lua_tointeger(L, -1);
    lua_Unsigned bits = (lua_Unsigned)number;

    if (lua_type(L, -2) != LUA_TSTRING || !lua_isinteger(L, -1))
        refuse(c, "values must be name = integer");
    if (type->size < sizeof(bits) && bits >> (8 * type->size) != 0) {
        lua_pushfstring(L, "'%s' does not fit in %d bytes", lua_tostring(L, -2), (int)type->size);
        refuse_pushed(c);
    }
    if (type->style == MT_SCHEMA_FLAGS && (bits == 0 || (bits & (bits - 1)) != 0)) {
        lua_pushfstring(L, "'%s' is not a single bit", lua_tostring(L, -2));
        refuse_pushed(c);
    }
    if (lua_rawgeti(L, names, number) != LUA_TNIL) {
        lua_pushfstring(L, "'%s' and '%s' have the same number", lua_tostring(L, -3),
                        lua_tostring(L, -1));
        refuse_pushed(c);
    }
    lua_pop(L, 1);
    lua_pushvalue(L, -2);
    lua_pushvalue(L, -2);
    lua_rawset(L, numbers);
    lua_pushvalue(L, -2);
    lua_rawseti(L, names, number);
    lua_pop(L, 1);
}

/* The values of an enum or flags are copied: a codec does not change when a script's table does. */
static void compile_values(struct compiler *c, struct mt_schema_type *type)
{
    lua_State *L = c->L;
    int values = lua_gettop(L) + 1, numbers = values + 1, names = values + 2;

    if (lua_getfield(L, -1, "values") != LUA_TTABLE)
        refuse(c, "an enum or flags without values");
    lua_newtable(L);
    lua_newtable(L);
    lua_pushnil(L);
    while (lua_next(L, values))
        compile_value(c, type, numbers, names);
    type->names = keep(c);
    type->numbers = keep(c);
    lua_pop(L, 1);
}

static void compile_integer(struct compiler *c, struct mt_schema_type *type)
{
    lua_Integer size = get_size(c);
    int style = MT_SCHEMA_PLAIN;

    if (size != 1 && size != 2 && size != 4 && size != 8)
        refuse(c, "an integer has 1, 2, 4 or 8 bytes");
    type->size = type->least = (size_t)size;
    lua_getfield(c->L, -1, "big");
    type->big = lua_toboolean(c->L, -1);
    lua_pop(c->L, 1);
    if (has(c, "style"))
        style = find_name(c->L, "style", style_names);
    if (style < 0 || (style > 0 && type->kind == MT_SCHEMA_INT))
        refuse(c, "an unknown style of integer");
    type->style = (enum mt_schema_style)style;
    if (type->style == MT_SCHEMA_ENUM || type->style == MT_SCHEMA_FLAGS)
        compile_values(c, type);
}

static void compile_bytes(struct compiler *c, struct mt_schema_type *type)
{
    lua_Integer size = get_size(c);

    if (size < 1 || size > MT_SCHEMA_BYTES_MAX)
        refuse(c, "bytes must have a size of at least 1");
    type->size = type->least = (size_t)size;
}

/* What a list holds or a reference points at, with the demands that all of them share. */
static const struct mt_schema_type *compile_inner(struct compiler *c, const char *key)
{
    struct mt_schema_type *inner;

    if (lua_getfield(c->L, -1, key) != LUA_TTABLE) {
        lua_pushfstring(c->L, "'%s' must be a type", key);
        refuse_pushed(c);
    }
    if (has(c, "optional"))
        refuse(c, "only a field can be optional, not what it holds");
    if (has(c, "count"))
        refuse(c, "only a field of a structure can have a count field");
    inner = keep_memory(c, sizeof(*inner));
    compile_type(c, inner);
    lua_pop(c->L, 1);
    if (inner->kind == MT_SCHEMA_COUNT)
        refuse(c, "a count must be a field");
    if (mt_schema_refers(inner->kind))
        refuse(c, "a reference must be a field");
    return inner;
}

static void compile_struct(struct compiler *c, struct mt_schema_type *type)
{
    if (lua_getfield(c->L, -1, "fields") != LUA_TTABLE)
        refuse(c, "a struct without fields");
    type->record = compile_record(c);
    type->least = type->record->least;
    type->exact = type->record->exact;
    type->open = type->record->open;
    lua_pop(c->L, 1);
}

static void compile_list(struct compiler *c, struct mt_schema_type *type)
{
    if (!has(c, "count")) {
        type->prefix = compile_inner(c, "prefix");
        if (type->prefix->kind != MT_SCHEMA_UINT || type->prefix->style != MT_SCHEMA_PLAIN)
            refuse(c, "a list's count must be a plain uint");
        type->least = type->prefix->least;
    }
    type->of = compile_inner(c, "of");
    if (type->of->least == 0 || type->of->open)
        refuse(c, "an element of a list must have a size, and an end of its own");
}

static void compile_fixed(struct compiler *c, struct mt_schema_type *type)
{
    type->of = compile_inner(c, "of");
    if (!type->of->exact || type->of->least == 0)
        refuse(c, "only a type of fixed size can be pointed at without a size");
    type->least = type->kind == MT_SCHEMA_POINTER ? 4 : 8;
}

static void compile_ref(struct compiler *c, struct mt_schema_type *type)
{
    type->of = compile_inner(c, "of");
    if (type->of->kind != MT_SCHEMA_STRUCT)
        refuse(c, "a ref points at a struct");
    type->least = 8;
}

static void compile_refs(struct compiler *c, struct mt_schema_type *type)
{
    type->of = compile_inner(c, "of");
    if (type->of->kind == MT_SCHEMA_LIST)
        refuse(c, "refs point at structs, a utf16 or bytes");
    type->least = has(c, "count") ? 0 : 4;
}

static void compile_type(struct compiler *c, struct mt_schema_type *type)
{
    *type = (struct mt_schema_type){ .counted = -1 };
    if (++c->nesting > MT_SCHEMA_DEPTH_MAX)
        refuse(c, "types are nested too deep");
    compile_kind(c, type);
    switch (type->kind) {
    case MT_SCHEMA_UINT:
    case MT_SCHEMA_INT:
        compile_integer(c, type);
        type->exact = true;
        break;
    case MT_SCHEMA_UUID:
    case MT_SCHEMA_IPV6:
        type->least = 16;
        type->exact = true;
        break;
    case MT_SCHEMA_IPV4:
        type->least = 4;
        type->exact = true;
        break;
    case MT_SCHEMA_BYTES:
        compile_bytes(c, type);
        type->exact = true;
        break;
    case MT_SCHEMA_REST:
    case MT_SCHEMA_UTF16:
        type->open = true;
        break;
    case MT_SCHEMA_STRUCT:
        compile_struct(c, type);
        break;
    case MT_SCHEMA_COUNT:
        type->least = 4;
        break;
    case MT_SCHEMA_LIST:
        compile_list(c, type);
        break;
    case MT_SCHEMA_TEXT:
    case MT_SCHEMA_DATA:
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

/* Ties a list to the earlier field that counts it. The type's table is at the top of the stack. */
static void find_count(struct compiler *c, struct mt_schema_record *record, int self)
{
    struct mt_schema_type *type = &record->fields[self].type;
    const char *name;

    if (type->kind != MT_SCHEMA_LIST && type->kind != MT_SCHEMA_REFS)
        return;
    if (lua_getfield(c->L, -1, "count") == LUA_TSTRING) {
        name = lua_tostring(c->L, -1);
        for (int i = 0; i < self; i++) {
            struct mt_schema_field *other = &record->fields[i];

            if (other->type.kind != MT_SCHEMA_COUNT || strcmp(other->name, name) != 0)
                continue;
            if (other->type.counted >= 0)
                refuse(c, "its count field counts another list already");
            other->type.counted = type->counted = self;
        }
        if (type->counted < 0) {
            lua_pushfstring(c->L, "no count field '%s' before it", name);
            refuse_pushed(c);
        }
    } else if (!lua_isnil(c->L, -1)) {
        refuse(c, "a count is named by a string");
    }
    lua_pop(c->L, 1);
}

/* What a field demands of those before it, and what its structure learns from it. */
static void join(struct compiler *c, struct mt_schema_record *record, int self)
{
    const struct mt_schema_field *field = &record->fields[self];
    const struct mt_schema_type *type = &field->type;

    if (type->kind == MT_SCHEMA_UTF16)
        refuse(c, "utf16 belongs inside refs");
    if (field->optional && type->kind == MT_SCHEMA_COUNT)
        refuse(c, "a count cannot be optional");
    if (self > 0 && record->fields[self - 1].optional && !field->optional)
        refuse(c, "must be optional, as the field before it is");
    if (self > 0 && record->fields[self - 1].type.open)
        refuse(c, "the field before it extends to the end of the structure");
    record->refers = record->refers || mt_schema_refers(type->kind);
    if (type->open && record->refers)
        refuse(c, "cannot share a structure with references: their data comes last");
    record->open = record->open || type->open || field->optional;
    record->exact = record->exact && type->exact && !field->optional;
    if (!field->optional)
        record->least += type->least;
}

/* A field's table is on the top of the stack. */
static void compile_field(struct compiler *c, struct mt_schema_record *record, int self)
{
    struct mt_schema_field *field = &record->fields[self];
    lua_State *L = c->L;

    if (!lua_istable(L, -1) || lua_getfield(L, -1, "name") != LUA_TSTRING) {
        lua_pushfstring(L, "field %d has no name: a type is followed by one", self + 1);
        refuse_pushed(c);
    }
    field->name = lua_tostring(L, -1);
    field->key = keep(c);
    mt_schema_path_field(&c->path, field->name);
    for (int i = 0; i < self; i++) {
        if (strcmp(record->fields[i].name, field->name) == 0)
            refuse(c, "there are two fields of this name");
    }
    if (lua_getfield(L, -1, "type") != LUA_TTABLE)
        refuse(c, "has no type");
    field->optional = has(c, "optional");
    compile_type(c, &field->type);
    find_count(c, record, self);
    lua_pop(L, 1);
    join(c, record, self);
    mt_schema_path_leave(&c->path);
}

/* The names that values may have: all but the counts, which the encoder finds out itself. */
static void compile_keys(struct compiler *c, struct mt_schema_record *record)
{
    lua_newtable(c->L);
    for (int i = 0; i < record->length; i++) {
        if (record->fields[i].type.kind == MT_SCHEMA_COUNT)
            continue;
        lua_pushboolean(c->L, true);
        lua_setfield(c->L, -2, record->fields[i].name);
    }
    record->keys = keep(c);
}

/* A list of fields is on the top of the stack. */
static struct mt_schema_record *compile_record(struct compiler *c)
{
    struct mt_schema_record *record;
    size_t length = lua_rawlen(c->L, -1);

    if (length > MT_SCHEMA_FIELDS_MAX)
        refuse(c, "too many fields in one structure");
    record = keep_memory(c, sizeof(*record) + length * sizeof(record->fields[0]));
    record->exact = true;
    for (int i = 0; i < (int)length; i++) {
        lua_geti(c->L, -1, i + 1);
        compile_field(c, record, i);
        lua_pop(c->L, 1);
        record->length = i + 1;
    }
    for (int i = 0; i < record->length; i++) {
        if (record->fields[i].type.kind == MT_SCHEMA_COUNT && record->fields[i].type.counted < 0) {
            lua_pushfstring(c->L, "the count '%s' counts nothing", record->fields[i].name);
            refuse_pushed(c);
        }
    }
    compile_keys(c, record);
    return record;
}

void mt_schema_compile(lua_State *L)
{
    struct compiler c = { .L = L };
    struct mt_schema_codec *codec;

    luaL_checkstack(L, 8 * MT_SCHEMA_DEPTH_MAX, NULL);
    c.path.message = lua_tostring(L, 1);
    lua_newtable(L); /* the pool */
    codec = lua_newuserdatauv(L, sizeof(*codec), 1);
    lua_pushvalue(L, POOL);
    lua_setiuservalue(L, -2, 1);
    lua_pushvalue(L, 1);
    codec->name = lua_tostring(L, -1);
    keep(&c);
    lua_pushvalue(L, 2);
    codec->record = compile_record(&c);
    lua_pop(L, 1);
}
