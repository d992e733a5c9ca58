/* SPDX-License-Identifier: MIT */
/* An exchange as Lua has it: requests in direct style, and a queue of indications. */
#ifndef MT_LUA_EXCHANGE_H
#define MT_LUA_EXCHANGE_H

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "host/exchange.h"

/* What the binding of a protocol lends its exchanges. */
struct mt_lua_protocol {
    const char *name; /* the source of errors: "mbim" */
    const struct mt_protocol *host;
    /*
     * Makes bytes of the message table at `index`, in a userdata that it leaves on the stack, and
     * returns how many. Raises for a table that is no message.
     */
    size_t (*build)(lua_State *L, int index, uint8_t **bytes);
    /* Are these bytes one whole message, and nothing else? */
    bool (*is_message)(const void *bytes, size_t length);
    /* Pushes such a table, or the bytes; the message is a view, or a copy of one. */
    void (*push)(lua_State *L, const void *message);
    void (*push_bytes)(lua_State *L, const void *message);
    /* The size of a copy of the message that a view shows, and how it is copied. */
    size_t (*size)(const void *view);
    void (*copy)(void *to, const void *view);
};

/*
 * Pushes an exchange over the port at `port`, which is the exchange's from now on, with the window
 * at `window` (out of range, it raises), and returns 1; or pushes nil and an error and returns 2.
 * Its methods:
 *
 *     request(message, seconds) waits -> answer | nil, err; it is numbered here; both are tables, or
 *         both are bytes
 *     indication() waits -> message | nil, err once the port is gone; { type = "overrun", lost = }
 *         where that number of messages was dropped, because they were not read in time
 *     fail_after_reset(): see mt_exchange_fail_after_reset(); requests that stay unanswered fail as
 *         "modem-failed"
 *     set_wakeup(message): see mt_exchange_set_wakeup()
 *     received() -> integer: transfers that have come, each fragment by itself
 *     tap() -> tap | nil, err: sees every transfer (lua/tap.h)
 *     close()
 */
int mt_lua_exchange_new(lua_State *L, const struct mt_lua_protocol *protocol, int port, int window,
                        size_t max_transfer);

/* Makes the metatables; a binding with exchanges calls this when it is opened. */
void mt_lua_exchange_register(lua_State *L);

#endif
