/* SPDX-License-Identifier: MIT */
/* For all functions of core.netlink: reading arguments, sending, listing answers. */
#ifndef MT_LUA_NETLINK_REQUEST_H
#define MT_LUA_NETLINK_REQUEST_H

#include <lauxlib.h>

#include "host/netlink.h"

/* Functions of core.netlink, whose upvalue is its socket. */
extern const luaL_Reg mt_lua_netlink_routing[];
extern const luaL_Reg mt_lua_netlink_nexthops[];

/* The socket, in a function that has it as its upvalue. */
struct mt_netlink *mt_lua_netlink(lua_State *L);

/*
 * Pushes the owner of a new object of libnl's, "route/link" for a struct rtnl_link, and returns it:
 * so it is freed where the reading of arguments raises. Only a lack of memory raises.
 */
void *mt_lua_netlink_new(lua_State *L, const char *type);

/* The index of a link; 0 where there is no name, or a negative errno. */
int mt_lua_netlink_index(const char *name);

/* The functions below read named arguments: see lua/table.h. */

/* The field `family`: 0, AF_INET or AF_INET6. */
int mt_lua_netlink_family(lua_State *L);

/*
 * Reads an address, or if `network` also an "address/length", into one that the caller puts; NULL
 * where the field is not there. 0 or a negative errno.
 */
struct nl_addr;
int mt_lua_netlink_ip(lua_State *L, const char *field, bool network, struct nl_addr **ip);

/* From 1 to `largest`; 1 where it is not given. */
int mt_lua_netlink_weight(lua_State *L, int largest);

/*
 * Calls `read` for each table in the list that is in the field `name`, MT_NETLINK_HOPS at most; it finds that table where
 * arguments are, at index 1. How many there were: 0 without such a field; or its negative errno.
 */
int mt_lua_netlink_each(lua_State *L, const char *name, int (*read)(lua_State *L, void *context),
                        void *context);

/* Sends what a builder of libnl's made, if its status says that it could. 0 or a negative errno. */
int mt_lua_netlink_send(lua_State *L, int built, struct nl_msg *message);

/* Each pushes what its caller returns: true; or nil and an error with the code "unsupported". */
int mt_lua_netlink_done(lua_State *L);
int mt_lua_netlink_unsupported(lua_State *L, const char *message);

/*
 * Returns what its caller does: a list of everything of one kind that the selector fits, the table
 * at index 1, or nil and an error. `what` is for the error.
 */
int mt_lua_netlink_list(lua_State *L, enum mt_netlink_kind kind, const char *what);

#endif
