/* SPDX-License-Identifier: MIT */
/* The compiled form of a declaration, shared by compiler, decoder and encoder of core.schema. */

#ifndef MT_WIRE_SCHEMA_FORM_H
#define MT_WIRE_SCHEMA_FORM_H

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/bytes.h"
#include "wire/schema.h"

#define MT_SCHEMA_DEPTH_MAX 16      /* types inside one another */
#define MT_SCHEMA_FIELDS_MAX 64     /* in one structure; of TLVs, there may be all 256 */
#define MT_SCHEMA_VALUES_MAX 20000  /* decoded from one message: references may alias */
#define MT_SCHEMA_BYTES_MAX 1048576 /* in the strings of one decoded message, or in one encoded */

#define MT_SCHEMA_POOL 3 /* where on the stack the pool is, above two arguments */

/* In the order of all switches, and of the names in schema_types.c. */
enum mt_schema_kind {
    MT_SCHEMA_UINT,
    MT_SCHEMA_INT,
    MT_SCHEMA_FLOAT,
    MT_SCHEMA_UUID,
    MT_SCHEMA_IPV4,
    MT_SCHEMA_IPV6,
    MT_SCHEMA_BYTES,
    MT_SCHEMA_STRING,
    MT_SCHEMA_REST,
    MT_SCHEMA_UTF16,
    MT_SCHEMA_STRUCT,
    MT_SCHEMA_TLV,
    MT_SCHEMA_COUNT,
    MT_SCHEMA_LIST,
    MT_SCHEMA_TEXT,
    MT_SCHEMA_DATA,
    MT_SCHEMA_REF,
    MT_SCHEMA_POINTER,
    MT_SCHEMA_ARRAY,
    MT_SCHEMA_REFS,
};

enum mt_schema_style {
    MT_SCHEMA_PLAIN,
    MT_SCHEMA_BOOL,
    MT_SCHEMA_ENUM,
    MT_SCHEMA_FLAGS,
};

/*
 * What Lua owns of a codec (names, tables, the memory of the structs below) is anchored in its user
 * value, a list called the pool; an int below is an index in it. So pointers stay good as long as
 * the codec.
 */
struct mt_schema_type {
    enum mt_schema_kind kind : 8;
    enum mt_schema_style style : 8;
    bool big;
    bool little; /* an address that is not in network order */
    bool sized;  /* data whose size stands before its offset */
    bool filled; /* text of a fixed size with 0xff after its end, not NULs */
    bool exact;  /* always `least` bytes long, and without references */
    bool open;   /* ends only where its structure ends: a rest, a utf16, something optional, a list
                        without a count */
    int16_t counted; /* a count, and the list that it counts: the place of the list; else -1 */
    uint32_t size;   /* of a number, bytes, a string, a list: how many; 0: it is not fixed; the
                        number of a tlv */
    uint32_t named;  /* enum and flags: how many names are in the pool; 0: they are in a table */
    size_t least;    /* the fewest bytes it takes in its place */
    int numbers;     /* enum and flags: table from name to number; false until it is needed */
    int names;       /* and back: the first name, by number or bit, or the table; of a uuid: text */
    const struct mt_schema_type *prefix;
    union {
        const struct mt_schema_type *of;
        const struct mt_schema_record *record; /* of a struct */
        uint8_t *recent;                       /* of a uuid: the bytes whose text is kept */
    };
};

struct mt_schema_field {
    const char *name;
    int key;
    int late;    /* the declared type of a TLV that has not been met yet; 0: `type` is compiled */
    uint8_t tag; /* of a TLV */
    bool optional;
    struct mt_schema_type type;
};

/* A set of numbers from 0 to 255: places of fields, or tags. */
struct mt_schema_set {
    uint64_t words[4];
};

static inline bool mt_schema_set_has(const struct mt_schema_set *set, unsigned number)
{
    return set->words[number / 64] >> (number % 64) & 1;
}

static inline void mt_schema_set_add(struct mt_schema_set *set, unsigned number)
{
    set->words[number / 64] |= UINT64_C(1) << (number % 64);
}

/* A structure; or the TLVs of a message, by ascending tags. */
struct mt_schema_record {
    bool tlvs;
    bool refers; /* has fields that refer to data behind the fixed part */
    bool open;
    bool exact;
    size_t least;
    int length;
    struct mt_schema_field fields[];
};

struct mt_schema_codec {
    const char *name;
    struct mt_schema_record *record;
    /* Of TLVs: */
    struct mt_schema_field *result; /* TLV 0x02 of a response; else NULL */
    struct mt_schema_set tags;      /* which are declared */
    const uint8_t *places;          /* of those in the record */
    struct mt_schema_set mandatory; /* the places of fields that are not optional */
};

/* Where in a message the work is: "Signal Info.lte.rsrp", "Visible Providers.providers[2].name". */
struct mt_schema_path {
    const char *message;
    int depth;
    struct mt_schema_step {
        const char *field; /* NULL: an element of a list */
        size_t element;    /* from 1 */
    } steps[2 * MT_SCHEMA_DEPTH_MAX + 2];
};

static inline void mt_schema_path_field(struct mt_schema_path *path, const char *field)
{
    path->steps[path->depth++] = (struct mt_schema_step){ .field = field };
}

static inline void mt_schema_path_element(struct mt_schema_path *path, size_t element)
{
    path->steps[path->depth++] = (struct mt_schema_step){ .element = element };
}

static inline void mt_schema_path_leave(struct mt_schema_path *path)
{
    path->depth--;
}

/* Does a field of this kind refer to data behind the fixed part? */
static inline bool mt_schema_refers(enum mt_schema_kind kind)
{
    return kind >= MT_SCHEMA_TEXT;
}

/* Pushes the path as a string. May raise (out of memory), as may all below. */
void mt_schema_path_push(lua_State *L, const struct mt_schema_path *path);

/* Pushes nil and an error; returns 2. */
int mt_schema_fail(lua_State *L, const char *code, const struct mt_schema_path *path,
                   const char *reason);

/* compile(name, fields) or compile_tlvs(name, tags, is_response): the first two arguments are all
 * there is on the stack. Pushes a codec userdata without a metatable. */
void mt_schema_compile(lua_State *L, bool tlvs, bool is_response, bool late);

/* Compiles the type of a TLV that is met for the first time, with the pool in its place. */
void mt_schema_compile_late(lua_State *L, const char *message, struct mt_schema_field *field);

/*
 * codec:decode(bytes, lenient) and codec:encode(values): the codec is at index 1, the argument at
 * 2, and nothing else is on the stack. The bytes stay good; the header may be NULL.
 */
int mt_schema_decode(lua_State *L, const struct mt_schema_codec *codec, struct mt_reader bytes,
                     bool lenient);
int mt_schema_encode(lua_State *L, const struct mt_schema_codec *codec,
                     const struct mt_schema_header *header);

#endif
