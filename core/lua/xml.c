/* SPDX-License-Identifier: MIT */
/* core.xml: an XML text, event by event. */
#include "host/xml.h"

#include <errno.h>
#include <lauxlib.h>
#include <string.h>

#include "engine/error.h"
#include "host/library.h"
#include "lua/modules.h"
#include "lua/table.h"

struct reader {
    struct mt_xml *xml; /* NULL once closed */
};

static int fail_to_open(lua_State *L, int status)
{
    if (status != -ELIBACC && status != -ELIBBAD)
        return mt_error_errno(L, status, "xml", "read XML");
    lua_pushnil(L);
    mt_error_push(L, "not-found", "xml", "%s", mt_library_mistake());
    return 2;
}

static int fail(lua_State *L, const struct mt_xml *xml, int status)
{
    if (status != -EBADMSG)
        return mt_error_errno(L, status, "xml", "read XML");
    lua_pushnil(L);
    mt_error_push(L, "malformed", "xml", "%s", mt_xml_mistake(xml));
    return 2;
}

static int close_reader(struct reader *reader)
{
    if (reader->xml)
        mt_xml_close(reader->xml);
    reader->xml = NULL;
    return 0;
}

static int l_reader_gc(lua_State *L)
{
    return close_reader(luaL_checkudata(L, 1, "mt.xml_reader"));
}

static void push_attributes(lua_State *L, const struct mt_xml_event *event)
{
    const char *at = event->attributes;
    lua_createtable(L, 0, (int)event->attribute_count);
    for (size_t i = 0; i < event->attribute_count; i++) {
        const char *value = at + strlen(at) + 1;
        mt_table_set_string(L, at, value);
        at = value + strlen(value) + 1;
    }
}

/*
 * event = { kind = "start" | "end" | "text", name = string?, text = string?, at = integer,
 * attributes = table? } `at`: where its tag begins, counted from 1; of an end, where what follows the
 * tag begins. A text may come in several pieces.
 */

/* reader:next() -> event | nil, err. nil alone: the end of the text. */
static int l_reader_next(lua_State *L)
{
    static const char *const kinds[] = {
        [MT_XML_START] = "start", [MT_XML_END] = "end", [MT_XML_TEXT] = "text"
    };
    struct reader *reader = luaL_checkudata(L, 1, "mt.xml_reader");
    struct mt_xml_event event;
    int status = reader->xml ? mt_xml_next(reader->xml, &event) : 0;
    if (status < 0)
        return fail(L, reader->xml, status);
    if (!status) {
        lua_pushnil(L);
        return 1;
    }
    lua_createtable(L, 0, 4);
    mt_table_set_string(L, "kind", kinds[event.kind]);
    mt_table_set_bytes(L, event.kind == MT_XML_TEXT ? "text" : "name", event.text, event.length);
    mt_table_set_integer(L, "at", (lua_Integer)event.at + 1);
    if (event.kind == MT_XML_START) {
        push_attributes(L, &event);
        lua_setfield(L, -2, "attributes");
    }
    return 1;
}

/* reader:close() */
static int l_reader_close(lua_State *L)
{
    return close_reader(luaL_checkudata(L, 1, "mt.xml_reader"));
}

/* read(bytes) -> reader | nil, err. An XML text; "not-found": libexpat is not installed. */
static int l_read(lua_State *L)
{
    size_t size;
    const char *text = luaL_checklstring(L, 1, &size);
    struct reader *reader = lua_newuserdatauv(L, sizeof(*reader), 1);
    reader->xml = NULL;
    luaL_setmetatable(L, "mt.xml_reader");
    lua_pushvalue(L, 1); /* which has to stay */
    lua_setiuservalue(L, -2, 1);
    int status = mt_xml_open(text, size, &reader->xml);
    return status < 0 ? fail_to_open(L, status) : 1;
}

int mt_lua_xml_open(lua_State *L)
{
    static const luaL_Reg methods[] = {
        { "next", l_reader_next },
        { "close", l_reader_close },
        { "__gc", l_reader_gc },
        { "__close", l_reader_gc },
        { NULL, NULL },
    };
    mt_class_new(L, "mt.xml_reader", methods);
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, l_read);
    lua_setfield(L, -2, "read");
    return 1;
}
