/* SPDX-License-Identifier: MIT */
/* Tests core/host/netlink_ethtool.c: the bytes of messages about packets that are put together. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <linux/genetlink.h>
#include <netlink/msg.h>
#include <stdint.h>
#include <string.h>

#include "host/netlink_ethtool.h"

enum { FAMILY = 21, NESTED = 0x8000 };

/* Numbers are in the machine's own order. Newer versions of libnl mark what has attributes in it. */
static void expect(struct nl_msg *message, uint16_t type, uint16_t *words, size_t count)
{
    struct nlmsghdr *header = nlmsg_hdr(message);
    assert_int_equal(header->nlmsg_type, type);
    assert_int_equal(nlmsg_datalen(header), count * sizeof(*words));
    uint16_t found[64];
    memcpy(found, nlmsg_data(header), count * sizeof(*words));
    if (count > 3)
        found[3] &= (uint16_t)~NESTED;
    assert_memory_equal(found, words, count * sizeof(*words));
}

/* Of a text, as it is in memory. */
static void put_text(uint16_t *words, const char *text)
{
    memcpy(words, text, strlen(text));
}

static void test_family(void **state)
{
    (void)state;
    struct nl_msg *message;
    uint16_t words[8] = { 0, 0, 12, 2 };
    const uint8_t command[] = { 3, 1 };
    memcpy(words, command, sizeof(command));
    put_text(&words[4], "ethtool");
    assert_int_equal(mt_ethtool_build_family(&message), 0);
    expect(message, 0x10, words, 8);
    nlmsg_free(message);
}

/* As by `ethtool -C wwan0.1 tx-aggr-max-bytes 16384 tx-aggr-max-frames 32`. */
static void test_set(void **state)
{
    (void)state;
    const struct mt_uplink uplink = { .size = 16384, .packets = 32 };
    const uint32_t numbers[] = { 16384, 32 };
    const uint8_t command[] = { 20, 1 };
    struct nl_msg *message;
    uint16_t words[18] = { 0, 0, 16, 1, 12, 2, 0, 0, 0, 0, 8, 26, 0, 0, 8, 27, 0, 0 };
    memcpy(words, command, sizeof(command));
    put_text(&words[6], "wwan0.1");
    memcpy(&words[12], &numbers[0], 4);
    memcpy(&words[16], &numbers[1], 4);
    assert_int_equal(mt_ethtool_build_set(FAMILY, "wwan0.1", &uplink, &message), 0);
    expect(message, FAMILY, words, 18);
    nlmsg_free(message);
}

static void test_get(void **state)
{
    (void)state;
    const uint8_t command[] = { 19, 1 };
    struct nl_msg *message;
    uint16_t words[10] = { 0, 0, 16, 1, 12, 2 };
    memcpy(words, command, sizeof(command));
    put_text(&words[6], "wwan0.1");
    assert_int_equal(mt_ethtool_build_get(FAMILY, "wwan0.1", &message), 0);
    expect(message, FAMILY, words, 10);
    nlmsg_free(message);
}

/* An answer has the attributes of what was set. One that is too short counts as none. */
static void test_answers(void **state)
{
    (void)state;
    const struct mt_uplink uplink = { .size = 8192, .packets = 20, .microseconds = 800 };
    struct mt_uplink found = { 0 };
    struct nl_msg *message;
    assert_int_equal(mt_ethtool_build_set(FAMILY, "wwan0.1", &uplink, &message), 0);
    mt_ethtool_read_uplink(message, &found);
    assert_memory_equal(&found, &uplink, sizeof(found));
    nlmsg_free(message);

    const uint16_t family = FAMILY, half = 7;
    assert_int_equal(mt_ethtool_build_family(&message), 0);
    assert_int_equal(mt_ethtool_read_family(message), 0);
    nla_put_u16(message, CTRL_ATTR_FAMILY_ID, family);
    assert_int_equal(mt_ethtool_read_family(message), FAMILY);
    nla_put(message, 26, sizeof(half), &half);
    mt_ethtool_read_uplink(message, &found);
    assert_int_equal(found.size, 0);
    nlmsg_free(message);
}

/* The loopback interface has a driver without it, if this kernel has the family at all. */
static void test_a_driver_without(void **state)
{
    (void)state;
    struct mt_uplink uplink = { 0 };
    assert_int_equal(mt_ethtool_uplink("lo", &uplink), -EOPNOTSUPP);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_family),
        cmocka_unit_test(test_set),
        cmocka_unit_test(test_get),
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_a_driver_without),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
