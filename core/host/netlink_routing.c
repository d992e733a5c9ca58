/* SPDX-License-Identifier: MIT */
/* rtnetlink: where packets go. Routes, the next hops that they share, and rules, changed. */
#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/nexthop.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <string.h>
#include <sys/socket.h>

#include "host/netlink.h"
#include "host/netlink_decode.h"
#include "host/netlink_request.h"

/* Sends what has been put together, unless that has failed. */
static int finish(struct mt_netlink *netlink, struct nl_msg *message, int put)
{
    if (put < 0) {
        nlmsg_free(message);
        return -ENOMEM;
    }
    return mt_netlink_request(netlink, message);
}

/* ---- routes ---- */

static int put_hop(struct nl_msg *message, const struct mt_hop *hop)
{
    struct rtnexthop *header = nlmsg_reserve(message, sizeof(*header), NLMSG_ALIGNTO);
    if (!header)
        return -ENOMEM;
    int size = mt_ip_size(hop->gateway.family);
    *header = (struct rtnexthop){
        .rtnh_len = (uint16_t)(sizeof(*header) + (hop->gateway.family ? RTA_LENGTH(size) : 0)),
        .rtnh_flags = hop->onlink ? RTNH_F_ONLINK : 0,
        .rtnh_hops = (uint8_t)(hop->weight - 1),
        .rtnh_ifindex = hop->link,
    };
    return mt_netlink_put_ip(message, RTA_GATEWAY, &hop->gateway);
}

static int put_hops(struct nl_msg *message, const struct mt_route *route)
{
    if (route->hop_count == 0)
        return 0;
    struct nlattr *all = nla_nest_start(message, RTA_MULTIPATH);
    if (!all)
        return -ENOMEM;
    for (size_t i = 0; i < route->hop_count; i++) {
        if (put_hop(message, &route->hops[i]) < 0)
            return -ENOMEM;
    }
    nla_nest_end(message, all);
    return 0;
}

static int put_route(struct nl_msg *message, const struct mt_route *route)
{
    if (nla_put_u32(message, RTA_TABLE, route->table) < 0 ||
        (route->prefix_length && mt_netlink_put_ip(message, RTA_DST, &route->destination) < 0) ||
        mt_netlink_put_ip(message, RTA_GATEWAY, &route->gateway) < 0 ||
        mt_netlink_put_ip(message, RTA_PREFSRC, &route->source) < 0 ||
        (route->metric && nla_put_u32(message, RTA_PRIORITY, route->metric) < 0) ||
        (route->link && nla_put_u32(message, RTA_OIF, (uint32_t)route->link) < 0) ||
        (route->nexthop && nla_put_u32(message, RTA_NH_ID, route->nexthop) < 0))
        return -ENOMEM;
    return put_hops(message, route);
}

static int change_route(struct mt_netlink *netlink, int type, int flags,
                        const struct mt_route *route)
{
    struct rtmsg header = {
        .rtm_family = (uint8_t)route->family,
        .rtm_dst_len = route->prefix_length,
        .rtm_table = RT_TABLE_UNSPEC,  /* RTA_TABLE has it: there are more than 255 */
        .rtm_protocol = route->protocol,
        .rtm_scope = route->scope,
        .rtm_type = route->type,
        .rtm_flags = route->onlink ? RTNH_F_ONLINK : 0,
    };
    struct nl_msg *message = mt_netlink_message(type, flags, &header, sizeof(header));
    return message ? finish(netlink, message, put_route(message, route)) : -ENOMEM;
}

static int add_flags(bool replace)
{
    return NLM_F_CREATE | (replace ? NLM_F_REPLACE : NLM_F_EXCL);
}

int mt_netlink_add_route(struct mt_netlink *netlink, const struct mt_route *route, bool replace)
{
    return change_route(netlink, RTM_NEWROUTE, add_flags(replace), route);
}

int mt_netlink_delete_route(struct mt_netlink *netlink, const struct mt_route *route)
{
    return change_route(netlink, RTM_DELROUTE, 0, route);
}

/* ---- next hops ---- */

static int put_group(struct nl_msg *message, const struct mt_nexthop *nexthop)
{
    struct nlattr *group =
        nla_reserve(message, NHA_GROUP, (int)(nexthop->hop_count * sizeof(struct nexthop_grp)));
    if (!group)
        return -ENOMEM;
    struct nexthop_grp *members = nla_data(group);
    for (size_t i = 0; i < nexthop->hop_count; i++) {
        uint16_t weight = (uint16_t)(nexthop->hops[i].weight - 1);
        members[i] = (struct nexthop_grp){
            .id = nexthop->hops[i].nexthop,
            .weight = (uint8_t)weight,
        };
        /* Since Linux 6.12; before, the kernel refuses anything but zero there. */
        *(&members[i].weight + 1) = (uint8_t)(weight >> 8);
    }
    return 0;
}

static int put_nexthop(struct nl_msg *message, const struct mt_nexthop *nexthop)
{
    if (nla_put_u32(message, NHA_ID, nexthop->id) < 0)
        return -ENOMEM;
    if (nexthop->hop_count)
        return put_group(message, nexthop);
    if (nla_put_u32(message, NHA_OIF, (uint32_t)nexthop->link) < 0)
        return -ENOMEM;
    return mt_netlink_put_ip(message, NHA_GATEWAY, &nexthop->gateway);
}

int mt_netlink_add_nexthop(struct mt_netlink *netlink, const struct mt_nexthop *nexthop,
                           bool replace)
{
    struct nhmsg header = {
        .nh_family = (uint8_t)nexthop->family,
        .nh_protocol = nexthop->protocol,
        .nh_flags = nexthop->onlink ? RTNH_F_ONLINK : 0,
    };
    struct nl_msg *message =
        mt_netlink_message(RTM_NEWNEXTHOP, add_flags(replace), &header, sizeof(header));
    return message ? finish(netlink, message, put_nexthop(message, nexthop)) : -ENOMEM;
}

int mt_netlink_delete_nexthop(struct mt_netlink *netlink, uint32_t id)
{
    struct nhmsg header = { .nh_family = AF_UNSPEC };
    struct nl_msg *message = mt_netlink_message(RTM_DELNEXTHOP, 0, &header, sizeof(header));
    return message ? finish(netlink, message, nla_put_u32(message, NHA_ID, id)) : -ENOMEM;
}

/* ---- rules ---- */

static int put_rule(struct nl_msg *message, const struct mt_rule *rule)
{
    if (nla_put_u32(message, FRA_TABLE, rule->table) < 0 ||
        (rule->priority && nla_put_u32(message, FRA_PRIORITY, rule->priority) < 0) ||
        (rule->protocol && nla_put_u8(message, FRA_PROTOCOL, rule->protocol) < 0) ||
        (rule->prefix_length && mt_netlink_put_ip(message, FRA_SRC, &rule->source) < 0) ||
        (rule->in[0] && nla_put_string(message, FRA_IIFNAME, rule->in) < 0) ||
        (rule->out[0] && nla_put_string(message, FRA_OIFNAME, rule->out) < 0))
        return -ENOMEM;
    if (rule->mask == 0)
        return 0;
    return nla_put_u32(message, FRA_FWMARK, rule->mark) < 0
               ? -ENOMEM
               : nla_put_u32(message, FRA_FWMASK, rule->mask);
}

static int change_rule(struct mt_netlink *netlink, int type, int flags,
                       const struct mt_rule *rule)
{
    struct fib_rule_hdr header = {
        .family = (uint8_t)rule->family,
        .src_len = rule->prefix_length,
        .action = FR_ACT_TO_TBL,
    };
    struct nl_msg *message = mt_netlink_message(type, flags, &header, sizeof(header));
    return message ? finish(netlink, message, put_rule(message, rule)) : -ENOMEM;
}

int mt_netlink_add_rule(struct mt_netlink *netlink, const struct mt_rule *rule)
{
    return change_rule(netlink, RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL, rule);
}

int mt_netlink_delete_rule(struct mt_netlink *netlink, const struct mt_rule *rule)
{
    return change_rule(netlink, RTM_DELRULE, 0, rule);
}
