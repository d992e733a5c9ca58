/* SPDX-License-Identifier: MIT */
/* Links, addresses and routing, as the kernel reported them, as Lua tables. */
#include "lua/netlink_push.h"

#include <arpa/inet.h>
#include <linux/fib_rules.h>
#include <linux/nexthop.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netlink/addr.h>
#include <netlink/msg.h>
#include <netlink/route/addr.h>
#include <netlink/route/link.h>
#include <netlink/route/link/vlan.h>
#include <netlink/route/route.h>
#include <netlink/route/rule.h>

#include "host/netlink_nexthop.h"
#include "lua/table.h"

/* NULL where there is none, or none that is whole. */
static const char *format_ip(const struct nl_addr *ip, char text[INET6_ADDRSTRLEN])
{
    int family = ip ? nl_addr_get_family(ip) : AF_UNSPEC;
    if (!ip || nl_addr_get_len(ip) != (family == AF_INET6 ? 16 : 4))
        return NULL;
    return inet_ntop(family, nl_addr_get_binary_addr(ip), text, INET6_ADDRSTRLEN);
}

static void set_ip(lua_State *L, const char *name, const struct nl_addr *ip)
{
    char text[INET6_ADDRSTRLEN];
    mt_table_set_string(L, name, format_ip(ip, text));
}

static void set_network(lua_State *L, const char *name, const struct nl_addr *ip)
{
    char text[INET6_ADDRSTRLEN];
    if (!format_ip(ip, text))
        return;
    lua_pushfstring(L, "%s/%d", text, (int)nl_addr_get_prefixlen(ip));
    lua_setfield(L, -2, name);
}

/* For what libnl does not read; a number that is not there is 0. */
static const struct nlattr *find(const struct mt_netlink_item *item, size_t header, int type)
{
    return nlmsg_find_attr(nlmsg_hdr(item->message), (int)header, type);
}

static uint32_t number_of(const struct nlattr *attribute)
{
    return attribute && nla_len(attribute) >= 4 ? nla_get_u32(attribute) : 0;
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

static void set_traffic(lua_State *L, const char *name, struct rtnl_link *link,
                        const rtnl_link_stat_id_t counters[4])
{
    static const char *const names[] = { "packets", "bytes", "errors", "dropped" };
    lua_createtable(L, 0, 4);
    for (int i = 0; i < 4; i++)
        mt_table_set_integer(L, names[i], (lua_Integer)rtnl_link_get_stat(link, counters[i]));
    lua_setfield(L, -2, name);
}

static void set_statistics(lua_State *L, struct rtnl_link *link)
{
    static const rtnl_link_stat_id_t rx[] = {
        RTNL_LINK_RX_PACKETS,
        RTNL_LINK_RX_BYTES,
        RTNL_LINK_RX_ERRORS,
        RTNL_LINK_RX_DROPPED,
    };
    static const rtnl_link_stat_id_t tx[] = {
        RTNL_LINK_TX_PACKETS,
        RTNL_LINK_TX_BYTES,
        RTNL_LINK_TX_ERRORS,
        RTNL_LINK_TX_DROPPED,
    };
    lua_createtable(L, 0, 2);
    set_traffic(L, "rx", link, rx);
    set_traffic(L, "tx", link, tx);
    lua_setfield(L, -2, "statistics");
}

static void push_link(lua_State *L, const struct mt_netlink_item *item)
{
    struct rtnl_link *link = (struct rtnl_link *)item->object;
    unsigned flags = rtnl_link_get_flags(link);
    int32_t elsewhere;
    lua_createtable(L, 0, 10);
    mt_table_set_integer(L, "index", rtnl_link_get_ifindex(link));
    mt_table_set_string(L, "name", rtnl_link_get_name(link));
    mt_table_set_string(L, "type", rtnl_link_get_type(link));
    mt_table_set_flag(L, "up", (flags & IFF_UP) != 0);
    mt_table_set_flag(L, "running", (flags & IFF_RUNNING) != 0);
    mt_table_set_flag(L, "noarp", (flags & IFF_NOARP) != 0);
    mt_table_set_integer(L, "flags", flags);
    mt_table_set_integer(L, "mtu", rtnl_link_get_mtu(link));
    /* The index of a link in another network namespace means nothing here. */
    if (rtnl_link_get_link(link) && rtnl_link_get_link_netnsid(link, &elsewhere) < 0)
        mt_table_set_integer(L, "parent", rtnl_link_get_link(link));
    if (rtnl_link_is_vlan(link))
        mt_table_set_integer(L, "vlan_id", rtnl_link_vlan_get_id(link));
    if (find(item, sizeof(struct ifinfomsg), IFLA_STATS64))
        set_statistics(L, link);
}

static void push_address(lua_State *L, const struct mt_netlink_item *item)
{
    struct rtnl_addr *address = (struct rtnl_addr *)item->object;
    const struct nlattr *protocol = find(item, sizeof(struct ifaddrmsg), MT_IFA_PROTO);
    lua_createtable(L, 0, 8);
    set_link_name(L, rtnl_addr_get_ifindex(address));
    set_family(L, rtnl_addr_get_family(address));
    set_ip(L, "address", rtnl_addr_get_local(address));
    set_ip(L, "peer", rtnl_addr_get_peer(address));
    mt_table_set_integer(L, "prefix_length", rtnl_addr_get_prefixlen(address));
    set_named(L, "scope", scopes, rtnl_addr_get_scope(address));
    if (protocol && nla_len(protocol) >= 1 && nla_get_u8(protocol))
        mt_table_set_integer(L, "protocol", nla_get_u8(protocol));
}

/* Sets the fields that a route shares with each of its hops. */
static void set_hop(lua_State *L, struct rtnl_nexthop *hop)
{
    set_link_name(L, rtnl_route_nh_get_ifindex(hop));
    set_ip(L, "gateway", rtnl_route_nh_get_gateway(hop));
    mt_table_set_flag(L, "onlink", (rtnl_route_nh_get_flags(hop) & RTNH_F_ONLINK) != 0);
}

static void set_hops(lua_State *L, struct rtnl_route *route)
{
    int count = rtnl_route_get_nnexthops(route);
    lua_createtable(L, count, 0);
    for (int i = 0; i < count; i++) {
        struct rtnl_nexthop *hop = rtnl_route_nexthop_n(route, i);
        lua_createtable(L, 0, 4);
        set_hop(L, hop);
        mt_table_set_integer(L, "weight", rtnl_route_nh_get_weight(hop) + 1);
        lua_rawseti(L, -2, i + 1);
    }
    lua_setfield(L, -2, "hops");
}

static void push_route(lua_State *L, const struct mt_netlink_item *item)
{
    struct rtnl_route *route = (struct rtnl_route *)item->object;
    uint32_t nexthop = number_of(find(item, sizeof(struct rtmsg), RTA_NH_ID));
    lua_createtable(L, 0, 12);
    set_family(L, rtnl_route_get_family(route));
    if (nl_addr_get_prefixlen(rtnl_route_get_dst(route)) == 0)
        mt_table_set_string(L, "destination", "default");
    else
        set_network(L, "destination", rtnl_route_get_dst(route));
    set_ip(L, "source", rtnl_route_get_pref_src(route));
    mt_table_set_integer(L, "metric", rtnl_route_get_priority(route));
    mt_table_set_integer(L, "table", rtnl_route_get_table(route));
    mt_table_set_integer(L, "protocol", rtnl_route_get_protocol(route));
    set_named(L, "scope", scopes, rtnl_route_get_scope(route));
    set_named(L, "type", route_types, rtnl_route_get_type(route));
    if (nexthop)
        mt_table_set_integer(L, "nexthop", nexthop);
    mt_table_set_flag(L, "onlink", false);
    if (rtnl_route_get_nnexthops(route))
        set_hop(L, rtnl_route_nexthop_n(route, 0));
    if (find(item, sizeof(struct rtmsg), RTA_MULTIPATH))
        set_hops(L, route);
}

static void set_group(lua_State *L, const struct nlattr *group)
{
    const struct nexthop_grp *members = nla_data(group);
    int count = nla_len(group) / (int)sizeof(*members);
    lua_createtable(L, count, 0);
    for (int i = 0; i < count; i++) {
        lua_createtable(L, 0, 2);
        mt_table_set_integer(L, "id", members[i].id);
        mt_table_set_integer(L, "weight", mt_nexthop_weight(&members[i]));
        lua_rawseti(L, -2, i + 1);
    }
    lua_setfield(L, -2, "group");
}

/* libnl 3.7 knows no next hops. */
static void push_nexthop(lua_State *L, const struct mt_netlink_item *item)
{
    const struct nhmsg *header = nlmsg_data(nlmsg_hdr(item->message));
    const struct nlattr *group = find(item, sizeof(*header), NHA_GROUP);
    const struct nlattr *gateway = find(item, sizeof(*header), NHA_GATEWAY);
    char text[INET6_ADDRSTRLEN];
    lua_createtable(L, 0, 8);
    mt_table_set_integer(L, "id", number_of(find(item, sizeof(*header), NHA_ID)));
    mt_table_set_integer(L, "protocol", header->nh_protocol);
    if (group) {
        set_group(L, group);
        return;
    }
    set_family(L, header->nh_family);
    set_link_name(L, (int)number_of(find(item, sizeof(*header), NHA_OIF)));
    if (gateway && nla_len(gateway) == (header->nh_family == AF_INET6 ? 16 : 4))
        mt_table_set_string(L, "gateway",
                            inet_ntop(header->nh_family, nla_data(gateway), text, sizeof(text)));
    mt_table_set_flag(L, "onlink", (header->nh_flags & RTNH_F_ONLINK) != 0);
}

static void push_rule(lua_State *L, const struct mt_netlink_item *item)
{
    struct rtnl_rule *rule = (struct rtnl_rule *)item->object;
    uint8_t protocol = 0;
    rtnl_rule_get_protocol(rule, &protocol);
    lua_createtable(L, 0, 10);
    set_family(L, rtnl_rule_get_family(rule));
    mt_table_set_integer(L, "priority", rtnl_rule_get_prio(rule));
    mt_table_set_integer(L, "table", rtnl_rule_get_table(rule));
    mt_table_set_integer(L, "protocol", protocol);
    set_named(L, "action", rule_actions, rtnl_rule_get_action(rule));
    set_network(L, "from", rtnl_rule_get_src(rule));
    mt_table_set_string(L, "iif", rtnl_rule_get_iif(rule));
    mt_table_set_string(L, "oif", rtnl_rule_get_oif(rule));
    if (rtnl_rule_get_mask(rule)) {
        mt_table_set_integer(L, "fwmark", rtnl_rule_get_mark(rule));
        mt_table_set_integer(L, "fwmask", rtnl_rule_get_mask(rule));
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
