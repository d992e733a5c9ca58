/* SPDX-License-Identifier: MIT */
/* AT framing: takes a modem's bytes apart into lines and prompts, final results, fields; no I/O. */

#include "wire/at.h"

static bool is_blank(uint8_t byte)
{
    return byte == ' ' || byte == '\t';
}

static struct mt_reader trim(struct mt_reader text)
{
    while (text.left != 0 && is_blank(text.at[0]))
        mt_skip(&text, 1);
    while (text.left != 0 && is_blank(text.at[text.left - 1]))
        text.left--;
    return text;
}

static bool equals(struct mt_reader text, const char *other)
{
    return text.left == strlen(other) && memcmp(text.at, other, text.left) == 0;
}

/* ---- lines ---- */

/* Ends the line; false when there is nothing in it, or nothing but a prompt. */
static bool end_line(struct mt_at_lines *lines, struct mt_at_token *token)
{
    struct mt_reader trimmed;

    *token = (struct mt_at_token){
        .kind = MT_AT_LINE,
        .text = mt_reader(lines->text, lines->used),
        .truncated = lines->truncated,
        .old = lines->old,
    };
    lines->used = 0;
    lines->truncated = lines->old = false;
    trimmed = trim(token->text);
    return trimmed.left != 0 && !equals(trimmed, ">");
}

bool mt_at_next(struct mt_at_lines *lines, struct mt_reader *input, struct mt_at_token *token)
{
    uint8_t byte;

    while (mt_take_u8(input, &byte)) {
        if (byte == '\r' || byte == '\n') {
            if (end_line(lines, token))
                return true;
            continue;
        }
        if ((byte < ' ' && byte != '\t') || byte == 0x7F)
            continue;
        if (lines->used == sizeof(lines->text)) {
            lines->truncated = true;
            continue;
        }
        lines->text[lines->used++] = byte;
        if (byte == '>' && lines->used == 1) {
            *token = (struct mt_at_token){
                .kind = MT_AT_PROMPT,
                .text = mt_reader(lines->text, 1),
            };
            return true;
        }
    }
    return false;
}

void mt_at_mark(struct mt_at_lines *lines)
{
    lines->old = lines->used != 0;
}

/* ---- final results ---- */

/* Does the text begin so, in capitals or, as some firmware has it, in small letters throughout? */
static bool begins(struct mt_reader text, const char *start)
{
    bool in_capitals = true, in_small = true;
    size_t size = strlen(start);

    if (text.left < size)
        return false;
    for (size_t i = 0; i < size; i++) {
        uint8_t capital = (uint8_t)start[i];
        uint8_t small = capital >= 'A' && capital <= 'Z' ? capital + ('a' - 'A') : capital;

        in_capitals = in_capitals && text.at[i] == capital;
        in_small = in_small && text.at[i] == small;
    }
    return in_capitals || in_small;
}

static bool skip_start(struct mt_reader *text, const char *start)
{
    return begins(*text, start) && mt_skip(text, strlen(start));
}

static const struct {
    enum mt_at_result result;
    const char *words;
} plain_results[] = {
    { MT_AT_OK, "OK" },
    { MT_AT_ERROR, "ERROR" },
    { MT_AT_CONNECT, "CONNECT" },
    { MT_AT_NO_CARRIER, "NO CARRIER" },
    { MT_AT_BUSY, "BUSY" },
    { MT_AT_NO_ANSWER, "NO ANSWER" },
    { MT_AT_NO_DIALTONE, "NO DIALTONE" },
    { MT_AT_NO_DIALTONE, "NO DIAL TONE" },
};

/* A number of up to nine digits, or words. */
static void take_reason(struct mt_reader text, struct mt_at_final *final)
{
    final->words = trim(text);
    final->has_number = final->words.left != 0 && final->words.left <= 9;
    for (size_t i = 0; i < final->words.left && final->has_number; i++) {
        uint8_t byte = final->words.at[i];

        final->has_number = byte >= '0' && byte <= '9';
        final->number = final->number * 10 + byte - '0';
    }
    if (final->has_number)
        final->words.left = 0;
    else
        final->number = 0;
}

struct mt_at_final mt_at_classify(struct mt_reader line)
{
    struct mt_at_final final = { .result = MT_AT_NONE };

    line = trim(line);
    for (size_t i = 0; i < sizeof(plain_results) / sizeof(plain_results[0]); i++) {
        if (line.left == strlen(plain_results[i].words) && begins(line, plain_results[i].words)) {
            final.result = plain_results[i].result;
            return final;
        }
    }
    if (skip_start(&line, "+CME ERROR:"))
        final.result = MT_AT_CME;
    else if (skip_start(&line, "+CMS ERROR:"))
        final.result = MT_AT_CMS;
    if (final.result != MT_AT_NONE) {
        take_reason(line, &final);
    } else if (skip_start(&line, "CONNECT ")) {
        final.result = MT_AT_CONNECT;
        final.words = trim(line);
    }
    return final;
}

const char *mt_at_result_name(enum mt_at_result result)
{
    switch (result) {
    case MT_AT_NONE:
        return NULL;
    case MT_AT_OK:
        return "ok";
    case MT_AT_ERROR:
        return "error";
    case MT_AT_CME:
        return "cme";
    case MT_AT_CMS:
        return "cms";
    case MT_AT_CONNECT:
        return "connect";
    case MT_AT_NO_CARRIER:
        return "no-carrier";
    case MT_AT_BUSY:
        return "busy";
    case MT_AT_NO_ANSWER:
        return "no-answer";
    case MT_AT_NO_DIALTONE:
        return "no-dialtone";
    }
    return NULL;
}

/* ---- fields ---- */

/*
 * How much of the text comes before the comma that ends its first field, or, where a parenthesis
 * opens it, up to the one that closes it. Neither counts within quotation marks.
 */
static size_t field_size(struct mt_reader text)
{
    bool group = text.left != 0 && text.at[0] == '(', quoted = false;
    size_t depth = 0;

    for (size_t i = 0; i < text.left; i++) {
        uint8_t byte = text.at[i];

        if (byte == '"')
            quoted = !quoted;
        if (quoted)
            continue;
        if (!group && byte == ',')
            return i;
        if (group && byte == '(')
            depth++;
        if (group && byte == ')' && --depth == 0)
            return i + 1;
    }
    return text.left;
}

/* Takes off the first character, and the last if it is `closing`. */
static struct mt_reader unwrap(struct mt_reader text, uint8_t closing)
{
    if (text.left >= 2 && text.at[text.left - 1] == closing)
        text.left--;
    mt_skip(&text, 1);
    return text;
}

static bool is_quoted(struct mt_reader text)
{
    const uint8_t *end;

    if (text.left == 0 || text.at[0] != '"')
        return false;
    end = memchr(text.at + 1, '"', text.left - 1);
    return !end || end == text.at + text.left - 1;
}

bool mt_at_next_field(struct mt_at_fields *fields, struct mt_at_field *field)
{
    struct mt_reader text, rest = trim(fields->rest);
    size_t size = field_size(rest);

    fields->rest = rest;
    if (rest.left == 0 && !fields->comma)
        return false;
    mt_window(rest, 0, size, &text);
    mt_skip(&rest, size);
    text = trim(text);
    field->style = MT_AT_PLAIN;
    if (is_quoted(text)) {
        field->style = MT_AT_QUOTED;
        text = unwrap(text, '"');
    } else if (text.left != 0 && text.at[0] == '(') {
        field->style = MT_AT_GROUP;
        text = unwrap(text, ')');
    }
    field->text = text;
    rest = trim(rest);
    fields->comma = skip_start(&rest, ",");
    fields->rest = rest;
    return true;
}
