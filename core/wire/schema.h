/* SPDX-License-Identifier: MIT */
/* The Lua module core.schema: compiles the declaration of a message into a codec. */

#ifndef MT_WIRE_SCHEMA_H
#define MT_WIRE_SCHEMA_H

#include <lua.h>

/*
 * Pushes the module: { compile = function(name, fields) -> codec, for a structure;
 * compile_tlvs = function(name, tags, is_response) -> codec, for a message of TLVs }. A codec is an
 * immutable userdata with
 *     codec:encode(values) -> bytes | nil, err
 *     codec:decode(bytes, lenient?) -> values | nil, err
 *     tostring(codec)      -> its name
 * compile raises for a mistake in a declaration, encode for a key or a type that the declaration
 * does not have; bytes and values that are merely wrong come back as nil and an error. A lenient
 * decoding leaves out what should be there and is not, as in the answers of real modems. The
 * metatable registered as "mt.error", if there is one, is set on errors.
 */
int mt_schema_open(lua_State *L);

#endif
