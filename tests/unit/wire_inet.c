/* SPDX-License-Identifier: MIT */
/* Tests core/wire/inet.c: the checksum of known packets, in one range or many. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "wire/bytes.h"
#include "wire/inet.h"

/* An IPv4 header with its checksum, 0xB861, in place. */
static const uint8_t header[] = {
    0x45, 0x00, 0x00, 0x73, 0x00, 0x00, 0x40, 0x00, 0x40, 0x11,
    0xB8, 0x61, 0xC0, 0xA8, 0x00, 0x01, 0xC0, 0xA8, 0x00, 0xC7,
};

static void sums_a_header(void **state)
{
    struct mt_inet_sum sum = { 0 };
    uint8_t blank[sizeof(header)];

    (void)state;
    memcpy(blank, header, sizeof(header));
    blank[10] = blank[11] = 0;
    mt_inet_add(&sum, blank, sizeof(blank));
    assert_int_equal(mt_inet_checksum(&sum), 0xB861);
    sum = (struct mt_inet_sum){ 0 };
    mt_inet_add(&sum, header, sizeof(header));
    assert_int_equal(mt_inet_checksum(&sum), 0);
}

static void sums_ranges_of_any_length(void **state)
{
    (void)state;
    for (size_t first = 0; first <= sizeof(header); first++) {
        for (size_t second = 0; first + second <= sizeof(header); second++) {
            struct mt_inet_sum sum = { 0 };

            mt_inet_add(&sum, header, first);
            mt_inet_add(&sum, header + first, second);
            mt_inet_add(&sum, header + first + second, sizeof(header) - first - second);
            assert_int_equal(mt_inet_checksum(&sum), 0);
        }
    }
}

static void sums_nothing_and_much(void **state)
{
    static uint8_t ones[65536];
    struct mt_inet_sum sum = { 0 };

    (void)state;
    assert_int_equal(mt_inet_checksum(&sum), 0xFFFF);
    memset(ones, 0xFF, sizeof(ones));
    for (int i = 0; i < 64; i++)
        mt_inet_add(&sum, ones, sizeof(ones));
    assert_int_equal(mt_inet_checksum(&sum), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_a_header),
        cmocka_unit_test(sums_ranges_of_any_length),
        cmocka_unit_test(sums_nothing_and_much),
    };

    return cmocka_run_group_tests_name("wire/inet", tests, NULL, NULL);
}
