/* SPDX-License-Identifier: MIT */
/* Tests core/wire/utf16.c: good text both ways, replacements for bad text, and the bounds. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "wire/utf16.h"

#define REPLACEMENT "\xEF\xBF\xBD"

struct pair {
    const char *utf8;
    const char *utf16;
    size_t size; /* of utf16 */
};

static void decodes_to(const char *utf16, size_t size, const char *utf8)
{
    char text[64];
    struct mt_writer writer = mt_writer(text, MT_UTF8_ROOM(size));

    assert_int_equal(mt_utf16_decode(mt_reader(utf16, size), &writer), 0);
    assert_int_equal(writer.used, strlen(utf8));
    assert_memory_equal(text, utf8, writer.used);
}

static void encodes_to(const char *utf8, size_t length, const char *utf16, size_t size)
{
    char text[64];
    struct mt_writer writer = mt_writer(text, MT_UTF16_ROOM(length));

    assert_int_equal(mt_utf16_encode(mt_reader(utf8, length), &writer), 0);
    assert_int_equal(writer.used, size);
    assert_memory_equal(text, utf16, size);
}

static void converts_both_ways(void **state)
{
    static const struct pair pairs[] = {
        { "", "", 0 },
        { "r.ispsn", "r\0.\0i\0s\0p\0s\0n\0", 14 },
        { "\x7F\xC2\x80\xDF\xBF", "\x7F\0\x80\0\xFF\x07", 6 },
        { "\xE0\xA0\x80\xE2\x82\xAC\xEF\xBF\xBF", "\x00\x08\xAC\x20\xFF\xFF", 6 },
        { "\xED\x9F\xBF\xEE\x80\x80", "\xFF\xD7\x00\xE0", 4 },
        { "\xF0\x90\x80\x80", "\x00\xD8\x00\xDC", 4 },
        { "\xF4\x8F\xBF\xBF", "\xFF\xDB\xFF\xDF", 4 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        decodes_to(pairs[i].utf16, pairs[i].size, pairs[i].utf8);
        encodes_to(pairs[i].utf8, strlen(pairs[i].utf8), pairs[i].utf16, pairs[i].size);
    }
}

static void replaces_unpaired_surrogates(void **state)
{
    (void)state;
    decodes_to("\x00\xD8", 2, REPLACEMENT);
    decodes_to("\x00\xDC", 2, REPLACEMENT);
    decodes_to("\x00\xD8\x41\0", 4, REPLACEMENT "A");
    decodes_to("\x00\xDC\x00\xD8", 4, REPLACEMENT REPLACEMENT);
    decodes_to("\x00\xD8\x00\xD8\x00\xDC", 6, REPLACEMENT "\xF0\x90\x80\x80");
    decodes_to("\x00\xD8\x00", 3, REPLACEMENT);
}

static void ends_at_a_nul_or_an_odd_byte(void **state)
{
    (void)state;
    decodes_to("A\0\0\0B\0", 6, "A");
    decodes_to("\0\0", 2, "");
    decodes_to("A\0B", 3, "A");
    decodes_to("A", 1, "");
}

static void replaces_malformed_utf8(void **state)
{
    (void)state;
    encodes_to("\x80", 1, "\xFD\xFF", 2);
    encodes_to("\xFF\x41", 2, "\xFD\xFF\x41\0", 4);
    encodes_to("\xC3", 1, "\xFD\xFF", 2);
    encodes_to("\xC3\x41", 2, "\xFD\xFF\x41\0", 4);
    encodes_to("\xC0\x80", 2, "\xFD\xFF\xFD\xFF", 4);                         /* overlong */
    encodes_to("\xE0\x80\x80", 3, "\xFD\xFF\xFD\xFF\xFD\xFF", 6);             /* overlong */
    encodes_to("\xED\xA0\x80", 3, "\xFD\xFF\xFD\xFF\xFD\xFF", 6);             /* a surrogate */
    encodes_to("\xF4\x90\x80\x80", 4, "\xFD\xFF\xFD\xFF\xFD\xFF\xFD\xFF", 8); /* beyond U+10FFFF */
    encodes_to("A\0B", 3, "A\0\0\0B\0", 6);
}

static void stops_at_the_capacity(void **state)
{
    char text[8] = { 0 };
    struct mt_writer writer = mt_writer(text, 5);

    (void)state;
    assert_int_equal(mt_utf16_encode(mt_reader("abcd", 4), &writer), -ENOBUFS);
    assert_memory_equal(text, "a\0b\0\0\0\0", 8);
    memset(text, 0, sizeof(text));
    writer = mt_writer(text, 2);
    assert_int_equal(mt_utf16_decode(mt_reader("a\0\xAC\x20", 4), &writer), -ENOBUFS);
    assert_memory_equal(text, "a\0\0\0\0\0\0", 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(converts_both_ways),
        cmocka_unit_test(replaces_unpaired_surrogates),
        cmocka_unit_test(ends_at_a_nul_or_an_odd_byte),
        cmocka_unit_test(replaces_malformed_utf8),
        cmocka_unit_test(stops_at_the_capacity),
    };

    return cmocka_run_group_tests_name("wire/utf16", tests, NULL, NULL);
}
