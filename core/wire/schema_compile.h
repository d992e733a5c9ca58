/* SPDX-License-Identifier: MIT */
/* A compilation under way, for the files that compile a declaration. */

#ifndef MT_WIRE_SCHEMA_COMPILE_H
#define MT_WIRE_SCHEMA_COMPILE_H

#include "wire/schema_form.h"

/* Functions here work on the table at the top of the stack; all may raise. */
struct mt_schema_compiler {
    lua_State *L;
    struct mt_schema_path path;
    int nesting;
    int kept;  /* how many values are in the pool */
    bool late; /* the types of TLVs are compiled when they are first met */
};

/* schema_compile.c. Raises "Connect.session: " and the reason; pushed: the one on the stack. */
int mt_schema_refuse(struct mt_schema_compiler *c, const char *reason);
int mt_schema_refuse_pushed(struct mt_schema_compiler *c);

/* Pops a value and keeps it as long as the codec lives; returns its index in the pool. */
int mt_schema_keep(struct mt_schema_compiler *c);

/* Zeroed memory that lives as long as the codec. */
void *mt_schema_keep_memory(struct mt_schema_compiler *c, size_t size);

/* Has the table this key? */
bool mt_schema_has(struct mt_schema_compiler *c, const char *key);

/* A list of fields. */
struct mt_schema_record *mt_schema_compile_record(struct mt_schema_compiler *c);

/* schema_types.c. A type. */
void mt_schema_compile_type(struct mt_schema_compiler *c, struct mt_schema_type *type);

#endif
