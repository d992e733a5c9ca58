/* SPDX-License-Identifier: MIT */
/* Messages about routes and rules. */
#include "host/netlink_route.h"

#include <string.h>

/* ---- written ---- */

static void put_hops(struct mt_netlink_message *message, const struct mt_netlink_route *route)
{
    size_t nest = mt_netlink_nest(message, RTA_MULTIPATH);
    for (int i = 0; i < route->count; i++) {
        const struct mt_netlink_hop *hop = &route->hops[i];
        size_t gateway = hop->gateway.family ? NLA_HDRLEN + mt_netlink_ip_size(hop->gateway.family)
                                             : 0;
        struct rtnexthop header = { .rtnh_len = (uint16_t)(sizeof(header) + gateway),
                                    .rtnh_flags = hop->onlink ? RTNH_F_ONLINK : 0,
                                    .rtnh_hops = (uint8_t)(hop->weight - 1),
                                    .rtnh_ifindex = hop->link };
        mt_netlink_append(message, &header, sizeof(header));
        mt_netlink_put_ip(message, RTA_GATEWAY, &hop->gateway);
    }
    mt_netlink_end(message, nest);
}

void mt_netlink_build_route(struct mt_netlink_message *message,
                            const struct mt_netlink_route *route, int type, int flags)
{
    struct rtmsg header = route->header;
    const struct mt_netlink_hop *only = route->count == 1 ? route->hops : NULL;
    header.rtm_dst_len = route->destination.length;
    header.rtm_flags = only && only->onlink ? RTNH_F_ONLINK : 0;
    mt_netlink_begin(message, type, flags, &header, sizeof(header));
    mt_netlink_put_u32(message, RTA_TABLE, route->table);
    if (route->destination.length)
        mt_netlink_put_ip(message, RTA_DST, &route->destination);
    mt_netlink_put_ip(message, RTA_PREFSRC, &route->source);
    if (route->metric)
        mt_netlink_put_u32(message, RTA_PRIORITY, route->metric);
    if (only)
        mt_netlink_put_ip(message, RTA_GATEWAY, &only->gateway);
    if (only && only->link)
        mt_netlink_put_u32(message, RTA_OIF, (uint32_t)only->link);
    if (route->count > 1)
        put_hops(message, route);
    if (route->nexthop)
        mt_netlink_put_u32(message, RTA_NH_ID, route->nexthop);
}

void mt_netlink_build_rule(struct mt_netlink_message *message, const struct mt_netlink_rule *rule,
                           int type, int flags)
{
    struct fib_rule_hdr header = rule->header;
    header.src_len = rule->source.length;
    mt_netlink_begin(message, type, flags, &header, sizeof(header));
    mt_netlink_put_u32(message, FRA_TABLE, rule->table);
    if (rule->source.length)
        mt_netlink_put_ip(message, FRA_SRC, &rule->source);
    if (rule->in)
        mt_netlink_put_string(message, FRA_IIFNAME, rule->in);
    if (rule->out)
        mt_netlink_put_string(message, FRA_OIFNAME, rule->out);
    if (rule->priority)
        mt_netlink_put_u32(message, FRA_PRIORITY, rule->priority);
    if (rule->mask) {
        mt_netlink_put_u32(message, FRA_FWMARK, rule->mark);
        mt_netlink_put_u32(message, FRA_FWMASK, rule->mask);
    }
    if (rule->protocol)
        mt_netlink_put_u8(message, FRA_PROTOCOL, rule->protocol);
}

/* ---- read ---- */

struct mt_netlink_ip mt_netlink_ip(struct mt_reader attributes, int type, int family)
{
    struct mt_reader value = mt_netlink_find(attributes, type);
    size_t size = mt_netlink_ip_size(family);
    struct mt_netlink_ip ip = { .family = 0 };
    if (value.left != size)
        return ip;
    memcpy(ip.bytes, value.at, size);
    ip.family = (uint8_t)family;
    ip.length = (uint8_t)(8 * size);
    return ip;
}

static bool take_hop(struct mt_reader *hops, int family, struct mt_netlink_hop *hop)
{
    struct rtnexthop header;
    struct mt_reader attributes;
    if (hops->left < sizeof(header))
        return false;
    memcpy(&header, hops->at, sizeof(header));
    if (header.rtnh_len < sizeof(header) || header.rtnh_len > hops->left)
        return false;
    attributes = mt_reader(hops->at + sizeof(header), header.rtnh_len - sizeof(header));
    if (!mt_skip(hops, RTNH_ALIGN((size_t)header.rtnh_len)))
        hops->left = 0;
    *hop = (struct mt_netlink_hop){
        .link = header.rtnh_ifindex,
        .weight = header.rtnh_hops + 1,
        .onlink = (header.rtnh_flags & RTNH_F_ONLINK) != 0,
        .gateway = mt_netlink_ip(attributes, RTA_GATEWAY, family),
    };
    return true;
}

bool mt_netlink_hop_at(const struct mt_netlink_item *route, int place, struct mt_netlink_hop *hop)
{
    const struct rtmsg *header = route->header;
    struct mt_reader hops = mt_netlink_find(route->attributes, RTA_MULTIPATH);
    if (hops.at) {
        while (take_hop(&hops, header->rtm_family, hop)) {
            if (place-- == 0)
                return true;
        }
        return false;
    }
    *hop = (struct mt_netlink_hop){
        .link = (int)mt_netlink_u32(mt_netlink_find(route->attributes, RTA_OIF)),
        .weight = 1,
        .onlink = (header->rtm_flags & RTNH_F_ONLINK) != 0,
        .gateway = mt_netlink_ip(route->attributes, RTA_GATEWAY, header->rtm_family),
    };
    return place == 0 && (hop->link || hop->gateway.family);
}

uint32_t mt_netlink_route_table(const struct mt_netlink_item *route)
{
    const struct rtmsg *header = route->header;
    struct mt_reader table = mt_netlink_find(route->attributes, RTA_TABLE);
    return table.at ? mt_netlink_u32(table) : header->rtm_table;
}

uint32_t mt_netlink_rule_table(const struct mt_netlink_item *rule)
{
    const struct fib_rule_hdr *header = rule->header;
    struct mt_reader table = mt_netlink_find(rule->attributes, FRA_TABLE);
    return table.at ? mt_netlink_u32(table) : header->table;
}
