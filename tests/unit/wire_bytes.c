/* SPDX-License-Identifier: MIT */
/* Tests core/wire/bytes.h: nothing goes past an end, and integers keep their order. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "wire/bytes.h"

static const uint8_t counting[] = { 1, 2, 3, 4, 5, 6, 7, 8 };

static void takes_integers(void **state)
{
    struct mt_reader reader = mt_reader(counting, sizeof(counting));
    struct mt_reader start = reader;
    uint64_t wide;
    uint32_t word;
    uint16_t half;
    uint8_t byte;

    (void)state;
    assert_true(mt_take_u8(&reader, &byte) && byte == 1);
    assert_true(mt_take_le16(&reader, &half) && half == 0x0302);
    assert_true(mt_take_be16(&reader, &half) && half == 0x0405);
    reader = start;
    assert_true(mt_take_le32(&reader, &word) && word == 0x04030201);
    assert_true(mt_take_uint(&reader, 4, true, &wide) && wide == 0x05060708);
    assert_false(mt_take_u8(&reader, &byte));
    assert_int_equal(reader.left, 0);
    reader = start;
    assert_true(mt_take_uint(&reader, 8, false, &wide) && wide == 0x0807060504030201);
    reader = start;
    assert_true(mt_take_uint(&reader, 8, true, &wide) && wide == 0x0102030405060708);
    reader = start;
    assert_true(mt_take_uint(&reader, 3, true, &wide) && wide == 0x010203);
}

static void takes_nothing_that_is_not_there(void **state)
{
    struct mt_reader reader = mt_reader(counting, 3);
    const uint8_t *bytes = NULL;
    uint32_t word = 42;

    (void)state;
    assert_false(mt_take_le32(&reader, &word));
    assert_int_equal(word, 42);
    assert_int_equal(reader.left, 3);
    assert_false(mt_take(&reader, SIZE_MAX, &bytes));
    assert_null(bytes);
    assert_true(mt_take(&reader, 3, &bytes));
    assert_ptr_equal(bytes, counting);
    assert_true(mt_skip(&reader, 0));
    assert_false(mt_skip(&reader, 1));
}

static void opens_windows_inside_only(void **state)
{
    struct mt_reader reader = mt_reader(counting, sizeof(counting)), window;

    (void)state;
    assert_true(mt_window(reader, 2, 6, &window));
    assert_ptr_equal(window.at, counting + 2);
    assert_int_equal(window.left, 6);
    assert_true(mt_window(reader, 8, 0, &window));
    assert_int_equal(window.left, 0);
    assert_false(mt_window(reader, 2, 7, &window));
    assert_false(mt_window(reader, 9, 0, &window));
    assert_false(mt_window(reader, SIZE_MAX, 2, &window));
    assert_false(mt_window(reader, 2, SIZE_MAX, &window));
    assert_int_equal(reader.left, 8);
}

static void puts_integers(void **state)
{
    static const uint8_t wanted[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3, 4, 0, 0xAB, 0xCD };
    uint8_t bytes[sizeof(wanted)];
    struct mt_writer writer = mt_writer(bytes, sizeof(bytes));

    (void)state;
    mt_put_u8(&writer, 1);
    mt_put_le16(&writer, 0x0302);
    mt_put_be16(&writer, 0x0405);
    mt_put_uint(&writer, 4, true, 0x06070809);
    mt_put_le32(&writer, 0xFFFFFFFF);
    mt_put_zeros(&writer, 1);
    mt_put(&writer, "\xAB\xCD", 2);
    mt_patch_le32(&writer, 9, 0x04030201);
    assert_false(writer.overflow);
    assert_int_equal(writer.used, sizeof(wanted));
    assert_memory_equal(bytes, wanted, sizeof(wanted));
}

static void never_writes_past_the_end(void **state)
{
    uint8_t bytes[8] = { 0 };
    struct mt_writer writer = mt_writer(bytes, 6);

    (void)state;
    mt_put_le32(&writer, 1);
    mt_put_le32(&writer, 0xFFFFFFFF);
    assert_true(writer.overflow);
    assert_int_equal(writer.used, 4);
    mt_put_u8(&writer, 0xFF); /* it would fit, but what was before it is missing */
    assert_int_equal(writer.used, 4);
    assert_memory_equal(bytes + 4, "\0\0\0\0", 4);
    assert_null(mt_claim(&writer, 0));

    writer = mt_writer(bytes, 8);
    mt_put_le32(&writer, 1);
    mt_patch_le32(&writer, 1, 0xFFFFFFFF);
    assert_true(writer.overflow);
    assert_int_equal(bytes[1], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_integers),
        cmocka_unit_test(takes_nothing_that_is_not_there),
        cmocka_unit_test(opens_windows_inside_only),
        cmocka_unit_test(puts_integers),
        cmocka_unit_test(never_writes_past_the_end),
    };

    return cmocka_run_group_tests_name("wire/bytes", tests, NULL, NULL);
}
