/* SPDX-License-Identifier: MIT */
/* core.probe: one TCP connection begun or one DNS query, waited for. */
#include "host/probe.h"

#include <lauxlib.h>
#include <string.h>

#include "engine/error.h"
#include "engine/task.h"
#include "lua/modules.h"
#include "wire/ip_text.h"

struct probe_op {
    struct mt_op base;
    struct mt_probe *probe;
    struct mt_probe_target target;
    struct mt_probe_result result;
};

static void on_done(void *context, const struct mt_probe_result *result)
{
    struct probe_op *op = context;
    op->probe = NULL;
    op->result = *result;
    mt_op_done(&op->base);
}

static void probe_cancel(struct mt_op *base)
{
    struct probe_op *op = (struct probe_op *)base;
    if (op->probe)
        mt_probe_cancel(op->probe);
    op->probe = NULL;
}

static int fail(lua_State *L, int status, const struct mt_probe_target *target)
{
    return mt_error_errno(L, status, "probe", "%s to %s port %d",
                          target->kind == MT_PROBE_TCP ? "TCP" : "DNS query", target->address,
                          (int)target->port);
}

static int push_addresses(lua_State *L, const struct probe_op *op)
{
    char text[MT_IP_TEXT_SIZE];
    if (op->target.type != MT_DNS_AAAA)
        return 0;
    lua_createtable(L, (int)op->result.count, 0);
    for (size_t i = 0; i < op->result.count; i++) {
        lua_pushlstring(L, text, mt_ip_format6(op->result.addresses[i], text));
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 1;
}

static int probe_finish(lua_State *L, struct mt_op *base)
{
    struct probe_op *op = (struct probe_op *)base;
    if (op->result.status < 0)
        return fail(L, op->result.status, &op->target);
    lua_pushnumber(L, op->result.seconds);
    if (op->target.kind == MT_PROBE_DNS)
        return 1 + push_addresses(L, op);
    lua_pushstring(L, op->result.refused ? "refused" : "connected");
    if (!op->target.say)
        return 2;
    lua_pushlstring(L, op->result.heard, op->result.heard_size);
    return 3;
}

static const struct mt_op_class probe_class = { probe_cancel, probe_finish, NULL };

/* The strings stay on the stack below the op, which lives no longer. */
static int run(lua_State *L, enum mt_probe_kind kind)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    lua_getfield(L, 1, "address");
    lua_getfield(L, 1, "port");
    lua_getfield(L, 1, "link");
    lua_getfield(L, 1, "timeout");
    lua_getfield(L, 1, "name");
    lua_getfield(L, 1, "aaaa");
    lua_getfield(L, 1, "say");
    lua_getfield(L, 1, "ending");
    lua_Integer port = kind == MT_PROBE_TCP ? luaL_checkinteger(L, 3) : luaL_optinteger(L, 3, 53);
    struct mt_probe_target target = {
        .kind = kind,
        .address = luaL_checkstring(L, 2),
        .port = (uint16_t)port,
        .link = luaL_optstring(L, 4, NULL),
        .name = luaL_optstring(L, 6, ""),
        .say = luaL_optstring(L, 8, NULL),
        .ending = luaL_optstring(L, 9, NULL),
    };
    bool is_root = strcmp(target.name, "") == 0 || strcmp(target.name, ".") == 0;
    target.type = lua_toboolean(L, 7) ? MT_DNS_AAAA : is_root ? MT_DNS_NS : MT_DNS_A;
    lua_Number timeout = luaL_optnumber(L, 5, 5);
    if (port < 1 || port > UINT16_MAX)
        return luaL_error(L, "port: 1 to %d", UINT16_MAX);

    struct probe_op *op = mt_op_new(L, sizeof(*op), &probe_class);
    op->target = target;
    int status = mt_probe_start(mt_loop(L), &target, timeout, on_done, op, &op->probe);
    return status < 0 ? fail(L, status, &target) : mt_op_wait(L, &op->base);
}

/*
 * tcp { address=, port = integer, link?, timeout = 5, say = string?, ending = string? } waits ->
 * seconds, answer, string? | nil, err. The answer is "connected" or "refused", which says as well
 * that there is a way to the host, and back. With `say`, that is sent, and what comes back in time
 * is returned, at most 4096 bytes: until `ending` has come, or only the first bytes without it.
 */
static int l_tcp(lua_State *L)
{
    return run(L, MT_PROBE_TCP);
}

/*
 * dns { address=, port = 53, name = "", link?, timeout = 5, aaaa = boolean? } waits -> seconds,
 * list of string? | nil, err. Any answer of that server counts, "no such name" as well.
 * The root, "", is asked for its servers, any other name for its IPv4 addresses; with `aaaa`, for
 * its IPv6 addresses, which are returned.
 */
static int l_dns(lua_State *L)
{
    return run(L, MT_PROBE_DNS);
}

int mt_lua_probe_open(lua_State *L)
{
    lua_createtable(L, 0, 2);
    lua_pushcfunction(L, l_tcp);
    lua_setfield(L, -2, "tcp");
    lua_pushcfunction(L, l_dns);
    lua_setfield(L, -2, "dns");
    return 1;
}
