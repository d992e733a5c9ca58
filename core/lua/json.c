/* SPDX-License-Identifier: MIT */
/* core.json: JSON for state files, the control socket and programs, read and written by json-c. */
#include <json-c/json.h>
#include <lauxlib.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lua/modules.h"

enum { MAX_DEPTH = 200 };

#define DOCUMENT "moontower.json"

/*
 * The document is held by a userdata until it is garbage, as an error may end the caller at any
 * time. So whatever is made is put into the document before anything else is made.
 */
static struct json_object **new_document(lua_State *L)
{
    struct json_object **document = lua_newuserdatauv(L, sizeof(struct json_object *), 0);
    *document = NULL;
    luaL_setmetatable(L, DOCUMENT);
    return document;
}

/* At once where all went well: the collector does not see how large it is. */
static void free_document(struct json_object **document)
{
    json_object_put(*document);
    *document = NULL;
}

static int l_document_gc(lua_State *L)
{
    free_document(luaL_checkudata(L, 1, DOCUMENT));
    return 0;
}

/* ---- writing ---- */

/* Where the next value goes: into an object under a name, into a list, or the document itself. */
struct place {
    struct json_object **document, *parent;
    const char *name; /* NULL: the parent is a list */
};

static struct json_object *put(lua_State *L, struct place place, struct json_object *value)
{
    int status = 0;
    if (!value)
        luaL_error(L, "no memory for JSON");
    if (!place.parent)
        *place.document = value;
    else if (place.name)
        status = json_object_object_add(place.parent, place.name, value);
    else
        status = json_object_array_add(place.parent, value);
    if (status < 0) {
        json_object_put(value);
        luaL_error(L, "no memory for JSON");
    }
    return value;
}

static void put_null(lua_State *L, struct place place)
{
    int status = 0;
    if (place.name)
        status = json_object_object_add(place.parent, place.name, NULL);
    else if (place.parent)
        status = json_object_array_add(place.parent, NULL);
    if (status < 0)
        luaL_error(L, "no memory for JSON");
}

static void put_value(lua_State *L, struct place place, int depth);

/* Of a table whose keys are all whole numbers from 1 on: the highest; else -1. */
static lua_Integer list_length(lua_State *L, int table)
{
    lua_Integer highest = 0, count = 0;
    for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1), count++) {
        lua_Integer key = lua_isinteger(L, -2) ? lua_tointeger(L, -2) : 0;
        if (key < 1) {
            lua_pop(L, 2);
            return -1;
        }
        highest = key > highest ? key : highest;
    }
    /* With gaps, it is numbers that mean something; but a few may be missing in a list. */
    return highest > 10 && highest / 2 > count ? -1 : highest;
}

/* A key: a text, which is kept by its table; or a number. */
struct key {
    lua_Integer rank; /* its place in the table's own order; those that have none come last */
    const char *text; /* NULL: a number */
    lua_Integer number;
};

static int compare_keys(const void *one, const void *other)
{
    const struct key *a = one, *b = other;
    if (a->rank != b->rank)
        return a->rank < b->rank ? -1 : 1;
    if (a->text && b->text)
        return strcmp(a->text, b->text);
    return a->text ? -1 : b->text ? 1 : (a->number > b->number) - (a->number < b->number);
}

/* The place of the text on top in the list at `order`. */
static lua_Integer rank_of(lua_State *L, int order)
{
    lua_Integer count = (lua_Integer)lua_rawlen(L, order), rank = 1;
    for (; rank <= count; rank++) {
        lua_rawgeti(L, order, rank);
        bool found = lua_rawequal(L, -1, -2);
        lua_pop(L, 1);
        if (found)
            break;
    }
    return rank;
}

static struct key key_on_top(lua_State *L, int order)
{
    struct key key = { .rank = LUA_MAXINTEGER };
    size_t length;
    if (lua_isinteger(L, -1)) {
        key.number = lua_tointeger(L, -1);
    } else if (lua_type(L, -1) == LUA_TSTRING) {
        key.text = lua_tolstring(L, -1, &length);
        key.rank = rank_of(L, order);
        if (strlen(key.text) != length)
            luaL_error(L, "a name in JSON has no zero byte");
    } else {
        luaL_error(L, "a %s is no key of JSON", luaL_typename(L, -1));
    }
    return key;
}

/* Pushes the table's keys as a userdata: those first that the list at `order` names, then sorted. */
static struct key *push_keys(lua_State *L, int table, int order, size_t *count)
{
    size_t n = 0;
    for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1))
        n++;
    struct key *keys = lua_newuserdatauv(L, (n ? n : 1) * sizeof(*keys), 0);
    *count = n;
    n = 0;
    for (lua_pushnil(L); lua_next(L, table);) {
        lua_pop(L, 1);
        keys[n++] = key_on_top(L, order);
    }
    qsort(keys, n, sizeof(*keys), compare_keys);
    return keys;
}

static void put_object(lua_State *L, int table, struct place place, int depth)
{
    struct json_object *object = put(L, place, json_object_new_object());
    if (luaL_getmetafield(L, table, "__jsonorder") == LUA_TNIL)
        lua_newtable(L);
    luaL_checktype(L, -1, LUA_TTABLE);
    size_t count;
    const struct key *keys = push_keys(L, table, lua_gettop(L), &count);
    for (size_t i = 0; i < count; i++) {
        char number[32];
        struct place field = { place.document, object, keys[i].text };
        if (keys[i].text) {
            lua_pushstring(L, keys[i].text);
            lua_rawget(L, table);
        } else {
            snprintf(number, sizeof(number), LUA_INTEGER_FMT, keys[i].number);
            field.name = number;
            lua_rawgeti(L, table, keys[i].number);
        }
        put_value(L, field, depth);
        lua_pop(L, 1);
    }
}

static void put_list(lua_State *L, int table, lua_Integer length, struct place place, int depth)
{
    struct place element = { place.document, put(L, place, json_object_new_array()), NULL };
    for (lua_Integer i = 1; i <= length; i++) {
        lua_rawgeti(L, table, i);
        put_value(L, element, depth);
        lua_pop(L, 1);
    }
}

static void put_table(lua_State *L, struct place place, int depth)
{
    int table = lua_gettop(L);
    if (depth > MAX_DEPTH)
        luaL_error(L, "the value is nested too deeply for JSON, or holds itself");
    luaL_checkstack(L, 10, "the value is nested too deeply");
    lua_Integer length = list_length(L, table);
    if (length == 0 && luaL_getmetafield(L, table, "__jsontype") == LUA_TSTRING)
        length = strcmp(lua_tostring(L, -1), "object") == 0 ? -1 : 0;
    lua_settop(L, table);
    if (length < 0)
        put_object(L, table, place, depth);
    else
        put_list(L, table, length, place, depth);
    lua_settop(L, table);
}

static void put_number(lua_State *L, struct place place)
{
    if (lua_isinteger(L, -1)) {
        put(L, place, json_object_new_int64(lua_tointeger(L, -1)));
    } else if (isfinite(lua_tonumber(L, -1))) {
        const char *text = luaL_tolstring(L, -1, NULL);
        put(L, place, json_object_new_double_s(lua_tonumber(L, -2), text));
        lua_pop(L, 1);
    } else {
        put_null(L, place);
    }
}

/* Puts the value on top there. It stays on top. */
static void put_value(lua_State *L, struct place place, int depth)
{
    size_t length;
    const char *text;
    switch (lua_type(L, -1)) {
    case LUA_TSTRING:
        text = lua_tolstring(L, -1, &length);
        put(L, place, json_object_new_string_len(text, (int)length));
        break;
    case LUA_TBOOLEAN:
        put(L, place, json_object_new_boolean(lua_toboolean(L, -1)));
        break;
    case LUA_TNUMBER:
        put_number(L, place);
        break;
    case LUA_TTABLE:
        put_table(L, place, depth + 1);
        break;
    case LUA_TNIL:
    case LUA_TLIGHTUSERDATA: /* null */
        put_null(L, place);
        break;
    default:
        luaL_error(L, "JSON has no %s", luaL_typename(L, -1));
    }
}

/*
 * encode(value, indent = boolean?) -> string. Keys are sorted. A metatable's __jsontype = "object" makes
 * an empty table an object; its __jsonorder names the keys that come first.
 */
static int l_encode(lua_State *L)
{
    luaL_checkany(L, 1);
    int flags = JSON_C_TO_STRING_NOSLASHESCAPE |
                (lua_toboolean(L, 2) ? JSON_C_TO_STRING_PRETTY : JSON_C_TO_STRING_PLAIN);
    lua_settop(L, 1);
    struct json_object **document = new_document(L);
    lua_pushvalue(L, 1);
    put_value(L, (struct place){ .document = document }, 0);
    size_t length;
    const char *text = json_object_to_json_string_length(*document, flags, &length);
    if (!text)
        return luaL_error(L, "no memory for JSON");
    lua_pushlstring(L, text, length);
    free_document(document);
    return 1;
}

/* ---- reading ---- */

static void push_value(lua_State *L, int object_metatable, struct json_object *value);

static void push_object(lua_State *L, int object_metatable, struct json_object *object)
{
    lua_createtable(L, 0, json_object_object_length(object));
    lua_pushvalue(L, object_metatable);
    lua_setmetatable(L, -2);
    json_object_object_foreach(object, name, field)
    {
        lua_pushstring(L, name);
        push_value(L, object_metatable, field);
        lua_rawset(L, -3);
    }
}

static void push_list(lua_State *L, int object_metatable, struct json_object *list)
{
    size_t length = json_object_array_length(list);
    lua_createtable(L, (int)length, 0);
    for (size_t i = 0; i < length; i++) {
        push_value(L, object_metatable, json_object_array_get_idx(list, i));
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
}

/* json-c reads NaN, too, which is no JSON: null. 1e999, which is, is infinite. */
static void push_float(lua_State *L, double number)
{
    if (!isnan(number))
        lua_pushnumber(L, number);
    else
        lua_pushnil(L);
}

/* json-c reads a whole number up to 2^64 - 1; one that Lua's integers cannot hold is a float. */
static void push_whole_number(lua_State *L, struct json_object *number)
{
    if (json_object_get_uint64(number) > LUA_MAXINTEGER)
        lua_pushnumber(L, (lua_Number)json_object_get_uint64(number));
    else
        lua_pushinteger(L, json_object_get_int64(number));
}

static void push_value(lua_State *L, int object_metatable, struct json_object *value)
{
    luaL_checkstack(L, 8, "it is nested too deeply");
    switch (json_object_get_type(value)) {
    case json_type_null:
        lua_pushnil(L);
        break;
    case json_type_boolean:
        lua_pushboolean(L, json_object_get_boolean(value));
        break;
    case json_type_double:
        push_float(L, json_object_get_double(value));
        break;
    case json_type_int:
        push_whole_number(L, value);
        break;
    case json_type_string:
        lua_pushlstring(L, json_object_get_string(value),
                        (size_t)json_object_get_string_len(value));
        break;
    case json_type_array:
        push_list(L, object_metatable, value);
        break;
    case json_type_object:
        push_object(L, object_metatable, value);
        break;
    }
}

/*
 * decode(text) -> value | nil, string. null is nil. A table made of an object is an object again when
 * it is written, even if it is empty.
 */
static int l_decode(lua_State *L)
{
    size_t length;
    const char *text = luaL_checklstring(L, 1, &length);
    lua_settop(L, 1);
    struct json_object **document = new_document(L);
    struct json_tokener *tokener = json_tokener_new_ex(MAX_DEPTH);
    if (!tokener)
        return luaL_error(L, "no memory for JSON");
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
    /* With its zero byte, which ends a number. */
    *document = json_tokener_parse_ex(tokener, text, (int)length + 1);
    enum json_tokener_error error = json_tokener_get_error(tokener);
    size_t end = json_tokener_get_parse_end(tokener);
    json_tokener_free(tokener);
    if (error == json_tokener_success && end < length)
        error = json_tokener_error_parse_unexpected;
    if (error != json_tokener_success) {
        lua_pushnil(L);
        lua_pushfstring(L, "%s, at byte %d", json_tokener_error_desc(error), (int)end + 1);
        return 2;
    }
    lua_createtable(L, 0, 1);
    lua_pushliteral(L, "object");
    lua_setfield(L, -2, "__jsontype");
    push_value(L, lua_gettop(L), *document);
    free_document(document);
    return 1;
}

int mt_lua_json_open(lua_State *L)
{
    static const luaL_Reg functions[] = {
        { "encode", l_encode },
        { "decode", l_decode },
        { NULL, NULL },
    };
    luaL_newmetatable(L, DOCUMENT);
    lua_pushcfunction(L, l_document_gc);
    lua_setfield(L, -2, "__gc");
    lua_pop(L, 1);
    luaL_newlib(L, functions);
    lua_pushlightuserdata(L, NULL);
    lua_setfield(L, -2, "null");
    return 1;
}
