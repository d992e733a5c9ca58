/* SPDX-License-Identifier: MIT */
/* A tap: an object that has the transfers of an exchange. */
#ifndef MT_LUA_TAP_H
#define MT_LUA_TAP_H

#include <lua.h>

struct mt_exchange;

/*
 * Pushes a tap of the exchange and returns 1, or pushes nil and an error and returns 2. Its methods
 * are next(), transfers() and close(), its field `dropped` counts transfers that were not taken in
 * time; one that is collected closes itself. `source` is that of its errors. With `last`, it keeps
 * the newest transfers, of this many bytes at most; with 0, those that wait to be taken.
 */
int mt_lua_tap_new(lua_State *L, struct mt_exchange *exchange, const char *source, size_t last);

/* Makes the metatable. */
void mt_lua_tap_register(lua_State *L);

#endif
