/* SPDX-License-Identifier: MIT */
/* core.netlink: where packets go. Routes, the next hops that they share, and rules. */
#include "lua/netlink_routing.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>

#include "engine/error.h"
#include "lua/netlink_push.h"
#include "lua/table.h"

enum { MAX_HOPS = 256 };

struct mt_netlink *mt_lua_netlink(lua_State *L)
{
    return *(struct mt_netlink **)lua_touserdata(L, lua_upvalueindex(1));
}

int mt_lua_link_index(const char *name)
{
    unsigned index = if_nametoindex(name);
    return index ? (int)index : -errno;
}

int mt_lua_netlink_done(lua_State *L)
{
    lua_pushboolean(L, 1);
    return 1;
}

int mt_lua_netlink_unsupported(lua_State *L, const char *message)
{
    lua_pushnil(L);
    mt_error_push(L, "unsupported", "netlink", "%s", message);
    return 2;
}

static const char *const families[] = { "ipv4", "ipv6", NULL };

static int field_family(lua_State *L)
{
    const char *name = mt_argument_string(L, "family", NULL);
    if (!name)
        return 0;
    if (strcmp(name, families[0]) != 0 && strcmp(name, families[1]) != 0)
        luaL_error(L, "family: \"ipv4\" or \"ipv6\" expected");
    return name[3] == '6' ? AF_INET6 : AF_INET;
}

/* ---- routes ---- */

static bool goes_through(const struct mt_route *route, int link)
{
    bool found = route->link == link;
    for (size_t i = 0; i < route->hop_count && !found; i++)
        found = route->hops[i].link == link;
    return found;
}

/* A selector may be left out: everything. */
static void need_selector(lua_State *L)
{
    if (lua_isnoneornil(L, 1)) {
        lua_settop(L, 0);
        lua_newtable(L);
    }
    luaL_checktype(L, 1, LUA_TTABLE);
}

/* Appends what is on top of the stack to the list below it. */
static void append(lua_State *L)
{
    lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
}

/*
 * routes { family?, table?, protocol?, link? } -> list of { family, destination = "default" |
 * "address/length", gateway?, source?, link?, metric, table, protocol, scope, type, onlink,
 * nexthop? = an id, hops? = list of { link, gateway?, onlink, weight } } | nil, err
 * One with several ways is also listed for the links of the others; what stands outside `hops` is
 * of the first.
 */
static int l_routes(lua_State *L)
{
    need_selector(L);
    int family = field_family(L);
    lua_Integer table = mt_argument_integer(L, "table", UINT32_MAX, -1);
    lua_Integer protocol = mt_argument_integer(L, "protocol", 255, -1);
    const char *name = mt_argument_string(L, "link", NULL);
    int link = name ? mt_lua_link_index(name) : 0;
    const struct mt_netlink_item *items = NULL;
    size_t count = 0;
    int status = link < 0 ? link
                          : mt_netlink_dump(mt_lua_netlink(L), MT_NETLINK_ROUTE, &items, &count);
    if (status < 0)
        return mt_error_errno(L, status, "netlink", "routes of %s", name ? name : "all links");

    lua_newtable(L);
    for (size_t i = 0; i < count; i++) {
        const struct mt_route *route = &items[i].route;
        if ((family && route->family != family) || (table >= 0 && route->table != table) ||
            (protocol >= 0 && route->protocol != protocol) || (link && !goes_through(route, link)))
            continue;
        mt_netlink_push_route(L, route);
        append(L);
    }
    return 1;
}

static int read_optional_ip(lua_State *L, const char *name, struct mt_ip *ip)
{
    const char *text = mt_argument_string(L, name, NULL);
    return text ? mt_ip_parse(text, ip) : 0;
}

/* "default" says nothing about its family: the gateway, the source or `family` does. */
static int read_destination(lua_State *L, struct mt_route *route)
{
    const char *text = mt_argument_need(L, "destination");
    int family = field_family(L);
    if (strcmp(text, "default") != 0) {
        int status = mt_ip_parse_network(text, &route->destination, &route->prefix_length);
        if (status < 0)
            return status;
        route->family = route->destination.family;
    } else if (route->gateway.family) {
        route->family = route->gateway.family;
    } else if (route->source.family) {
        route->family = route->source.family;
    } else if (family) {
        route->family = family;
    } else {
        luaL_error(L, "a default route needs a gateway, a source or a family");
    }
    bool fits = (!route->gateway.family || route->gateway.family == route->family) &&
                (!route->source.family || route->source.family == route->family) &&
                (!family || family == route->family);
    return fits ? 0 : -EINVAL;
}

static uint16_t read_weight(lua_State *L, lua_Integer largest)
{
    lua_Integer weight = mt_argument_integer(L, "weight", largest, 1);
    if (weight == 0)
        luaL_error(L, "weight: an integer from 1 to %I expected", largest);
    return (uint16_t)weight;
}

static int read_route_hop(lua_State *L, struct mt_hop *hop)
{
    const char *link = mt_argument_need(L, "link");
    hop->weight = read_weight(L, 256);
    hop->onlink = mt_argument_flag(L, "onlink");
    if (read_optional_ip(L, "gateway", &hop->gateway) < 0)
        return -EINVAL;
    hop->link = mt_lua_link_index(link);
    return hop->link < 0 ? hop->link : 0;
}

static int read_member(lua_State *L, struct mt_hop *hop)
{
    hop->nexthop = (uint32_t)mt_argument_integer(L, "id", UINT32_MAX, 0);
    hop->weight = read_weight(L, UINT16_MAX);
    return hop->nexthop ? 0 : -EINVAL;
}

/*
 * Reads the list in the field `name` of the arguments, by one function for each item, which finds
 * it where arguments are: at index 1. What is returned lives as long as the call, in a userdata on
 * the stack. NULL when there is no such field.
 */
static struct mt_hop *read_hops(lua_State *L, const char *name, size_t *count, int *status,
                                int (*read)(lua_State *, struct mt_hop *))
{
    *count = 0;
    if (mt_argument(L, name) == LUA_TNIL) {
        lua_pop(L, 1);
        return NULL;
    }
    if (lua_type(L, -1) != LUA_TTABLE || lua_rawlen(L, -1) == 0 ||
        lua_rawlen(L, -1) > MAX_HOPS)
        luaL_error(L, "%s: a list of 1 to %d tables expected", name, MAX_HOPS);
    size_t length = lua_rawlen(L, -1);
    struct mt_hop *hops = lua_newuserdatauv(L, length * sizeof(*hops), 0);
    memset(hops, 0, length * sizeof(*hops));
    for (size_t i = 0; i < length && *status == 0; i++) {
        if (lua_rawgeti(L, -2, (lua_Integer)i + 1) != LUA_TTABLE)
            luaL_error(L, "%s: a list of tables expected", name);
        lua_insert(L, 1);
        *status = read(L, &hops[i]);
        lua_remove(L, 1);
    }
    *count = length;
    return hops;
}

static bool hops_fit(const struct mt_route *route)
{
    for (size_t i = 0; i < route->hop_count; i++) {
        int family = route->hops[i].gateway.family;
        if (family && family != route->family)
            return false;
    }
    return true;
}

/* The way of a route: a link and perhaps a gateway, a next hop, or a list of hops. */
static int read_way(lua_State *L, struct mt_route *route)
{
    int status = 0;
    const char *link = mt_argument_string(L, "link", NULL);
    route->nexthop = (uint32_t)mt_argument_integer(L, "nexthop", UINT32_MAX, 0);
    if (read_optional_ip(L, "gateway", &route->gateway) < 0)
        return -EINVAL;
    route->hops = read_hops(L, "hops", &route->hop_count, &status, read_route_hop);
    if (status == 0 && link) {
        route->link = mt_lua_link_index(link);
        status = route->link < 0 ? route->link : 0;
    }
    return status;
}

static int read_route(lua_State *L, struct mt_route *route)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    memset(route, 0, sizeof(*route));
    route->metric = (uint32_t)mt_argument_integer(L, "metric", UINT32_MAX, 0);
    route->table = (uint32_t)mt_argument_integer(L, "table", UINT32_MAX, RT_TABLE_MAIN);
    route->protocol = (uint8_t)mt_argument_integer(L, "protocol", 255, RTPROT_UNSPEC);
    route->onlink = mt_argument_flag(L, "onlink");
    if (read_optional_ip(L, "source", &route->source) < 0)
        return -EINVAL;
    int status = read_way(L, route);
    if (status == 0)
        status = read_destination(L, route);
    return status == 0 && !hops_fit(route) ? -EINVAL : status;
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
 * add_route { destination = "default" | "address/length", link= | nexthop= | hops=, gateway?,
 * metric?, table?, protocol?, source?, onlink?, family?, replace? } -> true | nil, err ("exists"
 * when there is one like it, unless it is to be replaced)
 * Without a gateway, the destination is on the link itself. `nexthop` is an id, `hops` a list of
 * { link=, gateway?, onlink?, weight? = 1 to 256 }.
 */
static int l_add_route(lua_State *L)
{
    struct mt_route route;
    int status = read_route(L, &route);
    bool several = route.nexthop || route.hop_count;
    if (status == 0 && !route.link && !several)
        luaL_error(L, "link, nexthop or hops is missing");
    route.type = RTN_UNICAST;
    route.scope = route.gateway.family || several ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK;
    if (route.protocol == RTPROT_UNSPEC)
        route.protocol = RTPROT_STATIC;
    if (status == 0)
        status = mt_netlink_add_route(mt_lua_netlink(L), &route, mt_argument_flag(L, "replace"));
    return changed_route(L, "add", status);
}

/* del_route { as add_route; what is not said may be anything } -> true | nil, err */
static int l_del_route(lua_State *L)
{
    struct mt_route route;
    int status = read_route(L, &route);
    route.scope = RT_SCOPE_NOWHERE;  /* any */
    if (status == 0)
        status = mt_netlink_delete_route(mt_lua_netlink(L), &route);
    return changed_route(L, "delete", status);
}

/* ---- next hops ---- */

static uint32_t need_id(lua_State *L)
{
    lua_Integer id = mt_argument_integer(L, "id", UINT32_MAX, 0);
    if (id == 0)
        luaL_error(L, "id is missing");
    return (uint32_t)id;
}

static int changed_nexthop(lua_State *L, const char *what, int status)
{
    if (status == -EOPNOTSUPP)
        return mt_lua_netlink_unsupported(L, "the kernel has no next hops");
    if (status < 0)
        return mt_error_errno(L, status, "netlink", "%s next hop %I", what,
                              mt_argument_integer(L, "id", UINT32_MAX, 0));
    return mt_lua_netlink_done(L);
}

/* nexthops { protocol?, link? } -> list of { id, protocol, family?, link?, gateway?, onlink,
 * group? = list of { id, weight } } | nil, err */
static int l_nexthops(lua_State *L)
{
    need_selector(L);
    lua_Integer protocol = mt_argument_integer(L, "protocol", 255, -1);
    const char *name = mt_argument_string(L, "link", NULL);
    int link = name ? mt_lua_link_index(name) : 0;
    const struct mt_netlink_item *items = NULL;
    size_t count = 0;
    int status =
        link < 0 ? link
                 : mt_netlink_dump(mt_lua_netlink(L), MT_NETLINK_NEXTHOP, &items, &count);
    if (status == -EOPNOTSUPP)
        status = 0;  /* an old kernel has none */
    if (status < 0)
        return mt_error_errno(L, status, "netlink", "next hops of %s", name ? name : "all links");
    lua_newtable(L);
    for (size_t i = 0; i < count; i++) {
        const struct mt_nexthop *nexthop = &items[i].nexthop;
        if ((protocol >= 0 && nexthop->protocol != protocol) || (link && nexthop->link != link))
            continue;
        mt_netlink_push_nexthop(L, nexthop);
        append(L);
    }
    return 1;
}

static int read_nexthop(lua_State *L, struct mt_nexthop *nexthop)
{
    int status = 0;
    memset(nexthop, 0, sizeof(*nexthop));
    nexthop->id = need_id(L);
    nexthop->protocol = (uint8_t)mt_argument_integer(L, "protocol", 255, RTPROT_STATIC);
    nexthop->onlink = mt_argument_flag(L, "onlink");
    nexthop->family = field_family(L);
    nexthop->hops = read_hops(L, "group", &nexthop->hop_count, &status, read_member);
    if (nexthop->hops) {
        nexthop->family = AF_UNSPEC;
        return status;
    }
    const char *link = mt_argument_need(L, "link");
    if (read_optional_ip(L, "gateway", &nexthop->gateway) < 0)
        return -EINVAL;
    if (!nexthop->family)
        nexthop->family = nexthop->gateway.family;
    if (!nexthop->family)
        luaL_error(L, "a next hop needs a gateway or a family");
    nexthop->link = mt_lua_link_index(link);
    if (nexthop->link < 0)
        return nexthop->link;
    return nexthop->gateway.family && nexthop->gateway.family != nexthop->family ? -EINVAL : 0;
}

/*
 * add_nexthop { id=, protocol?, link=, gateway?, onlink?, family?, replace? }, or
 * add_nexthop { id=, protocol?, group = list of { id=, weight? = 1 to 65535 }, replace? }
 * -> true | nil, err ("exists" when there is one, unless it is to be replaced)
 * A weight above 256 takes Linux 6.12; before, it is "invalid".
 * With its link, the kernel takes a next hop away, out of groups and routes, too.
 */
static int l_add_nexthop(lua_State *L)
{
    struct mt_nexthop nexthop;
    luaL_checktype(L, 1, LUA_TTABLE);
    int status = read_nexthop(L, &nexthop);
    if (status == 0)
        status = mt_netlink_add_nexthop(mt_lua_netlink(L), &nexthop,
                                        mt_argument_flag(L, "replace"));
    return changed_nexthop(L, "add", status);
}

/* del_nexthop { id= } -> true | nil, err. The routes that need it go with it. */
static int l_del_nexthop(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    uint32_t id = need_id(L);
    return changed_nexthop(L, "delete", mt_netlink_delete_nexthop(mt_lua_netlink(L), id));
}

/* ---- rules ---- */

/* rules { family?, table?, protocol?, priority? } -> list of { family, priority, table, protocol,
 * action, from?, iif?, oif?, fwmark?, fwmask? } | nil, err */
static int l_rules(lua_State *L)
{
    need_selector(L);
    int family = field_family(L);
    lua_Integer table = mt_argument_integer(L, "table", UINT32_MAX, -1);
    lua_Integer protocol = mt_argument_integer(L, "protocol", 255, -1);
    lua_Integer priority = mt_argument_integer(L, "priority", UINT32_MAX, -1);
    const struct mt_netlink_item *items = NULL;
    size_t count = 0;
    int status = mt_netlink_dump(mt_lua_netlink(L), MT_NETLINK_RULE, &items, &count);
    if (status < 0)
        return mt_error_errno(L, status, "netlink", "rules");
    lua_newtable(L);
    for (size_t i = 0; i < count; i++) {
        const struct mt_rule *rule = &items[i].rule;
        if ((family && rule->family != family) || (table >= 0 && rule->table != table) ||
            (protocol >= 0 && rule->protocol != protocol) ||
            (priority >= 0 && rule->priority != priority))
            continue;
        mt_netlink_push_rule(L, rule);
        append(L);
    }
    return 1;
}

static void read_link_name(lua_State *L, const char *field, char name[IF_NAMESIZE])
{
    const char *text = mt_argument_string(L, field, "");
    if (strlen(text) >= IF_NAMESIZE)
        luaL_error(L, "%s: no link has so long a name", field);
    strcpy(name, text);
}

static int read_rule(lua_State *L, struct mt_rule *rule)
{
    memset(rule, 0, sizeof(*rule));
    rule->family = field_family(L);
    rule->priority = (uint32_t)mt_argument_integer(L, "priority", UINT32_MAX, 0);
    lua_Integer table = mt_argument_integer(L, "table", UINT32_MAX, -1);
    if (table < 0)
        luaL_error(L, "table is missing");
    rule->table = (uint32_t)table;
    rule->protocol = (uint8_t)mt_argument_integer(L, "protocol", 255, 0);
    lua_Integer mark = mt_argument_integer(L, "fwmark", UINT32_MAX, -1);
    if (mark >= 0) {
        rule->mark = (uint32_t)mark;
        rule->mask = (uint32_t)mt_argument_integer(L, "fwmask", UINT32_MAX, UINT32_MAX);
    }
    read_link_name(L, "iif", rule->in);
    read_link_name(L, "oif", rule->out);
    const char *from = mt_argument_string(L, "from", NULL);
    int status = from ? mt_ip_parse_network(from, &rule->source, &rule->prefix_length) : 0;
    if (status < 0)
        return status;
    if (!rule->family)
        rule->family = rule->source.family;
    if (!rule->family)
        luaL_error(L, "a rule needs a from or a family");
    return rule->source.family && rule->source.family != rule->family ? -EINVAL : 0;
}

static int change_rule(lua_State *L, const char *what,
                       int (*change)(struct mt_netlink *, const struct mt_rule *))
{
    struct mt_rule rule;
    luaL_checktype(L, 1, LUA_TTABLE);
    int status = read_rule(L, &rule);
    if (status == 0)
        status = change(mt_lua_netlink(L), &rule);
    if (status < 0)
        return mt_error_errno(L, status, "netlink", "%s rule for table %I", what,
                              mt_argument_integer(L, "table", UINT32_MAX, 0));
    return mt_lua_netlink_done(L);
}

/*
 * add_rule { table=, family?, priority?, from? = "address" | "address/length", iif?, oif?, fwmark?,
 * fwmask?, protocol? } -> true | nil, err ("exists" when there is one like it)
 * Packets that fit look for their route in that table; the lowest priority comes first.
 */
static int l_add_rule(lua_State *L)
{
    return change_rule(L, "add", mt_netlink_add_rule);
}

/* del_rule { as add_rule; what is not said may be anything } -> true | nil, err */
static int l_del_rule(lua_State *L)
{
    return change_rule(L, "delete", mt_netlink_delete_rule);
}

const luaL_Reg mt_lua_netlink_routing[] = {
    { "add_nexthop", l_add_nexthop },
    { "add_route", l_add_route },
    { "add_rule", l_add_rule },
    { "del_nexthop", l_del_nexthop },
    { "del_route", l_del_route },
    { "del_rule", l_del_rule },
    { "nexthops", l_nexthops },
    { "routes", l_routes },
    { "rules", l_rules },
    { NULL, NULL },
};
