/* SPDX-License-Identifier: MIT */
/* The part of core.netlink about where packets go, and what it shares with the rest. */
#ifndef MT_LUA_NETLINK_ROUTING_H
#define MT_LUA_NETLINK_ROUTING_H

#include <lauxlib.h>

#include "host/netlink.h"

/* Functions of core.netlink whose upvalue is its socket. */
extern const luaL_Reg mt_lua_netlink_routing[];

/* The socket, in a function that has it as its upvalue. */
struct mt_netlink *mt_lua_netlink(lua_State *L);

/* The index of a link, or a negative errno. */
int mt_lua_link_index(const char *name);

/* Each pushes what its caller returns: true; or nil and an error with the code "unsupported". */
int mt_lua_netlink_done(lua_State *L);
int mt_lua_netlink_unsupported(lua_State *L, const char *message);

#endif
