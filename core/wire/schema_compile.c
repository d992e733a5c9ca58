/* SPDX-License-Identifier: MIT */
/* The compiler of core.schema: turns a declaration's tables into structs, or refuses them. */

#include "wire/schema_compile.h"

#include <lauxlib.h>
#include <string.h>

#define RESULT 0x02 /* the TLV of a response which the others depend on */

/* What a pool has room for at first: most keep half as much, and more. */
#define POOL_SIZE 16

int mt_schema_refuse_pushed(struct mt_schema_compiler *c)
{
    mt_schema_path_push(c->L, &c->path);
    return luaL_error(c->L, "%s: %s", lua_tostring(c->L, -1), lua_tostring(c->L, -2));
}

int mt_schema_refuse(struct mt_schema_compiler *c, const char *reason)
{
    lua_pushstring(c->L, reason);
    return mt_schema_refuse_pushed(c);
}

int mt_schema_keep(struct mt_schema_compiler *c)
{
    lua_rawseti(c->L, MT_SCHEMA_POOL, ++c->kept);
    return c->kept;
}

void *mt_schema_keep_memory(struct mt_schema_compiler *c, size_t size)
{
    void *memory = memset(lua_newuserdatauv(c->L, size, 0), 0, size);

    mt_schema_keep(c);
    return memory;
}

bool mt_schema_has(struct mt_schema_compiler *c, const char *key)
{
    bool present = lua_getfield(c->L, -1, key) != LUA_TNIL;

    lua_pop(c->L, 1);
    return present;
}

/* Ties a list to the earlier field that counts it. The type's table is at the top of the stack. */
static void find_count(struct mt_schema_compiler *c, struct mt_schema_record *record, int self)
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
                mt_schema_refuse(c, "its count field counts another list already");
            other->type.counted = type->counted = self;
        }
        if (type->counted < 0) {
            lua_pushfstring(c->L, "no count field '%s' before it", name);
            mt_schema_refuse_pushed(c);
        }
    } else if (!lua_isnil(c->L, -1)) {
        mt_schema_refuse(c, "a count is named by a string");
    }
    lua_pop(c->L, 1);
}

/* What a field demands of those before it, and what its structure learns from it. */
static void join(struct mt_schema_compiler *c, struct mt_schema_record *record, int self)
{
    const struct mt_schema_field *field = &record->fields[self];
    const struct mt_schema_type *type = &field->type;

    if (type->kind == MT_SCHEMA_UTF16)
        mt_schema_refuse(c, "utf16 belongs inside refs or a tlv");
    if (field->optional && type->kind == MT_SCHEMA_COUNT)
        mt_schema_refuse(c, "a count cannot be optional");
    if (self > 0 && record->fields[self - 1].optional && !field->optional)
        mt_schema_refuse(c, "must be optional, as the field before it is");
    if (self > 0 && record->fields[self - 1].type.open)
        mt_schema_refuse(c, "the field before it extends to the end of the structure");
    record->refers = record->refers || mt_schema_refers(type->kind);
    if (type->open && record->refers)
        mt_schema_refuse(c, "cannot share a structure with references: their data comes last");
    record->open = record->open || type->open || field->optional;
    record->exact = record->exact && type->exact && !field->optional;
    if (!field->optional)
        record->least += type->least;
}

/* What a TLV demands: it is no part of a structure. */
static void check_tlv(struct mt_schema_compiler *c, const struct mt_schema_field *field)
{
    if (strcmp(field->name, "unknown") == 0 || strcmp(field->name, "malformed") == 0)
        mt_schema_refuse(c, "this name is kept for the TLVs that can't be read");
    if (field->type.kind == MT_SCHEMA_UTF16)
        mt_schema_refuse(c, "utf16 belongs inside refs or a tlv");
    if (field->type.kind == MT_SCHEMA_COUNT || mt_schema_has(c, "count"))
        mt_schema_refuse(c, "only a structure has count fields");
    if (mt_schema_refers(field->type.kind))
        mt_schema_refuse(c, "only a structure has references");
}

/* A field's table is on the top of the stack. */
static void compile_field(struct mt_schema_compiler *c, struct mt_schema_record *record, int self)
{
    struct mt_schema_field *field = &record->fields[self];
    lua_State *L = c->L;

    if (!lua_istable(L, -1) || lua_getfield(L, -1, "name") != LUA_TSTRING) {
        lua_pushfstring(L, "%s %d has no name: a type is followed by one",
                        record->tlvs ? "TLV" : "field", record->tlvs ? field->tag : self + 1);
        mt_schema_refuse_pushed(c);
    }
    field->name = lua_tostring(L, -1);
    field->key = mt_schema_keep(c);
    mt_schema_path_field(&c->path, field->name);
    for (int i = 0; i < self; i++) {
        if (strcmp(record->fields[i].name, field->name) == 0)
            mt_schema_refuse(c, "there are two fields of this name");
    }
    if (lua_getfield(L, -1, "type") != LUA_TTABLE)
        mt_schema_refuse(c, "has no type");
    field->optional = mt_schema_has(c, "optional") || (record->tlvs && field->tag >= 0x10);
    if (c->late) {
        field->late = mt_schema_keep(c);
        mt_schema_path_leave(&c->path);
        return;
    }
    mt_schema_compile_type(c, &field->type);
    if (record->tlvs) {
        check_tlv(c, field);
    } else {
        find_count(c, record, self);
        join(c, record, self);
    }
    lua_pop(L, 1);
    mt_schema_path_leave(&c->path);
}

/* A list of fields is on the top of the stack. */
struct mt_schema_record *mt_schema_compile_record(struct mt_schema_compiler *c)
{
    struct mt_schema_record *record;
    size_t length = lua_rawlen(c->L, -1);

    if (length > MT_SCHEMA_FIELDS_MAX)
        mt_schema_refuse(c, "too many fields in one structure");
    record = mt_schema_keep_memory(c, sizeof(*record) + length * sizeof(record->fields[0]));
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
            mt_schema_refuse_pushed(c);
        }
    }
    return record;
}

/* How many TLVs the table at the top of the stack declares. */
static size_t count_tlvs(struct mt_schema_compiler *c)
{
    lua_State *L = c->L;
    size_t count = 0;

    lua_pushnil(L);
    while (lua_next(L, -2)) {
        if (!lua_isinteger(L, -2) || (lua_Unsigned)lua_tointeger(L, -2) > UINT8_MAX) {
            lua_pop(L, 1);
            lua_pushfstring(L, "a tag is a whole number from 0 to 255, not %s",
                            luaL_tolstring(L, -1, NULL));
            mt_schema_refuse_pushed(c);
        }
        lua_pop(L, 1);
        count++;
    }
    return count;
}

/* A table { [tag] = field } is on the top of the stack. */
static struct mt_schema_record *compile_tlvs(struct mt_schema_compiler *c)
{
    struct mt_schema_record *record;
    size_t length = count_tlvs(c);

    record = mt_schema_keep_memory(c, sizeof(*record) + length * sizeof(record->fields[0]));
    record->tlvs = true;
    for (int tag = 0; tag <= UINT8_MAX && record->length < (int)length; tag++) {
        if (lua_rawgeti(c->L, -1, tag) != LUA_TNIL) {
            record->fields[record->length].tag = (uint8_t)tag;
            compile_field(c, record, record->length);
            record->length++;
        }
        lua_pop(c->L, 1);
    }
    return record;
}

/* Where each tag's field is, and which of them must be there. */
static void compile_tags(struct mt_schema_compiler *c, struct mt_schema_codec *codec,
                         bool is_response)
{
    struct mt_schema_record *record = codec->record;
    int length = record->length;
    uint8_t *places;

    if (length == 0)
        return;
    places = mt_schema_keep_memory(c, (size_t)record->fields[length - 1].tag + 1);
    for (int i = 0; i < length; i++) {
        struct mt_schema_field *field = &record->fields[i];

        places[field->tag] = (uint8_t)i;
        mt_schema_set_add(&codec->tags, field->tag);
        if (!field->optional)
            mt_schema_set_add(&codec->mandatory, (unsigned)i);
        if (field->tag == RESULT && is_response)
            codec->result = field;
    }
    codec->places = places;
}

void mt_schema_compile(lua_State *L, bool tlvs, bool is_response, bool late)
{
    struct mt_schema_compiler c = { .L = L, .late = late };
    struct mt_schema_codec *codec;

    luaL_checkstack(L, 8 * MT_SCHEMA_DEPTH_MAX, NULL);
    c.path.message = lua_tostring(L, 1);
    lua_createtable(L, POOL_SIZE, 0); /* the pool */
    codec = lua_newuserdatauv(L, sizeof(*codec), 1);
    *codec = (struct mt_schema_codec){ .name = NULL };
    lua_pushvalue(L, MT_SCHEMA_POOL);
    lua_setiuservalue(L, -2, 1);
    lua_pushvalue(L, 1);
    codec->name = lua_tostring(L, -1);
    mt_schema_keep(&c);
    lua_pushvalue(L, 2);
    codec->record = tlvs ? compile_tlvs(&c) : mt_schema_compile_record(&c);
    if (tlvs)
        compile_tags(&c, codec, is_response);
    lua_pop(L, 1);
}

void mt_schema_compile_late(lua_State *L, const char *message, struct mt_schema_field *field)
{
    struct mt_schema_compiler c = { .L = L, .kept = (int)lua_rawlen(L, MT_SCHEMA_POOL) };

    c.path.message = message;
    mt_schema_path_field(&c.path, field->name);
    lua_rawgeti(L, MT_SCHEMA_POOL, field->late);
    mt_schema_compile_type(&c, &field->type);
    check_tlv(&c, field);
    lua_pop(L, 1);
    field->late = 0;
}
