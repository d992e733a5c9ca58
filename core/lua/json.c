/* SPDX-License-Identifier: MIT */
/*
 * core.json: JSON (RFC 8259) for state files, the control socket and programs.
 *
 * It is no library's, because a confined script's limits hold here as well: all memory is Lua's, and
 * what is made of a text is charged to the script. json-c made 2.3 GB of nine megabytes. dkjson,
 * which is in Lua, was a fifth of the instructions of `up` over QMI.
 */
#include <lauxlib.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lua/modules.h"

enum { MAX_DEPTH = 200, FEW_KEYS = 16 };

/* ---- writing ---- */

/* What is written so far: in a userdata at `index`, which a larger one replaces. */
struct writer {
    lua_State *L;
    char *bytes;
    size_t length, size;
    int index;
    bool indent; /* over several lines */
};

static char *reserve(struct writer *w, size_t more)
{
    if (w->size - w->length < more) {
        size_t size = 2 * w->size + more;
        char *bytes = lua_newuserdatauv(w->L, size, 0);
        if (w->length)
            memcpy(bytes, w->bytes, w->length);
        lua_replace(w->L, w->index);
        w->bytes = bytes;
        w->size = size;
    }
    return w->bytes + w->length;
}

static void put(struct writer *w, const char *text, size_t length)
{
    memcpy(reserve(w, length), text, length);
    w->length += length;
}

static void put_char(struct writer *w, char c)
{
    *reserve(w, 1) = c;
    w->length++;
}

static void put_line_break(struct writer *w, int level)
{
    if (!w->indent)
        return;
    put_char(w, '\n');
    for (int i = 0; i < level; i++)
        put(w, "  ", 2);
}

/*
 * A character that a terminal or JavaScript could take for something else than text: controls, and
 * what is not seen. *length is that of its UTF-8; 0: a byte that begins no such character.
 */
static unsigned unseen(const unsigned char *text, size_t left, size_t *length)
{
    unsigned c = text[0];
    *length = 1;
    if (c < 0x20 || c == 0x7f)
        return c;
    *length = c >= 0xc2 && c < 0xe0 ? 2 : (c & 0xf0) == 0xe0 ? 3 : 0;
    if (!*length || left < *length || (text[1] & 0xc0) != 0x80)
        return *length = 0;
    if (*length == 3 && (text[2] & 0xc0) != 0x80)
        return *length = 0;
    c = *length == 2 ? (c & 0x1f) << 6 | (text[1] & 0x3f)
                     : (c & 0xf) << 12 | (text[1] & 0x3fu) << 6 | (text[2] & 0x3f);
    bool hidden = c < 0xa0 || c == 0xad || (c >= 0x600 && c <= 0x604) || c == 0x70f ||
                  c == 0x17b4 || c == 0x17b5 || (c >= 0x200c && c <= 0x200f) ||
                  (c >= 0x2028 && c <= 0x202f) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff ||
                  c >= 0xfff0;
    return hidden ? c : (unsigned)(*length = 0);
}

static void put_escape(struct writer *w, unsigned c)
{
    static const char hex[] = "0123456789abcdef", named[] = "\b\f\n\r\t\"\\",
                      letters[] = "bfnrt\"\\";
    const char *name = c && c < 0x80 ? strchr(named, (int)c) : NULL;
    char text[6] = { '\\',        'u', hex[c >> 12 & 0xf], hex[c >> 8 & 0xf], hex[c >> 4 & 0xf],
                     hex[c & 0xf] };
    if (name)
        text[1] = letters[name - named];
    put(w, text, name ? 2 : 6);
}

static void put_string(struct writer *w, const char *text, size_t length)
{
    const unsigned char *bytes = (const unsigned char *)text;
    size_t begin = 0;
    put_char(w, '"');
    for (size_t i = 0, escaped; i < length; i += escaped ? escaped : 1) {
        unsigned c = bytes[i];
        escaped = 0;
        if (c == '"' || c == '\\')
            escaped = 1;
        else if (c < 0x20 || c >= 0x7f)
            c = unseen(bytes + i, length - i, &escaped);
        if (escaped) {
            put(w, text + begin, i - begin);
            put_escape(w, c);
            begin = i + escaped;
        }
    }
    put(w, text + begin, length - begin);
    put_char(w, '"');
}

/* snprintf() takes ten times as long: a quarter of writing what `up` writes down. */
static void put_integer(struct writer *w, lua_Integer value)
{
    char text[24];
    size_t at = sizeof(text);
    lua_Unsigned left = value < 0 ? 0 - (lua_Unsigned)value : (lua_Unsigned)value;
    do
        text[--at] = (char)('0' + left % 10);
    while (left /= 10);
    if (value < 0)
        text[--at] = '-';
    put(w, text + at, sizeof(text) - at);
}

static void put_value(struct writer *w, int level);

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

static void put_list(struct writer *w, int table, lua_Integer length, int level)
{
    put_char(w, '[');
    for (lua_Integer i = 1; i <= length; i++) {
        if (i > 1)
            put_char(w, ',');
        lua_rawgeti(w->L, table, i);
        put_value(w, level);
        lua_pop(w->L, 1);
    }
    put_char(w, ']');
}

/* A key: a text, which is kept by its table; or a number. */
struct key {
    const char *text; /* NULL: a number */
    size_t length;
    lua_Integer number;
};

static int compare_keys(const void *one, const void *other)
{
    const struct key *a = one, *b = other;
    if (!a->text || !b->text)
        return a->text ? -1 : b->text ? 1 : (a->number > b->number) - (a->number < b->number);
    int order = memcmp(a->text, b->text, a->length < b->length ? a->length : b->length);
    return order ? order : (a->length > b->length) - (a->length < b->length);
}

/* Keys of the table, as many as there is room for; returns how many it has. */
static size_t collect_keys(lua_State *L, int table, struct key *keys, size_t room)
{
    size_t count = 0;
    for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1), count++) {
        if (count >= room)
            continue;
        struct key *key = &keys[count];
        key->text = NULL;
        if (lua_type(L, -2) == LUA_TSTRING)
            key->text = lua_tolstring(L, -2, &key->length);
        else if (lua_isinteger(L, -2))
            key->number = lua_tointeger(L, -2);
        else
            luaL_error(L, "a %s is no key of JSON", luaL_typename(L, -2));
    }
    return count;
}

/* Sorts the table's keys: texts, then numbers. They are in `few`, or in a userdata that is pushed. */
static struct key *sort_keys(lua_State *L, int table, struct key few[FEW_KEYS], size_t *count)
{
    struct key *keys = few;
    *count = collect_keys(L, table, few, FEW_KEYS);
    if (*count > FEW_KEYS) {
        keys = lua_newuserdatauv(L, *count * sizeof(*keys), 0);
        collect_keys(L, table, keys, *count);
    }
    qsort(keys, *count, sizeof(*keys), compare_keys);
    return keys;
}

/* Writes one field; its value is on top, and is popped. */
static void put_field(struct writer *w, const char *name, size_t length, bool *first, int level)
{
    if (!*first)
        put_char(w, ',');
    *first = false;
    put_line_break(w, level);
    put_string(w, name, length);
    put_char(w, ':');
    put_value(w, level);
    lua_pop(w->L, 1);
}

/* Is this text among the first `count` values of the list at `list`? */
static bool is_among(lua_State *L, int list, lua_Integer count, const struct key *key)
{
    bool found = false;
    for (lua_Integer i = 1; i <= count && !found && key->text; i++) {
        size_t length;
        lua_rawgeti(L, list, i);
        const char *text = lua_tolstring(L, -1, &length);
        found = length == key->length && memcmp(text, key->text, length) == 0;
        lua_pop(L, 1);
    }
    return found;
}

/* Those first that the metatable's __jsonorder names; the others sorted. */
static void put_object(struct writer *w, int table, int level)
{
    lua_State *L = w->L;
    struct key few[FEW_KEYS];
    size_t count, length;
    bool first = true;
    if (luaL_getmetafield(L, table, "__jsonorder") == LUA_TNIL)
        lua_pushliteral(L, ""); /* of no length, as an empty list */
    else
        luaL_checktype(L, -1, LUA_TTABLE);
    int order = lua_gettop(L);
    lua_Integer named = (lua_Integer)lua_rawlen(L, order);
    put_char(w, '{');
    for (lua_Integer i = 1; i <= named; i++) {
        lua_rawgeti(L, order, i);
        if (lua_type(L, -1) != LUA_TSTRING)
            luaL_error(L, "__jsonorder is a list of names");
        lua_pushvalue(L, -1);
        if (lua_rawget(L, table) != LUA_TNIL) {
            const char *name = lua_tolstring(L, -2, &length);
            put_field(w, name, length, &first, level);
        } else {
            lua_pop(L, 1);
        }
        lua_pop(L, 1);
    }
    const struct key *keys = sort_keys(L, table, few, &count);
    for (size_t i = 0; i < count; i++) {
        char number[32];
        const char *name = keys[i].text;
        length = keys[i].length;
        if (is_among(L, order, named, &keys[i]))
            continue;
        if (name) {
            lua_pushlstring(L, name, length);
            lua_rawget(L, table);
        } else {
            length = (size_t)snprintf(number, sizeof(number), LUA_INTEGER_FMT, keys[i].number);
            name = number;
            lua_rawgeti(L, table, keys[i].number);
        }
        put_field(w, name, length, &first, level);
    }
    if (!first)
        put_line_break(w, level - 1);
    put_char(w, '}');
}

static void put_table(struct writer *w, int level)
{
    lua_State *L = w->L;
    int table = lua_gettop(L);
    if (level > MAX_DEPTH)
        luaL_error(L, "the value is nested too deeply for JSON, or holds itself");
    luaL_checkstack(L, 10, "the value is nested too deeply");
    lua_Integer length = list_length(L, table);
    if (length == 0 && luaL_getmetafield(L, table, "__jsontype") == LUA_TSTRING)
        length = strcmp(lua_tostring(L, -1), "object") == 0 ? -1 : 0;
    lua_settop(L, table);
    if (length < 0)
        put_object(w, table, level);
    else
        put_list(w, table, length, level);
    lua_settop(L, table);
}

/* Writes the value on top, which stays there. */
static void put_value(struct writer *w, int level)
{
    lua_State *L = w->L;
    size_t length;
    const char *text;
    switch (lua_type(L, -1)) {
    case LUA_TSTRING:
        text = lua_tolstring(L, -1, &length);
        put_string(w, text, length);
        break;
    case LUA_TBOOLEAN:
        text = lua_toboolean(L, -1) ? "true" : "false";
        put(w, text, strlen(text));
        break;
    case LUA_TNUMBER:
        if (lua_isinteger(L, -1)) {
            put_integer(w, lua_tointeger(L, -1));
            break;
        } else if (!isfinite(lua_tonumber(L, -1))) {
            put(w, "null", 4);
            break;
        }
        text = luaL_tolstring(L, -1, &length);
        put(w, text, length);
        lua_pop(L, 1);
        break;
    case LUA_TTABLE:
        put_table(w, level + 1);
        break;
    case LUA_TNIL:
    case LUA_TLIGHTUSERDATA: /* null */
        put(w, "null", 4);
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
    char *first;
    luaL_checkany(L, 1);
    bool indent = lua_toboolean(L, 2);
    lua_settop(L, 1);
    first = lua_newuserdatauv(L, 512, 0);
    struct writer w = { .L = L, .bytes = first, .size = 512, .index = 2, .indent = indent };
    lua_pushvalue(L, 1);
    put_value(&w, 0);
    lua_pushlstring(L, w.bytes, w.length);
    return 1;
}

/* ---- reading ---- */

struct reader {
    lua_State *L;
    const char *at, *end;
    const char *mistake; /* NULL: none yet */
};

static bool fail(struct reader *r, const char *mistake)
{
    r->mistake = mistake;
    return false;
}

static void skip_space(struct reader *r)
{
    while (r->at < r->end && (*r->at == ' ' || *r->at == '\t' || *r->at == '\n' || *r->at == '\r'))
        r->at++;
}

/* Takes this character, if it is the next one but for space. */
static bool take(struct reader *r, char c)
{
    skip_space(r);
    if (r->at == r->end || *r->at != c)
        return false;
    r->at++;
    return true;
}

static bool take_word(struct reader *r, const char *word)
{
    size_t length = strlen(word);
    if ((size_t)(r->end - r->at) < length || memcmp(r->at, word, length) != 0)
        return fail(r, "a value is missing");
    r->at += length;
    return true;
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* The number behind \u, or -1. */
static long take_unit(struct reader *r)
{
    long unit = 0;
    for (int i = 0; i < 4; i++, r->at++) {
        int digit = r->at < r->end ? hex_digit(*r->at) : -1;
        if (digit < 0)
            return -1;
        unit = unit << 4 | digit;
    }
    return unit;
}

/* Half of a surrogate pair stands for no character: U+FFFD takes its place. */
static bool take_unicode(struct reader *r, luaL_Buffer *text)
{
    static const int lead[] = { 0, 0xc0, 0xe0, 0xf0 }; /* by how many bytes follow */
    long c = take_unit(r);
    if (c >= 0xd800 && c < 0xdc00 && r->end - r->at >= 6 && r->at[0] == '\\' && r->at[1] == 'u') {
        const char *before = r->at;
        r->at += 2;
        long low = take_unit(r);
        if (low >= 0xdc00 && low < 0xe000)
            c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
        else
            r->at = before;
    }
    if (c < 0)
        return fail(r, "\\u is followed by four hexadecimal digits");
    if (c >= 0xd800 && c < 0xe000)
        c = 0xfffd;
    if (c < 0x80) {
        luaL_addchar(text, (char)c);
        return true;
    }
    int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    luaL_addchar(text, (char)(lead[more] | c >> 6 * more));
    while (more-- > 0)
        luaL_addchar(text, (char)(0x80 | (c >> 6 * more & 0x3f)));
    return true;
}

static bool take_escape(struct reader *r, luaL_Buffer *text)
{
    static const char letters[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    char c = r->at < r->end ? *r->at++ : '\0';
    const char *letter = c ? strchr(letters, c) : NULL;
    if (c == 'u')
        return take_unicode(r, text);
    if (!letter)
        return fail(r, "an unknown letter follows a backslash");
    luaL_addchar(text, meant[letter - letters]);
    return true;
}

/* To the next quote or backslash. */
static bool skip_plain(struct reader *r)
{
    while (r->at < r->end && *r->at != '"' && *r->at != '\\' && (unsigned char)*r->at >= 0x20)
        r->at++;
    return (r->at < r->end && (unsigned char)*r->at >= 0x20) || fail(r, "a string does not end");
}

/* Pushes a string, whose first quote has been taken. */
static bool push_string(struct reader *r)
{
    const char *begin = r->at;
    if (!skip_plain(r))
        return false;
    if (*r->at == '"') {
        lua_pushlstring(r->L, begin, (size_t)(r->at++ - begin));
        return true;
    }
    luaL_Buffer text;
    luaL_buffinit(r->L, &text);
    luaL_addlstring(&text, begin, (size_t)(r->at - begin));
    while (*r->at++ == '\\') {
        if (!take_escape(r, &text))
            return false;
        begin = r->at;
        if (!skip_plain(r))
            return false;
        luaL_addlstring(&text, begin, (size_t)(r->at - begin));
    }
    luaL_pushresult(&text);
    return true;
}

static void skip_digits(struct reader *r)
{
    while (r->at < r->end && *r->at >= '0' && *r->at <= '9')
        r->at++;
}

/* Pushes a number: an integer if it is one and fits. */
static bool push_number(struct reader *r)
{
    char text[64];
    const char *begin = r->at;
    r->at += *r->at == '-';
    const char *whole = r->at;
    skip_digits(r);
    if (r->at == whole || (*whole == '0' && r->at - whole > 1))
        return fail(r, r->at == whole ? "a value is missing" : "a number begins with 0");
    if (r->at < r->end && *r->at == '.') {
        const char *fraction = ++r->at;
        skip_digits(r);
        if (r->at == fraction)
            return fail(r, "digits are missing after a point");
    }
    if (r->at < r->end && (*r->at == 'e' || *r->at == 'E')) {
        r->at++;
        if (r->at < r->end && (*r->at == '+' || *r->at == '-'))
            r->at++;
        const char *exponent = r->at;
        skip_digits(r);
        if (r->at == exponent)
            return fail(r, "an exponent has no digits");
    }
    size_t length = (size_t)(r->at - begin);
    if (length >= sizeof(text))
        return fail(r, "a number is too long");
    memcpy(text, begin, length);
    text[length] = '\0';
    lua_stringtonumber(r->L, text);
    return true;
}

static bool push_value(struct reader *r, int depth);

static bool push_list(struct reader *r, int depth)
{
    lua_newtable(r->L);
    if (take(r, ']'))
        return true;
    for (lua_Integer i = 1;; i++) {
        if (!push_value(r, depth))
            return false;
        lua_rawseti(r->L, -2, i);
        if (take(r, ']'))
            return true;
        if (!take(r, ','))
            return fail(r, "a list does not end");
    }
}

static bool push_object(struct reader *r, int depth)
{
    lua_newtable(r->L);
    lua_pushvalue(r->L, 2); /* which makes it one again, should it be empty */
    lua_setmetatable(r->L, -2);
    if (take(r, '}'))
        return true;
    do {
        if (!take(r, '"'))
            return fail(r, "a name is missing");
        if (!push_string(r))
            return false;
        if (!take(r, ':'))
            return fail(r, "a colon is missing");
        if (!push_value(r, depth))
            return false;
        lua_rawset(r->L, -3);
    } while (take(r, ','));
    return take(r, '}') || fail(r, "an object does not end");
}

static bool push_value(struct reader *r, int depth)
{
    if (depth > MAX_DEPTH)
        return fail(r, "it is nested too deeply");
    luaL_checkstack(r->L, 8, "it is nested too deeply");
    skip_space(r);
    if (r->at == r->end)
        return fail(r, "a value is missing");
    switch (*r->at) {
    case '"':
        r->at++;
        return push_string(r);
    case '[':
        r->at++;
        return push_list(r, depth + 1);
    case '{':
        r->at++;
        return push_object(r, depth + 1);
    case 't':
    case 'f':
        lua_pushboolean(r->L, *r->at == 't');
        return take_word(r, *r->at == 't' ? "true" : "false");
    case 'n':
        lua_pushnil(r->L);
        return take_word(r, "null");
    default:
        return push_number(r);
    }
}

/*
 * decode(text) -> value | nil, string. null is nil. A table made of an object is an object again when
 * it is written, even if it is empty.
 */
static int l_decode(lua_State *L)
{
    size_t length;
    struct reader r = { .L = L };
    r.at = luaL_checklstring(L, 1, &length);
    r.end = r.at + length;
    const char *begin = r.at;
    lua_settop(L, 1);
    lua_createtable(L, 0, 1);
    lua_pushliteral(L, "object");
    lua_setfield(L, 2, "__jsontype");
    if (push_value(&r, 1)) {
        skip_space(&r);
        if (r.at == r.end)
            return 1;
        fail(&r, "something follows the value");
    }
    lua_pushnil(L);
    lua_pushfstring(L, "%s, at byte %d", r.mistake, (int)(r.at - begin) + 1);
    return 2;
}

int mt_lua_json_open(lua_State *L)
{
    static const luaL_Reg functions[] = {
        { "encode", l_encode },
        { "decode", l_decode },
        { NULL, NULL },
    };
    luaL_newlib(L, functions);
    lua_pushlightuserdata(L, NULL);
    lua_setfield(L, -2, "null");
    return 1;
}
