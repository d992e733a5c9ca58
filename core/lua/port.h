/* SPDX-License-Identifier: MIT */
/* How another binding takes over a port that Lua opened. */
#ifndef MT_LUA_PORT_H
#define MT_LUA_PORT_H

#include <lua.h>

struct mt_port;

/* The port at `index`, now the caller's to close. Raises unless it is open and no task reads it. */
struct mt_port *mt_lua_port_take(lua_State *L, int index);

#endif
