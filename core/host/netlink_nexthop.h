/* SPDX-License-Identifier: MIT */
/* Messages about the next hops that routes can share, and groups of them; libnl 3.7 knows none. */
#ifndef MT_HOST_NETLINK_NEXTHOP_H
#define MT_HOST_NETLINK_NEXTHOP_H

#include <linux/nexthop.h>
#include <stdint.h>

enum { MT_NETLINK_HOPS = 256 }; /* the longest list of them */

/* A link, perhaps with a gateway on it; or a group. */
struct nl_addr;
struct mt_nexthop {
    struct nhmsg header;
    uint32_t id;
    int link;                /* 0: none */
    struct nl_addr *gateway; /* the caller's, or NULL */
    int count;
    struct nexthop_grp members[MT_NETLINK_HOPS];
};

/* From 1 to 65536. One above 256 takes Linux 6.12: before, the kernel refuses it. */
int mt_nexthop_weight(const struct nexthop_grp *member);
void mt_nexthop_set_weight(struct nexthop_grp *member, int weight);

/* Builds a message with RTM_NEWNEXTHOP or RTM_DELNEXTHOP. 0, or the negative of an error of libnl. */
struct nl_msg;
int mt_nexthop_build(const struct mt_nexthop *nexthop, int type, int flags,
                     struct nl_msg **message);

#endif
