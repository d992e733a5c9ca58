/* SPDX-License-Identifier: MIT */
/* core.netlink: the kernel's network links and addresses, and all changes, for Lua. */
#include <errno.h>
#include <lauxlib.h>
#include <linux/if_addr.h>
#include <net/if.h>
#include <string.h>

#include "engine/error.h"
#include "engine/task.h"
#include "host/netlink.h"
#include "lua/modules.h"
#include "lua/monitor.h"
#include "lua/netlink_push.h"
#include "lua/netlink_routing.h"
#include "lua/table.h"

/*
 * link(name | index) -> { index, name, up, running, mtu, type?, noarp, flags, parent?, vlan_id?,
 * statistics? = { rx = { packets, bytes, errors, dropped }, tx = { the same } } } | nil, err
 * `type` is the kernel's name for its kind of link, such as "tun", "wwan" or "vlan"; `parent` is
 * the index of the link that it is on.
 */
static int l_link(lua_State *L)
{
    struct mt_link link;
    int index = lua_isinteger(L, 1) ? (int)lua_tointeger(L, 1) : 0;
    const char *name = luaL_checkstring(L, 1);
    int status = mt_netlink_get_link(mt_lua_netlink(L), index, name, &link);
    if (status < 0)
        return mt_error_errno(L, status, "netlink", "link %s", name);
    mt_netlink_push_link(L, &link);
    return 1;
}

/* set_link(name, { up = boolean?, mtu = integer? }) -> true | nil, err */
static int l_set_link(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);
    luaL_checktype(L, 2, LUA_TTABLE);
    lua_settop(L, 2);
    lua_insert(L, 1);
    int up = mt_argument(L, "up") == LUA_TNIL ? -1 : lua_toboolean(L, -1);
    uint32_t mtu = (uint32_t)mt_argument_integer(L, "mtu", UINT32_MAX, 0);

    int index = mt_lua_link_index(name);
    int status = index < 0 ? index : mt_netlink_set_link(mt_lua_netlink(L), index, up, mtu);
    if (status < 0)
        return mt_error_errno(L, status, "netlink", "set link %s", name);
    return mt_lua_netlink_done(L);
}

/* links() -> list of what link() returns | nil, err */
static int l_links(lua_State *L)
{
    const struct mt_netlink_item *items = NULL;
    size_t count = 0;
    int status = mt_netlink_dump(mt_lua_netlink(L), MT_NETLINK_LINK, &items, &count);
    if (status < 0)
        return mt_error_errno(L, status, "netlink", "links");
    lua_createtable(L, (int)count, 0);
    for (size_t i = 0; i < count; i++) {
        mt_netlink_push_link(L, &items[i].link);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 1;
}

/*
 * add_link { kind = "vlan", name=, parent = its name, id = 0 to 4094 } -> true | nil, err:
 * "exists" when the name or the id is taken, "unsupported" when the kernel has no VLANs.
 */
static int l_add_link(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    if (strcmp(mt_argument_need(L, "kind"), "vlan") != 0)
        luaL_error(L, "kind: \"vlan\" expected");
    const char *name = mt_argument_need(L, "name");
    const char *parent = mt_argument_need(L, "parent");
    lua_Integer id = mt_argument_integer(L, "id", 4094, -1);
    if (id < 0)
        luaL_error(L, "id is missing");

    int index = mt_lua_link_index(parent);
    int status = index < 0 ? index
                           : mt_netlink_add_vlan(mt_lua_netlink(L), name, index, (uint16_t)id);
    if (status == -EOPNOTSUPP)
        return mt_lua_netlink_unsupported(L, "the kernel has no VLANs on this link");
    if (status < 0)
        return mt_error_errno(L, status, "netlink", "add link %s on %s", name, parent);
    return mt_lua_netlink_done(L);
}

/* remove_link(name) -> true | nil, err: "unsupported" for a device, which only its driver ends */
static int l_remove_link(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);
    int index = mt_lua_link_index(name);
    int status = index < 0 ? index : mt_netlink_remove_link(mt_lua_netlink(L), index);
    if (status == -EOPNOTSUPP)
        return mt_lua_netlink_unsupported(L, "this link cannot be removed");
    if (status < 0)
        return mt_error_errno(L, status, "netlink", "remove link %s", name);
    return mt_lua_netlink_done(L);
}

/* addresses(link?) -> list of { link, family = "ipv4" | "ipv6", address, prefix_length, scope,
 * protocol?, peer? } | nil, err */
static int l_addresses(lua_State *L)
{
    const char *name = luaL_optstring(L, 1, NULL);
    int link = name ? mt_lua_link_index(name) : 0;
    const struct mt_netlink_item *items = NULL;
    size_t count = 0;
    int status = link < 0 ? link
                          : mt_netlink_dump(mt_lua_netlink(L), MT_NETLINK_ADDRESS, &items, &count);
    if (status < 0)
        return mt_error_errno(L, status, "netlink", "addresses of %s", name ? name : "all links");
    lua_newtable(L);
    for (size_t i = 0; i < count; i++) {
        if (link && items[i].address.link != link)
            continue;
        mt_netlink_push_address(L, &items[i].address);
        lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
    }
    return 1;
}

static int read_address(lua_State *L, struct mt_address *address)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    memset(address, 0, sizeof(*address));
    const char *link = mt_argument_need(L, "link");
    int status = mt_ip_parse(mt_argument_need(L, "address"), &address->address);
    lua_Integer longest = address->address.family == AF_INET6 ? 128 : 32;
    address->prefix_length = (uint8_t)mt_argument_integer(L, "prefix_length", longest, longest);
    address->protocol = (uint8_t)mt_argument_integer(L, "protocol", 255, 0);
    if (mt_argument_flag(L, "no_prefix_route"))
        address->flags |= IFA_F_NOPREFIXROUTE;
    /* The network has just given us this address: waiting to see whether a neighbour has it too
     * would only delay the first packet. */
    if (address->address.family == AF_INET6)
        address->flags |= IFA_F_NODAD;
    if (status < 0)
        return status;
    address->link = mt_lua_link_index(link);
    return address->link < 0 ? address->link : 0;
}

static int change_address(lua_State *L, const char *what,
                          int (*change)(struct mt_netlink *, const struct mt_address *))
{
    struct mt_address address;
    int status = read_address(L, &address);
    if (status == 0)
        status = change(mt_lua_netlink(L), &address);
    if (status < 0)
        return mt_error_errno(L, status, "netlink", "%s address %s/%d on %s", what,
                              mt_argument_need(L, "address"), (int)address.prefix_length,
                              mt_argument_need(L, "link"));
    return mt_lua_netlink_done(L);
}

/*
 * add_address { link=, address=, prefix_length=, protocol = integer?, no_prefix_route = boolean? }
 * -> true | nil, err ("exists" when the link has it). `protocol` marks whose address it is.
 */
static int l_add_address(lua_State *L)
{
    return change_address(L, "add", mt_netlink_add_address);
}

/* del_address { link=, address=, prefix_length= } -> true | nil, err */
static int l_del_address(lua_State *L)
{
    return change_address(L, "delete", mt_netlink_delete_address);
}

/* ---- events ---- */

static void push_event(lua_State *L, const struct mt_netlink_item *item)
{
    static const char *const kinds[] = { "link", "address", "route", "nexthop", "rule", "overrun" };
    switch (item->kind) {
    case MT_NETLINK_LINK:
        mt_netlink_push_link(L, &item->link);
        break;
    case MT_NETLINK_ADDRESS:
        mt_netlink_push_address(L, &item->address);
        break;
    case MT_NETLINK_ROUTE:
        mt_netlink_push_route(L, &item->route);
        break;
    case MT_NETLINK_NEXTHOP:
        mt_netlink_push_nexthop(L, &item->nexthop);
        break;
    case MT_NETLINK_RULE:
        mt_netlink_push_rule(L, &item->rule);
        break;
    case MT_NETLINK_OVERRUN:
        lua_createtable(L, 0, 1);
        break;
    }
    mt_table_set_string(L, "kind", kinds[item->kind]);
    if (item->kind != MT_NETLINK_OVERRUN)
        mt_table_set_string(L, "action", item->deleted ? "del" : "new");
}

/*
 * An event is what link(), addresses(), routes(), nexthops() or rules() would return for one
 * thing, with kind = "link" | "address" | "route" | "nexthop" | "rule" and action = "new" (also:
 * changed) | "del"; or { kind = "overrun" }: events were lost, look at everything again.
 */
static int take_event(lua_State *L, struct mt_monitor *host)
{
    struct mt_netlink_item item;
    int status = mt_netlink_monitor_take(host, &item);
    if (status > 0)
        push_event(L, &item);
    return status;
}

static unsigned read_groups(lua_State *L)
{
    static const char *const names[] = { "link", "address", "route", "nexthop", "rule", NULL };
    unsigned what = 0;
    luaL_checktype(L, 1, LUA_TTABLE);
    if (mt_argument(L, "groups") != LUA_TTABLE)
        luaL_error(L, "groups is missing");
    for (lua_Integer i = 1; lua_rawgeti(L, -1, i) != LUA_TNIL; i++) {
        what |= 1U << luaL_checkoption(L, -1, NULL, names);
        lua_pop(L, 1);
    }
    return what;
}

/* monitor { groups = { "link", "address", "route", "nexthop", "rule" } } -> monitor | nil, err */
static int l_monitor(lua_State *L)
{
    unsigned what = read_groups(L);
    struct mt_monitor **host = mt_lua_monitor_new(L, "netlink", take_event);
    int status = mt_netlink_monitor_open(mt_loop(L), what, host);
    if (status < 0)
        return mt_error_errno(L, status, "netlink", "monitor");
    return 1;
}

/* ---- the module ---- */

static int netlink_gc(lua_State *L)
{
    struct mt_netlink **netlink = lua_touserdata(L, 1);
    if (*netlink)
        mt_netlink_close(*netlink);
    return 0;
}

/* Pushes the one socket that all functions of this state share, as their upvalue. */
static void push_netlink(lua_State *L)
{
    struct mt_netlink **netlink = mt_shared_new(L, sizeof(*netlink), netlink_gc);
    if (mt_netlink_open(netlink) < 0)
        luaL_error(L, "not enough memory");
}

static const luaL_Reg functions[] = {
    { "add_address", l_add_address },
    { "add_link", l_add_link },
    { "addresses", l_addresses },
    { "del_address", l_del_address },
    { "link", l_link },
    { "links", l_links },
    { "monitor", l_monitor },
    { "remove_link", l_remove_link },
    { "set_link", l_set_link },
    { NULL, NULL },
};

int mt_lua_netlink_open(lua_State *L)
{
    mt_lua_monitor_register(L);
    push_netlink(L);
    lua_newtable(L);
    lua_pushvalue(L, -2);
    luaL_setfuncs(L, functions, 1);
    lua_pushvalue(L, -2);
    luaL_setfuncs(L, mt_lua_netlink_routing, 1);
    return 1;
}
