/* SPDX-License-Identifier: MIT */
/* core.netlink: network links and their addresses; and events, when the kernel changes anything. */
#include <errno.h>
#include <lauxlib.h>
#include <linux/if_addr.h>
#include <net/if.h>
#include <netlink/addr.h>
#include <netlink/msg.h>
#include <netlink/route/addr.h>
#include <netlink/route/link.h>
#include <netlink/route/link/vlan.h>
#include <string.h>

#include "engine/error.h"
#include "engine/task.h"
#include "host/netlink_ethtool.h"
#include "host/netlink_link.h"
#include "lua/modules.h"
#include "lua/monitor.h"
#include "lua/netlink_push.h"
#include "lua/netlink_request.h"
#include "lua/table.h"

/*
 * interface = { index, name, up, running, mtu, type?, noarp, flags = integer, parent?, vlan_id?, statistics? =
 * { rx = { packets, bytes = integer, errors, dropped }, tx = { packets, bytes = integer, errors,
 * dropped } } }
 * `type` is the kernel's name for its kind of link, such as "tun", "wwan" or "vlan"; `parent` is the
 * index of the link that it is on.
 */

/* link(name | index) -> interface | nil, err */
static int l_link(lua_State *L)
{
    int index = lua_isinteger(L, 1) ? (int)lua_tointeger(L, 1) : 0;
    const char *name = luaL_checkstring(L, 1);
    struct nl_msg *message = NULL;
    size_t count = 0;
    int status = -ENODEV;
    if (strlen(name) < IF_NAMESIZE) {
        int built = rtnl_link_build_get_request(index, name, &message);
        status = mt_lua_netlink_send(L, built, message);
    }
    const struct mt_netlink_item *items = mt_netlink_answer(mt_lua_netlink(L), &count);
    if (status == 0 && count == 0)
        status = -ENODEV;
    if (status < 0)
        return mt_error_errno(L, status, "netlink", "link %s", name);
    mt_lua_netlink_push(L, items);
    return 1;
}

/* set_link(name, { up = boolean?, mtu = integer?, arp = boolean? }) -> true | nil, err */
static int l_set_link(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);
    luaL_checktype(L, 2, LUA_TTABLE);
    lua_settop(L, 2);
    lua_insert(L, 1);
    int up = mt_argument(L, "up") == LUA_TNIL ? -1 : lua_toboolean(L, -1);
    int arp = mt_argument(L, "arp") == LUA_TNIL ? -1 : lua_toboolean(L, -1);
    uint32_t mtu = (uint32_t)mt_argument_integer(L, "mtu", UINT32_MAX, 0);
    struct rtnl_link *link = mt_lua_netlink_new(L, "route/link");
    struct rtnl_link *changes = mt_lua_netlink_new(L, "route/link");
    struct nl_msg *message = NULL;

    int status = mt_lua_netlink_index(name);
    rtnl_link_set_ifindex(link, status);
    if (up == 1)
        rtnl_link_set_flags(changes, IFF_UP);
    else if (up == 0)
        rtnl_link_unset_flags(changes, IFF_UP);
    if (arp == 0)
        rtnl_link_set_flags(changes, IFF_NOARP);
    else if (arp == 1)
        rtnl_link_unset_flags(changes, IFF_NOARP);
    if (mtu)
        rtnl_link_set_mtu(changes, mtu);
    if (status > 0) {
        int built = rtnl_link_build_change_request(link, changes, 0, &message);
        status = mt_lua_netlink_send(L, built, message);
    }
    if (status < 0)
        return mt_error_errno(L, status, "netlink", "set link %s", name);
    return mt_lua_netlink_done(L);
}

/* links() -> list of interface | nil, err */
static int l_links(lua_State *L)
{
    lua_settop(L, 0);
    return mt_lua_netlink_list(L, MT_NETLINK_LINK, "links");
}

static int add_vlan(lua_State *L, const char *name, const char *parent, int id)
{
    struct rtnl_link *link = mt_lua_netlink_new(L, "route/link");
    struct nl_msg *message = NULL;
    int index = mt_lua_netlink_index(parent);
    if (index < 0 || strlen(name) >= IF_NAMESIZE)
        return index < 0 ? index : -EINVAL;
    int built = rtnl_link_set_type(link, "vlan");
    if (built == 0)
        built = rtnl_link_vlan_set_id(link, (uint16_t)id);
    rtnl_link_set_name(link, name);
    rtnl_link_set_link(link, index);
    if (built == 0)
        built = rtnl_link_build_add_request(link, NLM_F_CREATE | NLM_F_EXCL, &message);
    return mt_lua_netlink_send(L, built, message);
}

static int add_wwan(lua_State *L, const char *name, const char *device, int id)
{
    struct nl_msg *message = NULL;
    if (strlen(name) >= IF_NAMESIZE || strlen(device) >= IF_NAMESIZE)
        return -EINVAL;
    int built = mt_netlink_build_wwan(name, device, (uint32_t)id, &message);
    return mt_lua_netlink_send(L, built, message);
}

static int add_rmnet(lua_State *L, const char *name, const char *parent, int id)
{
    struct nl_msg *message = NULL;
    lua_Integer checksums = mt_argument_integer(L, "checksums", 5, 0);
    uint32_t flags = checksums == 5   ? MT_RMNET_CHECKSUMS_V5
                     : checksums == 4 ? MT_RMNET_CHECKSUMS_V4
                                      : 0;
    int index = mt_lua_netlink_index(parent);
    if (index < 0 || strlen(name) >= IF_NAMESIZE)
        return index < 0 ? index : -EINVAL;
    int built = mt_netlink_build_rmnet(name, (uint32_t)index, (uint16_t)id,
                                       MT_RMNET_DEAGGREGATION | flags, &message);
    return mt_lua_netlink_send(L, built, message);
}

static const struct {
    const char *kind;
    int (*add)(lua_State *L, const char *name, const char *parent, int id);
    const char *unsupported;
} link_kinds[] = {
    { "vlan", add_vlan, "the kernel has no VLANs on this link" },
    { "wwan", add_wwan, "the kernel makes no links for sessions" },
    { "rmnet", add_rmnet, "the kernel has no rmnet" },
};

/*
 * add_link { kind = string, name=, parent = string, id = 0 to 4094, checksums = integer? } -> true |
 * nil, err: "exists" when the name or the id is taken, "unsupported" when the kernel has no such
 * links. The kind is "vlan" or "rmnet", whose parent is a link's name, or "wwan": a session on a
 * device of the WWAN subsystem, which is its parent. `checksums` is for rmnet: the version of QMAP,
 * 4 or 5, whose headers with checksums are around the packets.
 */
static int l_add_link(lua_State *L)
{
    const size_t count = sizeof(link_kinds) / sizeof(*link_kinds);
    luaL_checktype(L, 1, LUA_TTABLE);
    const char *kind = mt_argument_need(L, "kind");
    size_t i = 0;
    while (i < count && strcmp(kind, link_kinds[i].kind) != 0)
        i++;
    if (i == count)
        luaL_error(L, "kind: \"vlan\", \"wwan\" or \"rmnet\" expected");
    const char *name = mt_argument_need(L, "name");
    const char *parent = mt_argument_need(L, "parent");
    lua_Integer id = mt_argument_integer(L, "id", 4094, -1);
    if (id < 0)
        luaL_error(L, "id is missing");

    int status = link_kinds[i].add(L, name, parent, (int)id);
    if (status == -EOPNOTSUPP)
        return mt_lua_netlink_unsupported(L, link_kinds[i].unsupported);
    if (status < 0)
        return mt_error_errno(L, status, "netlink", "add link %s on %s", name, parent);
    return mt_lua_netlink_done(L);
}

/* remove_link(name) -> true | nil, err: "unsupported" for a device, which only its driver ends */
static int l_remove_link(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);
    struct rtnl_link *link = mt_lua_netlink_new(L, "route/link");
    struct nl_msg *message = NULL;
    int status = mt_lua_netlink_index(name);
    rtnl_link_set_ifindex(link, status);
    if (status > 0) {
        int built = rtnl_link_build_delete_request(link, &message);
        status = mt_lua_netlink_send(L, built, message);
    }
    if (status == -EOPNOTSUPP)
        return mt_lua_netlink_unsupported(L, "this link cannot be removed");
    if (status < 0)
        return mt_error_errno(L, status, "netlink", "remove link %s", name);
    return mt_lua_netlink_done(L);
}

/*
 * addresses(link?) -> list of { link, family = "ipv4" | "ipv6", address, prefix_length, scope,
 * protocol?, peer = string? } | nil, err
 */
static int l_addresses(lua_State *L)
{
    const char *link = luaL_optstring(L, 1, NULL);
    lua_createtable(L, 0, 1);
    mt_table_set_string(L, "link", link);
    lua_replace(L, 1);
    return mt_lua_netlink_list(L, MT_NETLINK_ADDRESS, "addresses");
}

static int read_prefix_length(lua_State *L)
{
    int longest = strchr(mt_argument_need(L, "address"), ':') ? 128 : 32;
    int length = (int)mt_argument_integer(L, "prefix_length", longest, longest);
    if (length == 0)
        luaL_error(L, "prefix_length: an integer from 1 to %d expected", longest);
    return length;
}

static int read_address(lua_State *L, struct rtnl_addr *address)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    const char *link = mt_argument_need(L, "link");
    int length = read_prefix_length(L);
    unsigned flags = mt_argument_flag(L, "no_prefix_route") ? IFA_F_NOPREFIXROUTE : 0;
    struct nl_addr *local;
    int status = mt_lua_netlink_ip(L, "address", false, &local);
    if (status < 0)
        return status;
    status = rtnl_addr_set_local(address, local) < 0 ? -ENOMEM : mt_lua_netlink_index(link);
    /* The network has just given us this address: waiting to see whether a neighbour has it too
     * would only delay the first packet. */
    if (nl_addr_get_family(local) == AF_INET6)
        flags |= IFA_F_NODAD;
    nl_addr_put(local);
    rtnl_addr_set_prefixlen(address, length);
    rtnl_addr_set_flags(address, flags);
    rtnl_addr_set_ifindex(address, status);
    return status;
}

static int changed_address(lua_State *L, const char *what, int status)
{
    if (status < 0)
        return mt_error_errno(L, status, "netlink", "%s address %s/%d on %s", what,
                              mt_argument_need(L, "address"), read_prefix_length(L),
                              mt_argument_need(L, "link"));
    return mt_lua_netlink_done(L);
}

/*
 * add_address { link=, address=, prefix_length = 1 to 128?, protocol = integer?, no_prefix_route =
 * boolean? } -> true | nil, err ("exists" when the link has it). A prefix of an IPv4 address has 1
 * to 32 bits. Without a length, it is a host's address. `protocol` marks whose address it is.
 */
static int l_add_address(lua_State *L)
{
    struct rtnl_addr *address = mt_lua_netlink_new(L, "route/addr");
    int status = read_address(L, address);
    uint8_t protocol = (uint8_t)mt_argument_integer(L, "protocol", 255, 0);
    struct nl_msg *message = NULL;
    if (status > 0) {
        int built = rtnl_addr_build_add_request(address, NLM_F_EXCL, &message);
        if (built == 0 && protocol)
            nla_put_u8(message, MT_IFA_PROTO, protocol); /* a page has room for it */
        status = mt_lua_netlink_send(L, built, message);
    }
    return changed_address(L, "add", status);
}

/* del_address { link=, address=, prefix_length = 1 to 128? } -> true | nil, err */
static int l_del_address(lua_State *L)
{
    struct rtnl_addr *address = mt_lua_netlink_new(L, "route/addr");
    struct nl_msg *message = NULL;
    int status = read_address(L, address);
    if (status > 0) {
        int built = rtnl_addr_build_delete_request(address, 0, &message);
        status = mt_lua_netlink_send(L, built, message);
    }
    return changed_address(L, "delete", status);
}

/*
 * uplink_aggregation { link=, size = integer?, packets = integer?, microseconds = integer? } -> {
 * size=, packets=, microseconds= } | nil, err: "unsupported" by the driver; "invalid" where it, or
 * Linux before 6.3, cannot have this set. How many bytes and packets the driver puts together on
 * their way out, and how long it waits for them, once what is given has been set.
 */
static int l_uplink_aggregation(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    const char *link = mt_argument_need(L, "link");
    struct mt_uplink uplink = {
        .size = (uint32_t)mt_argument_integer(L, "size", UINT32_MAX, 0),
        .packets = (uint32_t)mt_argument_integer(L, "packets", UINT32_MAX, 0),
        .microseconds = (uint32_t)mt_argument_integer(L, "microseconds", UINT32_MAX, 0),
    };
    int status = mt_ethtool_uplink(link, &uplink);
    if (status == -EOPNOTSUPP)
        return mt_lua_netlink_unsupported(L, "this driver puts no packets together");
    if (status < 0)
        return mt_error_errno(L, status, "netlink", "uplink aggregation of %s", link);
    lua_createtable(L, 0, 3);
    mt_table_set_integer(L, "size", uplink.size);
    mt_table_set_integer(L, "packets", uplink.packets);
    mt_table_set_integer(L, "microseconds", uplink.microseconds);
    return 1;
}

/* ---- events ---- */

static const char *const kinds[] = { "link", "address", "route", "nexthop", "rule", NULL };

/*
 * An event is what link(), addresses(), routes(), nexthops() or rules() would return for one
 * thing, with kind = "link" | "address" | "route" | "nexthop" | "rule" and action = "new" (also:
 * changed) | "del"; or { kind = "overrun" }: events were lost, look at everything again.
 */
static int take_event(lua_State *L, struct mt_monitor *host)
{
    const struct mt_netlink_item *item;
    int status = mt_netlink_monitor_take(host, &item);
    if (status <= 0)
        return status;
    bool overrun = item->kind == MT_NETLINK_OVERRUN;
    mt_lua_netlink_push(L, item);
    mt_table_set_string(L, "kind", overrun ? "overrun" : kinds[item->kind]);
    if (!overrun)
        mt_table_set_string(L, "action", item->deleted ? "del" : "new");
    return 1;
}

static unsigned read_groups(lua_State *L)
{
    unsigned groups = 0;
    luaL_checktype(L, 1, LUA_TTABLE);
    if (mt_argument(L, "groups") != LUA_TTABLE)
        luaL_error(L, "groups is missing");
    for (lua_Integer i = 1; lua_rawgeti(L, -1, i) != LUA_TNIL; i++) {
        groups |= 1U << luaL_checkoption(L, -1, NULL, kinds);
        lua_pop(L, 1);
    }
    return groups;
}

/*
 * monitor { groups = list of "link" | "address" | "route" | "nexthop" | "rule" } -> monitor | nil,
 * err
 */
static int l_monitor(lua_State *L)
{
    unsigned groups = read_groups(L);
    struct mt_monitor **host = mt_lua_monitor_new(L, "netlink", take_event);
    int status = mt_netlink_monitor_open(mt_loop(L), groups, host);
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
    { "uplink_aggregation", l_uplink_aggregation },
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
    lua_pushvalue(L, -2);
    luaL_setfuncs(L, mt_lua_netlink_nexthops, 1);
    return 1;
}
