/* SPDX-License-Identifier: MIT */
/* Fuzzes core.schema, structures and TLVs: what decodes must survive a round trip. */

#include <stdint.h>

#include "../unit/wire_codecs.h"
#include "../unit/wire_qmi_codecs.h"
#include "wire/bytes.h"

/* The first two bytes of the input choose a codec, the rest is what it decodes. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static lua_State *open_codecs(lua_Integer *count)
{
    lua_State *L = wire_lua_open();

    wire_codecs_open(L);
    wire_qmi_codecs_open(L);
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
    struct mt_reader input = mt_reader(data, size);
    uint16_t choice;

    if (!L)
        L = open_codecs(&count);
    if (!mt_take_le16(&input, &choice))
        return 0;
    lua_settop(L, 2);
    lua_pushvalue(L, 2);
    lua_rawgeti(L, 1, 1 + choice % count);
    lua_getfield(L, -1, "codec");
    lua_replace(L, -2);
    lua_pushlstring(L, (const char *)input.at, input.left);
    if (lua_pcall(L, 2, 0, 0) != LUA_OK) {
        fprintf(stderr, "%s\n", lua_tostring(L, -1));
        abort();
    }
    return 0;
}
