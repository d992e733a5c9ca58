/* SPDX-License-Identifier: MIT */
/* Tests core/host/netlink_link.c: the bytes of messages that make a link for one session. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <linux/rtnetlink.h>
#include <netlink/msg.h>
#include <stdint.h>
#include <string.h>

#include "host/netlink_link.h"

enum { NESTED = 0x8000, PARENT_DEV_NAME = 56, WWAN_LINK_ID = 1 };

/* The message that is looked at, from its next attribute on. */
struct reader {
    const uint8_t *at;
};

/* Numbers are in the machine's own order. Newer versions of libnl mark what has attributes in it. */
static void expect_attribute(struct reader *reader, uint16_t length, uint16_t type)
{
    uint16_t header[2];
    memcpy(header, reader->at, sizeof(header));
    assert_int_equal(header[0], length);
    assert_int_equal(header[1] & ~NESTED, type);
    reader->at += sizeof(header);
}

static void expect_bytes(struct reader *reader, const void *bytes, size_t size)
{
    assert_memory_equal(reader->at, bytes, size);
    reader->at += size;
}

/* As by `ip link add wwan0.2 parentdev wwan0 type wwan linkid 2`. */
static void test_wwan(void **state)
{
    (void)state;
    static const struct ifinfomsg none;
    const uint32_t id = 2;
    struct nl_msg *message;
    assert_int_equal(mt_netlink_build_wwan("wwan0.2", "wwan0", id, &message), 0);
    struct nlmsghdr *header = nlmsg_hdr(message);
    assert_int_equal(header->nlmsg_type, RTM_NEWLINK);
    assert_int_equal(header->nlmsg_flags, NLM_F_CREATE | NLM_F_EXCL);
    struct reader reader = { .at = nlmsg_data(header) };
    expect_bytes(&reader, &none, sizeof(none));
    expect_attribute(&reader, 12, IFLA_IFNAME);
    expect_bytes(&reader, "wwan0.2", 8);
    expect_attribute(&reader, 10, PARENT_DEV_NAME);
    expect_bytes(&reader, "wwan0\0\0", 8); /* with padding */
    expect_attribute(&reader, 28, IFLA_LINKINFO);
    expect_attribute(&reader, 9, IFLA_INFO_KIND);
    expect_bytes(&reader, "wwan\0\0\0", 8);
    expect_attribute(&reader, 12, IFLA_INFO_DATA);
    expect_attribute(&reader, 8, WWAN_LINK_ID);
    expect_bytes(&reader, &id, sizeof(id));
    assert_ptr_equal(reader.at, (const uint8_t *)nlmsg_data(header) + nlmsg_datalen(header));
    nlmsg_free(message);
}

/* As by `ip link add rmnet1 link 7 type rmnet mux_id 1` with flags for QMAPv5. */
static void test_rmnet(void **state)
{
    (void)state;
    static const struct ifinfomsg none;
    const uint32_t parent = 7;
    const uint32_t flags[] = { 0x31, 0xffffffff };
    const uint16_t id[] = { 1, 0 }; /* with padding */
    struct nl_msg *message;
    assert_int_equal(mt_netlink_build_rmnet("wwan0.1", parent, 1,
                                            MT_RMNET_DEAGGREGATION | MT_RMNET_CHECKSUMS_V5,
                                            &message),
                     0);
    struct nlmsghdr *header = nlmsg_hdr(message);
    assert_int_equal(header->nlmsg_type, RTM_NEWLINK);
    assert_int_equal(header->nlmsg_flags, NLM_F_CREATE | NLM_F_EXCL);
    struct reader reader = { .at = nlmsg_data(header) };
    expect_bytes(&reader, &none, sizeof(none));
    expect_attribute(&reader, 12, IFLA_IFNAME);
    expect_bytes(&reader, "wwan0.1", 8);
    expect_attribute(&reader, 8, IFLA_LINK);
    expect_bytes(&reader, &parent, sizeof(parent));
    expect_attribute(&reader, 40, IFLA_LINKINFO);
    expect_attribute(&reader, 10, IFLA_INFO_KIND);
    expect_bytes(&reader, "rmnet\0\0", 8);
    expect_attribute(&reader, 24, IFLA_INFO_DATA);
    expect_attribute(&reader, 6, IFLA_RMNET_MUX_ID);
    expect_bytes(&reader, id, sizeof(id));
    expect_attribute(&reader, 12, IFLA_RMNET_FLAGS);
    expect_bytes(&reader, flags, sizeof(flags));
    assert_ptr_equal(reader.at, (const uint8_t *)nlmsg_data(header) + nlmsg_datalen(header));
    assert_int_equal(MT_RMNET_CHECKSUMS_V4,
                     RMNET_FLAGS_INGRESS_MAP_CKSUMV4 | RMNET_FLAGS_EGRESS_MAP_CKSUMV4);
    nlmsg_free(message);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_wwan), cmocka_unit_test(test_rmnet) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
