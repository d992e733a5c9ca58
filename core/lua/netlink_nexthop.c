/* SPDX-License-Identifier: MIT */
/* core.netlink: the next hops that routes can share, and groups of them; libnl 3.7 knows none. */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <netlink/addr.h>

#include "engine/error.h"
#include "host/netlink_nexthop.h"
#include "lua/netlink_request.h"
#include "lua/table.h"

/*
 * nexthops { protocol?, link? }? -> list of { id, protocol, family?, link?, gateway?, onlink?,
 * group? = list of { id, weight } } | nil, err
 */
static int l_nexthops(lua_State *L)
{
    return mt_lua_netlink_list(L, MT_NETLINK_NEXTHOP, "next hops");
}

static int read_member(lua_State *L, void *context)
{
    struct mt_nexthop *nexthop = context;
    struct nexthop_grp *member = &nexthop->members[nexthop->count++];
    mt_nexthop_set_weight(member, mt_lua_netlink_weight(L, UINT16_MAX));
    member->id = (uint32_t)mt_argument_integer(L, "id", UINT32_MAX, 0);
    return member->id ? 0 : -EINVAL;
}

/* A link, and perhaps a gateway on it. Nothing raises while there is a gateway. */
static int read_way(lua_State *L, struct mt_nexthop *nexthop)
{
    const char *link = mt_argument_need(L, "link");
    int family = mt_lua_netlink_family(L);
    int status = mt_lua_netlink_ip(L, "gateway", false, &nexthop->gateway);
    if (status < 0)
        return status;
    int gateway = nexthop->gateway ? nl_addr_get_family(nexthop->gateway) : family;
    if (!gateway)
        luaL_error(L, "a next hop needs a gateway or a family");
    nexthop->header.nh_family = (uint8_t)gateway;
    nexthop->link = mt_lua_netlink_index(link);
    if (nexthop->link < 0)
        return nexthop->link;
    return family && family != gateway ? -EINVAL : 0;
}

static int changed_nexthop(lua_State *L, const char *what, uint32_t id, int status)
{
    if (status == -EOPNOTSUPP)
        return mt_lua_netlink_unsupported(L, "the kernel has no next hops");
    if (status < 0)
        return mt_error_errno(L, status, "netlink", "%s next hop %I", what, (lua_Integer)id);
    return mt_lua_netlink_done(L);
}

static uint32_t need_id(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_Integer id = mt_argument_integer(L, "id", UINT32_MAX, 0);
    if (id == 0)
        luaL_error(L, "id is missing");
    return (uint32_t)id;
}

/*
 * add_nexthop { id=, protocol?, link?, gateway?, onlink?, family?, group? = list of { id=, weight?
 * = 1 to 65535 }, replace? } -> true | nil, err ("exists" when there is one, unless it is to be
 * replaced). It has a link, and with it a gateway or a family; or it is a group.
 * A weight above 256 takes Linux 6.12; before, it is "invalid". With its link, the kernel takes a
 * next hop away, out of groups and routes, too.
 */
static int l_add_nexthop(lua_State *L)
{
    struct mt_nexthop nexthop = { .id = need_id(L) };
    struct nl_msg *message = NULL;
    int flags = NLM_F_CREATE | (mt_argument_flag(L, "replace") ? NLM_F_REPLACE : NLM_F_EXCL);
    nexthop.header.nh_protocol = (uint8_t)mt_argument_integer(L, "protocol", 255, RTPROT_STATIC);
    nexthop.header.nh_flags = mt_argument_flag(L, "onlink") ? RTNH_F_ONLINK : 0;
    int status = mt_lua_netlink_each(L, "group", read_member, &nexthop);
    if (status == 0)
        status = read_way(L, &nexthop);
    if (status >= 0) {
        int built = mt_nexthop_build(&nexthop, RTM_NEWNEXTHOP, flags, &message);
        status = mt_lua_netlink_send(L, built, message);
    }
    nl_addr_put(nexthop.gateway);
    return changed_nexthop(L, "add", nexthop.id, status);
}

/* del_nexthop { id= } -> true | nil, err. The routes that need it go with it. */
static int l_del_nexthop(lua_State *L)
{
    struct mt_nexthop nexthop = { .id = need_id(L) };
    struct nl_msg *message = NULL;
    int built = mt_nexthop_build(&nexthop, RTM_DELNEXTHOP, 0, &message);
    return changed_nexthop(L, "delete", nexthop.id, mt_lua_netlink_send(L, built, message));
}

const luaL_Reg mt_lua_netlink_nexthops[] = {
    { "add_nexthop", l_add_nexthop },
    { "del_nexthop", l_del_nexthop },
    { "nexthops", l_nexthops },
    { NULL, NULL },
};
