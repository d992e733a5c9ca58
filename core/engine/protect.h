/* SPDX-License-Identifier: MIT */
/* Protected calls at the edge of a script: they turn what it raises into an error with a traceback. */
#ifndef MT_ENGINE_PROTECT_H
#define MT_ENGINE_PROTECT_H

#include <lua.h>

/* traceback(err = any) -> any: the message handler of such a call; gives an error its traceback, once. */
int mt_traceback(lua_State *L);

/* After a call with that handler: Lua does not call it for a lack of memory, so this does. */
void mt_traceback_oom(lua_State *L, int status);

/* try(fn, ...) -> true, ... | false, err. A whole C function: pcall() with both. */
int mt_try(lua_State *L);

#endif
