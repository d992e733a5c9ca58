/* SPDX-License-Identifier: MIT */
/* core.inet: internet checksums, for scripts that build packets. */
#include <lauxlib.h>

#include "lua/modules.h"
#include "wire/inet.h"

/* checksum(part, ...) -> integer: RFC 1071 over the parts, as if they were one string */
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

int mt_lua_inet_open(lua_State *L)
{
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, l_checksum);
    lua_setfield(L, -2, "checksum");
    return 1;
}
