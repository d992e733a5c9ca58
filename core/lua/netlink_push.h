/* SPDX-License-Identifier: MIT */
/* What the kernel said of links, addresses and where packets go, as Lua tables. */
#ifndef MT_LUA_NETLINK_PUSH_H
#define MT_LUA_NETLINK_PUSH_H

#include <lua.h>

#include "host/netlink.h"

/* Each pushes a table with the fields that core.netlink documents; only want of memory raises. */
void mt_netlink_push_link(lua_State *L, const struct mt_link *link);
void mt_netlink_push_address(lua_State *L, const struct mt_address *address);
void mt_netlink_push_route(lua_State *L, const struct mt_route *route);
void mt_netlink_push_nexthop(lua_State *L, const struct mt_nexthop *nexthop);
void mt_netlink_push_rule(lua_State *L, const struct mt_rule *rule);

#endif
