/* SPDX-License-Identifier: MIT */
/* Trials of core.schema, each a line: a declaration, and what it must make of values or bytes. */

#ifndef MT_TESTS_WIRE_TRIALS_H
#define MT_TESTS_WIRE_TRIALS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "wire_lua.h"

static lua_State *L;

/*
 * Declarations and values are written in Lua, with the notation of modules/schema/init.lua as globals;
 * bytes are written in hexadecimal, where dots and spaces are for the reader.
 */
static const char wire_trials_chunk[] =
    "local schema = require 'schema'\n"
    "setmetatable(_G, { __index = schema })\n"
    "local function bin(hex) return (hex:gsub('[ .]', ''):gsub('..', function(b)\n"
    "  return string.char(tonumber(b, 16)) end)) end\n"
    "local function hex(bytes) return (bytes:gsub('.', function(c)\n"
    "  return ('%02x'):format(c:byte()) end)) end\n"
    "local env = setmetatable({ string = schema.string }, { __index = _G })\n"
    "local function evaluate(text)\n"
    "  return assert(load('return ' .. text, text, 't', env))()\n"
    "end\n"
    "declare = compile\n"
    "local function codec(fields) return declare('M', evaluate(fields)) end\n"
    "function encodes(fields, values, bytes)\n"
    "  local got = assert(codec(fields):encode(evaluate(values)))\n"
    "  assert(got == bin(bytes), fields .. ': ' .. hex(got))\n"
    "end\n"
    "function decodes(fields, bytes, values)\n"
    "  local got = assert(codec(fields):decode(bin(bytes)))\n"
    "  assert(same(got, evaluate(values)), fields .. ': other values')\n"
    "end\n"
    "local function refused(err, code, message)\n"
    "  assert(err.code == code and err.source == 'schema')\n"
    "  assert(err.message == message, err.message)\n"
    "end\n"
    "function tolerates(fields, bytes, values)\n"
    "  local got = assert(codec(fields):decode(bin(bytes), true))\n"
    "  assert(same(got, evaluate(values)), fields .. ': other values')\n"
    "end\n"
    "function intolerable(fields, bytes, message)\n"
    "  local values, err = codec(fields):decode(bin(bytes), true)\n"
    "  assert(values == nil, fields .. ': decoded')\n"
    "  refused(err, 'malformed', message)\n"
    "end\n"
    "function malformed(fields, bytes, message)\n"
    "  local values, err = codec(fields):decode(bin(bytes))\n"
    "  assert(values == nil, fields .. ': decoded')\n"
    "  refused(err, 'malformed', message)\n"
    "end\n"
    "function invalid(fields, values, message)\n"
    "  local bytes, err = codec(fields):encode(evaluate(values))\n"
    "  assert(bytes == nil, fields .. ': encoded')\n"
    "  refused(err, 'invalid', message)\n"
    "end\n"
    "local function raises(message, f, ...)\n"
    "  local ok, err = pcall(f, ...)\n"
    "  assert(not ok, message)\n"
    "  assert(err == message, err)\n"
    "end\n"
    "function mistaken(fields, values, message)\n"
    "  local c = codec(fields)\n"
    "  raises(message, c.encode, c, evaluate(values))\n"
    "end\n"
    "function refuses(fields, message) raises(message, declare, 'M', evaluate(fields)) end\n"
    "function cut(fields, values)\n"
    "  local c = codec(fields)\n"
    "  local bytes = assert(c:encode(evaluate(values)))\n"
    "  for size = 0, #bytes do check(c, bytes:sub(1, size)) end\n"
    "  return c, bytes\n"
    "end\n"
    "function cut_struct(fields, values)\n"
    "  local c, bytes = cut(fields, values)\n"
    "  assert(same(c:decode(bytes .. 'trailing'), assert(c:decode(bytes))))\n"
    "  assert(not c:decode(bytes:sub(1, -5)))\n"
    "end\n";

struct trial {
    const char *fields, *from, *to;
};

/* Calls a function of the chunk with the strings of a trial. */
static inline void apply(const char *function, const char *a, const char *b, const char *c)
{
    lua_getglobal(L, function);
    lua_pushstring(L, a);
    lua_pushstring(L, b);
    lua_pushstring(L, c);
    if (lua_pcall(L, 3, 0, 0) != LUA_OK)
        fail_msg("%s %s: %s", function, a, lua_tostring(L, -1));
}

static inline void try(const char *function, const struct trial *trials)
{
    for (; trials->fields; trials++)
        apply(function, trials->fields, trials->from, trials->to);
}

static inline int set_up(void **state)
{
    (void)state;
    L = wire_lua_open();
    wire_lua_run(L, wire_trials_chunk, 0);
    return 0;
}

static inline int tear_down(void **state)
{
    (void)state;
    lua_close(L);
    return 0;
}

#endif
