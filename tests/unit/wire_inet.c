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

static void sums_pseudo_headers(void **state)
{
    /* UDP from port 4660 to 22136, 9 bytes with the payload 0x7F; checksums worked out by hand */
    static const uint8_t packet[] = { 0x12, 0x34, 0x56, 0x78, 0x00, 0x09, 0x00, 0x00, 0x7F };
    static const uint8_t four[] = { 10, 0, 0, 1 };
    static const uint8_t six[16] = { 0x20, 0x01, 0x0D, 0xB8, [15] = 1 };
    struct mt_inet_sum sum = { 0 };

    (void)state;
    mt_inet_add_pseudo4(&sum, four, four, 17, sizeof(packet));
    mt_inet_add(&sum, packet, sizeof(packet));
    /* 0A00 + 0001 twice, 0011, 0009, 1234 + 5678 + 0009 + 0000 + 7F00 = FBD1 */
    assert_int_equal(mt_inet_checksum(&sum), (uint16_t)~0xFBD1);
    sum = (struct mt_inet_sum){ 0 };
    mt_inet_add_pseudo6(&sum, six, six, 17, sizeof(packet));
    mt_inet_add(&sum, packet, sizeof(packet));
    /* 2001 + 0DB8 + 0001 twice, 0009, 0011, E7B5 as above = 14343: folded 4344 */
    assert_int_equal(mt_inet_checksum(&sum), (uint16_t)~0x4344);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_a_header),
        cmocka_unit_test(sums_ranges_of_any_length),
        cmocka_unit_test(sums_nothing_and_much),
        cmocka_unit_test(sums_pseudo_headers),
    };

    return cmocka_run_group_tests_name("wire/inet", tests, NULL, NULL);
}
