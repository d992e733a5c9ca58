/* SPDX-License-Identifier: MIT */
/* core.http: a server whose requests are taken one at a time. */
#include "host/http.h"

#include <errno.h>
#include <lauxlib.h>

#include "engine/error.h"
#include "engine/task.h"
#include "host/library.h"
#include "lua/modules.h"
#include "lua/table.h"
#include "wire/ip_text.h"

struct server {
    struct mt_http *http; /* NULL once closed */
    struct next_op *waiting;
};

/* The server is at stack index 1 of the waiting function, below its op. */
struct next_op {
    struct mt_op base;
    struct server *server;
};

/* ---- the server ---- */

static struct server *check_server(lua_State *L)
{
    return luaL_checkudata(L, 1, "mt.http_server");
}

static void on_request(void *context)
{
    struct server *server = context;
    struct next_op *op = server->waiting;
    server->waiting = NULL;
    if (op)
        mt_op_done(&op->base);
}

static void next_cancel(struct mt_op *base)
{
    struct next_op *op = (struct next_op *)base;
    if (op->server->waiting == op)
        op->server->waiting = NULL;
}

static int l_next(lua_State *L);

/* Another task may have taken the request. */
static int next_finish(lua_State *L, struct mt_op *op)
{
    (void)op;
    return l_next(L);
}

static const struct mt_op_class next_class = { next_cancel, next_finish, NULL };

/* server:next() waits -> request | nil, err */
static int l_next(lua_State *L)
{
    struct server *server = check_server(L);
    lua_settop(L, 1);
    if (!server->http)
        return mt_error_errno(L, -ENODEV, "http", "serve");
    struct mt_http_request **request = lua_newuserdatauv(L, sizeof(struct mt_http_request *), 0);
    *request = NULL;
    luaL_setmetatable(L, "mt.http_request");
    *request = mt_http_take(server->http);
    if (*request)
        return 1;
    if (server->waiting)
        return luaL_error(L, "another task waits for this server's requests");
    lua_settop(L, 1);
    struct next_op *op = mt_op_new(L, sizeof(*op), &next_class);
    op->server = server;
    server->waiting = op;
    return mt_op_wait(L, &op->base);
}

/* server:port() -> integer */
static int l_port(lua_State *L)
{
    struct server *server = check_server(L);
    luaL_argcheck(L, server->http, 1, "the server is closed");
    lua_pushinteger(L, mt_http_port(server->http));
    return 1;
}

/* server:close(): ends all connections; a task that waits gets an error with the code "gone". */
static int l_close_server(lua_State *L)
{
    struct server *server = check_server(L);
    if (server->http)
        mt_http_close(server->http);
    server->http = NULL;
    on_request(server);
    return 0;
}

enum { BODY = 64 << 10, CONNECTIONS = 200 };

static int fail_to_listen(lua_State *L, int status, const char *address, lua_Integer port)
{
    if (status == -ELIBACC || status == -ELIBBAD) {
        lua_pushnil(L);
        mt_error_push(L, "not-found", "http", "%s", mt_library_mistake());
        return 2;
    }
    if (status == -EKEYREJECTED) {
        lua_pushnil(L);
        mt_error_push(L, "invalid", "http", "the certificate and the key do not fit together");
        return 2;
    }
    return mt_error_errno(L, status, "http", "listen on %s port %d", address, (int)port);
}

/*
 * listen { address, port = integer?, certificate = string?, key = string? } -> server | nil, err.
 * HTTP on that address, and HTTPS if there are a certificate and a key (PEM). A client may have 100
 * connections, all of them 200; a body is at most 64 KiB. Port 0 is one that is free.
 */
static int l_listen(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    const char *address = mt_argument_need(L, "address");
    lua_Integer port = mt_argument_integer(L, "port", UINT16_MAX, 0);
    struct mt_http_options options = {
        .certificate = mt_argument_string(L, "certificate", NULL),
        .key = mt_argument_string(L, "key", NULL),
        .connections = CONNECTIONS,
        .body = BODY,
        .on_request = on_request,
    };
    luaL_argcheck(L, !options.certificate == !options.key, 1, "a certificate needs its key");
    int status = mt_address_parse(address, (uint16_t)port, NULL, &options.address);
    if (status < 0)
        return fail_to_listen(L, status, address, port);
    struct server *server = lua_newuserdatauv(L, sizeof(*server), 0);
    *server = (struct server){ 0 };
    luaL_setmetatable(L, "mt.http_server");
    options.context = server;
    status = mt_http_open(mt_loop(L), &options, &server->http);
    if (status < 0)
        return fail_to_listen(L, status, address, port);
    return 1;
}

/* ---- a request ---- */

static struct mt_http_request *check_request(lua_State *L)
{
    struct mt_http_request **request = luaL_checkudata(L, 1, "mt.http_request");
    luaL_argcheck(L, *request, 1, "the request is closed");
    return *request;
}

/* request:method() -> string */
static int l_method(lua_State *L)
{
    lua_pushstring(L, mt_http_method(check_request(L)));
    return 1;
}

/* request:path() -> string: without a query. */
static int l_path(lua_State *L)
{
    lua_pushstring(L, mt_http_path(check_request(L)));
    return 1;
}

/* request:header(name) -> string?: nil where it has none. */
static int l_header(lua_State *L)
{
    lua_pushstring(L, mt_http_header(check_request(L), luaL_checkstring(L, 2)));
    return 1;
}

/* request:query(name) -> string?: what the address has behind "?". */
static int l_query(lua_State *L)
{
    lua_pushstring(L, mt_http_query(check_request(L), luaL_checkstring(L, 2)));
    return 1;
}

/* request:body() -> string */
static int l_body(lua_State *L)
{
    size_t length;
    const char *body = mt_http_body(check_request(L), &length);
    lua_pushlstring(L, body ? body : "", length);
    return 1;
}

/* request:client() -> address */
static int l_client(lua_State *L)
{
    char text[MT_IP_TEXT_SIZE];
    const union mt_address *client = mt_http_client(check_request(L));
    size_t length = client->any.sa_family == AF_INET6
                        ? mt_ip_format6(client->in6.sin6_addr.s6_addr, text)
                        : mt_ip_format4((const uint8_t *)&client->in.sin_addr, text);
    lua_pushlstring(L, text, length);
    return 1;
}

/* The table of headers is at `index`. */
static int set_headers(lua_State *L, struct mt_http_request *request, int index)
{
    if (lua_isnoneornil(L, index))
        return 0;
    luaL_checktype(L, index, LUA_TTABLE);
    lua_pushnil(L);
    while (lua_next(L, index)) {
        lua_pushvalue(L, -2);
        int status = mt_http_set_header(request, luaL_checkstring(L, -1), luaL_checkstring(L, -2));
        if (status < 0)
            return status;
        lua_pop(L, 2);
    }
    return 0;
}

static int result(lua_State *L, int status, const char *what)
{
    if (status == -EPIPE || status == -ENOBUFS) {
        lua_pushnil(L);
        mt_error_push(L, status == -EPIPE ? "gone" : "busy", "http", "the client %s",
                      status == -EPIPE ? "has gone" : "does not read");
        return 2;
    }
    if (status < 0)
        return mt_error_errno(L, status, "http", "%s", what);
    lua_pushboolean(L, 1);
    return 1;
}

/* request:answer(code = integer, headers = table?, body = string?) -> true | nil, err. The whole answer. */
static int l_answer(lua_State *L)
{
    struct mt_http_request *request = check_request(L);
    unsigned number = (unsigned)luaL_checkinteger(L, 2);
    size_t length;
    const char *body = luaL_optlstring(L, 4, "", &length);
    int status = set_headers(L, request, 3);
    if (status == 0)
        status = mt_http_answer(request, number, body, length);
    return result(L, status, "answer");
}

/*
 * request:stream(code = integer, headers = table?) -> true | nil, err. Begins an answer whose parts
 * request:write() sends.
 */
static int l_stream(lua_State *L)
{
    struct mt_http_request *request = check_request(L);
    unsigned number = (unsigned)luaL_checkinteger(L, 2);
    int status = set_headers(L, request, 3);
    if (status == 0)
        status = mt_http_stream(request, number);
    return result(L, status, "answer");
}

/*
 * request:write(text) -> true | nil, err: "gone" once its client has gone; "busy" if that does not
 * read, and 256 KiB wait for it already.
 */
static int l_write(lua_State *L)
{
    struct mt_http_request *request = check_request(L);
    size_t length;
    const char *text = luaL_checklstring(L, 2, &length);
    int status = mt_http_write(request, text, length);
    return result(L, status, "send");
}

/* request:close(): the end of its answer; one that has none is answered with 500. */
static int l_close_request(lua_State *L)
{
    struct mt_http_request **request = luaL_checkudata(L, 1, "mt.http_request");
    if (*request)
        mt_http_release(*request);
    *request = NULL;
    return 0;
}

/* The request is at stack index 1, below the op, and so is not collected. */
struct gone_op {
    struct mt_op base;
    struct mt_http_request *request; /* NULL once it has gone */
};

static void on_gone(void *context)
{
    struct gone_op *op = context;
    op->request = NULL;
    mt_op_done(&op->base);
}

static void gone_cancel(struct mt_op *base)
{
    struct gone_op *op = (struct gone_op *)base;
    if (op->request)
        mt_http_notify_gone(op->request, NULL, NULL);
}

static int gone_finish(lua_State *L, struct mt_op *op)
{
    (void)L;
    (void)op;
    return 0;
}

static const struct mt_op_class gone_class = { gone_cancel, gone_finish, NULL };

/*
 * request:wait_gone() waits: until the client of a stream has gone, or the request is closed. One
 * task may.
 */
static int l_wait_gone(lua_State *L)
{
    struct mt_http_request *request = check_request(L);
    lua_settop(L, 1);
    if (mt_http_is_gone(request))
        return 0;
    struct gone_op *op = mt_op_new(L, sizeof(*op), &gone_class);
    op->request = request;
    mt_http_notify_gone(request, on_gone, op);
    return mt_op_wait(L, &op->base);
}

static const luaL_Reg server_methods[] = {
    { "close", l_close_server },   { "next", l_next },         { "port", l_port },
    { "__close", l_close_server }, { "__gc", l_close_server }, { NULL, NULL },
};

static const luaL_Reg request_methods[] = {
    { "answer", l_answer },       { "body", l_body },     { "client", l_client },
    { "close", l_close_request }, { "header", l_header }, { "method", l_method },
    { "path", l_path },           { "query", l_query },   { "stream", l_stream },
    { "wait_gone", l_wait_gone }, { "write", l_write },   { "__close", l_close_request },
    { "__gc", l_close_request },  { NULL, NULL },
};

int mt_lua_http_open(lua_State *L)
{
    mt_class_new(L, "mt.http_server", server_methods);
    mt_class_new(L, "mt.http_request", request_methods);
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, l_listen);
    lua_setfield(L, -2, "listen");
    return 1;
}
