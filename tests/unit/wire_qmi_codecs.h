/* SPDX-License-Identifier: MIT */
/* The codecs of all of modules/qmi with samples, for the mutations and the fuzzers. */

#ifndef MT_TESTS_WIRE_QMI_CODECS_H
#define MT_TESTS_WIRE_QMI_CODECS_H

#include "wire_lua.h"

/*
 * Adds to the global `codecs`, a list of { codec =, bytes =, service =, id =, type = }: of every
 * request, response and indication one sample with as little in it as may be, one with a value in
 * every TLV that is declared and in one that is not, and of a response one that refuses (as Start
 * Network's does, with its reasons). Those in use all the time come last; the global `usual` says
 * how many these are.
 */
static const char wire_qmi_codecs_chunk[] =
    "local usual_messages = {\n"
    "  ['Start Network'] = true, ['Get Current Settings'] = true, ['Raw Read'] = true,\n"
    "  ['Get Profile Settings'] = true, ['Get Card Status'] = true, ['Card Status'] = true,\n"
    "  ['Get Serving System'] = true, ['Get System Info'] = true, ['System Info'] = true,\n"
    "  ['Get Signal Info'] = true, ['Signal Info'] = true, ['Network Scan'] = true,\n"
    "  ['Get Cell Location Info'] = true }\n"
    "local parts = { [0] = 'request', 'response', 'indication' }\n"
    "local values = {\n" /* two of each kind: nothing, and something */
    "  uint = { 0, 1 }, int = { 0, -1 }, float = { 0, 1.5 }, rest = { '', 'rest' },\n"
    "  ipv4 = { '0.0.0.0', '10.32.1.2' }, ipv6 = { '::', '2001:db8::2' } }\n"
    "local function fill_enum(numbers)\n"
    "  local most = 0\n"
    "  for _, number in pairs(numbers) do most = math.ult(most, number) and number or most end\n"
    "  return most\n"
    "end\n"
    "local function fill(t, full)\n"
    "  if t.kind == 'struct' then\n"
    "    local fields = {}\n"
    "    for _, field in ipairs(full and t.fields or {}) do\n"
    "      fields[field.name] = fill(field.type, full)\n"
    "    end\n"
    "    return fields\n"
    "  elseif t.kind == 'list' then\n"
    "    local list = {}\n"
    "    for i = 1, t.size or full and 2 or 0 do list[i] = fill(t.of, full) end\n"
    "    return list\n"
    "  elseif t.kind == 'string' or t.kind == 'bytes' then\n"
    "    return t.size and ('x'):rep(t.size) or full and 'word' or ''\n"
    "  elseif t.style == 'bool' then\n"
    "    return full\n"
    "  elseif t.style and full then\n"
    "    return fill_enum(t.values)\n"
    "  end\n"
    "  return assert(values[t.kind], t.kind)[full and 2 or 1]\n"
    "end\n"
    "local function fill_tlvs(fields, full, mandatory)\n"
    "  local filled = {}\n"
    "  for tag, field in pairs(fields) do\n"
    "    local wanted = tag < 0x10 and not field.type.optional\n"
    "    if wanted and mandatory or not wanted and full then\n"
    "      filled[field.name] = fill(field.type, full)\n"
    "    end\n"
    "  end\n"
    "  if full and not fields[0xfe] then filled.unknown = { [0xfe] = 'unknown' } end\n"
    "  return filled\n"
    "end\n"
    "local function add(message, kind, filled)\n"
    "  local codec = message[parts[kind]]\n"
    "  if kind == 1 then filled.result = filled.result or {} end\n"
    "  local bytes = assert(codec:encode(filled))\n"
    "  assert(not assert(codec:decode(bytes)).malformed)\n"
    "  codecs[#codecs + 1] = { codec = codec, bytes = bytes, service = message.service_id,\n"
    "    id = message.id, type = kind }\n"
    "end\n"
    "local function add_message(message)\n"
    "  for kind = 0, 2 do\n"
    "    local fields = message.declaration[parts[kind]]\n"
    "    if fields == true then fields = message.declaration.response end\n"
    "    fields = fields or {}\n"
    "    if message[parts[kind]] then\n"
    "      add(message, kind, fill_tlvs(fields, false, true))\n"
    "      add(message, kind, fill_tlvs(fields, true, true))\n"
    "    end\n"
    "    if kind == 1 and message.response then\n"
    "      local refusal = fill_tlvs(fields, true, false)\n"
    "      refusal.result = { status = 1, error = 14 }\n"
    "      add(message, kind, refusal)\n"
    "    end\n"
    "  end\n"
    "end\n"
    "codecs = codecs or {}\n"
    "local messages = require 'qmi.messages'\n"
    "for _, message in ipairs(messages) do\n"
    "  if not usual_messages[message.name] then add_message(message) end\n"
    "end\n"
    "local count = #codecs\n"
    "for _, message in ipairs(messages) do\n"
    "  if usual_messages[message.name] then add_message(message) end\n"
    "end\n"
    "usual = #codecs - count\n";

static inline void wire_qmi_codecs_open(lua_State *L)
{
    wire_lua_run(L, wire_qmi_codecs_chunk, 0);
}

#endif
