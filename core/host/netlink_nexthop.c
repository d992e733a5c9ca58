/* SPDX-License-Identifier: MIT */
/* Messages about next hops. */
#include "host/netlink_nexthop.h"

/* Since Linux 6.12, the byte after the weight is its upper half; before, it was zero. */

int mt_nexthop_weight(const struct nexthop_grp *member)
{
    const uint8_t *upper = (const uint8_t *)&member->weight + 1;
    return (*upper << 8 | member->weight) + 1;
}

void mt_nexthop_set_weight(struct nexthop_grp *member, int weight)
{
    member->weight = (uint8_t)(weight - 1);
    *(&member->weight + 1) = (uint8_t)((weight - 1) >> 8);
}

void mt_nexthop_build(struct mt_netlink_message *message, const struct mt_nexthop *nexthop,
                      int type, int flags)
{
    mt_netlink_begin(message, type, flags, &nexthop->header, sizeof(nexthop->header));
    mt_netlink_put_u32(message, NHA_ID, nexthop->id);
    if (nexthop->link)
        mt_netlink_put_u32(message, NHA_OIF, (uint32_t)nexthop->link);
    mt_netlink_put_ip(message, NHA_GATEWAY, &nexthop->gateway);
    if (nexthop->count)
        mt_netlink_put(message, NHA_GROUP, nexthop->members,
                       (size_t)nexthop->count * sizeof(nexthop->members[0]));
}
