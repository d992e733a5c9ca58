/* SPDX-License-Identifier: MIT */
/* core.inet: internet checksums, for scripts that build packets; and what is an address. */
#include <lauxlib.h>

#include "host/address.h"
#include "lua/modules.h"
#include "wire/inet.h"

/* checksum(...) -> integer: RFC 1071 over the strings, as if they were one. */
static int l_checksum(lua_State *L)
{
    struct mt_inet_sum sum = { 0 };
    for (int i = 1; i <= lua_gettop(L); i++) {
        size_t length;
        const char *part = luaL_checklstring(L, i, &length);
        mt_inet_add(&sum, part, length);
    }
    lua_pushinteger(L, mt_inet_checksum(&sum));
    return 1;
}

/* family(text) -> "ipv4" | "ipv6" | nil: nil when it is no numeric address. */
static int l_family(lua_State *L)
{
    union mt_address address;
    if (mt_address_parse(luaL_checkstring(L, 1), 0, NULL, &address) < 0)
        return 0;
    lua_pushstring(L, address.any.sa_family == AF_INET6 ? "ipv6" : "ipv4");
    return 1;
}

int mt_lua_inet_open(lua_State *L)
{
    lua_createtable(L, 0, 2);
    lua_pushcfunction(L, l_checksum);
    lua_setfield(L, -2, "checksum");
    lua_pushcfunction(L, l_family);
    lua_setfield(L, -2, "family");
    return 1;
}
