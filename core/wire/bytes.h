/* SPDX-License-Identifier: MIT */
/* The only code that touches wire bytes: a reader and a writer that cannot leave their bounds. */

#ifndef MT_WIRE_BYTES_H
#define MT_WIRE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * A reader is a view of bytes that belong to the caller: it owns nothing and is passed by value to
 * keep a place. Every size is compared by subtraction from what is left, so no sum of wire values
 * can wrap, and every integer is assembled bytewise, so neither alignment nor the host's byte order
 * matters.
 */
struct mt_reader {
    const uint8_t *at;
    size_t left;
};

/*
 * A writer fills a buffer that its caller owns. A put that does not fit writes nothing and sets
 * `overflow`, which stays set: check once, at the end.
 */
struct mt_writer {
    uint8_t *bytes;
    size_t used;
    size_t capacity;
    bool overflow;
};

static inline struct mt_reader mt_reader(const void *bytes, size_t size)
{
    return (struct mt_reader){ .at = bytes, .left = size };
}

static inline struct mt_writer mt_writer(void *bytes, size_t capacity)
{
    return (struct mt_writer){ .bytes = bytes, .capacity = capacity };
}

/* Takes the next `size` bytes; false, and nothing taken, when fewer are left. */
static inline bool mt_take(struct mt_reader *reader, size_t size, const uint8_t **bytes)
{
    if (size > reader->left)
        return false;
    *bytes = reader->at;
    if (size != 0)
        reader->at += size;
    reader->left -= size;
    return true;
}

static inline bool mt_skip(struct mt_reader *reader, size_t size)
{
    const uint8_t *skipped;

    return mt_take(reader, size, &skipped);
}

/* A view of `size` bytes, `offset` bytes into what is left; false when they are not all there. */
static inline bool mt_window(struct mt_reader reader, size_t offset, size_t size,
                             struct mt_reader *window)
{
    if (!mt_skip(&reader, offset) || size > reader.left)
        return false;
    reader.left = size;
    *window = reader;
    return true;
}

/*
 * An unsigned integer of 1 to 8 bytes, from memory that is known to be there. The usual sizes are
 * written out, which the compiler makes one load of.
 */
static inline uint64_t mt_load_uint(const uint8_t *from, size_t size, bool big)
{
    uint64_t sum = 0;

    if (size == 1)
        return from[0];
    if (size == 2 && !big)
        return (uint64_t)(from[0] | from[1] << 8);
    if (size == 4 && !big)
        return (uint64_t)(from[0] | from[1] << 8 | from[2] << 16) | (uint64_t)from[3] << 24;
    for (size_t i = 0; i < size; i++)
        sum = sum << 8 | from[big ? i : size - 1 - i];
    return sum;
}

/* Takes an unsigned integer of 1 to 8 bytes. */
static inline bool mt_take_uint(struct mt_reader *reader, size_t size, bool big, uint64_t *value)
{
    const uint8_t *bytes;

    if (!mt_take(reader, size, &bytes))
        return false;
    *value = mt_load_uint(bytes, size, big);
    return true;
}

static inline bool mt_take_u8(struct mt_reader *reader, uint8_t *value)
{
    const uint8_t *bytes;

    if (!mt_take(reader, 1, &bytes))
        return false;
    *value = bytes[0];
    return true;
}

static inline bool mt_take_le16(struct mt_reader *reader, uint16_t *value)
{
    const uint8_t *bytes;

    if (!mt_take(reader, 2, &bytes))
        return false;
    *value = (uint16_t)(bytes[0] | bytes[1] << 8);
    return true;
}

static inline bool mt_take_le32(struct mt_reader *reader, uint32_t *value)
{
    uint64_t wide;

    if (!mt_take_uint(reader, 4, false, &wide))
        return false;
    *value = (uint32_t)wide;
    return true;
}

static inline bool mt_take_be16(struct mt_reader *reader, uint16_t *value)
{
    const uint8_t *bytes;

    if (!mt_take(reader, 2, &bytes))
        return false;
    *value = (uint16_t)(bytes[0] << 8 | bytes[1]);
    return true;
}

/* Claims the next `size` bytes, not yet filled; NULL, and overflow, when they do not fit. */
static inline uint8_t *mt_claim(struct mt_writer *writer, size_t size)
{
    uint8_t *bytes;

    if (writer->overflow || size > writer->capacity - writer->used) {
        writer->overflow = true;
        return NULL;
    }
    bytes = writer->bytes + writer->used;
    writer->used += size;
    return bytes;
}

static inline void mt_put(struct mt_writer *writer, const void *bytes, size_t size)
{
    uint8_t *to = mt_claim(writer, size);

    if (to && size != 0)
        memcpy(to, bytes, size);
}

static inline void mt_put_zeros(struct mt_writer *writer, size_t size)
{
    uint8_t *to = mt_claim(writer, size);

    if (to && size != 0)
        memset(to, 0, size);
}

/* The low `size` bytes of a value, to memory that is known to be large enough. */
static inline void mt_store_uint(uint8_t *to, size_t size, bool big, uint64_t value)
{
    if (size == 4 && !big) {
        to[0] = (uint8_t)value;
        to[1] = (uint8_t)(value >> 8);
        to[2] = (uint8_t)(value >> 16);
        to[3] = (uint8_t)(value >> 24);
        return;
    }
    for (size_t i = 0; i < size; i++, value >>= 8)
        to[big ? size - 1 - i : i] = (uint8_t)value;
}

/* Puts an unsigned integer of 1 to 8 bytes. */
static inline void mt_put_uint(struct mt_writer *writer, size_t size, bool big, uint64_t value)
{
    uint8_t *to = mt_claim(writer, size);

    if (to)
        mt_store_uint(to, size, big, value);
}

static inline void mt_put_u8(struct mt_writer *writer, uint8_t value)
{
    mt_put_uint(writer, 1, false, value);
}

static inline void mt_put_le16(struct mt_writer *writer, uint16_t value)
{
    mt_put_uint(writer, 2, false, value);
}

static inline void mt_put_le32(struct mt_writer *writer, uint32_t value)
{
    mt_put_uint(writer, 4, false, value);
}

static inline void mt_put_be16(struct mt_writer *writer, uint16_t value)
{
    mt_put_uint(writer, 2, true, value);
}

/* Overwrites bytes that were put before; a place that was not is an overflow. */
static inline void mt_patch_uint(struct mt_writer *writer, size_t place, size_t size,
                                 uint64_t value)
{
    if (place > writer->used || writer->used - place < size)
        writer->overflow = true;
    else
        mt_store_uint(writer->bytes + place, size, false, value);
}

static inline void mt_patch_le16(struct mt_writer *writer, size_t place, uint16_t value)
{
    mt_patch_uint(writer, place, 2, value);
}

static inline void mt_patch_le32(struct mt_writer *writer, size_t place, uint32_t value)
{
    mt_patch_uint(writer, place, 4, value);
}

#endif
