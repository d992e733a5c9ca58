/* SPDX-License-Identifier: MIT */
/* Tests core/host/netlink_message.c: messages that are full, and attributes that are broken. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdint.h>
#include <string.h>

#include "host/netlink_message.h"

static struct mt_reader body(const struct mt_netlink_message *message)
{
    return mt_reader(message->bytes + NLMSG_HDRLEN, message->header.nlmsg_len - NLMSG_HDRLEN);
}

static void test_there_and_back(void **state)
{
    (void)state;
    const struct mt_netlink_ip ip = { .family = AF_INET, .bytes = { 10, 64, 1, 2 } }, none = { 0 };
    struct mt_netlink_message message;
    mt_netlink_begin(&message, 16, NLM_F_CREATE, NULL, 0);
    mt_netlink_put_u8(&message, 1, 8);
    mt_netlink_put_string(&message, 2, "wwan0");
    size_t nest = mt_netlink_nest(&message, 3);
    mt_netlink_put_u32(&message, 1, 77);
    mt_netlink_put_u16(&message, 2, 0x1234);
    mt_netlink_end(&message, nest);
    mt_netlink_put_ip(&message, 4, &ip);
    mt_netlink_put_ip(&message, 5, &none);
    assert_false(message.full);
    assert_int_equal(mt_netlink_u8(mt_netlink_find(body(&message), 1)), 8);
    assert_int_equal(mt_netlink_u32(mt_netlink_find(body(&message), 1)), 0); /* too short */
    assert_string_equal(mt_netlink_string(mt_netlink_find(body(&message), 2)), "wwan0");
    struct mt_reader inner = mt_netlink_find(body(&message), 3);
    assert_int_equal(mt_netlink_u32(mt_netlink_find(inner, 1)), 77);
    assert_int_equal(mt_netlink_u16(mt_netlink_find(inner, 2)), 0x1234);
    struct mt_reader address = mt_netlink_find(body(&message), 4);
    assert_int_equal(address.left, 4);
    assert_memory_equal(address.at, ip.bytes, 4);
    assert_null(mt_netlink_find(body(&message), 5).at);
}

static void test_full(void **state)
{
    (void)state;
    static const uint8_t many[MT_NETLINK_ROOM];
    struct mt_netlink_message message;
    mt_netlink_begin(&message, 16, 0, NULL, 0);
    while (!message.full)
        mt_netlink_put_u32(&message, 1, 5);
    assert_true(message.header.nlmsg_len <= MT_NETLINK_ROOM);
    mt_netlink_begin(&message, 16, 0, NULL, 0);
    assert_false(message.full);
    mt_netlink_put(&message, 1, many, sizeof(many));
    assert_true(message.full);
}

/* None of these reads outside of its bytes: they are on the heap, for the sanitizer. */
static void test_broken(void **state)
{
    (void)state;
    static const uint16_t headers[][2] = { { 0, 1 }, { 3, 1 }, { 9, 1 }, { 0xffff, 1 }, { 5, 2 } };
    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
        for (size_t size = 0; size <= 8; size++) {
            uint8_t *bytes = test_calloc(1, size ? size : 1);
            memcpy(bytes, headers[i], size < 4 ? size : 4);
            assert_null(mt_netlink_find(mt_reader(bytes, size), 1).at);
            test_free(bytes);
        }
    }
    assert_null(mt_netlink_string(mt_reader("abc", 3)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_there_and_back),
        cmocka_unit_test(test_full),
        cmocka_unit_test(test_broken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
