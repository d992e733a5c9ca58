/* SPDX-License-Identifier: MIT */
/* What the kernel said of links, addresses and where packets go, as Lua tables. */
#include "lua/netlink_push.h"

#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

#include "lua/table.h"

static void set_ip(lua_State *L, const char *name, const struct mt_ip *ip)
{
    char text[INET6_ADDRSTRLEN];
    if (ip->family)
        mt_table_set_string(L, name, mt_ip_format(ip, text));
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
    { FR_ACT_TO_TBL, "table" },           { FR_ACT_GOTO, "goto" },
    { FR_ACT_NOP, "nop" },                { FR_ACT_BLACKHOLE, "blackhole" },
    { FR_ACT_UNREACHABLE, "unreachable" }, { FR_ACT_PROHIBIT, "prohibit" },
    { 0, NULL },
};

static void set_traffic(lua_State *L, const char *name, const struct mt_traffic *traffic)
{
    lua_createtable(L, 0, 4);
    mt_table_set_integer(L, "packets", (lua_Integer)traffic->packets);
    mt_table_set_integer(L, "bytes", (lua_Integer)traffic->bytes);
    mt_table_set_integer(L, "errors", (lua_Integer)traffic->errors);
    mt_table_set_integer(L, "dropped", (lua_Integer)traffic->dropped);
    lua_setfield(L, -2, name);
}

void mt_netlink_push_link(lua_State *L, const struct mt_link *link)
{
    lua_createtable(L, 0, 10);
    mt_table_set_integer(L, "index", link->index);
    mt_table_set_string(L, "name", link->name);
    mt_table_set_string(L, "type", link->type[0] ? link->type : NULL);
    mt_table_set_flag(L, "up", (link->flags & IFF_UP) != 0);
    mt_table_set_flag(L, "running", (link->flags & IFF_RUNNING) != 0);
    mt_table_set_flag(L, "noarp", (link->flags & IFF_NOARP) != 0);
    mt_table_set_integer(L, "flags", link->flags);
    mt_table_set_integer(L, "mtu", link->mtu);
    if (link->parent)
        mt_table_set_integer(L, "parent", link->parent);
    if (link->vlan_id >= 0)
        mt_table_set_integer(L, "vlan_id", link->vlan_id);
    if (link->counted) {
        lua_createtable(L, 0, 2);
        set_traffic(L, "rx", &link->rx);
        set_traffic(L, "tx", &link->tx);
        lua_setfield(L, -2, "statistics");
    }
}

void mt_netlink_push_address(lua_State *L, const struct mt_address *address)
{
    lua_createtable(L, 0, 8);
    set_link_name(L, address->link);
    set_family(L, address->address.family);
    set_ip(L, "address", &address->address);
    set_ip(L, "peer", &address->peer);
    mt_table_set_integer(L, "prefix_length", address->prefix_length);
    set_named(L, "scope", scopes, address->scope);
    if (address->protocol)
        mt_table_set_integer(L, "protocol", address->protocol);
}

static void push_hop(lua_State *L, const struct mt_hop *hop)
{
    lua_createtable(L, 0, 4);
    set_link_name(L, hop->link);
    set_ip(L, "gateway", &hop->gateway);
    mt_table_set_flag(L, "onlink", hop->onlink);
    mt_table_set_integer(L, "weight", hop->weight);
}

void mt_netlink_push_route(lua_State *L, const struct mt_route *route)
{
    char text[INET6_ADDRSTRLEN];
    lua_createtable(L, 0, 12);
    set_family(L, route->family);
    struct mt_ip destination = route->destination;
    destination.family = route->family;
    if (route->prefix_length == 0)
        lua_pushliteral(L, "default");
    else
        lua_pushfstring(L, "%s/%d", mt_ip_format(&destination, text), (int)route->prefix_length);
    lua_setfield(L, -2, "destination");
    set_ip(L, "gateway", &route->gateway);
    set_ip(L, "source", &route->source);
    set_link_name(L, route->link);
    mt_table_set_integer(L, "metric", route->metric);
    mt_table_set_integer(L, "table", route->table);
    mt_table_set_integer(L, "protocol", route->protocol);
    set_named(L, "scope", scopes, route->scope);
    set_named(L, "type", route_types, route->type);
    mt_table_set_flag(L, "onlink", route->onlink);
    if (route->nexthop)
        mt_table_set_integer(L, "nexthop", route->nexthop);
    if (!route->hop_count)
        return;
    lua_createtable(L, (int)route->hop_count, 0);
    for (size_t i = 0; i < route->hop_count; i++) {
        push_hop(L, &route->hops[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_setfield(L, -2, "hops");
}

static void set_group(lua_State *L, const struct mt_nexthop *nexthop)
{
    lua_createtable(L, (int)nexthop->hop_count, 0);
    for (size_t i = 0; i < nexthop->hop_count; i++) {
        lua_createtable(L, 0, 2);
        mt_table_set_integer(L, "id", nexthop->hops[i].nexthop);
        mt_table_set_integer(L, "weight", nexthop->hops[i].weight);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_setfield(L, -2, "group");
}

void mt_netlink_push_nexthop(lua_State *L, const struct mt_nexthop *nexthop)
{
    lua_createtable(L, 0, 8);
    mt_table_set_integer(L, "id", nexthop->id);
    mt_table_set_integer(L, "protocol", nexthop->protocol);
    if (nexthop->hop_count) {
        set_group(L, nexthop);
        return;
    }
    set_family(L, nexthop->family);
    set_link_name(L, nexthop->link);
    set_ip(L, "gateway", &nexthop->gateway);
    mt_table_set_flag(L, "onlink", nexthop->onlink);
}

void mt_netlink_push_rule(lua_State *L, const struct mt_rule *rule)
{
    char text[INET6_ADDRSTRLEN];
    lua_createtable(L, 0, 10);
    set_family(L, rule->family);
    mt_table_set_integer(L, "priority", rule->priority);
    mt_table_set_integer(L, "table", rule->table);
    mt_table_set_integer(L, "protocol", rule->protocol);
    set_named(L, "action", rule_actions, rule->action);
    if (rule->source.family) {
        lua_pushfstring(L, "%s/%d", mt_ip_format(&rule->source, text), (int)rule->prefix_length);
        lua_setfield(L, -2, "from");
    }
    mt_table_set_string(L, "iif", rule->in[0] ? rule->in : NULL);
    mt_table_set_string(L, "oif", rule->out[0] ? rule->out : NULL);
    if (rule->mask) {
        mt_table_set_integer(L, "fwmark", rule->mark);
        mt_table_set_integer(L, "fwmask", rule->mask);
    }
}
