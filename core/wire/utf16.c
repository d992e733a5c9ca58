/* SPDX-License-Identifier: MIT */
/* Text on the wire: converts between the UTF-16LE of MBIM and the UTF-8 of everything else. */

#include "wire/utf16.h"

#include <errno.h>

#define REPLACEMENT 0xFFFDu

static bool is_high_surrogate(uint32_t unit)
{
    return unit >= 0xD800 && unit <= 0xDBFF;
}

static bool is_low_surrogate(uint32_t unit)
{
    return unit >= 0xDC00 && unit <= 0xDFFF;
}

/* One code point of UTF-16; false at the end of the text. */
static bool take_utf16(struct mt_reader *text, uint32_t *point)
{
    struct mt_reader ahead;
    uint16_t high, low;

    if (!mt_take_le16(text, &high) || high == 0)
        return false;
    *point = high;
    if (is_low_surrogate(high)) {
        *point = REPLACEMENT;
    } else if (is_high_surrogate(high)) {
        ahead = *text;
        if (mt_take_le16(&ahead, &low) && is_low_surrogate(low)) {
            *point = 0x10000u + ((uint32_t)(high - 0xD800) << 10) + (uint32_t)(low - 0xDC00);
            *text = ahead;
        } else {
            *point = REPLACEMENT; /* what follows it may be good text: leave it */
        }
    }
    return true;
}

static void put_utf8(struct mt_writer *text, uint32_t point)
{
    uint8_t bytes[4];
    size_t size;

    if (point < 0x80) {
        bytes[0] = (uint8_t)point;
        size = 1;
    } else if (point < 0x800) {
        bytes[0] = (uint8_t)(0xC0 | point >> 6);
        size = 2;
    } else if (point < 0x10000) {
        bytes[0] = (uint8_t)(0xE0 | point >> 12);
        size = 3;
    } else {
        bytes[0] = (uint8_t)(0xF0 | point >> 18);
        size = 4;
    }
    for (size_t i = size; i-- > 1; point >>= 6)
        bytes[i] = (uint8_t)(0x80 | (point & 0x3F));
    mt_put(text, bytes, size);
}

/* One code point of UTF-8; false at the end. Overlong forms and surrogates are not well-formed. */
static bool take_utf8(struct mt_reader *text, uint32_t *point)
{
    static const uint32_t smallest[] = { 0, 0x80, 0x800, 0x10000 };
    struct mt_reader ahead;
    uint8_t byte;
    uint32_t sum;
    unsigned more;

    if (!mt_take_u8(text, &byte))
        return false;
    if (byte < 0x80) {
        *point = byte;
        return true;
    }
    *point = REPLACEMENT;
    if (byte < 0xC2 || byte > 0xF4)
        return true;
    more = byte < 0xE0 ? 1 : byte < 0xF0 ? 2 : 3;
    sum = byte & (0x3Fu >> more);
    ahead = *text;
    for (unsigned i = 0; i < more; i++) {
        if (!mt_take_u8(&ahead, &byte) || (byte & 0xC0) != 0x80)
            return true;
        sum = sum << 6 | (byte & 0x3F);
    }
    if (sum < smallest[more] || sum > 0x10FFFF || (sum >= 0xD800 && sum <= 0xDFFF))
        return true;
    *point = sum;
    *text = ahead;
    return true;
}

static void put_utf16(struct mt_writer *text, uint32_t point)
{
    if (point < 0x10000) {
        mt_put_le16(text, (uint16_t)point);
    } else {
        mt_put_le16(text, (uint16_t)(0xD800 + ((point - 0x10000) >> 10)));
        mt_put_le16(text, (uint16_t)(0xDC00 + ((point - 0x10000) & 0x3FF)));
    }
}

/* Nearly all text that modems send is ASCII to its end, which needs no more than this. */
static void put_ascii(struct mt_reader *utf16, struct mt_writer *utf8)
{
    size_t most = utf16->left / 2, count = 0;
    const uint8_t *from = utf16->at;
    uint8_t *to = utf8->bytes + utf8->used;

    if (most > utf8->capacity - utf8->used)
        most = utf8->capacity - utf8->used;
    while (count < most && from[2 * count + 1] == 0 && from[2 * count] - 1u < 0x7F) {
        to[count] = from[2 * count];
        count++;
    }
    mt_claim(utf8, count);
    mt_skip(utf16, 2 * count);
}

int mt_utf16_decode(struct mt_reader utf16, struct mt_writer *utf8)
{
    uint32_t point;

    put_ascii(&utf16, utf8);
    while (!utf8->overflow && take_utf16(&utf16, &point))
        put_utf8(utf8, point);
    return utf8->overflow ? -ENOBUFS : 0;
}

int mt_utf16_encode(struct mt_reader utf8, struct mt_writer *utf16)
{
    uint32_t point;

    while (!utf16->overflow && take_utf8(&utf8, &point))
        put_utf16(utf16, point);
    return utf16->overflow ? -ENOBUFS : 0;
}
