/* SPDX-License-Identifier: MIT */
/* Tests core/wire/dns.c: queries byte by byte, and what is an answer to them. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "wire/dns.h"

/* A query for example.org, as it is on the wire. */
/* clang-format off */
static const uint8_t query[] = {
    0x12, 0x34, 0x01, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    7, 'e', 'x', 'a', 'm', 'p', 'l', 'e', 3, 'o', 'r', 'g', 0, 0x00, 0x01, 0x00, 0x01,
};
/* clang-format on */

static void puts_queries(void **state)
{
    uint8_t bytes[MT_DNS_MAX_QUERY];
    static const char *const names[] = { "example.org", "example.org." };
    static const char *const roots[] = { "", "." };

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct mt_writer writer = mt_writer(bytes, sizeof(bytes));
        assert_true(mt_dns_put_query(&writer, 0x1234, names[i], MT_DNS_A));
        assert_int_equal(writer.used, sizeof(query));
        assert_memory_equal(bytes, query, sizeof(query));

        writer = mt_writer(bytes, sizeof(bytes));
        assert_true(mt_dns_put_query(&writer, 0x1234, roots[i], MT_DNS_NS));
        assert_int_equal(writer.used, 12 + 1 + 4);
        assert_memory_equal(bytes + 12, "\0\0\2\0\1", 5);
    }
}

/* The longest name there is: three labels of 63 and one of 61, 255 bytes with their lengths. */
static void knows_the_limits_of_names(void **state)
{
    uint8_t bytes[2 * MT_DNS_MAX_QUERY];
    static const char *const wrong[] = {
        "..", ".org", "a..b", "a..",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.org"
    };
    char name[300];
    struct mt_writer writer;

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        writer = mt_writer(bytes, sizeof(bytes));
        assert_false(mt_dns_put_query(&writer, 1, wrong[i], MT_DNS_A));
    }
    memset(name, 'a', sizeof(name));
    name[63] = name[127] = name[191] = '.';
    name[253] = '\0';
    writer = mt_writer(bytes, MT_DNS_MAX_QUERY);
    assert_true(mt_dns_put_query(&writer, 1, name, MT_DNS_A));
    assert_int_equal(writer.used, MT_DNS_MAX_QUERY);
    writer = mt_writer(bytes, MT_DNS_MAX_QUERY - 1);
    assert_false(mt_dns_put_query(&writer, 1, name, MT_DNS_A));
    name[253] = 'a';
    name[254] = '\0';
    writer = mt_writer(bytes, sizeof(bytes));
    assert_false(mt_dns_put_query(&writer, 1, name, MT_DNS_A));
}

static bool answers(const uint8_t *bytes, size_t size)
{
    /* A copy of just this size, so that a sanitizer sees what is read beyond it. */
    uint8_t *copy = malloc(size ? size : 1);
    assert_non_null(copy);
    memcpy(copy, bytes, size);
    bool result = mt_dns_answers(mt_reader(copy, size), mt_reader(query, sizeof(query)));
    free(copy);
    return result;
}

static void knows_its_answers(void **state)
{
    uint8_t answer[sizeof(query)];

    (void)state;
    memcpy(answer, query, sizeof(query));
    assert_false(answers(answer, sizeof(answer))); /* the query itself */
    answer[2] |= 0x80;
    assert_true(answers(answer, sizeof(answer)));
    answer[3] = 0x83; /* no such name: an answer, too */
    assert_true(answers(answer, sizeof(answer)));
    for (size_t size = 0; size < sizeof(answer); size++)
        assert_false(answers(answer, size));
    answer[13] = 'E';
    assert_true(answers(answer, sizeof(answer)));
    answer[13] = 'x';
    assert_false(answers(answer, sizeof(answer))); /* to another question */
    answer[5] = 2;
    assert_false(answers(answer, sizeof(answer)));
    answer[5] = 0;
    assert_true(answers(answer, 12)); /* a server that refuses */
    answer[2] |= 0x08;
    assert_false(answers(answer, 12)); /* another operation */
    answer[2] = 0x81;
    answer[1] ^= 1;
    assert_false(answers(answer, 12)); /* another id */
}

/* An answer to a question for IPv6 addresses: an alias, one of another class, and two addresses. */
/* clang-format off */
static const uint8_t two_addresses[] = {
    0x12, 0x34, 0x81, 0x80, 0x00, 0x01, 0x00, 0x04, 0x00, 0x00, 0x00, 0x00,
    1, 'a', 0, 0x00, 0x1c, 0x00, 0x01,
    0xc0, 0x0c, 0x00, 0x05, 0x00, 0x01, 0x00, 0x00, 0x00, 0x3c, 0x00, 0x03, 1, 'b', 0,
    1, 'b', 0, 0x00, 0x1c, 0x00, 0x03, 0x00, 0x00, 0x00, 0x3c, 0x00, 0x10,
    9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9,
    1, 'b', 0, 0x00, 0x1c, 0x00, 0x01, 0x00, 0x00, 0x00, 0x3c, 0x00, 0x10,
    0x00, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0, 192, 0, 0, 170,
    0xc0, 0x1f, 0x00, 0x1c, 0x00, 0x01, 0x00, 0x00, 0x00, 0x3c, 0x00, 0x10,
    0x00, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0, 192, 0, 0, 171,
};
/* clang-format on */

static void reads_addresses(void **state)
{
    uint8_t addresses[4][MT_DNS_AAAA_SIZE], broken[12 + 64 + 4];
    size_t size = sizeof(two_addresses), half = size - 28;

    (void)state;
    assert_int_equal(mt_dns_ipv6_addresses(mt_reader(two_addresses, size), addresses, 4), 2);
    assert_memory_equal(addresses[0], two_addresses + half - 16, 16);
    assert_memory_equal(addresses[1], two_addresses + size - 16, 16);
    assert_int_equal(mt_dns_ipv6_addresses(mt_reader(two_addresses, size), addresses, 1), 1);
    for (size_t cut = 0; cut < size; cut++) {
        uint8_t *copy = malloc(cut ? cut : 1);
        assert_non_null(copy);
        memcpy(copy, two_addresses, cut);
        assert_int_equal(mt_dns_ipv6_addresses(mt_reader(copy, cut), addresses, 4), cut >= half);
        free(copy);
    }
    memset(broken, 0x40, sizeof(broken)); /* a label of a kind that there is not */
    assert_int_equal(mt_dns_ipv6_addresses(mt_reader(broken, sizeof(broken)), addresses, 4), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(puts_queries),
        cmocka_unit_test(knows_the_limits_of_names),
        cmocka_unit_test(knows_its_answers),
        cmocka_unit_test(reads_addresses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
