/* SPDX-License-Identifier: MIT */
/* core.gzip: bytes compressed, and taken out again, piece by piece. */
#include "host/gzip.h"

#include <errno.h>
#include <lauxlib.h>

#include "engine/error.h"
#include "host/library.h"
#include "lua/modules.h"
#include "lua/table.h"

struct stream {
    struct mt_gzip *gzip; /* NULL once closed */
    lua_Integer left;     /* how many bytes a reader may still give out */
};

/* What comes out, in a buffer of Lua's. */
struct sink {
    luaL_Buffer buffer;
    struct stream *stream;
};

static int fail(lua_State *L, int status, const char *what)
{
    if (status != -EBADMSG && status != -ELIBACC && status != -ELIBBAD)
        return mt_error_errno(L, status, "gzip", "%s", what);
    lua_pushnil(L);
    if (status == -EBADMSG)
        mt_error_push(L, "malformed", "gzip", "%s: it is damaged, or was not compressed by gzip",
                      what);
    else
        mt_error_push(L, "not-found", "gzip", "%s", mt_library_mistake());
    return 2;
}

static int close_stream(struct stream *stream)
{
    if (stream->gzip)
        mt_gzip_close(stream->gzip);
    stream->gzip = NULL;
    return 0;
}

/* writer:close() */
static int l_writer_close(lua_State *L)
{
    return close_stream(luaL_checkudata(L, 1, "mt.gzip_writer"));
}

/* reader:close() */
static int l_reader_close(lua_State *L)
{
    return close_stream(luaL_checkudata(L, 1, "mt.gzip_reader"));
}

static int take(void *context, const uint8_t *bytes, size_t size)
{
    struct sink *sink = context;
    if ((lua_Unsigned)size > (lua_Unsigned)sink->stream->left)
        return -EFBIG;
    sink->stream->left -= (lua_Integer)size;
    luaL_addlstring(&sink->buffer, (const char *)bytes, size);
    return 0;
}

static struct stream *check_open(lua_State *L, const char *class)
{
    struct stream *stream = luaL_checkudata(L, 1, class);
    luaL_argcheck(L, stream->gzip, 1, "it is closed");
    return stream;
}

static int write_all(lua_State *L, bool is_last)
{
    struct sink sink = { .stream = check_open(L, "mt.gzip_writer") };
    size_t size;
    const char *bytes = luaL_optlstring(L, 2, "", &size);
    luaL_buffinit(L, &sink.buffer);
    int status = mt_gzip_write(sink.stream->gzip, (const uint8_t *)bytes, size, is_last, take,
                               &sink);
    if (status < 0)
        return fail(L, status, "compress");
    luaL_pushresult(&sink.buffer);
    return 1;
}

/* writer:add(text) -> bytes | nil, err. What is added to the file: all up to here can be read. */
static int l_writer_add(lua_State *L)
{
    return write_all(L, false);
}

/* writer:finish(text?) -> bytes | nil, err. The end of the file. */
static int l_writer_finish(lua_State *L)
{
    int count = write_all(L, true);
    close_stream(lua_touserdata(L, 1));
    return count;
}

/*
 * reader:add(bytes) -> text, is_end | nil, err. "malformed": they are damaged, or no gzip; "invalid": there
 * is more in them than may come out.
 */
static int l_reader_add(lua_State *L)
{
    struct sink sink = { .stream = check_open(L, "mt.gzip_reader") };
    size_t size;
    const char *bytes = luaL_checklstring(L, 2, &size);
    luaL_buffinit(L, &sink.buffer);
    int status = mt_gzip_read(sink.stream->gzip, (const uint8_t *)bytes, size, take, &sink);
    if (status == -EFBIG) {
        lua_pushnil(L);
        mt_error_push(L, "invalid", "gzip", "take out: there is more in it than is read");
        return 2;
    } else if (status < 0) {
        return fail(L, status, "take out");
    }
    luaL_pushresult(&sink.buffer);
    lua_pushboolean(L, status);
    return 2;
}

static int open_stream(lua_State *L, bool is_writer, lua_Integer limit)
{
    struct stream *stream = lua_newuserdatauv(L, sizeof(*stream), 0);
    *stream = (struct stream){ .left = limit };
    luaL_setmetatable(L, is_writer ? "mt.gzip_writer" : "mt.gzip_reader");
    int status = mt_gzip_open(is_writer, &stream->gzip);
    return status < 0 ? fail(L, status, "use libz") : 1;
}

/* writer() -> writer | nil, err. "not-found": libz is not installed. */
static int l_writer(lua_State *L)
{
    return open_stream(L, true, LUA_MAXINTEGER);
}

/* reader(limit) -> reader | nil, err. How many bytes may come out, at most. */
static int l_reader(lua_State *L)
{
    return open_stream(L, false, luaL_checkinteger(L, 1));
}

int mt_lua_gzip_open(lua_State *L)
{
    static const luaL_Reg writer_methods[] = {
        { "add", l_writer_add },    { "finish", l_writer_finish }, { "close", l_writer_close },
        { "__gc", l_writer_close }, { "__close", l_writer_close }, { NULL, NULL },
    };
    static const luaL_Reg reader_methods[] = {
        { "add", l_reader_add },
        { "close", l_reader_close },
        { "__gc", l_reader_close },
        { "__close", l_reader_close },
        { NULL, NULL },
    };
    mt_class_new(L, "mt.gzip_writer", writer_methods);
    mt_class_new(L, "mt.gzip_reader", reader_methods);
    lua_createtable(L, 0, 2);
    lua_pushcfunction(L, l_writer);
    lua_setfield(L, -2, "writer");
    lua_pushcfunction(L, l_reader);
    lua_setfield(L, -2, "reader");
    return 1;
}
