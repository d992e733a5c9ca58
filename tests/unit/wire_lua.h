/* SPDX-License-Identifier: MIT */
/* A plain Lua state with core.schema and the modules, for the tests and fuzzers of core/wire. */

#ifndef MT_TESTS_WIRE_LUA_H
#define MT_TESTS_WIRE_LUA_H

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <stdio.h>
#include <stdlib.h>

#include "wire/schema.h"

/*
 * The globals of that state. same(a, b) compares values; NaN is the same as NaN. check(codec,
 * bytes) says whether the bytes decode, and fails unless they are refused in the proper form, or
 * survive another round trip.
 */
static const char wire_lua_prelude[] =
    "function same(a, b)\n"
    "  if type(a) ~= 'table' or type(b) ~= 'table' then\n"
    "    return a == b or a ~= a and b ~= b\n"
    "  end\n"
    "  for k, v in pairs(a) do if not same(v, b[k]) then return false end end\n"
    "  for k in pairs(b) do if a[k] == nil then return false end end\n"
    "  return true\n"
    "end\n"
    "function check(codec, bytes)\n"
    "  local lenient = codec:decode(bytes, true)\n"
    "  local values, err = codec:decode(bytes)\n"
    "  assert(lenient or not values)\n"
    "  if not values then\n"
    "    assert(err.code == 'malformed' and err.source == 'schema')\n"
    "    assert(err.message:find(tostring(codec), 1, true) == 1, err.message)\n"
    "    return false\n"
    "  end\n"
    "  local again, invalid = codec:encode(values)\n"
    "  if not again then\n"
    "    assert(invalid.message:find 'the message is longer', invalid.message)\n"
    "    return true\n"
    "  end\n"
    "  local twice = assert(codec:decode(again))\n"
    "  assert(same(values, twice), 'the values changed')\n"
    "  assert(#again == #assert(codec:encode(twice)), 'the length changed')\n"
    "  return true\n"
    "end\n";

/*
 * Makers' files say which modules declare messages of theirs. modules/maker.lua finds them with
 * core.fs, which is not here: this stands in for it.
 */
static const char wire_lua_makers[] =
    "package.preload.maker = function()\n"
    "  local maker = setmetatable({}, { __call = function(_, made) return made end })\n"
    "  local files = assert(io.popen('ls " MT_MODULES_DIR "/makers')):read 'a'\n"
    "  function maker.each(key)\n"
    "    return coroutine.wrap(function()\n"
    "      for name in files:gsub('README.md\\n', ''):gsub('%.lua', ''):gmatch '%S+' do\n"
    "        local value = require('makers.' .. name)[key]\n"
    "        if value then coroutine.yield(value) end\n"
    "      end\n"
    "    end)\n"
    "  end\n"
    "  return maker\n"
    "end\n";

/* Runs a chunk that leaves so many results, or ends the program with its message. */
static inline void wire_lua_run(lua_State *L, const char *chunk, int results)
{
    if (luaL_loadstring(L, chunk) != LUA_OK || lua_pcall(L, 0, results, 0) != LUA_OK) {
        fprintf(stderr, "%s\n", lua_tostring(L, -1));
        abort();
    }
}

static inline lua_State *wire_lua_open(void)
{
    lua_State *L = luaL_newstate();

    if (!L)
        abort();
    luaL_openlibs(L);
    luaL_requiref(L, "core.schema", mt_schema_open, 0);
    lua_pop(L, 1);
    wire_lua_run(L, "package.path = '" MT_MODULES_DIR "/?.lua;" MT_MODULES_DIR "/?/init.lua'", 0);
    wire_lua_run(L, wire_lua_prelude, 0);
    wire_lua_run(L, wire_lua_makers, 0);
    return L;
}

#endif
