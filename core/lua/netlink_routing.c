/* SPDX-License-Identifier: MIT */
/* core.netlink: routes, and the rules that say in which table packets look for one. */
#include <errno.h>
#include <net/if.h>
#include <string.h>

#include "engine/error.h"
#include "host/netlink_route.h"
#include "lua/netlink_request.h"
#include "lua/table.h"

/* ---- routes ---- */

/*
 * routes { family?, table = integer?, protocol?, link? }? -> list of { family, destination,
 * gateway?, source?, link?, metric, table = integer, protocol, scope, type, onlink, nexthop?,
 * hops? = list of { link, gateway?, onlink, weight } } | nil, err. A destination is "default" or
 * "address/length", `nexthop` an id. A route with several ways is also listed for the links of the
 * others; the fields outside `hops` are of the first.
 */
static int l_routes(lua_State *L)
{
    return mt_lua_netlink_list(L, MT_NETLINK_ROUTE, "routes");
}

/* Adds the way that the fields at index 1 are: a link, a gateway, or both. */
static int add_hop(lua_State *L, struct mt_netlink_route *route, const char *link)
{
    struct mt_netlink_hop *hop = &route->hops[route->count++];
    hop->weight = mt_lua_netlink_weight(L, 256);
    hop->onlink = mt_argument_flag(L, "onlink");
    int status = mt_lua_netlink_ip(L, "gateway", false, &hop->gateway);
    hop->link = status == 0 ? mt_lua_netlink_index(link) : status;
    return hop->link < 0 ? hop->link : 0;
}

static int read_hop(lua_State *L, void *route)
{
    return add_hop(L, route, mt_argument_need(L, "link"));
}

/* Is the address of this family, or none? */
static bool is_of(const struct mt_netlink_ip *ip, int family)
{
    return !ip->family || ip->family == family;
}

/* "default" says nothing about its family: `family` does, the gateway or the source. */
static int read_destination(lua_State *L, struct mt_netlink_route *route, int family)
{
    int status = 0;
    if (strcmp(mt_argument_need(L, "destination"), "default") != 0) {
        status = mt_lua_netlink_ip(L, "destination", true, &route->destination);
        family = family ? family : route->destination.family;
    }
    if (!family)
        family = route->hops[0].gateway.family;
    if (!family)
        family = route->source.family;
    if (!family && status == 0)
        luaL_error(L, "a default route needs a gateway, a source or a family");
    bool fits = is_of(&route->destination, family) && is_of(&route->source, family);
    for (int i = 0; i < route->count; i++)
        fits = fits && is_of(&route->hops[i].gateway, family);
    route->header.rtm_family = (uint8_t)family;
    return status == 0 && fits ? 0 : -EINVAL;
}

static bool has(lua_State *L, const char *field)
{
    bool found = mt_argument(L, field) != LUA_TNIL;
    lua_pop(L, 1);
    return found;
}

/* Reads what routes have in common; the number of hops, or a negative errno. */
static int read_route(lua_State *L, struct mt_netlink_route *route)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    memset(route, 0, sizeof(*route));
    const char *link = mt_argument_string(L, "link", NULL);
    int family = mt_lua_netlink_family(L);
    if (has(L, "hops") && (has(L, "link") || has(L, "gateway")))
        luaL_error(L, "hops: each has its own link and gateway, the route has none");
    route->metric = (uint32_t)mt_argument_integer(L, "metric", UINT32_MAX, 0);
    route->table = (uint32_t)mt_argument_integer(L, "table", UINT32_MAX, RT_TABLE_MAIN);
    route->nexthop = (uint32_t)mt_argument_integer(L, "nexthop", UINT32_MAX, 0);
    route->header.rtm_protocol = (uint8_t)mt_argument_integer(L, "protocol", 255, 0);
    int status = mt_lua_netlink_ip(L, "source", false, &route->source);
    if (status < 0)
        return status;
    int hops = mt_lua_netlink_each(L, "hops", read_hop, route);
    status = hops == 0 ? add_hop(L, route, link) : hops;
    if (status >= 0)
        status = read_destination(L, route, family);
    return status < 0 ? status : hops;
}

static int changed_route(lua_State *L, const char *what, int status)
{
    if (status < 0)
        return mt_error_errno(L, status, "netlink", "%s route %s through %s", what,
                              mt_argument_need(L, "destination"),
                              mt_argument_string(L, "link", "next hops"));
    return mt_lua_netlink_done(L);
}

/*
 * add_route { destination=, link?, nexthop?, hops? = list of { link=, gateway?, onlink?, weight? =
 * 1 to 256 }, gateway?, metric?, table = integer?, protocol?, source?, onlink?, family?, replace?
 * } -> true | nil, err ("exists" when there is one like it, unless it is to be replaced). The
 * destination is "default" or "address/length"; it is reached by a link, by the next hop with an
 * id, or by several hops, which have the links and gateways then. Without a gateway, it is on the
 * link itself.
 */
static int l_add_route(lua_State *L)
{
    struct mt_netlink_route route;
    struct mt_netlink_message message;
    int hops = read_route(L, &route);
    int flags = NLM_F_CREATE | (mt_argument_flag(L, "replace") ? NLM_F_REPLACE : NLM_F_EXCL);
    if (hops == 0 && !route.nexthop && !mt_argument_string(L, "link", NULL))
        luaL_error(L, "link, nexthop or hops is missing");
    if (route.header.rtm_protocol == RTPROT_UNSPEC)
        route.header.rtm_protocol = RTPROT_STATIC;
    int status = hops;
    if (status >= 0) {
        bool farther = hops > 0 || route.nexthop || route.hops[0].gateway.family;
        route.header.rtm_scope = farther ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK;
        route.header.rtm_type = RTN_UNICAST;
        mt_netlink_build_route(&message, &route, RTM_NEWROUTE, flags);
        status = mt_lua_netlink_send(L, &message);
    }
    return changed_route(L, "add", status);
}

/*
 * del_route(route) -> true | nil, err: as add_route() takes it; a field that is not there may be
 * anything.
 */
static int l_del_route(lua_State *L)
{
    struct mt_netlink_route route;
    struct mt_netlink_message message;
    int status = read_route(L, &route);
    if (status >= 0) {
        route.header.rtm_type = RTN_UNSPEC;        /* any */
        route.header.rtm_scope = RT_SCOPE_NOWHERE; /* any */
        mt_netlink_build_route(&message, &route, RTM_DELROUTE, 0);
        status = mt_lua_netlink_send(L, &message);
    }
    return changed_route(L, "delete", status);
}

/* ---- rules ---- */

/*
 * rules { family?, table = integer?, protocol?, priority? }? -> list of { family, priority, table
 * = integer, protocol, action, from?, iif?, oif?, fwmark?, fwmask? } | nil, err
 */
static int l_rules(lua_State *L)
{
    return mt_lua_netlink_list(L, MT_NETLINK_RULE, "rules");
}

static const char *read_link_name(lua_State *L, const char *field)
{
    const char *name = mt_argument_string(L, field, NULL);
    if (name && strlen(name) >= IF_NAMESIZE)
        luaL_error(L, "%s: no link has so long a name", field);
    return name;
}

static void read_mark(lua_State *L, struct mt_netlink_rule *rule)
{
    lua_Integer mark = mt_argument_integer(L, "fwmark", UINT32_MAX, -1);
    uint32_t mask = (uint32_t)mt_argument_integer(L, "fwmask", UINT32_MAX, UINT32_MAX);
    if (mark < 0 || mask == 0)
        return;
    rule->mark = (uint32_t)mark;
    rule->mask = mask;
}

static int read_source(lua_State *L, struct mt_netlink_rule *rule)
{
    int family = mt_lua_netlink_family(L);
    int status = mt_lua_netlink_ip(L, "from", true, &rule->source);
    if (status < 0)
        return status;
    if (!family && !rule->source.family)
        luaL_error(L, "a rule needs a from or a family");
    rule->header.family = (uint8_t)(family ? family : rule->source.family);
    return rule->source.family && rule->source.family != rule->header.family ? -EINVAL : 0;
}

static int read_rule(lua_State *L, struct mt_netlink_rule *rule)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_Integer table = mt_argument_integer(L, "table", UINT32_MAX, -1);
    if (table < 0)
        luaL_error(L, "table is missing");
    *rule = (struct mt_netlink_rule){
        .header.action = FR_ACT_TO_TBL,
        .table = (uint32_t)table,
        .priority = (uint32_t)mt_argument_integer(L, "priority", UINT32_MAX, 0),
        .protocol = (uint8_t)mt_argument_integer(L, "protocol", 255, 0),
        .in = read_link_name(L, "iif"),
        .out = read_link_name(L, "oif"),
    };
    read_mark(L, rule);
    return read_source(L, rule);
}

static int change_rule(lua_State *L, const char *what, int type, int flags)
{
    struct mt_netlink_rule rule;
    struct mt_netlink_message message;
    int status = read_rule(L, &rule);
    if (status == 0) {
        mt_netlink_build_rule(&message, &rule, type, flags);
        status = mt_lua_netlink_send(L, &message);
    }
    if (status < 0)
        return mt_error_errno(L, status, "netlink", "%s rule for table %I", what,
                              mt_argument_integer(L, "table", UINT32_MAX, 0));
    return mt_lua_netlink_done(L);
}

/*
 * add_rule { table = integer, family?, priority?, from?, iif?, oif?, fwmark?, fwmask?, protocol? }
 * -> true | nil, err ("exists" when there is one like it). `from` is "address" or
 * "address/length". Packets that fit look for their route in that table; the lowest priority comes
 * first.
 */
static int l_add_rule(lua_State *L)
{
    return change_rule(L, "add", RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL);
}

/*
 * del_rule(rule) -> true | nil, err: as add_rule() takes it; a field that is not there may be
 * anything.
 */
static int l_del_rule(lua_State *L)
{
    return change_rule(L, "delete", RTM_DELRULE, 0);
}

const luaL_Reg mt_lua_netlink_routing[] = {
    { "add_route", l_add_route },
    { "add_rule", l_add_rule },
    { "del_route", l_del_route },
    { "del_rule", l_del_rule },
    { "routes", l_routes },
    { "rules", l_rules },
    { NULL, NULL },
};
