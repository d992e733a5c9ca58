/* SPDX-License-Identifier: MIT */
/* Fuzzes core.schema, structures and TLVs: what decodes must survive a round trip. */

#include <stdint.h>

#include "../unit/wire_codecs.h"

/* The first byte of the input chooses a codec, the rest is what it decodes. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static lua_State *open_codecs(lua_Integer *count)
{
    lua_State *L = wire_lua_open();

    wire_codecs_open(L);
    lua_settop(L, 0);
    lua_getglobal(L, "codecs");
    lua_getglobal(L, "check");
    *count = (lua_Integer)lua_rawlen(L, 1);
    return L;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static lua_State *L;
    static lua_Integer count;

    if (!L)
        L = open_codecs(&count);
    if (size == 0)
        return 0;
    lua_settop(L, 2);
    lua_pushvalue(L, 2);
    lua_rawgeti(L, 1, 1 + data[0] % count);
    lua_getfield(L, -1, "codec");
    lua_replace(L, -2);
    lua_pushlstring(L, (const char *)data + 1, size - 1);
    if (lua_pcall(L, 2, 0, 0) != LUA_OK) {
        fprintf(stderr, "%s\n", lua_tostring(L, -1));
        abort();
    }
    return 0;
}
