/* SPDX-License-Identifier: MIT */
/* core.netlink: routes, and the rules that say in which table packets look for one. */
#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netlink/addr.h>
#include <netlink/attr.h>
#include <netlink/errno.h>
#include <netlink/msg.h>
#include <netlink/route/route.h>
#include <netlink/route/rule.h>
#include <string.h>

#include "engine/error.h"
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
static int add_hop(lua_State *L, struct rtnl_route *route, const char *link)
{
    int weight = mt_lua_netlink_weight(L, 256);
    bool onlink = mt_argument_flag(L, "onlink");
    struct nl_addr *gateway;
    int status = mt_lua_netlink_ip(L, "gateway", false, &gateway);
    int index = status == 0 ? mt_lua_netlink_index(link) : status;
    struct rtnl_nexthop *hop = index >= 0 ? rtnl_route_nh_alloc() : NULL;
    if (hop) {
        rtnl_route_nh_set_ifindex(hop, index);
        rtnl_route_nh_set_weight(hop, (uint8_t)(weight - 1));
        rtnl_route_nh_set_flags(hop, onlink ? RTNH_F_ONLINK : 0);
        if (gateway)
            rtnl_route_nh_set_gateway(hop, gateway);
        rtnl_route_add_nexthop(route, hop);
    }
    nl_addr_put(gateway);
    if (index < 0)
        return index;
    return hop ? 0 : -ENOMEM;
}

static int read_hop(lua_State *L, void *route)
{
    return add_hop(L, route, mt_argument_need(L, "link"));
}

static int gateway_family(struct rtnl_route *route, int i)
{
    struct nl_addr *gateway = rtnl_route_nh_get_gateway(rtnl_route_nexthop_n(route, i));
    return gateway ? nl_addr_get_family(gateway) : 0;
}

static bool gateways_fit(struct rtnl_route *route)
{
    for (int i = 0; i < rtnl_route_get_nnexthops(route); i++) {
        int family = gateway_family(route, i);
        if (family && family != rtnl_route_get_family(route))
            return false;
    }
    return true;
}

/* "default" says nothing about its family: `family` does, the gateway or the source. */
static int read_destination(lua_State *L, struct rtnl_route *route, int family)
{
    struct nl_addr *destination = NULL;
    struct nl_addr *source = rtnl_route_get_pref_src(route);
    int status = 0;
    if (strcmp(mt_argument_need(L, "destination"), "default") != 0) {
        status = mt_lua_netlink_ip(L, "destination", true, &destination);
    } else {
        if (!family)
            family = gateway_family(route, 0);
        if (!family && source)
            family = nl_addr_get_family(source);
        if (!family)
            luaL_error(L, "a default route needs a gateway, a source or a family");
        destination = nl_addr_build(family, NULL, 0);
        status = destination ? 0 : -ENOMEM;
    }
    /* Fails where the source is of another family. */
    if (status == 0 && rtnl_route_set_dst(route, destination) < 0)
        status = -EINVAL;
    nl_addr_put(destination);
    if (status == 0 && ((family && family != rtnl_route_get_family(route)) || !gateways_fit(route)))
        status = -EINVAL;
    return status;
}

static bool has(lua_State *L, const char *field)
{
    bool found = mt_argument(L, field) != LUA_TNIL;
    lua_pop(L, 1);
    return found;
}

/* Reads what routes have in common; the number of hops, or a negative errno. */
static int read_route(lua_State *L, struct rtnl_route *route)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    uint32_t metric = (uint32_t)mt_argument_integer(L, "metric", UINT32_MAX, 0);
    const char *link = mt_argument_string(L, "link", NULL);
    int family = mt_lua_netlink_family(L);
    struct nl_addr *source;
    if (has(L, "hops") && (has(L, "link") || has(L, "gateway")))
        luaL_error(L, "hops: each has its own link and gateway, the route has none");
    rtnl_route_set_table(route,
                         (uint32_t)mt_argument_integer(L, "table", UINT32_MAX, RT_TABLE_MAIN));
    rtnl_route_set_protocol(route, (uint8_t)mt_argument_integer(L, "protocol", 255, 0));
    if (metric)
        rtnl_route_set_priority(route, metric);
    int status = mt_lua_netlink_ip(L, "source", false, &source);
    if (source)
        rtnl_route_set_pref_src(route, source);
    nl_addr_put(source);
    if (status < 0)
        return status;
    int hops = mt_lua_netlink_each(L, "hops", read_hop, route);
    status = hops == 0 ? add_hop(L, route, link) : hops;
    if (status >= 0)
        status = read_destination(L, route, family);
    return status < 0 ? status : hops;
}

/* Sends the route with the next hop that it shares, which libnl 3.7 does not know. */
static int send_route(lua_State *L, int built, struct nl_msg *message, uint32_t nexthop)
{
    if (built == 0 && nexthop && nla_put_u32(message, RTA_NH_ID, nexthop) < 0) {
        nlmsg_free(message);
        return -EMSGSIZE;
    }
    return mt_lua_netlink_send(L, built, message);
}

static uint32_t read_nexthop(lua_State *L)
{
    return (uint32_t)mt_argument_integer(L, "nexthop", UINT32_MAX, 0);
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
    struct rtnl_route *route = mt_lua_netlink_new(L, "route/route");
    struct nl_msg *message = NULL;
    int hops = read_route(L, route);
    uint32_t nexthop = read_nexthop(L);
    int flags = mt_argument_flag(L, "replace") ? NLM_F_REPLACE : NLM_F_EXCL;
    if (hops == 0 && !nexthop && !mt_argument_string(L, "link", NULL))
        luaL_error(L, "link, nexthop or hops is missing");
    if (rtnl_route_get_protocol(route) == RTPROT_UNSPEC)
        rtnl_route_set_protocol(route, RTPROT_STATIC);
    int status = hops;
    if (status >= 0) {
        bool farther = hops > 0 || nexthop || gateway_family(route, 0);
        rtnl_route_set_scope(route, farther ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK);
        int built = rtnl_route_build_add_request(route, flags, &message);
        status = send_route(L, built, message, nexthop);
    }
    return changed_route(L, "add", status);
}

/*
 * del_route(route) -> true | nil, err: as add_route() takes it; a field that is not there may be
 * anything.
 */
static int l_del_route(lua_State *L)
{
    struct rtnl_route *route = mt_lua_netlink_new(L, "route/route");
    struct nl_msg *message = NULL;
    int status = read_route(L, route);
    uint32_t nexthop = read_nexthop(L);
    rtnl_route_set_type(route, RTN_UNSPEC);        /* any */
    rtnl_route_set_scope(route, RT_SCOPE_NOWHERE); /* any */
    if (status >= 0) {
        int built = rtnl_route_build_del_request(route, 0, &message);
        status = send_route(L, built, message, nexthop);
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

static void read_mark(lua_State *L, struct rtnl_rule *rule)
{
    lua_Integer mark = mt_argument_integer(L, "fwmark", UINT32_MAX, -1);
    uint32_t mask = (uint32_t)mt_argument_integer(L, "fwmask", UINT32_MAX, UINT32_MAX);
    if (mark < 0 || mask == 0)
        return;
    rtnl_rule_set_mark(rule, (uint32_t)mark);
    rtnl_rule_set_mask(rule, mask);
}

static int read_source(lua_State *L, struct rtnl_rule *rule)
{
    int family = mt_lua_netlink_family(L);
    struct nl_addr *source;
    int status = mt_lua_netlink_ip(L, "from", true, &source);
    if (status < 0)
        return status;
    if (source && family && nl_addr_get_family(source) != family)
        status = -EINVAL;
    else if (source)
        family = nl_addr_get_family(source);
    rtnl_rule_set_family(rule, family);
    if (source && status == 0 && nl_addr_get_prefixlen(source))
        rtnl_rule_set_src(rule, source);
    nl_addr_put(source);
    if (!family)
        luaL_error(L, "a rule needs a from or a family");
    return status;
}

static int read_rule(lua_State *L, struct rtnl_rule *rule)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_Integer table = mt_argument_integer(L, "table", UINT32_MAX, -1);
    if (table < 0)
        luaL_error(L, "table is missing");
    uint32_t priority = (uint32_t)mt_argument_integer(L, "priority", UINT32_MAX, 0);
    uint8_t protocol = (uint8_t)mt_argument_integer(L, "protocol", 255, 0);
    const char *in = read_link_name(L, "iif");
    const char *out = read_link_name(L, "oif");
    rtnl_rule_set_action(rule, FR_ACT_TO_TBL);
    rtnl_rule_set_table(rule, (uint32_t)table);
    if (priority)
        rtnl_rule_set_prio(rule, priority);
    if (protocol)
        rtnl_rule_set_protocol(rule, protocol);
    if (in)
        rtnl_rule_set_iif(rule, in);
    if (out)
        rtnl_rule_set_oif(rule, out);
    read_mark(L, rule);
    return read_source(L, rule);
}

static int change_rule(lua_State *L, const char *what, int flags,
                       int (*build)(struct rtnl_rule *rule, int flags, struct nl_msg **message))
{
    struct rtnl_rule *rule = mt_lua_netlink_new(L, "route/rule");
    struct nl_msg *message = NULL;
    int status = read_rule(L, rule);
    if (status == 0) {
        int built = build(rule, flags, &message);
        status = mt_lua_netlink_send(L, built, message);
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
    return change_rule(L, "add", NLM_F_EXCL, rtnl_rule_build_add_request);
}

/*
 * del_rule(rule) -> true | nil, err: as add_rule() takes it; a field that is not there may be
 * anything.
 */
static int l_del_rule(lua_State *L)
{
    return change_rule(L, "delete", 0, rtnl_rule_build_delete_request);
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
