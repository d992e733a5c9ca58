/* SPDX-License-Identifier: MIT */
/* Links, addresses and routing, as the kernel reported them, as Lua tables. */
#include "lua/netlink_push.h"

#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <string.h>

#include "host/netlink_nexthop.h"
#include "host/netlink_route.h"
#include "lua/table.h"
#include "wire/ip_text.h"

static size_t format_ip(const struct mt_netlink_ip *ip, char text[MT_IP_TEXT_SIZE])
{
    return ip->family == AF_INET6 ? mt_ip_format6(ip->bytes, text) : mt_ip_format4(ip->bytes, text);
}

/* Nothing where there is none. */
static void set_ip(lua_State *L, const char *name, struct mt_netlink_ip ip)
{
    char text[MT_IP_TEXT_SIZE];
    if (ip.family)
        mt_table_set_bytes(L, name, text, format_ip(&ip, text));
}

static void set_network(lua_State *L, const char *name, struct mt_netlink_ip ip, int length)
{
    char text[MT_IP_TEXT_SIZE];
    if (!ip.family)
        return;
    text[format_ip(&ip, text)] = '\0';
    lua_pushfstring(L, "%s/%d", text, length);
    lua_setfield(L, -2, name);
}

static struct mt_reader find(const struct mt_netlink_item *item, int type)
{
    return mt_netlink_find(item->attributes, type);
}

static uint32_t number_of(const struct mt_netlink_item *item, int type)
{
    return mt_netlink_u32(find(item, type));
}

static void set_link_name(lua_State *L, int index)
{
    char name[IF_NAMESIZE];
    if (index && if_indextoname((unsigned)index, name))
        mt_table_set_string(L, "link", name);
}

static void set_family(lua_State *L, int family)
{
    mt_table_set_string(L, "family", family == AF_INET6 ? "ipv6" : "ipv4");
}

struct named_number {
    int number;
    const char *name;
};

/* A number without a name stays a number. */
static void set_named(lua_State *L, const char *field, const struct named_number *names, int number)
{
    while (names->name && names->number != number)
        names++;
    if (names->name)
        mt_table_set_string(L, field, names->name);
    else
        mt_table_set_integer(L, field, number);
}

static const struct named_number scopes[] = {
    { RT_SCOPE_UNIVERSE, "global" }, { RT_SCOPE_SITE, "site" },       { RT_SCOPE_LINK, "link" },
    { RT_SCOPE_HOST, "host" },       { RT_SCOPE_NOWHERE, "nowhere" }, { 0, NULL },
};

static const struct named_number route_types[] = {
    { RTN_UNICAST, "unicast" },     { RTN_LOCAL, "local" },
    { RTN_BROADCAST, "broadcast" }, { RTN_ANYCAST, "anycast" },
    { RTN_MULTICAST, "multicast" }, { RTN_BLACKHOLE, "blackhole" },
    { RTN_PROHIBIT, "prohibit" },   { RTN_UNREACHABLE, "unreachable" },
    { RTN_THROW, "throw" },         { 0, NULL },
};

static const struct named_number rule_actions[] = {
    { FR_ACT_TO_TBL, "table" },
    { FR_ACT_GOTO, "goto" },
    { FR_ACT_NOP, "nop" },
    { FR_ACT_BLACKHOLE, "blackhole" },
    { FR_ACT_UNREACHABLE, "unreachable" },
    { FR_ACT_PROHIBIT, "prohibit" },
    { 0, NULL },
};

static void set_traffic(lua_State *L, const char *name, const uint64_t *const counters[4])
{
    static const char *const names[] = { "packets", "bytes", "errors", "dropped" };
    lua_createtable(L, 0, 4);
    for (int i = 0; i < 4; i++)
        mt_table_set_integer(L, names[i], (lua_Integer)*counters[i]);
    lua_setfield(L, -2, name);
}

static void set_statistics(lua_State *L, struct mt_reader value)
{
    struct rtnl_link_stats64 all = { .rx_packets = 0 }; /* newer kernels have more */
    memcpy(&all, value.at, value.left < sizeof(all) ? value.left : sizeof(all));
    const uint64_t *const rx[] = { (const uint64_t *)&all.rx_packets,
                                   (const uint64_t *)&all.rx_bytes,
                                   (const uint64_t *)&all.rx_errors,
                                   (const uint64_t *)&all.rx_dropped };
    const uint64_t *const tx[] = { (const uint64_t *)&all.tx_packets,
                                   (const uint64_t *)&all.tx_bytes,
                                   (const uint64_t *)&all.tx_errors,
                                   (const uint64_t *)&all.tx_dropped };
    lua_createtable(L, 0, 2);
    set_traffic(L, "rx", rx);
    set_traffic(L, "tx", tx);
    lua_setfield(L, -2, "statistics");
}

static void set_kind(lua_State *L, struct mt_reader info)
{
    const char *kind = mt_netlink_string(mt_netlink_find(info, IFLA_INFO_KIND));
    struct mt_reader data = mt_netlink_find(info, IFLA_INFO_DATA);
    mt_table_set_string(L, "type", kind);
    if (kind && strcmp(kind, "vlan") == 0)
        mt_table_set_integer(L, "vlan_id", mt_netlink_u16(mt_netlink_find(data, IFLA_VLAN_ID)));
}

static void push_link(lua_State *L, const struct mt_netlink_item *item)
{
    const struct ifinfomsg *link = item->header;
    struct mt_reader statistics = find(item, IFLA_STATS64);
    uint32_t parent = number_of(item, IFLA_LINK);
    lua_createtable(L, 0, 12);
    mt_table_set_integer(L, "index", link->ifi_index);
    mt_table_set_string(L, "name", mt_netlink_string(find(item, IFLA_IFNAME)));
    set_kind(L, find(item, IFLA_LINKINFO));
    mt_table_set_flag(L, "up", (link->ifi_flags & IFF_UP) != 0);
    mt_table_set_flag(L, "running", (link->ifi_flags & IFF_RUNNING) != 0);
    mt_table_set_flag(L, "noarp", (link->ifi_flags & IFF_NOARP) != 0);
    mt_table_set_integer(L, "flags", link->ifi_flags);
    mt_table_set_integer(L, "mtu", number_of(item, IFLA_MTU));
    /* The index of a link in another network namespace means nothing here. */
    if (parent && !find(item, IFLA_LINK_NETNSID).at)
        mt_table_set_integer(L, "parent", parent);
    if (statistics.at)
        set_statistics(L, statistics);
}

static void push_address(lua_State *L, const struct mt_netlink_item *item)
{
    const struct ifaddrmsg *address = item->header;
    int family = address->ifa_family;
    struct mt_netlink_ip local = mt_netlink_ip(item->attributes, IFA_LOCAL, family);
    struct mt_netlink_ip other = mt_netlink_ip(item->attributes, IFA_ADDRESS, family);
    uint8_t protocol = mt_netlink_u8(find(item, MT_IFA_PROTO));
    bool has_peer = local.family && other.family &&
                    memcmp(local.bytes, other.bytes, sizeof(local.bytes)) != 0;
    lua_createtable(L, 0, 8);
    set_link_name(L, (int)address->ifa_index);
    set_family(L, family);
    set_ip(L, "address", local.family ? local : other);
    if (has_peer)
        set_ip(L, "peer", other);
    mt_table_set_integer(L, "prefix_length", address->ifa_prefixlen);
    set_named(L, "scope", scopes, address->ifa_scope);
    if (protocol)
        mt_table_set_integer(L, "protocol", protocol);
}

/* Sets the fields that a route shares with each of its hops. */
static void set_hop(lua_State *L, const struct mt_netlink_hop *hop)
{
    set_link_name(L, hop->link);
    set_ip(L, "gateway", hop->gateway);
    mt_table_set_flag(L, "onlink", hop->onlink);
}

static void set_hops(lua_State *L, const struct mt_netlink_item *item)
{
    struct mt_netlink_hop hop;
    lua_newtable(L);
    for (int i = 0; mt_netlink_hop_at(item, i, &hop); i++) {
        lua_createtable(L, 0, 4);
        set_hop(L, &hop);
        mt_table_set_integer(L, "weight", hop.weight);
        lua_rawseti(L, -2, i + 1);
    }
    lua_setfield(L, -2, "hops");
}

static void push_route(lua_State *L, const struct mt_netlink_item *item)
{
    const struct rtmsg *route = item->header;
    int family = route->rtm_family;
    uint32_t nexthop = number_of(item, RTA_NH_ID);
    struct mt_netlink_hop hop;
    lua_createtable(L, 0, 12);
    set_family(L, family);
    if (route->rtm_dst_len == 0)
        mt_table_set_string(L, "destination", "default");
    else
        set_network(L, "destination", mt_netlink_ip(item->attributes, RTA_DST, family),
                    route->rtm_dst_len);
    set_ip(L, "source", mt_netlink_ip(item->attributes, RTA_PREFSRC, family));
    mt_table_set_integer(L, "metric", number_of(item, RTA_PRIORITY));
    mt_table_set_integer(L, "table", mt_netlink_route_table(item));
    mt_table_set_integer(L, "protocol", route->rtm_protocol);
    set_named(L, "scope", scopes, route->rtm_scope);
    set_named(L, "type", route_types, route->rtm_type);
    if (nexthop)
        mt_table_set_integer(L, "nexthop", nexthop);
    mt_table_set_flag(L, "onlink", false);
    if (mt_netlink_hop_at(item, 0, &hop))
        set_hop(L, &hop);
    if (find(item, RTA_MULTIPATH).at)
        set_hops(L, item);
}

static void set_group(lua_State *L, struct mt_reader group)
{
    struct nexthop_grp member;
    lua_newtable(L);
    for (int i = 1; group.left >= sizeof(member); i++) {
        memcpy(&member, group.at, sizeof(member));
        mt_skip(&group, sizeof(member));
        lua_createtable(L, 0, 2);
        mt_table_set_integer(L, "id", member.id);
        mt_table_set_integer(L, "weight", mt_nexthop_weight(&member));
        lua_rawseti(L, -2, i);
    }
    lua_setfield(L, -2, "group");
}

static void push_nexthop(lua_State *L, const struct mt_netlink_item *item)
{
    const struct nhmsg *nexthop = item->header;
    struct mt_reader group = find(item, NHA_GROUP);
    lua_createtable(L, 0, 8);
    mt_table_set_integer(L, "id", number_of(item, NHA_ID));
    mt_table_set_integer(L, "protocol", nexthop->nh_protocol);
    if (group.at) {
        set_group(L, group);
        return;
    }
    set_family(L, nexthop->nh_family);
    set_link_name(L, (int)number_of(item, NHA_OIF));
    set_ip(L, "gateway", mt_netlink_ip(item->attributes, NHA_GATEWAY, nexthop->nh_family));
    mt_table_set_flag(L, "onlink", (nexthop->nh_flags & RTNH_F_ONLINK) != 0);
}

static void push_rule(lua_State *L, const struct mt_netlink_item *item)
{
    const struct fib_rule_hdr *rule = item->header;
    uint32_t mask = number_of(item, FRA_FWMASK);
    lua_createtable(L, 0, 10);
    set_family(L, rule->family);
    mt_table_set_integer(L, "priority", number_of(item, FRA_PRIORITY));
    mt_table_set_integer(L, "table", mt_netlink_rule_table(item));
    mt_table_set_integer(L, "protocol", mt_netlink_u8(find(item, FRA_PROTOCOL)));
    set_named(L, "action", rule_actions, rule->action);
    set_network(L, "from", mt_netlink_ip(item->attributes, FRA_SRC, rule->family), rule->src_len);
    mt_table_set_string(L, "iif", mt_netlink_string(find(item, FRA_IIFNAME)));
    mt_table_set_string(L, "oif", mt_netlink_string(find(item, FRA_OIFNAME)));
    if (mask) {
        mt_table_set_integer(L, "fwmark", number_of(item, FRA_FWMARK));
        mt_table_set_integer(L, "fwmask", mask);
    }
}

static void push_overrun(lua_State *L, const struct mt_netlink_item *item)
{
    (void)item;
    lua_createtable(L, 0, 1);
}

typedef void (*push_function)(lua_State *L, const struct mt_netlink_item *item);

void mt_lua_netlink_push(lua_State *L, const struct mt_netlink_item *item)
{
    static const push_function push[] = {
        push_link, push_address, push_route, push_nexthop, push_rule, push_overrun,
    };
    push[item->kind](L, item);
}
