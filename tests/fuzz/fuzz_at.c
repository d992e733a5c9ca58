/* SPDX-License-Identifier: MIT */
/* Fuzzes AT framing: lines are the same wherever cut, and noise spoils none after it. */

#include <stdlib.h>

#include "wire/at.h"

/* The input: the size of the parts that the bytes come in, in one byte, then what a modem says. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
    if (!condition)
        abort();
}

/* What came out: every token's text, and its kind behind it. It takes no more than came in. */
struct record {
    struct mt_writer bytes;
    size_t tokens;
};

static void check_fields(struct mt_reader text, int depth)
{
    struct mt_at_fields fields = { .rest = text };
    struct mt_at_field field;
    size_t left = text.left + 1; /* each field takes at least a comma */

    while (mt_at_next_field(&fields, &field)) {
        require(fields.rest.left < left || !fields.comma);
        require(field.text.left <= text.left);
        require(field.text.left == 0 || (field.text.at >= text.at &&
                                         field.text.at + field.text.left <= text.at + text.left));
        if (field.style == MT_AT_GROUP && depth < 8)
            check_fields(field.text, depth + 1);
        left = fields.rest.left;
    }
    require(fields.rest.left == 0);
}

static void check_line(const struct mt_at_token *token)
{
    struct mt_at_final final = mt_at_classify(token->text);

    require(token->text.left != 0 && token->text.left <= MT_AT_LINE_MAX);
    for (size_t i = 0; i < token->text.left; i++) {
        uint8_t byte = token->text.at[i];

        require((byte >= ' ' || byte == '\t') && byte != 0x7F);
    }
    require((final.result == MT_AT_NONE) == (mt_at_result_name(final.result) == NULL));
    require(!final.has_number || final.words.left == 0);
    require(final.words.left <= token->text.left);
    check_fields(token->text, 1);
}

/* A copy in memory of its own size, so that the sanitizer sees any read beyond. */
static void feed(struct mt_at_lines *lines, const uint8_t *bytes, size_t size,
                 struct record *record)
{
    uint8_t *copy = malloc(size ? size : 1);
    struct mt_at_token token;
    struct mt_reader input;

    require(copy != NULL);
    if (size != 0)
        memcpy(copy, bytes, size);
    input = mt_reader(copy, size);
    while (mt_at_next(lines, &input, &token)) {
        if (token.kind == MT_AT_LINE)
            check_line(&token);
        mt_put(&record->bytes, token.text.at, token.text.left);
        mt_put_u8(&record->bytes, token.kind == MT_AT_PROMPT ? 1 : token.truncated ? 2 : 3);
        record->tokens++;
    }
    require(input.left == 0);
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t end[] = "\r\nOK\r\n";
    struct mt_at_lines whole = { 0 }, parts = { 0 };
    struct record one = { .tokens = 0 }, many = { .tokens = 0 };
    struct mt_reader input = mt_reader(data, size);
    size_t capacity = 3 * size + sizeof(end);
    uint8_t part = 0;

    mt_take_u8(&input, &part);
    one.bytes = mt_writer(malloc(capacity), capacity);
    many.bytes = mt_writer(malloc(capacity), capacity);
    require(one.bytes.bytes && many.bytes.bytes);
    feed(&whole, input.at, input.left, &one);
    feed(&whole, end, sizeof(end) - 1, &one);
    while (input.left != 0) {
        size_t taken = part != 0 && part < input.left ? part : input.left;

        feed(&parts, input.at, taken, &many);
        mt_skip(&input, taken);
    }
    feed(&parts, end, sizeof(end) - 1, &many);
    require(!one.bytes.overflow && one.tokens == many.tokens && one.tokens > 0);
    require(one.bytes.used == many.bytes.used);
    require(memcmp(one.bytes.bytes, many.bytes.bytes, one.bytes.used) == 0);
    require(one.bytes.used >= 3);
    require(memcmp(one.bytes.bytes + one.bytes.used - 3, "OK\3", 3) == 0);
    free(one.bytes.bytes);
    free(many.bytes.bytes);
    return 0;
}
