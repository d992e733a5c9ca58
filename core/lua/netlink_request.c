/* SPDX-License-Identifier: MIT */
/* For all functions of core.netlink: reading arguments, sending, listing answers. */
#include "lua/netlink_request.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/nexthop.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "engine/error.h"
#include "host/netlink_nexthop.h"
#include "host/netlink_route.h"
#include "lua/netlink_push.h"
#include "lua/table.h"

struct mt_netlink *mt_lua_netlink(lua_State *L)
{
    return *(struct mt_netlink **)lua_touserdata(L, lua_upvalueindex(1));
}

/* ---- arguments ---- */

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

/* Decimal, without a zero in front: whoever writes one may mean an octal number. */
static bool read_length(const char *text, unsigned longest, uint8_t *length)
{
    size_t digits = strspn(text, "0123456789");
    if (digits < 1 || digits > 3 || text[digits] || (digits > 1 && text[0] == '0'))
        return false;
    unsigned long number = strtoul(text, NULL, 10);
    *length = (uint8_t)number;
    return number <= longest;
}

int mt_lua_netlink_ip(lua_State *L, const char *field, bool network, struct mt_netlink_ip *ip)
{
    const char *text = mt_argument_string(L, field, NULL);
    char address[INET6_ADDRSTRLEN] = "";
    memset(ip, 0, sizeof(*ip));
    if (!text)
        return 0;
    size_t length = network ? strcspn(text, "/") : strlen(text);
    int family = strchr(text, ':') ? AF_INET6 : AF_INET;
    uint8_t longest = (uint8_t)(8 * mt_netlink_ip_size(family));
    if (length < sizeof(address))
        memcpy(address, text, length);
    if (inet_pton(family, address, ip->bytes) != 1)
        return -EINVAL;
    ip->length = longest;
    if (text[length] && !read_length(text + length + 1, longest, &ip->length))
        return -EINVAL;
    ip->family = (uint8_t)family;
    return 0;
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

int mt_lua_netlink_send(lua_State *L, struct mt_netlink_message *message)
{
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

static bool goes_through(const struct mt_netlink_item *item, int link)
{
    struct mt_netlink_hop hop;
    for (int i = 0; mt_netlink_hop_at(item, i, &hop); i++) {
        if (hop.link == link)
            return true;
    }
    return false;
}

static bool route_fits(const struct mt_netlink_item *item, const struct selector *selector)
{
    const struct rtmsg *route = item->header;
    return (!selector->family || route->rtm_family == selector->family) &&
           fits(selector->table, mt_netlink_route_table(item)) &&
           fits(selector->protocol, route->rtm_protocol) &&
           (!selector->link || goes_through(item, selector->link));
}

static bool rule_fits(const struct mt_netlink_item *item, const struct selector *selector)
{
    const struct fib_rule_hdr *rule = item->header;
    return (!selector->family || rule->family == selector->family) &&
           fits(selector->table, mt_netlink_rule_table(item)) &&
           fits(selector->protocol,
                mt_netlink_u8(mt_netlink_find(item->attributes, FRA_PROTOCOL))) &&
           fits(selector->priority,
                mt_netlink_u32(mt_netlink_find(item->attributes, FRA_PRIORITY)));
}

static bool nexthop_fits(const struct mt_netlink_item *item, const struct selector *selector)
{
    const struct nhmsg *nexthop = item->header;
    return fits(selector->protocol, nexthop->nh_protocol) &&
           (!selector->link ||
            (int)mt_netlink_u32(mt_netlink_find(item->attributes, NHA_OIF)) == selector->link);
}

static bool item_fits(const struct mt_netlink_item *item, const struct selector *selector)
{
    const struct ifaddrmsg *address = item->header;
    switch (item->kind) {
    case MT_NETLINK_ADDRESS:
        return !selector->link || (int)address->ifa_index == selector->link;
    case MT_NETLINK_ROUTE:
        return route_fits(item, selector);
    case MT_NETLINK_NEXTHOP:
        return nexthop_fits(item, selector);
    case MT_NETLINK_RULE:
        return rule_fits(item, selector);
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
