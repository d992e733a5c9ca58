/* SPDX-License-Identifier: MIT */
/* The Lua module core.schema: compiles the declaration of a message into a codec. */

#ifndef MT_WIRE_SCHEMA_H
#define MT_WIRE_SCHEMA_H

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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

/* A header in front of what a codec encodes, so that a whole message is made in one buffer. */
struct mt_schema_header {
    size_t size;
    /* Fills it in, once all of the message is there. */
    void (*fill)(const struct mt_schema_header *header, uint8_t *message, size_t length);
};

/*
 * The two methods for bindings that know what is around the body of a message. The codec is at
 * index 1, which is checked, and the values or anything at index 2; the rest of the stack is
 * dropped. They return as the methods do.
 */
int mt_schema_encode_behind(lua_State *L, const struct mt_schema_header *header);
int mt_schema_decode_body(lua_State *L, const void *body, size_t size, bool lenient);

#endif
