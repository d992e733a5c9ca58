/* SPDX-License-Identifier: MIT */
/* AT framing: takes a modem's bytes apart into lines and prompts, final results, fields; no I/O. */

#ifndef MT_WIRE_AT_H
#define MT_WIRE_AT_H

#include "wire/bytes.h"

#define MT_AT_LINE_MAX 4096 /* of a longer line, the rest is dropped */

enum mt_at_kind {
    MT_AT_LINE, /* text between line ends, never blank */
    MT_AT_PROMPT, /* ">" where a line begins: the modem waits for the text that belongs to a command */
};

/* One line or prompt. A view: it lives until the next call. */
struct mt_at_token {
    enum mt_at_kind kind;
    struct mt_reader text; /* without its end and without control characters, except TAB */
    bool truncated;        /* the line was too long */
    bool old;              /* it began before the last mark */
};

/* The received part of a line that has not ended. The caller owns it and begins with zeros. */
struct mt_at_lines {
    size_t used;
    bool truncated;
    bool old;
    uint8_t text[MT_AT_LINE_MAX];
};

/*
 * Takes the next line or prompt out of `input`, and what of it came before. False when all input is
 * used up. The tokens are the same wherever the input was cut. A prompt does not wait for the blank
 * that most modems send behind it; what else follows on the same line comes as a line with its ">".
 */
bool mt_at_next(struct mt_at_lines *lines, struct mt_reader *input, struct mt_at_token *token);

/* A command is sent now: what has begun already is no answer to it. */
void mt_at_mark(struct mt_at_lines *lines);

/* How a command ended. */
enum mt_at_result {
    MT_AT_NONE, /* this line ends no command */
    MT_AT_OK,
    MT_AT_ERROR,
    MT_AT_CME, /* "+CME ERROR: 10" or "+CME ERROR: SIM not inserted" */
    MT_AT_CMS,
    MT_AT_CONNECT,
    MT_AT_NO_CARRIER,
    MT_AT_BUSY,
    MT_AT_NO_ANSWER,
    MT_AT_NO_DIALTONE,
};

/*
 * A final result of ITU-T V.250, 27.007 or 27.005; makers' own are not known here. `words` is a view into
 * the line: an error in words, or the rate of a CONNECT.
 */
struct mt_at_final {
    enum mt_at_result result;
    bool has_number;
    uint32_t number;
    struct mt_reader words;
};

struct mt_at_final mt_at_classify(struct mt_reader line);

/* "ok", "no-carrier", ...; NULL for MT_AT_NONE. */
const char *mt_at_result_name(enum mt_at_result result);

enum mt_at_style {
    MT_AT_PLAIN,  /* 1 */
    MT_AT_QUOTED, /* "ipv4v6": commas in it are part of it */
    MT_AT_GROUP,  /* (0,1,2): the text within is fields again */
};

/* One of a line's values; `text` is a view without quotation marks or parentheses. */
struct mt_at_field {
    enum mt_at_style style;
    struct mt_reader text;
};

/* The fields of what follows a line's prefix: begin with { .rest = the text }. */
struct mt_at_fields {
    struct mt_reader rest;
    bool comma; /* the last field ended with one, so that another follows */
};

/* Takes the next field; blanks around it are dropped. After a group, no comma is needed. */
bool mt_at_next_field(struct mt_at_fields *fields, struct mt_at_field *field);

#endif
