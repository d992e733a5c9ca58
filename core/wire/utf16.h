/* SPDX-License-Identifier: MIT */
/* Text on the wire: UTF-16LE to UTF-8 and back, both ways bounded by the writer. */

#ifndef MT_WIRE_UTF16_H
#define MT_WIRE_UTF16_H

#include "wire/bytes.h"

/* The most bytes of a result: 3 of UTF-8 for a code unit, 2 of UTF-16 for a byte. */
#define MT_UTF8_ROOM(utf16_size) ((utf16_size) / 2 * 3)
#define MT_UTF16_ROOM(utf8_size) (2 * (utf8_size))

/*
 * Appends the text as UTF-8. A NUL ends it (modems pad with them), an unpaired surrogate becomes
 * U+FFFD, an odd last byte is ignored. Returns 0, or -ENOBUFS when the writer is full.
 */
int mt_utf16_decode(struct mt_reader utf16, struct mt_writer *utf8);

/*
 * Appends the text as UTF-16LE, without a terminator. A byte that is no part of well-formed UTF-8
 * becomes U+FFFD. Returns 0, or -ENOBUFS when the writer is full.
 */
int mt_utf16_encode(struct mt_reader utf8, struct mt_writer *utf16);

#endif
