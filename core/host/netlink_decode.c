/* SPDX-License-Identifier: MIT */
/* What the kernel says in rtnetlink messages, as structs. */
#include "host/netlink_decode.h"

#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/nexthop.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { NOTHING = 1 };  /* a message that says nothing that we keep */

static bool take_ip(const struct nlattr *attribute, int family, struct mt_ip *ip)
{
    if (!attribute || nla_len(attribute) != mt_ip_size(family))
        return false;
    ip->family = family;
    memcpy(ip->bytes, nla_data(attribute), (size_t)mt_ip_size(family));
    return true;
}

static uint32_t take_u32(const struct nlattr *attribute, uint32_t otherwise)
{
    return attribute && nla_len(attribute) >= 4 ? nla_get_u32(attribute) : otherwise;
}

static int vlan_id_of(struct nlattr *data)
{
    struct nlattr *found[IFLA_VLAN_MAX + 1];
    if (!data || nla_parse_nested(found, IFLA_VLAN_MAX, data, NULL) < 0 || !found[IFLA_VLAN_ID] ||
        nla_len(found[IFLA_VLAN_ID]) < 2)
        return -1;
    return nla_get_u16(found[IFLA_VLAN_ID]);
}

/* What the kind of link has to say of itself. */
static void decode_link_info(struct nlattr *attribute, struct mt_link *link)
{
    struct nlattr *info[IFLA_INFO_MAX + 1];
    if (!attribute || nla_parse_nested(info, IFLA_INFO_MAX, attribute, NULL) < 0 ||
        !info[IFLA_INFO_KIND])
        return;
    nla_strlcpy(link->type, info[IFLA_INFO_KIND], sizeof(link->type));
    if (strcmp(link->type, "vlan") == 0)
        link->vlan_id = vlan_id_of(info[IFLA_INFO_DATA]);
}

/* Kernels differ in how much follows these; a copy, as the attribute may lie at any multiple of 4. */
static void decode_statistics(const struct nlattr *attribute, struct mt_link *link)
{
    struct rtnl_link_stats64 all;
    const size_t wanted = offsetof(struct rtnl_link_stats64, multicast);
    if (!attribute || (size_t)nla_len(attribute) < wanted)
        return;
    memcpy(&all, nla_data(attribute), wanted);
    link->counted = true;
    link->rx = (struct mt_traffic){ all.rx_packets, all.rx_bytes, all.rx_errors, all.rx_dropped };
    link->tx = (struct mt_traffic){ all.tx_packets, all.tx_bytes, all.tx_errors, all.tx_dropped };
}

static bool decode_link(struct nlmsghdr *message, struct mt_link *link)
{
    struct nlattr *found[IFLA_MAX + 1];
    if (nlmsg_parse(message, sizeof(struct ifinfomsg), found, IFLA_MAX, NULL) < 0)
        return false;
    const struct ifinfomsg *header = nlmsg_data(message);
    if (header->ifi_family != AF_UNSPEC || !found[IFLA_IFNAME])
        return false;  /* a bridge's or IPv6's own view of the link */
    link->index = header->ifi_index;
    link->flags = header->ifi_flags;
    link->mtu = take_u32(found[IFLA_MTU], 0);
    nla_strlcpy(link->name, found[IFLA_IFNAME], sizeof(link->name));
    /* The index of a link in another network namespace says nothing here. */
    if (!found[IFLA_LINK_NETNSID])
        link->parent = (int)take_u32(found[IFLA_LINK], 0);
    link->vlan_id = -1;
    decode_link_info(found[IFLA_LINKINFO], link);
    decode_statistics(found[IFLA_STATS64], link);
    return true;
}

static bool is_ip_family(int family)
{
    return family == AF_INET || family == AF_INET6;
}

static bool decode_address(struct nlmsghdr *message, struct mt_address *address)
{
    struct nlattr *found[MT_IFA_PROTO + 1];
    if (nlmsg_parse(message, sizeof(struct ifaddrmsg), found, MT_IFA_PROTO, NULL) < 0)
        return false;
    const struct ifaddrmsg *header = nlmsg_data(message);
    if (!is_ip_family(header->ifa_family))
        return false;
    address->link = (int)header->ifa_index;
    address->prefix_length = header->ifa_prefixlen;
    address->scope = header->ifa_scope;
    address->flags = take_u32(found[IFA_FLAGS], header->ifa_flags);
    if (found[MT_IFA_PROTO] && nla_len(found[MT_IFA_PROTO]) >= 1)
        address->protocol = nla_get_u8(found[MT_IFA_PROTO]);
    /* IFA_ADDRESS is our own address, unless there is IFA_LOCAL: then it is the peer's. */
    if (!take_ip(found[IFA_LOCAL], header->ifa_family, &address->address))
        return take_ip(found[IFA_ADDRESS], header->ifa_family, &address->address);
    if (take_ip(found[IFA_ADDRESS], header->ifa_family, &address->peer) &&
        memcmp(&address->peer, &address->address, sizeof(address->peer)) == 0)
        memset(&address->peer, 0, sizeof(address->peer));
    return true;
}

/* For each next hop of a route; false at the end, or where what follows is broken. */
static bool next_hop(const struct rtnexthop **hop, int *left, int family, struct mt_hop *decoded)
{
    const struct rtnexthop *now = *hop;
    if (*left < (int)sizeof(*now) || !RTNH_OK(now, *left))
        return false;
    memset(decoded, 0, sizeof(*decoded));
    decoded->link = now->rtnh_ifindex;
    decoded->weight = (uint16_t)(now->rtnh_hops + 1);
    decoded->onlink = (now->rtnh_flags & RTNH_F_ONLINK) != 0;
    const void *attributes = (const char *)now + RTNH_LENGTH(0);
    take_ip(nla_find(attributes, now->rtnh_len - (int)RTNH_LENGTH(0), RTA_GATEWAY), family,
            &decoded->gateway);
    *left -= RTNH_ALIGN(now->rtnh_len);
    *hop = (const void *)((const char *)now + RTNH_ALIGN(now->rtnh_len));
    return true;
}

static int decode_hops(const struct nlattr *multipath, struct mt_netlink_item *item)
{
    struct mt_route *route = &item->route;
    struct mt_hop hop;
    size_t count = 0;
    const struct rtnexthop *next = nla_data(multipath);
    int left = nla_len(multipath);
    while (next_hop(&next, &left, route->family, &hop))
        count++;
    if (count == 0)
        return 0;
    route->hops = item->hops = calloc(count, sizeof(*item->hops));
    if (!item->hops)
        return -ENOMEM;
    next = nla_data(multipath);
    left = nla_len(multipath);
    while (route->hop_count < count &&
           next_hop(&next, &left, route->family, &item->hops[route->hop_count]))
        route->hop_count++;
    /* Its first next hop stands for it. */
    route->link = item->hops[0].link;
    route->onlink = item->hops[0].onlink;
    route->gateway = item->hops[0].gateway;
    return 0;
}

static int decode_route(struct nlmsghdr *message, struct mt_netlink_item *item)
{
    struct mt_route *route = &item->route;
    struct nlattr *found[RTA_MAX + 1];
    if (nlmsg_parse(message, sizeof(struct rtmsg), found, RTA_MAX, NULL) < 0)
        return NOTHING;
    const struct rtmsg *header = nlmsg_data(message);
    if (!is_ip_family(header->rtm_family) || (header->rtm_flags & RTM_F_CLONED))
        return NOTHING;
    route->family = header->rtm_family;
    route->prefix_length = header->rtm_dst_len;
    route->protocol = header->rtm_protocol;
    route->scope = header->rtm_scope;
    route->type = header->rtm_type;
    route->onlink = (header->rtm_flags & RTNH_F_ONLINK) != 0;
    route->table = take_u32(found[RTA_TABLE], header->rtm_table);
    route->metric = take_u32(found[RTA_PRIORITY], 0);
    route->link = (int)take_u32(found[RTA_OIF], 0);
    take_ip(found[RTA_DST], route->family, &route->destination);
    take_ip(found[RTA_GATEWAY], route->family, &route->gateway);
    take_ip(found[RTA_PREFSRC], route->family, &route->source);
    route->nexthop = take_u32(found[RTA_NH_ID], 0);
    return found[RTA_MULTIPATH] ? decode_hops(found[RTA_MULTIPATH], item) : 0;
}

/* Since Linux 6.12, the byte after the weight is its upper half; before, it was zero. */
static uint16_t weight_of(const struct nexthop_grp *member)
{
    const uint8_t *upper = (const uint8_t *)&member->weight + 1;
    return (uint16_t)((*upper << 8 | member->weight) + 1);
}

static int decode_group(const struct nlattr *group, struct mt_netlink_item *item)
{
    struct mt_nexthop *nexthop = &item->nexthop;
    const struct nexthop_grp *members = nla_data(group);
    size_t count = (size_t)nla_len(group) / sizeof(*members);
    if (count == 0)
        return NOTHING;
    nexthop->hops = item->hops = calloc(count, sizeof(*item->hops));
    if (!item->hops)
        return -ENOMEM;
    nexthop->hop_count = count;
    for (size_t i = 0; i < count; i++) {
        item->hops[i].nexthop = members[i].id;
        item->hops[i].weight = weight_of(&members[i]);
    }
    return 0;
}

static int decode_nexthop(struct nlmsghdr *message, struct mt_netlink_item *item)
{
    struct mt_nexthop *nexthop = &item->nexthop;
    struct nlattr *found[NHA_MAX + 1];
    if (nlmsg_parse(message, sizeof(struct nhmsg), found, NHA_MAX, NULL) < 0)
        return NOTHING;
    const struct nhmsg *header = nlmsg_data(message);
    nexthop->id = take_u32(found[NHA_ID], 0);
    nexthop->family = header->nh_family;
    nexthop->protocol = header->nh_protocol;
    nexthop->onlink = (header->nh_flags & RTNH_F_ONLINK) != 0;
    nexthop->link = (int)take_u32(found[NHA_OIF], 0);
    if (is_ip_family(nexthop->family))
        take_ip(found[NHA_GATEWAY], nexthop->family, &nexthop->gateway);
    return found[NHA_GROUP] ? decode_group(found[NHA_GROUP], item) : 0;
}

static int decode_rule(struct nlmsghdr *message, struct mt_rule *rule)
{
    struct nlattr *found[FRA_MAX + 1];
    if (nlmsg_parse(message, sizeof(struct fib_rule_hdr), found, FRA_MAX, NULL) < 0)
        return NOTHING;
    const struct fib_rule_hdr *header = nlmsg_data(message);
    if (!is_ip_family(header->family))
        return NOTHING;
    rule->family = header->family;
    rule->action = header->action;
    rule->prefix_length = header->src_len;
    rule->priority = take_u32(found[FRA_PRIORITY], 0);
    rule->table = take_u32(found[FRA_TABLE], header->table);
    rule->mark = take_u32(found[FRA_FWMARK], 0);
    rule->mask = take_u32(found[FRA_FWMASK], 0);
    if (found[FRA_PROTOCOL] && nla_len(found[FRA_PROTOCOL]) >= 1)
        rule->protocol = nla_get_u8(found[FRA_PROTOCOL]);
    take_ip(found[FRA_SRC], header->family, &rule->source);
    if (found[FRA_IIFNAME])
        nla_strlcpy(rule->in, found[FRA_IIFNAME], sizeof(rule->in));
    if (found[FRA_OIFNAME])
        nla_strlcpy(rule->out, found[FRA_OIFNAME], sizeof(rule->out));
    return 0;
}

/* 0, NOTHING or -ENOMEM. */
static int decode(struct nlmsghdr *message, struct mt_netlink_item *item)
{
    memset(item, 0, sizeof(*item));
    switch (message->nlmsg_type) {
    case RTM_DELLINK:
        item->deleted = true;
        /* fall through */
    case RTM_NEWLINK:
        item->kind = MT_NETLINK_LINK;
        return decode_link(message, &item->link) ? 0 : NOTHING;
    case RTM_DELADDR:
        item->deleted = true;
        /* fall through */
    case RTM_NEWADDR:
        item->kind = MT_NETLINK_ADDRESS;
        return decode_address(message, &item->address) ? 0 : NOTHING;
    case RTM_DELROUTE:
        item->deleted = true;
        /* fall through */
    case RTM_NEWROUTE:
        item->kind = MT_NETLINK_ROUTE;
        return decode_route(message, item);
    case RTM_DELNEXTHOP:
        item->deleted = true;
        /* fall through */
    case RTM_NEWNEXTHOP:
        item->kind = MT_NETLINK_NEXTHOP;
        return decode_nexthop(message, item);
    case RTM_DELRULE:
        item->deleted = true;
        /* fall through */
    case RTM_NEWRULE:
        item->kind = MT_NETLINK_RULE;
        return decode_rule(message, &item->rule);
    default:
        return NOTHING;
    }
}

int mt_netlink_items_decode(struct mt_netlink_items *list, struct nlmsghdr *message)
{
    struct mt_netlink_item item;
    int status = decode(message, &item);
    if (status == 0)
        status = mt_netlink_items_add(list, &item);
    if (status != 0)
        free(item.hops);
    return status == NOTHING ? 0 : status;
}

void mt_netlink_items_clear(struct mt_netlink_items *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->items[i].hops);
    list->count = 0;
}

int mt_netlink_items_add(struct mt_netlink_items *list, const struct mt_netlink_item *item)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? list->capacity * 2 : 16;
        struct mt_netlink_item *items = realloc(list->items, capacity * sizeof(*items));
        if (!items)
            return -ENOMEM;
        list->items = items;
        list->capacity = capacity;
    }
    list->items[list->count++] = *item;
    return 0;
}
