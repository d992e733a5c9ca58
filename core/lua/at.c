/* SPDX-License-Identifier: MIT */
/* core.at: a modem's bytes as lines, prompts and final results, and the fields of a line. */
#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

#include "lua/modules.h"
#include "lua/table.h"
#include "wire/at.h"

static struct mt_reader check_text(lua_State *L, int index)
{
    size_t length;
    const char *text = luaL_checklstring(L, index, &length);
    return mt_reader(text, length);
}

static void push_text(lua_State *L, struct mt_reader text)
{
    lua_pushlstring(L, text.left ? (const char *)text.at : "", text.left);
}

/* Sets result, number and words in the table on top of the stack. */
static void set_final(lua_State *L, const struct mt_at_final *final)
{
    mt_table_set_string(L, "result", mt_at_result_name(final->result));
    if (final->has_number)
        mt_table_set_integer(L, "number", final->number);
    if (final->words.left)
        mt_table_set_bytes(L, "words", final->words.at, final->words.left);
}

static void push_token(lua_State *L, const struct mt_at_token *token)
{
    struct mt_at_final final = { .result = MT_AT_NONE };
    if (token->kind == MT_AT_LINE && !token->truncated)
        final = mt_at_classify(token->text);
    lua_createtable(L, 0, 4);
    const char *kind = final.result != MT_AT_NONE ? "final" : "line";
    mt_table_set_string(L, "kind", token->kind == MT_AT_PROMPT ? "prompt" : kind);
    push_text(L, token->text);
    lua_setfield(L, -2, "text");
    if (token->truncated)
        mt_table_set_flag(L, "truncated", true);
    if (token->old)
        mt_table_set_flag(L, "old", true);
    if (final.result != MT_AT_NONE)
        set_final(L, &final);
}

/* parser() -> parser: the receiving side of an AT port */
static int l_parser(lua_State *L)
{
    struct mt_at_lines *lines = lua_newuserdatauv(L, sizeof(*lines), 0);
    lines->used = 0;
    lines->truncated = lines->old = false;
    luaL_setmetatable(L, "mt.at.parser");
    return 1;
}

/*
 * parser:feed(bytes) -> list of { kind = "line" | "final" | "prompt", text, truncated = true?, old =
 * true?, result = string?, number = integer?, words = string? }: those that are complete now.
 * `old`: it began before the last mark. A final has a result.
 */
static int l_feed(lua_State *L)
{
    struct mt_at_lines *lines = luaL_checkudata(L, 1, "mt.at.parser");
    struct mt_reader input = check_text(L, 2);
    struct mt_at_token token;
    lua_Integer count = 0;
    lua_newtable(L);
    while (mt_at_next(lines, &input, &token)) {
        push_token(L, &token);
        lua_rawseti(L, -2, ++count);
    }
    return 1;
}

/* parser:mark(): a command is sent now; what has begun already is no answer to it. */
static int l_mark(lua_State *L)
{
    mt_at_mark(luaL_checkudata(L, 1, "mt.at.parser"));
    return 0;
}

/*
 * classify(line) -> { result = string, number = integer?, words = string? } | nil: nil when the
 * line ends no command.
 */
static int l_classify(lua_State *L)
{
    struct mt_at_final final = mt_at_classify(check_text(L, 1));
    if (final.result == MT_AT_NONE)
        return 0;
    lua_createtable(L, 0, 3);
    set_final(L, &final);
    return 1;
}

enum { NESTED_MAX = 8, DIGITS_MAX = 18 };

/* Pushes a decimal number as one; false, and nothing pushed, for all other text. */
static bool push_number(lua_State *L, struct mt_reader text)
{
    char digits[DIGITS_MAX + 1];
    char *end;
    if (text.left == 0 || text.left > DIGITS_MAX || memchr("+ \t", text.at[0], 3))
        return false;
    memcpy(digits, text.at, text.left);
    digits[text.left] = '\0';
    long long value = strtoll(digits, &end, 10);
    if (end != digits + text.left)
        return false;
    lua_pushinteger(L, value);
    return true;
}

static void push_fields(lua_State *L, struct mt_reader text, bool numbers, int depth)
{
    struct mt_at_fields fields = { .rest = text };
    struct mt_at_field field;
    lua_Integer count = 0;
    luaL_checkstack(L, 4, "fields in fields");
    lua_newtable(L);
    while (mt_at_next_field(&fields, &field)) {
        if (field.style == MT_AT_GROUP && depth < NESTED_MAX)
            push_fields(L, field.text, numbers, depth + 1);
        else if (field.style != MT_AT_PLAIN || !numbers || !push_number(L, field.text))
            push_text(L, field.text);
        lua_rawseti(L, -2, ++count);
    }
}

/*
 * fields(text, numbers = boolean?) -> table: a list of strings; of lists for what is in
 * parentheses; and, if `numbers`, of integers for decimal numbers without quotation marks.
 */
static int l_fields(lua_State *L)
{
    push_fields(L, check_text(L, 1), lua_toboolean(L, 2), 1);
    return 1;
}

static const luaL_Reg parser_methods[] = {
    { "feed", l_feed },
    { "mark", l_mark },
    { NULL, NULL },
};

static const luaL_Reg functions[] = {
    { "classify", l_classify },
    { "fields", l_fields },
    { "parser", l_parser },
    { NULL, NULL },
};

int mt_lua_at_open(lua_State *L)
{
    mt_class_new(L, "mt.at.parser", parser_methods);
    luaL_newlib(L, functions);
    return 1;
}
