/* SPDX-License-Identifier: MIT */
/* core.mqtt: a connection to an MQTT broker, which publishes. */
#include "host/mqtt.h"

#include <errno.h>
#include <lauxlib.h>

#include "engine/error.h"
#include "engine/task.h"
#include "host/library.h"
#include "lua/modules.h"
#include "lua/table.h"

struct client {
    struct mt_mqtt *mqtt; /* NULL once closed */
    struct wait_op *publishing, *losing, *connecting;
};

/* The client is in the op's `client`, and at stack index 1 below the op or just below it. */
struct wait_op {
    struct mt_op base;
    struct client *client;
    struct wait_op **place; /* where the client knows it */
    bool is_lost;
};

static struct client *check_client(lua_State *L)
{
    return luaL_checkudata(L, 1, "mt.mqtt_client");
}

static int push_gone(lua_State *L, struct client *client)
{
    lua_pushnil(L);
    mt_error_push(L, "gone", "mqtt", "the broker: %s",
                  client->mqtt ? mt_mqtt_problem(client->mqtt) : "the connection was closed");
    return 2;
}

static void finish(struct wait_op **place, bool is_lost)
{
    struct wait_op *op = *place;
    *place = NULL;
    if (!op)
        return;
    op->is_lost = is_lost;
    mt_op_done(&op->base);
}

static void on_connected(void *context)
{
    finish(&((struct client *)context)->connecting, false);
}

static void on_published(void *context)
{
    finish(&((struct client *)context)->publishing, false);
}

static void on_ended(void *context)
{
    struct client *client = context;
    finish(&client->connecting, true);
    finish(&client->publishing, true);
    finish(&client->losing, true);
}

static void wait_cancel(struct mt_op *base)
{
    struct wait_op *op = (struct wait_op *)base;
    if (*op->place == op)
        *op->place = NULL;
}

static struct wait_op *new_wait(lua_State *L, struct client *client, struct wait_op **place,
                                const struct mt_op_class *class)
{
    if (*place)
        luaL_error(L, "another task waits for this already");
    struct wait_op *op = mt_op_new(L, sizeof(*op), class);
    op->client = client;
    op->place = place;
    *place = op;
    return op;
}

static int close_client(struct client *client)
{
    if (client->mqtt)
        mt_mqtt_close(client->mqtt);
    client->mqtt = NULL;
    on_ended(client);
    return 0;
}

/* ---- connecting ---- */

static void connect_cancel(struct mt_op *base)
{
    wait_cancel(base);
    close_client(((struct wait_op *)base)->client);
}

/* The client is at stack index 2, below the op. */
static int connect_finish(lua_State *L, struct mt_op *base)
{
    struct wait_op *op = (struct wait_op *)base;
    if (op->is_lost) {
        int count = push_gone(L, op->client);
        close_client(op->client);
        return count;
    }
    lua_pushvalue(L, 2);
    return 1;
}

static const struct mt_op_class connect_class = { connect_cancel, connect_finish, NULL };

static int fail_to_open(lua_State *L, int status)
{
    if (status != -ELIBACC && status != -ELIBBAD && status != -EKEYREJECTED)
        return mt_error_errno(L, status, "mqtt", "connect");
    lua_pushnil(L);
    if (status == -EKEYREJECTED)
        mt_error_push(L, "invalid", "mqtt", "the file of certificates cannot be read");
    else
        mt_error_push(L, "not-found", "mqtt", "%s", mt_library_mistake());
    return 2;
}

/*
 * connect { host = string, port = integer?, user = string?, password = string?, ca = string?,
 * will_topic = string?, will = string? } waits -> client | nil, err. `ca`: a file of certificates,
 * for TLS; `will` is what the broker publishes, retained, when we are gone without a word.
 */
static int l_connect(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    struct mt_mqtt_options options = {
        .host = mt_argument_need(L, "host"),
        .port = (int)mt_argument_integer(L, "port", UINT16_MAX, 1883),
        .user = mt_argument_string(L, "user", NULL),
        .password = mt_argument_string(L, "password", NULL),
        .ca = mt_argument_string(L, "ca", NULL),
        .will_topic = mt_argument_string(L, "will_topic", NULL),
        .will = mt_argument_string(L, "will", ""),
        .on_connected = on_connected,
        .on_published = on_published,
        .on_ended = on_ended,
    };
    lua_settop(L, 1);
    struct client *client = lua_newuserdatauv(L, sizeof(*client), 0);
    *client = (struct client){ 0 };
    luaL_setmetatable(L, "mt.mqtt_client");
    options.context = client;
    struct wait_op *op = new_wait(L, client, &client->connecting, &connect_class);
    int status = mt_mqtt_open(mt_loop(L), &options, &client->mqtt);
    if (status < 0) {
        client->connecting = NULL;
        return fail_to_open(L, status);
    }
    return mt_op_wait(L, &op->base);
}

/* ---- connected ---- */

static int publish_finish(lua_State *L, struct mt_op *base)
{
    struct wait_op *op = (struct wait_op *)base;
    if (op->is_lost)
        return push_gone(L, op->client);
    lua_pushboolean(L, 1);
    return 1;
}

static const struct mt_op_class publish_class = { wait_cancel, publish_finish, NULL };

/*
 * client:publish(topic = string, payload = string, retain = boolean?) waits -> true | nil, err. True
 * once the broker has it (QoS 1); one at a time.
 */
static int l_publish(lua_State *L)
{
    struct client *client = check_client(L);
    size_t length;
    const char *topic = luaL_checkstring(L, 2), *payload = luaL_checklstring(L, 3, &length);
    bool is_retained = lua_toboolean(L, 4);
    if (!client->mqtt)
        return push_gone(L, client);
    struct wait_op *op = new_wait(L, client, &client->publishing, &publish_class);
    int status = mt_mqtt_publish(client->mqtt, topic, payload, length, is_retained);
    if (status < 0) {
        client->publishing = NULL;
        if (status == -EPIPE)
            return push_gone(L, client);
        return mt_error_errno(L, status, "mqtt", "publish %s", topic);
    }
    return mt_op_wait(L, &op->base);
}

static int lose_finish(lua_State *L, struct mt_op *base)
{
    return push_gone(L, ((struct wait_op *)base)->client);
}

static const struct mt_op_class lose_class = { wait_cancel, lose_finish, NULL };

/* client:wait_lost() waits -> nil, err: why, once the connection is lost. */
static int l_wait_lost(lua_State *L)
{
    struct client *client = check_client(L);
    if (!client->mqtt || mt_mqtt_problem(client->mqtt)[0])
        return push_gone(L, client);
    struct wait_op *op = new_wait(L, client, &client->losing, &lose_class);
    return mt_op_wait(L, &op->base);
}

/* client:close(): takes leave, so that the broker does not publish the will. */
static int l_close(lua_State *L)
{
    return close_client(check_client(L));
}

static const luaL_Reg methods[] = {
    { "close", l_close },   { "publish", l_publish }, { "wait_lost", l_wait_lost },
    { "__close", l_close }, { "__gc", l_close },      { NULL, NULL },
};

int mt_lua_mqtt_open(lua_State *L)
{
    mt_class_new(L, "mt.mqtt_client", methods);
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, l_connect);
    lua_setfield(L, -2, "connect");
    return 1;
}
