/* SPDX-License-Identifier: MIT */
/* Tests core/wire/at.c: lines wherever they are cut, prompts, every final result, fields. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "wire/at.h"

/* Writes what comes out of the bytes, one token a line: "L text" or "P"; "C" when it was cut. */
static void feed(struct mt_at_lines *lines, const char *bytes, size_t size, struct mt_writer *said)
{
    uint8_t *copy = malloc(size ? size : 1); /* so that the sanitizer sees any read beyond */
    struct mt_reader input;
    struct mt_at_token token;

    assert_non_null(copy);
    memcpy(copy, bytes, size);
    input = mt_reader(copy, size);
    while (mt_at_next(lines, &input, &token)) {
        if (token.old)
            mt_put(said, "O", 1);
        if (token.kind == MT_AT_PROMPT) {
            mt_put(said, "P\n", 2);
            continue;
        }
        mt_put(said, token.truncated ? "C " : "L ", 2);
        mt_put(said, token.text.at, token.text.left);
        mt_put(said, "\n", 1);
    }
    assert_int_equal(input.left, 0);
    assert_false(said->overflow);
    free(copy);
}

/* Expects the same tokens from the bytes in one piece, in two for every cut, and one by one. */
static void expect_tokens(const char *bytes, size_t size, const char *expected)
{
    static uint8_t said[20000];

    for (size_t cut = 0; cut <= size + 1; cut++) {
        struct mt_at_lines lines = { 0 };
        struct mt_writer writer = mt_writer(said, sizeof(said));

        if (cut <= size) {
            feed(&lines, bytes, cut, &writer);
            feed(&lines, bytes + cut, size - cut, &writer);
        } else {
            for (size_t i = 0; i < size; i++)
                feed(&lines, bytes + i, 1, &writer);
        }
        assert_int_equal(writer.used, strlen(expected));
        assert_memory_equal(said, expected, writer.used);
    }
}

#define EXPECT(bytes, expected) expect_tokens(bytes, sizeof(bytes) - 1, expected)

static void takes_lines_wherever_they_are_cut(void **state)
{
    (void)state;
    EXPECT("", "");
    EXPECT("\r\n\r\n \t \r\n", "");
    EXPECT("AT!SELRAT?\r\r\n!SELRAT: 06, LTE Only\r\n\r\nOK\r\n",
           "L AT!SELRAT?\nL !SELRAT: 06, LTE Only\nL OK\n");
    EXPECT("\r\n!GSTATUS: \r\nTime:  1\t\tMode:  ONLINE  \r\n\r\n\r\nOK\r\n",
           "L !GSTATUS: \nL Time:  1\t\tMode:  ONLINE  \nL OK\n");
    EXPECT("\0\r\nO\0K\x7F\x01\r\nunfinished", "L OK\n");
    EXPECT("\xFF\xFE\x80\r\n", "L \xFF\xFE\x80\n");
}

static void takes_prompts(void **state)
{
    (void)state;
    EXPECT("\r\n> ", "P\n");
    EXPECT("\r\n>", "P\n");
    EXPECT("AT+CMGS=1\r\r\n> \r\n> hello\x1A\r\n\r\n+CMGS: 5\r\n\r\nOK\r\n",
           "L AT+CMGS=1\nP\nP\nL > hello\nL +CMGS: 5\nL OK\n");
    EXPECT("a > b\r\n -> \r\n", "L a > b\nL  -> \n");
}

static void cuts_what_is_too_long(void **state)
{
    static char bytes[MT_AT_LINE_MAX + 100];
    static uint8_t said[MT_AT_LINE_MAX + 100];
    struct mt_at_lines lines = { 0 };
    struct mt_writer writer = mt_writer(said, sizeof(said));

    (void)state;
    memset(bytes, 'x', sizeof(bytes));
    feed(&lines, bytes, MT_AT_LINE_MAX, &writer);
    feed(&lines, "\r\n", 2, &writer);
    assert_int_equal(writer.used, MT_AT_LINE_MAX + 3);
    assert_memory_equal(said, "L x", 3);
    for (int i = 0; i < 3; i++) {
        writer.used = 0;
        feed(&lines, bytes, sizeof(bytes), &writer);
        feed(&lines, ">\r\n", 3, &writer);
        assert_int_equal(writer.used, MT_AT_LINE_MAX + 3);
        assert_memory_equal(said, "C x", 3);
    }
    writer.used = 0;
    feed(&lines, "OK\r", 3, &writer); /* and nothing of it is left */
    assert_int_equal(writer.used, 5);
    assert_memory_equal(said, "L OK\n", 5);
}

static void marks_what_has_begun(void **state)
{
    struct mt_at_lines lines = { 0 };
    uint8_t said[64];
    struct mt_writer writer = mt_writer(said, sizeof(said));

    (void)state;
    feed(&lines, "half", 4, &writer);
    mt_at_mark(&lines);
    feed(&lines, " a line\r\nOK\r\n", 13, &writer);
    mt_at_mark(&lines);
    feed(&lines, "OK\r\n", 4, &writer);
    assert_int_equal(writer.used, 25);
    assert_memory_equal(said, "OL half a line\nL OK\nL OK\n", 25);
}

static struct mt_at_final classify(const char *line)
{
    return mt_at_classify(mt_reader(line, strlen(line)));
}

static void knows_every_final_result(void **state)
{
    static const struct {
        const char *line, *name;
    } finals[] = {
        { "OK", "ok" },
        { " OK ", "ok" },
        { "ERROR", "error" },
        { "CONNECT", "connect" },
        { "CONNECT 150000000", "connect" },
        { "NO CARRIER", "no-carrier" },
        { "BUSY", "busy" },
        { "NO ANSWER", "no-answer" },
        { "NO DIALTONE", "no-dialtone" },
        { "NO DIAL TONE", "no-dialtone" },
        { "+CME ERROR: 10", "cme" },
        { "+CMS ERROR:500", "cms" },
        { "+CME ERROR:", "cme" },
        { "ok", "ok" },
        { "error", "error" },
        { "+cme error: 10", "cme" },
    };
    static const char *const others[] = {
        "",          "OKAY",        "Ok",        "Error", "oK",  "ERROR 5", "+CmE ERROR: 1",
        "+CSQ: 1,2", "+CME ERRORS", "CONNECTED", "0",     "!OK",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(finals) / sizeof(finals[0]); i++) {
        enum mt_at_result result = classify(finals[i].line).result;

        assert_string_equal(mt_at_result_name(result), finals[i].name);
    }
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        assert_int_equal(classify(others[i]).result, MT_AT_NONE);
    assert_null(mt_at_result_name(MT_AT_NONE));
}

static void reads_why_it_failed(void **state)
{
    struct mt_at_final final = classify("+CME ERROR: 10");

    (void)state;
    assert_true(final.has_number);
    assert_int_equal(final.number, 10);
    assert_int_equal(final.words.left, 0);
    final = classify("+CMS ERROR: 999999999");
    assert_int_equal(final.number, 999999999);
    final = classify("+CME ERROR: SIM busy ");
    assert_false(final.has_number);
    assert_int_equal(final.words.left, 8);
    assert_memory_equal(final.words.at, "SIM busy", 8);
    final = classify("+CME ERROR: 1234567890");
    assert_false(final.has_number);
    assert_int_equal(final.number, 0);
    assert_int_equal(final.words.left, 10);
    final = classify("+CME ERROR: ");
    assert_false(final.has_number);
    assert_int_equal(final.words.left, 0);
    final = classify("CONNECT  460800");
    assert_memory_equal(final.words.at, "460800", final.words.left);
}

/* The fields as text: p for plain, q for quoted, g for a group, each with its text in angles. */
static void expect_fields(const char *line, const char *expected)
{
    size_t size = strlen(line);
    char *copy = malloc(size ? size : 1), said[256] = "";
    struct mt_at_fields fields;
    struct mt_at_field field;

    assert_non_null(copy);
    memcpy(copy, line, size);
    fields = (struct mt_at_fields){ .rest = mt_reader(copy, size) };
    while (mt_at_next_field(&fields, &field)) {
        char one[128];

        snprintf(one, sizeof(one), "%c<%.*s>", "pqg"[field.style], (int)field.text.left,
                 (const char *)field.text.at);
        strncat(said, one, sizeof(said) - strlen(said) - 1);
    }
    assert_string_equal(said, expected);
    free(copy);
}

static void takes_fields_apart(void **state)
{
    (void)state;
    expect_fields("", "");
    expect_fields("  ", "");
    expect_fields("1", "p<1>");
    expect_fields("1,\"ipv4v6\",\"r.ispsn\",\"\",0", "p<1>q<ipv4v6>q<r.ispsn>q<>p<0>");
    expect_fields(" 06 , LTE Only ", "p<06>p<LTE Only>");
    expect_fields(",,", "p<>p<>p<>");
    expect_fields("\"a,(b\",2", "q<a,(b>p<2>");
    expect_fields("\"open,1", "q<open,1>");
    expect_fields("\"", "q<>");
    expect_fields("\"a\"b,c", "p<\"a\"b>p<c>");
    expect_fields("(2,\"A)\",(1)),(1)(3) (4),,(0-2)", "g<2,\"A)\",(1)>g<1>g<3>g<4>p<>g<0-2>");
    expect_fields("(open,1", "g<open,1>");
    expect_fields("1 (Generic),x", "p<1 (Generic)>p<x>");
    expect_fields("(", "g<>");
    expect_fields(")", "p<)>");
    expect_fields("\"lte_band\",1:3:7", "q<lte_band>p<1:3:7>");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_lines_wherever_they_are_cut),
        cmocka_unit_test(takes_prompts),
        cmocka_unit_test(cuts_what_is_too_long),
        cmocka_unit_test(marks_what_has_begun),
        cmocka_unit_test(knows_every_final_result),
        cmocka_unit_test(reads_why_it_failed),
        cmocka_unit_test(takes_fields_apart),
    };

    return cmocka_run_group_tests_name("wire/at", tests, NULL, NULL);
}
