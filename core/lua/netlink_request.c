/* SPDX-License-Identifier: MIT */
/* For all functions of core.netlink: reading arguments, sending, listing answers. */
#include "lua/netlink_request.h"

#include <errno.h>
#include <linux/nexthop.h>
#include <net/if.h>
#include <netlink/addr.h>
#include <netlink/errno.h>
#include <netlink/msg.h>
#include <netlink/object-api.h>
#include <netlink/route/addr.h>
#include <netlink/route/route.h>
#include <netlink/route/rule.h>
#include <string.h>

#include "engine/error.h"
#include "host/netlink_nexthop.h"
#include "lua/netlink_push.h"
#include "lua/table.h"

struct mt_netlink *mt_lua_netlink(lua_State *L)
{
    return *(struct mt_netlink **)lua_touserdata(L, lua_upvalueindex(1));
}

/* ---- arguments ---- */

static int object_gc(lua_State *L)
{
    nl_object_put(*(struct nl_object **)lua_touserdata(L, 1));
    return 0;
}

void *mt_lua_netlink_new(lua_State *L, const char *type)
{
    struct nl_object **owned = lua_newuserdatauv(L, sizeof(*owned), 0);
    *owned = NULL;
    if (luaL_newmetatable(L, "mt.netlink.object")) {
        lua_pushcfunction(L, object_gc);
        lua_setfield(L, -2, "__gc");
    }
    lua_setmetatable(L, -2);
    if (nl_object_alloc_name(type, owned) < 0)
        luaL_error(L, "not enough memory");
    return *owned;
}

int mt_lua_netlink_index(const char *name)
{
    unsigned index = name ? if_nametoindex(name) : 0;
    return name && index == 0 ? -errno : (int)index;
}

int mt_lua_netlink_family(lua_State *L)
{
    const char *name = mt_argument_string(L, "family", NULL);
    if (!name)
        return 0;
    if (strcmp(name, "ipv4") != 0 && strcmp(name, "ipv6") != 0)
        luaL_error(L, "family: \"ipv4\" or \"ipv6\" expected");
    return name[3] == '6' ? AF_INET6 : AF_INET;
}

/* Decimal. libnl reads octal numbers, larger ones than there are, and what follows them, too. */
static bool is_length(const char *text)
{
    size_t digits = strspn(text, "0123456789");
    return digits >= 1 && digits <= 3 && !text[digits] && (digits == 1 || text[0] != '0');
}

int mt_lua_netlink_ip(lua_State *L, const char *field, bool network, struct nl_addr **ip)
{
    *ip = NULL;
    const char *text = mt_argument_string(L, field, NULL);
    const char *slash = text ? strchr(text, '/') : NULL;
    if (!text)
        return 0;
    if (slash && (!network || !is_length(slash + 1)))
        return -EINVAL;
    int status = nl_addr_parse(text, strchr(text, ':') ? AF_INET6 : AF_INET, ip);
    if (status < 0)
        return status == -NLE_NOMEM ? -ENOMEM : -EINVAL;
    /* Words such as "any" are addresses without bytes. */
    if (nl_addr_get_len(*ip) && nl_addr_get_prefixlen(*ip) <= 8 * nl_addr_get_len(*ip))
        return 0;
    nl_addr_put(*ip);
    *ip = NULL;
    return -EINVAL;
}

int mt_lua_netlink_weight(lua_State *L, int largest)
{
    lua_Integer weight = mt_argument_integer(L, "weight", largest, 1);
    if (weight == 0)
        luaL_error(L, "weight: an integer from 1 to %d expected", largest);
    return (int)weight;
}

int mt_lua_netlink_each(lua_State *L, const char *name, int (*read)(lua_State *L, void *context),
                        void *context)
{
    int status = 0;
    int type = mt_argument(L, name);
    lua_Integer count = type == LUA_TTABLE ? (lua_Integer)lua_rawlen(L, -1) : 0;
    if (type != LUA_TNIL && (count == 0 || count > MT_NETLINK_HOPS))
        luaL_error(L, "%s: a list of 1 to %d tables expected", name, MT_NETLINK_HOPS);
    for (lua_Integer i = 1; i <= count && status == 0; i++) {
        if (lua_rawgeti(L, -1, i) != LUA_TTABLE)
            luaL_error(L, "%s: a list of tables expected", name);
        lua_insert(L, 1);
        status = read(L, context);
        lua_remove(L, 1);
    }
    lua_pop(L, 1);
    return status < 0 ? status : (int)count;
}

/* ---- requests ---- */

int mt_lua_netlink_send(lua_State *L, int built, struct nl_msg *message)
{
    if (built == -NLE_MSGSIZE)
        return -EMSGSIZE;
    if (built < 0)
        return built == -NLE_NOMEM ? -ENOMEM : -EINVAL;
    return mt_netlink_request(mt_lua_netlink(L), message);
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

/* ---- lists ---- */

/* What an item must be to be listed: anything, where it is 0 or negative. */
struct selector {
    int family, link;
    lua_Integer table, protocol, priority;
};

static bool fits(lua_Integer wanted, lua_Integer number)
{
    return wanted < 0 || wanted == number;
}

static bool goes_through(struct rtnl_route *route, int link)
{
    for (int i = 0; i < rtnl_route_get_nnexthops(route); i++) {
        if (rtnl_route_nh_get_ifindex(rtnl_route_nexthop_n(route, i)) == link)
            return true;
    }
    return false;
}

static bool route_fits(struct rtnl_route *route, const struct selector *selector)
{
    return (!selector->family || rtnl_route_get_family(route) == selector->family) &&
           fits(selector->table, rtnl_route_get_table(route)) &&
           fits(selector->protocol, rtnl_route_get_protocol(route)) &&
           (!selector->link || goes_through(route, selector->link));
}

static bool rule_fits(struct rtnl_rule *rule, const struct selector *selector)
{
    uint8_t protocol = 0;
    rtnl_rule_get_protocol(rule, &protocol);
    return (!selector->family || rtnl_rule_get_family(rule) == selector->family) &&
           fits(selector->table, rtnl_rule_get_table(rule)) && fits(selector->protocol, protocol) &&
           fits(selector->priority, rtnl_rule_get_prio(rule));
}

static bool nexthop_fits(struct nl_msg *message, const struct selector *selector)
{
    const struct nhmsg *header = nlmsg_data(nlmsg_hdr(message));
    const struct nlattr *link = nlmsg_find_attr(nlmsg_hdr(message), sizeof(*header), NHA_OIF);
    return fits(selector->protocol, header->nh_protocol) &&
           (!selector->link ||
            (link && nla_len(link) >= 4 && (int)nla_get_u32(link) == selector->link));
}

static bool item_fits(const struct mt_netlink_item *item, const struct selector *selector)
{
    switch (item->kind) {
    case MT_NETLINK_ADDRESS:
        return !selector->link ||
               rtnl_addr_get_ifindex((struct rtnl_addr *)item->object) == selector->link;
    case MT_NETLINK_ROUTE:
        return route_fits((struct rtnl_route *)item->object, selector);
    case MT_NETLINK_NEXTHOP:
        return nexthop_fits(item->message, selector);
    case MT_NETLINK_RULE:
        return rule_fits((struct rtnl_rule *)item->object, selector);
    default:
        return true;
    }
}

int mt_lua_netlink_list(lua_State *L, enum mt_netlink_kind kind, const char *what)
{
    if (lua_isnoneornil(L, 1)) {
        lua_settop(L, 0);
        lua_newtable(L);
    }
    luaL_checktype(L, 1, LUA_TTABLE);
    const char *link = mt_argument_string(L, "link", NULL);
    struct selector selector = {
        .family = mt_lua_netlink_family(L),
        .link = mt_lua_netlink_index(link),
        .table = mt_argument_integer(L, "table", UINT32_MAX, -1),
        .protocol = mt_argument_integer(L, "protocol", 255, -1),
        .priority = mt_argument_integer(L, "priority", UINT32_MAX, -1),
    };
    int status = selector.link < 0 ? selector.link : mt_netlink_dump(mt_lua_netlink(L), kind);
    if (status == -EOPNOTSUPP && kind == MT_NETLINK_NEXTHOP)
        status = 0; /* an old kernel has none */
    if (status < 0)
        return mt_error_errno(L, status, "netlink", "%s%s%s", what, link ? " of " : "",
                              link ? link : "");

    size_t count;
    const struct mt_netlink_item *items = mt_netlink_answer(mt_lua_netlink(L), &count);
    lua_newtable(L);
    for (size_t i = 0; i < count; i++) {
        if (!item_fits(&items[i], &selector))
            continue;
        mt_lua_netlink_push(L, &items[i]);
        lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
    }
    return 1;
}
