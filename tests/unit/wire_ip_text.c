/* SPDX-License-Identifier: MIT */
/* Tests core/wire/ip_text.c: the C library writes the same text. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "wire/ip_text.h"

static void check(int family, const uint8_t *address)
{
    char wanted[INET6_ADDRSTRLEN], text[MT_IP_TEXT_SIZE + 1];
    size_t length = family == AF_INET ? mt_ip_format4(address, text) : mt_ip_format6(address, text);

    assert_true(length <= MT_IP_TEXT_SIZE);
    text[length] = '\0';
    assert_non_null(inet_ntop(family, address, wanted, sizeof(wanted)));
    assert_string_equal(text, wanted);
}

static void writes_ipv4(void **state)
{
    (void)state;
    for (int byte = 0; byte < 256; byte++) {
        uint8_t address[4] = { (uint8_t)byte, 0, (uint8_t)(255 - byte), (uint8_t)byte };

        check(AF_INET, address);
    }
}

/* Each word of an address is zero or not: all rows of zeros there can be. */
static void writes_ipv6_with_any_rows_of_zeros(void **state)
{
    static const unsigned words[] = { 0x1, 0x10, 0xABC, 0xFFFF };

    (void)state;
    for (unsigned zeros = 0; zeros < 256; zeros++) {
        for (size_t word = 0; word < sizeof(words) / sizeof(words[0]); word++) {
            uint8_t address[16] = { 0 };

            for (int i = 0; i < 8; i++) {
                if (zeros >> i & 1)
                    continue;
                address[2 * i] = (uint8_t)(words[word] >> 8);
                address[2 * i + 1] = (uint8_t)words[word];
            }
            check(AF_INET6, address);
        }
    }
}

static void writes_any_ipv6(void **state)
{
    (void)state;
    srand(1);
    for (int round = 0; round < 20000; round++) {
        uint8_t address[16];

        for (int i = 0; i < 16; i++)
            address[i] = (uint8_t)rand();
        check(AF_INET6, address);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_ipv4),
        cmocka_unit_test(writes_ipv6_with_any_rows_of_zeros),
        cmocka_unit_test(writes_any_ipv6),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
