/* SPDX-License-Identifier: MIT */
/* Messages about next hops. */
#include "host/netlink_nexthop.h"

#include <netlink/addr.h>
#include <netlink/attr.h>
#include <netlink/errno.h>
#include <netlink/msg.h>

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

int mt_nexthop_build(const struct mt_nexthop *nexthop, int type, int flags, struct nl_msg **message)
{
    struct nhmsg header = nexthop->header;
    *message = nlmsg_alloc_simple(type, flags);
    if (!*message)
        return -NLE_NOMEM;
    nlmsg_append(*message, &header, sizeof(header), NLMSG_ALIGNTO);
    nla_put_u32(*message, NHA_ID, nexthop->id);
    if (nexthop->link)
        nla_put_u32(*message, NHA_OIF, (uint32_t)nexthop->link);
    if (nexthop->gateway)
        nla_put_addr(*message, NHA_GATEWAY, nexthop->gateway);
    if (nexthop->count)
        nla_put(*message, NHA_GROUP, nexthop->count * (int)sizeof(nexthop->members[0]),
                nexthop->members);
    return 0; /* a page has room for all of them */
}
