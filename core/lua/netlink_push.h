/* SPDX-License-Identifier: MIT */
/* Links, addresses and routing, as the kernel reported them, as Lua tables. */
#ifndef MT_LUA_NETLINK_PUSH_H
#define MT_LUA_NETLINK_PUSH_H

#include <lua.h>

#include "host/netlink.h"

/* IFA_PROTO, of Linux 5.18; older kernels ignore it, older headers and Debian 12's libnl lack it. */
enum { MT_IFA_PROTO = 11 };

/* Pushes a table with the fields that core.netlink documents; only a lack of memory raises. */
void mt_lua_netlink_push(lua_State *L, const struct mt_netlink_item *item);

#endif
