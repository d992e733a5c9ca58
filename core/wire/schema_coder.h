/* SPDX-License-Identifier: MIT */
/* A decoding and an encoding under way, for the files of core.schema that do them. */

#ifndef MT_WIRE_SCHEMA_CODER_H
#define MT_WIRE_SCHEMA_CODER_H

#include "wire/bytes.h"
#include "wire/schema_form.h"

/* On the stack: the codec, the bytes or values, the pool, and */
#define MT_SCHEMA_BUFFER 4 /* of an encoder, once the message is a long one */

/*
 * Bad bytes never raise: a function that fails leaves the reason and the path as they are, returns
 * false, and whatever it pushed is thrown away at the top. Only Lua itself may raise, out of
 * memory.
 */
struct mt_schema_decoder {
    lua_State *L;
    struct mt_schema_path path;
    size_t values, bytes; /* what may still be decoded from this message */
    bool lenient;         /* what is missing at the end of a structure, or as a TLV, is left out */
    char reason[128];
};

/*
 * The buffer is on the C stack, and a userdata once it grows: nothing leaks when a mistake in the
 * script raises. Values that are wrong but no mistake of the script's leave a reason and return
 * false, as in the decoder. Tables are read without metamethods: no foreign code runs between the
 * two passes over a structure.
 */
struct mt_schema_encoder {
    lua_State *L;
    struct mt_schema_path path;
    struct mt_writer to;
    size_t start; /* of the body, behind a header */
    char reason[200];
};

/* schema_decode.c. A failure: leaves the reason, returns false. */
__attribute__((format(printf, 2, 3))) bool mt_schema_decode_fail(struct mt_schema_decoder *d,
                                                                 const char *format, ...);
bool mt_schema_decode_short(struct mt_schema_decoder *d, size_t wanted, size_t left);

bool mt_schema_decode_too_many(struct mt_schema_decoder *d);
bool mt_schema_decode_too_long(struct mt_schema_decoder *d);

/* References can point at the same bytes again and again: what a message may grow to has an end. */
static inline bool mt_schema_charge_values(struct mt_schema_decoder *d, size_t count)
{
    if (count > d->values)
        return mt_schema_decode_too_many(d);
    d->values -= count;
    return true;
}

static inline bool mt_schema_charge_bytes(struct mt_schema_decoder *d, size_t size)
{
    if (size > d->bytes)
        return mt_schema_decode_too_long(d);
    d->bytes -= size;
    return true;
}

/* Takes a value that is no field of a structure, and pushes it. */
bool mt_schema_decode_value(struct mt_schema_decoder *d, const struct mt_schema_type *type,
                            struct mt_reader *at);

/* schema_encode.c. A failure: leaves the reason, returns false. */
__attribute__((format(printf, 2, 3))) bool mt_schema_encode_fail(struct mt_schema_encoder *e,
                                                                 const char *format, ...);

/* Raises when the value at the top of the stack is of another Lua type: a mistake in the script. */
void mt_schema_check_type(struct mt_schema_encoder *e, int type);

/* The values that a table has for the fields of a record: they lie on the stack. */
struct mt_schema_given {
    struct mt_schema_set set; /* of the places of fields that have one */
    bool leftovers;           /* there are TLVs without a field, too */
    uint16_t slots[256];      /* where on the stack, by place; not initialized, for they are many */
};

/* Pushes the values in the table at the top of the stack; nil has none. Raises for other keys. */
void mt_schema_push_given(struct mt_schema_encoder *e, const struct mt_schema_record *record,
                          struct mt_schema_given *given);

/* Pushes the value of a field once more, or nil. */
static inline void mt_schema_push_value(struct mt_schema_encoder *e,
                                        const struct mt_schema_given *given, unsigned place)
{
    if (mt_schema_set_has(&given->set, place))
        lua_pushvalue(e->L, given->slots[place]);
    else
        lua_pushnil(e->L);
}

/* Makes room for `size` more bytes. */
bool mt_schema_grow(struct mt_schema_encoder *e, size_t size);

static inline bool mt_schema_reserve(struct mt_schema_encoder *e, size_t size)
{
    /* cppcheck-suppress ctuuninitvar ; mt_schema_encode sets what is used of it, member by member */
    return size <= e->to.capacity - e->to.used || mt_schema_grow(e, size);
}

static inline bool mt_schema_put(struct mt_schema_encoder *e, const void *bytes, size_t size)
{
    if (!mt_schema_reserve(e, size))
        return false;
    mt_put(&e->to, bytes, size);
    return true;
}

static inline bool mt_schema_put_zeros(struct mt_schema_encoder *e, size_t size)
{
    if (!mt_schema_reserve(e, size))
        return false;
    mt_put_zeros(&e->to, size);
    return true;
}

static inline bool mt_schema_put_uint(struct mt_schema_encoder *e, size_t size, bool big,
                                      uint64_t value)
{
    if (!mt_schema_reserve(e, size))
        return false;
    mt_put_uint(&e->to, size, big, value);
    return true;
}

/* A count or length in front of the values that it counts; `what` names those in an error. */
bool mt_schema_put_prefix(struct mt_schema_encoder *e, const struct mt_schema_type *prefix,
                          size_t count, const char *what);

/* Encodes the value at the top of the stack, which is no field of a structure. */
bool mt_schema_encode_value(struct mt_schema_encoder *e, const struct mt_schema_type *type);

/* The bytes that a text or a data refers to. */
static const struct mt_schema_type mt_schema_text = { .kind = MT_SCHEMA_UTF16, .counted = -1 };
static const struct mt_schema_type mt_schema_data = { .kind = MT_SCHEMA_REST, .counted = -1 };

/* schema_scalars.c: kinds that hold no others. Twins, as the two above. */
bool mt_schema_decode_scalar(struct mt_schema_decoder *d, const struct mt_schema_type *type,
                             struct mt_reader *at);
bool mt_schema_encode_scalar(struct mt_schema_encoder *e, const struct mt_schema_type *type);

/* schema_tlvs.c: a whole message of TLVs; pushes its values, or encodes those at index 2. */
bool mt_schema_decode_tlvs(struct mt_schema_decoder *d, const struct mt_schema_codec *codec,
                           struct mt_reader at);
bool mt_schema_encode_tlvs(struct mt_schema_encoder *e, const struct mt_schema_codec *codec);

#endif
