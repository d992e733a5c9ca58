/* SPDX-License-Identifier: MIT */
/* The Lua module core.schema: the codec object, and the errors that its parts share. */

#include "wire/schema.h"

#include <lauxlib.h>

#include "wire/schema_form.h"

#define CODEC "mt.schema.codec"

static const char metatable; /* its address is the metatable's key in the registry */

void mt_schema_path_push(lua_State *L, const struct mt_schema_path *path)
{
    luaL_Buffer text;

    luaL_buffinit(L, &text);
    luaL_addstring(&text, path->message);
    for (int i = 0; i < path->depth; i++) {
        const struct mt_schema_step *step = &path->steps[i];

        if (step->field) {
            luaL_addchar(&text, '.');
            luaL_addstring(&text, step->field);
        } else {
            lua_pushfstring(L, "[%I]", (LUAI_UACINT)step->element);
            luaL_addvalue(&text);
        }
    }
    luaL_pushresult(&text);
}

int mt_schema_fail(lua_State *L, const char *code, const struct mt_schema_path *path,
                   const char *reason)
{
    lua_pushnil(L);
    lua_createtable(L, 0, 3);
    lua_pushstring(L, code);
    lua_setfield(L, -2, "code");
    lua_pushliteral(L, "schema");
    lua_setfield(L, -2, "source");
    mt_schema_path_push(L, path);
    lua_pushfstring(L, "%s: %s", lua_tostring(L, -1), reason);
    lua_setfield(L, -3, "message");
    lua_pop(L, 1);
    if (luaL_getmetatable(L, "mt.error") == LUA_TTABLE)
        lua_setmetatable(L, -2);
    else
        lua_pop(L, 1);
    return 2;
}

/*
 * compile(name, record = table) -> codec: of a record. Raises for a mistake in it, and names the
 * field.
 */
static int l_compile(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TSTRING);
    luaL_checktype(L, 2, LUA_TTABLE);
    lua_settop(L, 2);
    mt_schema_compile(L, false, false, false);
    luaL_setmetatable(L, CODEC);
    return 1;
}

/*
 * compile_tlvs(name, record = table, is_response = boolean?, late = boolean?) -> codec: of QMI's
 * TLVs, by their types. In a response, TLV 2 is the result, and is looked at before others are
 * missed. Late: the type of a TLV is compiled when it is first met, and a mistake in it raises then:
 * a message declares some twenty, and five are met.
 */
static int l_compile_tlvs(lua_State *L)
{
    bool is_response = lua_toboolean(L, 3), late = lua_toboolean(L, 4);

    luaL_checktype(L, 1, LUA_TSTRING);
    luaL_checktype(L, 2, LUA_TTABLE);
    lua_settop(L, 2);
    mt_schema_compile(L, true, is_response, late);
    luaL_setmetatable(L, CODEC);
    return 1;
}

/* luaL_checkudata() finds the metatable by its name, which takes as long as a field of a message. */
static const struct mt_schema_codec *check_codec(lua_State *L)
{
    const struct mt_schema_codec *codec = lua_touserdata(L, 1);

    if (codec && lua_getmetatable(L, 1)) {
        lua_rawgetp(L, LUA_REGISTRYINDEX, &metatable);
        if (lua_rawequal(L, -1, -2)) {
            lua_pop(L, 2);
            return codec;
        }
    }
    return luaL_checkudata(L, 1, CODEC);
}

static int encode(lua_State *L, const struct mt_schema_codec *codec,
                  const struct mt_schema_header *header)
{
    if (!lua_isnil(L, 2))
        luaL_checktype(L, 2, LUA_TTABLE);
    return mt_schema_encode(L, codec, header);
}

/* codec:encode(value = table?) -> bytes | nil, err */
static int l_encode(lua_State *L)
{
    lua_settop(L, 2);
    return encode(L, check_codec(L), NULL);
}

int mt_schema_encode_behind(lua_State *L, const struct mt_schema_header *header)
{
    lua_settop(L, 2);
    return encode(L, check_codec(L), header);
}

/*
 * codec:decode(bytes, lenient = boolean?) -> table | nil, err. Lenient: an incomplete message is
 * read as far as it goes.
 */
static int l_decode(lua_State *L)
{
    const struct mt_schema_codec *codec;
    bool lenient = lua_toboolean(L, 3);
    const char *bytes;
    size_t size;

    lua_settop(L, 2);
    codec = check_codec(L);
    luaL_checktype(L, 2, LUA_TSTRING);
    bytes = lua_tolstring(L, 2, &size);
    return mt_schema_decode(L, codec, mt_reader(bytes, size), lenient);
}

int mt_schema_decode_body(lua_State *L, const void *body, size_t size, bool lenient)
{
    const struct mt_schema_codec *codec;

    lua_settop(L, 2);
    codec = check_codec(L);
    return mt_schema_decode(L, codec, mt_reader(body, size), lenient);
}

static int l_tostring(lua_State *L)
{
    const struct mt_schema_codec *codec = luaL_checkudata(L, 1, CODEC);

    lua_pushstring(L, codec->name);
    return 1;
}

int mt_schema_open(lua_State *L)
{
    static const luaL_Reg methods[] = {
        { "encode", l_encode },
        { "decode", l_decode },
        { NULL, NULL },
    };
    static const luaL_Reg module[] = {
        { "compile", l_compile },
        { "compile_tlvs", l_compile_tlvs },
        { NULL, NULL },
    };

    if (luaL_newmetatable(L, CODEC)) {
        lua_pushcfunction(L, l_tostring);
        lua_setfield(L, -2, "__tostring");
        luaL_newlib(L, methods);
        lua_setfield(L, -2, "__index");
        lua_pushvalue(L, -1);
        lua_rawsetp(L, LUA_REGISTRYINDEX, &metatable);
    }
    lua_pop(L, 1);
    luaL_newlib(L, module);
    return 1;
}
