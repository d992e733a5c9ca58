/* SPDX-License-Identifier: MIT */
/* Messages of TLVs, as QMI has them: a tag, a length and a value each, in any order. */

#include <lauxlib.h>

#include "wire/schema_coder.h"

#define TAGS 256
#define HEADER 3 /* u8 tag, u16 length */

/* The TLVs of the message at hand. */
struct tlvs {
    int count;
    struct mt_schema_set tags;     /* those that are there */
    struct mt_schema_set known;    /* the places of their fields, of those that have one */
    struct mt_reader values[TAGS]; /* by tag; not initialized, for they are many */
};

/* Takes the lowest number out of a part of a set, which must not be empty. */
static unsigned take_lowest(uint64_t *word)
{
    unsigned lowest = (unsigned)__builtin_ctzll(*word);

    *word &= *word - 1;
    return lowest;
}

/* The first TLV of each tag counts. */
static bool take_apart(struct mt_schema_decoder *d, const struct mt_schema_codec *codec,
                       struct mt_reader at, struct tlvs *tlvs)
{
    uint16_t size = 0;
    uint8_t tag = 0;

    while (at.left > 0) {
        struct mt_reader value;

        if (at.left < HEADER)
            return mt_schema_decode_fail(d, "TLV header: %d bytes wanted, %zu left", HEADER,
                                         at.left);
        mt_take_u8(&at, &tag);
        mt_take_le16(&at, &size);
        if (!mt_window(at, 0, size, &value))
            return mt_schema_decode_fail(d, "TLV 0x%02x: %d bytes wanted, %zu left", tag, size,
                                         at.left);
        mt_skip(&at, size);
        if (mt_schema_set_has(&tlvs->tags, tag))
            continue;
        mt_schema_set_add(&tlvs->tags, tag);
        if (mt_schema_set_has(&codec->tags, tag))
            mt_schema_set_add(&tlvs->known, codec->places[tag]);
        tlvs->values[tag] = value;
        tlvs->count++;
    }
    return true;
}

/* A result begins with its status, which is 0 for a success. Without it, the outcome is unknown. */
static bool is_failure(struct mt_reader result)
{
    uint16_t status;

    return mt_take_le16(&result, &status) && status != 0;
}

/* Sets values[key][tag] to what is at the top of the stack; makes the table when it is needed. */
static void file_under(lua_State *L, int values, const char *key, int tag)
{
    if (lua_getfield(L, values, key) == LUA_TNIL) {
        lua_pop(L, 1);
        lua_newtable(L);
        lua_pushvalue(L, -1);
        lua_setfield(L, values, key);
    }
    lua_insert(L, -2);
    lua_rawseti(L, -2, tag);
    lua_pop(L, 1);
}

static bool keep_unknown(struct mt_schema_decoder *d, int values, int tag, struct mt_reader value)
{
    if (!mt_schema_charge_values(d, 1) || !mt_schema_charge_bytes(d, value.left))
        return false;
    lua_pushlstring(d->L, (const char *)value.at, value.left);
    file_under(d->L, values, "unknown", tag);
    return true;
}

/* One that can't be read, and need not be: its bytes and the reason are kept in its place. */
static bool keep_malformed(struct mt_schema_decoder *d, int values, int tag, struct mt_reader value)
{
    mt_schema_path_push(d->L, &d->path);
    lua_pushfstring(d->L, "%s: %s", lua_tostring(d->L, -1), d->reason);
    file_under(d->L, values, "malformed", tag);
    lua_settop(d->L, values);
    d->path.depth = 0;
    return keep_unknown(d, values, tag, value);
}

static const struct mt_schema_type *type_of(lua_State *L, const struct mt_schema_codec *codec,
                                            struct mt_schema_field *field)
{
    if (field->late)
        mt_schema_compile_late(L, codec->name, field);
    return &field->type;
}

/*
 * The field of a tag. An excused one is mandatory, but the message reports a failure instead; one
 * that is not needed may be missing, or unreadable.
 */
static bool decode_tlv(struct mt_schema_decoder *d, const struct mt_schema_codec *codec,
                       struct mt_schema_field *field, const struct tlvs *tlvs, int values,
                       bool excused, bool needed)
{
    bool there = mt_schema_set_has(&tlvs->tags, field->tag), lenient = d->lenient;
    struct mt_reader at;

    if (!there && (!needed || excused))
        return true;
    mt_schema_path_field(&d->path, field->name);
    if (!there)
        return mt_schema_decode_fail(d, "missing");
    at = tlvs->values[field->tag];
    lua_rawgeti(d->L, MT_SCHEMA_POOL, field->key);
    if (mt_schema_decode_value(d, type_of(d->L, codec, field), &at)) {
        lua_rawset(d->L, values);
        mt_schema_path_leave(&d->path);
        return true;
    }
    d->lenient = lenient;
    if (!needed)
        return keep_malformed(d, values, field->tag, tlvs->values[field->tag]);
    lua_settop(d->L, values);
    if (excused)
        d->path.depth = 0;
    return excused;
}

/* By ascending tags, as the fields are: those that are there, and those that are missed. */
static bool decode_known(struct mt_schema_decoder *d, const struct mt_schema_codec *codec,
                         const struct tlvs *tlvs, int values)
{
    bool failure = codec->result && mt_schema_set_has(&tlvs->tags, codec->result->tag) &&
                   is_failure(tlvs->values[codec->result->tag]);

    for (unsigned i = 0; i < TAGS / 64; i++) {
        uint64_t word = tlvs->known.words[i] | codec->mandatory.words[i];

        while (word != 0) {
            struct mt_schema_field *field = &codec->record->fields[64 * i + take_lowest(&word)];
            bool excused = failure && field != codec->result;
            bool needed = !field->optional && (!d->lenient || field == codec->result);

            if (!decode_tlv(d, codec, field, tlvs, values, excused, needed))
                return false;
        }
    }
    return true;
}

bool mt_schema_decode_tlvs(struct mt_schema_decoder *d, const struct mt_schema_codec *codec,
                           struct mt_reader at)
{
    struct tlvs tlvs;
    int values;

    tlvs.count = 0;
    tlvs.tags = tlvs.known = (struct mt_schema_set){ { 0 } };
    if (!take_apart(d, codec, at, &tlvs))
        return false;
    lua_createtable(d->L, 0, tlvs.count);
    values = lua_gettop(d->L);
    if (!decode_known(d, codec, &tlvs, values))
        return false;
    for (unsigned i = 0; i < TAGS / 64; i++) {
        uint64_t word = tlvs.tags.words[i] & ~codec->tags.words[i];

        while (word != 0) {
            unsigned tag = 64 * i + take_lowest(&word);

            if (!keep_unknown(d, values, (int)tag, tlvs.values[tag]))
                return false;
        }
    }
    return true;
}

static bool put_header(struct mt_schema_encoder *e, int tag, size_t size)
{
    return mt_schema_put_uint(e, 1, false, (uint64_t)tag) && mt_schema_put_uint(e, 2, false, size);
}

static bool check_size(struct mt_schema_encoder *e, int tag, size_t size)
{
    return size <= UINT16_MAX ||
           mt_schema_encode_fail(e, "%zu bytes do not fit in TLV 0x%02x", size, (unsigned)tag);
}

/* Pushes the value of a field. */
static void push_field(struct mt_schema_encoder *e, const struct mt_schema_codec *codec,
                       const struct mt_schema_given *given, unsigned place)
{
    mt_schema_path_field(&e->path, codec->record->fields[place].name);
    mt_schema_push_value(e, given, place);
}

static void leave_field(struct mt_schema_encoder *e)
{
    lua_pop(e->L, 1);
    mt_schema_path_leave(&e->path);
}

/* Finds out whether the result is a failure: puts its bytes first, and takes them back. */
static bool find_failure(struct mt_schema_encoder *e, const struct mt_schema_codec *codec,
                         const struct mt_schema_given *given, bool *failure)
{
    *failure = false;
    if (!codec->result)
        return true;
    push_field(e, codec, given, codec->places[codec->result->tag]);
    if (!lua_isnil(e->L, -1) && !mt_schema_encode_value(e, type_of(e->L, codec, codec->result)))
        return false;
    *failure = is_failure(mt_reader(e->to.bytes + e->start, e->to.used - e->start));
    e->to.used = e->start;
    leave_field(e);
    return true;
}

/* The value at the top of the stack; nil is a TLV that is left out. */
static bool encode_tlv(struct mt_schema_encoder *e, const struct mt_schema_codec *codec,
                       struct mt_schema_field *field, bool excused)
{
    size_t start, size;

    if (lua_isnil(e->L, -1)) {
        if (field->optional || excused)
            return true;
        mt_schema_path_push(e->L, &e->path);
        luaL_error(e->L, "%s is missing", lua_tostring(e->L, -1));
    }
    if (!put_header(e, field->tag, 0))
        return false;
    start = e->to.used;
    if (!mt_schema_encode_value(e, type_of(e->L, codec, field)))
        return false;
    size = e->to.used - start;
    if (!check_size(e, field->tag, size))
        return false;
    mt_patch_le16(&e->to, start - 2, (uint16_t)size);
    return true;
}

/* Raises unless the table at the top of the stack is { [tag] = bytes }. */
static void check_unknown(struct mt_schema_encoder *e)
{
    lua_State *L = e->L;

    mt_schema_check_type(e, LUA_TTABLE);
    lua_pushnil(L);
    while (lua_next(L, -2)) {
        if (!lua_isinteger(L, -2) || (lua_Unsigned)lua_tointeger(L, -2) >= TAGS) {
            mt_schema_path_push(L, &e->path);
            luaL_error(L, "%s: a tag is a whole number from 0 to 255", lua_tostring(L, -1));
        }
        mt_schema_check_type(e, LUA_TSTRING);
        lua_pop(L, 1);
    }
}

/* TLVs without a declaration are sent as they were received, after the others. */
static bool encode_unknown(struct mt_schema_encoder *e)
{
    const char *bytes;
    size_t size;

    mt_schema_path_field(&e->path, "unknown");
    lua_pushliteral(e->L, "unknown");
    if (lua_rawget(e->L, 2) != LUA_TNIL) {
        check_unknown(e);
        for (int tag = 0; tag < TAGS; tag++) {
            if (lua_rawgeti(e->L, -1, tag) != LUA_TNIL) {
                bytes = lua_tolstring(e->L, -1, &size);
                if (!check_size(e, tag, size) || !put_header(e, tag, size) ||
                    !mt_schema_put(e, bytes, size))
                    return false;
            }
            lua_pop(e->L, 1);
        }
    }
    leave_field(e);
    return true;
}

bool mt_schema_encode_tlvs(struct mt_schema_encoder *e, const struct mt_schema_codec *codec)
{
    struct mt_schema_record *record = codec->record;
    struct mt_schema_given given;
    bool failure;

    mt_schema_push_given(e, record, &given);
    if (!find_failure(e, codec, &given, &failure))
        return false;
    for (unsigned i = 0; i < TAGS / 64; i++) {
        uint64_t word = given.set.words[i] | codec->mandatory.words[i];

        while (word != 0) {
            unsigned place = 64 * i + take_lowest(&word);

            push_field(e, codec, &given, place);
            if (!encode_tlv(e, codec, &record->fields[place], failure))
                return false;
            leave_field(e);
        }
    }
    return !given.leftovers || encode_unknown(e);
}
