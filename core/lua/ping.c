/* SPDX-License-Identifier: MIT */
/* core.ping: one echo request, waited for. */
#include "host/ping.h"

#include <errno.h>
#include <lauxlib.h>

#include "engine/error.h"
#include "engine/task.h"
#include "lua/modules.h"

struct echo_op {
    struct mt_op base;
    struct mt_ping *ping;
    const char *address;
    struct mt_ping_result result;
};

static void on_done(void *context, const struct mt_ping_result *result)
{
    struct echo_op *op = context;
    op->ping = NULL;
    op->result = *result;
    mt_op_done(&op->base);
}

static void echo_cancel(struct mt_op *base)
{
    struct echo_op *op = (struct echo_op *)base;
    if (op->ping)
        mt_ping_cancel(op->ping);
    op->ping = NULL;
}

static int echo_finish(lua_State *L, struct mt_op *base)
{
    struct echo_op *op = (struct echo_op *)base;
    const struct mt_ping_result *result = &op->result;
    if (result->status == 0) {
        lua_pushnumber(L, result->seconds);
        return 1;
    }
    mt_error_errno(L, result->status, "ping", "%s", op->address);
    if (result->from[0]) {
        lua_getfield(L, -1, "detail");
        lua_pushstring(L, result->from);
        lua_setfield(L, -2, "from");
        lua_pushinteger(L, result->icmp_type);
        lua_setfield(L, -2, "icmp_type");
        lua_pushinteger(L, result->icmp_code);
        lua_setfield(L, -2, "icmp_code");
        lua_pop(L, 1);
    }
    return 2;
}

static const struct mt_op_class echo_class = { echo_cancel, echo_finish, NULL };

/*
 * echo { address=, link?, timeout = 5, size = 56 } waits -> seconds | nil, err. The codes to
 * expect are "timeout" and "unreachable"; for the latter, detail.from is the host that said so.
 */
static int l_echo(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    lua_getfield(L, 1, "address");
    lua_getfield(L, 1, "link");
    lua_getfield(L, 1, "timeout");
    lua_getfield(L, 1, "size");
    const char *address = luaL_checkstring(L, 2);
    const char *link = luaL_optstring(L, 3, NULL);
    lua_Number timeout = luaL_optnumber(L, 4, 5);
    lua_Integer size = luaL_optinteger(L, 5, 56);
    if (size < MT_PING_MIN_SIZE || size > MT_PING_MAX_SIZE)
        return luaL_error(L, "size: %d to %d bytes", MT_PING_MIN_SIZE, MT_PING_MAX_SIZE);

    struct echo_op *op = mt_op_new(L, sizeof(*op), &echo_class);
    op->address = address;
    int status = mt_ping_start(mt_loop(L), address, link, (size_t)size, timeout, on_done, op,
                               &op->ping);
    if (status < 0)
        return mt_error_errno(L, status, "ping", "%s", address);
    return mt_op_wait(L, &op->base);
}

int mt_lua_ping_open(lua_State *L)
{
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, l_echo);
    lua_setfield(L, -2, "echo");
    return 1;
}
