/* SPDX-License-Identifier: MIT */
/* Tests core/wire/mbim.c: every type of message, every truncation, fragments in disorder. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "wire/mbim.h"

/* clang-format off */
#define BASIC_CONNECT                                                                              \
    {                                                                                              \
        0xA2, 0x89, 0xCC, 0x33, 0xBC, 0xBB, 0x8B, 0x4F, 0xB6, 0xB0, 0x13, 0x3E, 0xC2, 0xAA, 0xE6,  \
        0xDF,                                                                                      \
    }
/* clang-format on */

static const struct mt_mbim_message samples[] = {
    { .type = MT_MBIM_OPEN, .transaction = 1, .max_control = 4096 },
    { .type = MT_MBIM_CLOSE, .transaction = 2 },
    { .type = MT_MBIM_COMMAND,
      .transaction = 3,
      .service = BASIC_CONNECT,
      .cid = 12,
      .set = true,
      .info = (const uint8_t *)"abcd",
      .info_size = 4 },
    { .type = MT_MBIM_COMMAND, .transaction = 4, .service = BASIC_CONNECT, .cid = 1 },
    { .type = MT_MBIM_HOST_ERROR, .transaction = 5, .status = MT_MBIM_ERROR_CANCEL },
    { .type = MT_MBIM_OPEN_DONE, .transaction = 1, .status = 2 },
    { .type = MT_MBIM_CLOSE_DONE, .transaction = 2 },
    { .type = MT_MBIM_COMMAND_DONE,
      .transaction = 3,
      .service = BASIC_CONNECT,
      .cid = 12,
      .status = 9,
      .info = (const uint8_t *)"xyz",
      .info_size = 3 },
    { .type = MT_MBIM_FUNCTION_ERROR, .transaction = 4, .status = MT_MBIM_ERROR_NOT_OPENED },
    { .type = MT_MBIM_INDICATE_STATUS,
      .service = BASIC_CONNECT,
      .cid = 9,
      .info = (const uint8_t *)"0123456789",
      .info_size = 10 },
};
#define SAMPLES (sizeof(samples) / sizeof(samples[0]))

static void assert_same(const struct mt_mbim_message *a, const struct mt_mbim_message *b)
{
    assert_int_equal(a->type, b->type);
    assert_int_equal(a->transaction, b->transaction);
    assert_int_equal(a->status, b->status);
    assert_int_equal(a->max_control, b->max_control);
    assert_memory_equal(a->service, b->service, 16);
    assert_int_equal(a->cid, b->cid);
    assert_int_equal(a->set, b->set);
    assert_int_equal(a->info_size, b->info_size);
    if (a->info_size)
        assert_memory_equal(a->info, b->info, a->info_size);
}

static size_t build(uint8_t *bytes, size_t capacity, const struct mt_mbim_message *message)
{
    struct mt_writer writer = mt_writer(bytes, capacity);

    assert_int_equal(mt_mbim_build(&writer, message), 0);
    return writer.used;
}

static void builds_the_bytes_of_the_standard(void **state)
{
    static const uint8_t open[] = { 1, 0, 0, 0, 16, 0, 0, 0, 1, 0, 0, 0, 0, 16, 0, 0 };
    /* clang-format off */
    static const uint8_t done[] = {
        3, 0, 0, 0x80, 51, 0, 0, 0, 3, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0,
        0xA2, 0x89, 0xCC, 0x33, 0xBC, 0xBB, 0x8B, 0x4F,
        0xB6, 0xB0, 0x13, 0x3E, 0xC2, 0xAA, 0xE6, 0xDF,
        12, 0, 0, 0, 9, 0, 0, 0, 3, 0, 0, 0, 'x', 'y', 'z',
    };
    /* clang-format on */
    uint8_t bytes[64];

    (void)state;
    assert_int_equal(build(bytes, sizeof(bytes), &samples[0]), sizeof(open));
    assert_memory_equal(bytes, open, sizeof(open));
    assert_int_equal(build(bytes, sizeof(bytes), &samples[7]), sizeof(done));
    assert_memory_equal(bytes, done, sizeof(done));
}

static void parses_what_it_builds(void **state)
{
    struct mt_mbim_message message;
    uint8_t bytes[80];

    (void)state;
    for (size_t i = 0; i < SAMPLES; i++) {
        size_t size = build(bytes, sizeof(bytes), &samples[i]);

        assert_int_equal(mt_mbim_parse(bytes, size, &message), MT_MBIM_MESSAGE);
        assert_same(&message, &samples[i]);
        assert_int_equal(mt_mbim_parse(bytes, size + 7, &message), MT_MBIM_MESSAGE);
        assert_same(&message, &samples[i]); /* trailing bytes do no harm */
    }
}

/* The bytes are copied to a block of their own size, so that the sanitizer sees any read beyond. */
static enum mt_mbim_result parse_copy(const uint8_t *bytes, size_t size,
                                      struct mt_mbim_message *message)
{
    uint8_t *copy = malloc(size ? size : 1);
    enum mt_mbim_result result;

    assert_non_null(copy);
    memcpy(copy, bytes, size);
    result = mt_mbim_parse(copy, size, message);
    free(copy);
    return result;
}

static void refuses_every_truncation(void **state)
{
    struct mt_mbim_message message;
    uint8_t bytes[64];

    (void)state;
    for (size_t i = 0; i < SAMPLES; i++) {
        size_t size = build(bytes, sizeof(bytes), &samples[i]);

        for (size_t cut = 0; cut < size; cut++) {
            assert_int_equal(parse_copy(bytes, cut, &message), MT_MBIM_TRUNCATED);
            mt_store_uint(bytes + 4, 4, false, cut); /* and where the header agrees with it */
            assert_true(parse_copy(bytes, cut, &message) < 0);
            mt_store_uint(bytes + 4, 4, false, size);
        }
    }
}

static void names_what_it_refuses(void **state)
{
    struct mt_mbim_message message, longest = samples[2];
    uint8_t bytes[64];
    struct mt_writer writer = mt_writer(bytes, sizeof(bytes));
    size_t size;

    (void)state;
    size = build(bytes, sizeof(bytes), &samples[7]);
    mt_store_uint(bytes + 44, 4, false, 4);
    assert_int_equal(mt_mbim_parse(bytes, size, &message), MT_MBIM_BAD_INFO);
    assert_int_equal(message.transaction, 3);
    mt_store_uint(bytes + 44, 4, false, 0xFFFFFFFF);
    assert_int_equal(mt_mbim_parse(bytes, size, &message), MT_MBIM_BAD_INFO);
    mt_store_uint(bytes + 44, 4, false, 2); /* shorter than what is there is fine */
    assert_int_equal(mt_mbim_parse(bytes, size, &message), MT_MBIM_MESSAGE);
    mt_store_uint(bytes + 12, 4, false, 2);
    assert_int_equal(mt_mbim_parse(bytes, size, &message), MT_MBIM_BAD_FRAGMENT);
    mt_store_uint(bytes + 12, 4, false, 0);
    assert_int_equal(mt_mbim_parse(bytes, size, &message), MT_MBIM_BAD_FRAGMENT);
    mt_store_uint(bytes + 4, 4, false, 19);
    assert_int_equal(mt_mbim_parse(bytes, size, &message), MT_MBIM_BAD_LENGTH);
    mt_store_uint(bytes, 4, false, 5);
    assert_int_equal(mt_mbim_parse(bytes, size, &message), MT_MBIM_BAD_TYPE);
    assert_int_equal(message.type, 5);

    assert_int_equal(mt_mbim_build(&writer, &message), -EINVAL);
    longest.info_size = MT_MBIM_MESSAGE_MAX;
    assert_int_equal(mt_mbim_build(&writer, &longest), -EMSGSIZE);
    writer = mt_writer(bytes, 51);
    assert_int_equal(mt_mbim_build(&writer, &samples[2]), -ENOBUFS);
}

static void has_a_name_for_everything(void **state)
{
    (void)state;
    for (int i = MT_MBIM_TOO_LONG; i <= MT_MBIM_MESSAGE; i++) {
        uint32_t error = mt_mbim_result_error((enum mt_mbim_result)i);

        assert_non_null(mt_mbim_result_name((enum mt_mbim_result)i));
        assert_non_null(mt_mbim_error_name(error));
    }
    for (uint32_t error = 1; error <= 8; error++)
        assert_non_null(mt_mbim_error_name(error));
    assert_null(mt_mbim_error_name(0));
    assert_null(mt_mbim_error_name(9));
}

/* Fragments of a message, to be fed in any order. */
struct fragments {
    uint8_t bytes[64][96];
    size_t sizes[64];
    int count;
};

static void split(struct fragments *fragments, const struct mt_mbim_message *message,
                  size_t transfer)
{
    static uint8_t whole[4096];
    size_t size = build(whole, sizeof(whole), message);
    struct mt_mbim_split split;

    fragments->count = 0;
    assert_int_equal(mt_mbim_split_start(&split, whole, size, transfer), 0);
    for (;;) {
        struct mt_writer writer = mt_writer(fragments->bytes[fragments->count], transfer);

        if (!mt_mbim_split_next(&split, &writer))
            break;
        assert_false(writer.overflow);
        fragments->sizes[fragments->count++] = writer.used;
    }
}

static enum mt_mbim_result add(struct mt_mbim_assembly *assembly, const struct fragments *fragments,
                               int which, struct mt_mbim_message *message)
{
    return mt_mbim_assembly_add(assembly, fragments->bytes[which], fragments->sizes[which],
                                message);
}

static uint8_t content[1000];
static const struct mt_mbim_message answer = {
    .type = MT_MBIM_COMMAND_DONE,
    .transaction = 7,
    .service = BASIC_CONNECT,
    .cid = 8,
    .info = content,
    .info_size = sizeof(content),
};
static const struct mt_mbim_message other = {
    .type = MT_MBIM_COMMAND_DONE,
    .transaction = 8,
    .service = BASIC_CONNECT,
    .cid = 1,
    .info = content,
    .info_size = 200,
};
static const struct mt_mbim_message indication = {
    .type = MT_MBIM_INDICATE_STATUS,
    .service = BASIC_CONNECT,
    .cid = 9,
    .info = content,
    .info_size = 300,
};
static struct mt_mbim_assembly assembly;
static struct fragments fragments, others;

static int set_up(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(content); i++)
        content[i] = (uint8_t)(i * 7);
    mt_mbim_assembly_reset(&assembly);
    return 0;
}

/* After any mishap the next message must come through whole. */
static void assert_recovers(void)
{
    static struct fragments next;
    struct mt_mbim_message message;

    split(&next, &other, 64);
    for (int i = 0; i + 1 < next.count; i++)
        assert_int_equal(add(&assembly, &next, i, &message), MT_MBIM_MORE);
    assert_int_equal(add(&assembly, &next, next.count - 1, &message), MT_MBIM_MESSAGE);
    assert_same(&message, &other);
    assert_false(mt_mbim_assembly_waits(&assembly));
}

static void puts_fragments_together(void **state)
{
    struct mt_mbim_message message;

    (void)state;
    for (size_t transfer = 64; transfer <= 96; transfer++) {
        split(&fragments, &answer, transfer);
        assert_true(fragments.count > 1);
        for (int i = 0; i < fragments.count; i++) {
            bool last = i == fragments.count - 1;

            assert_true(fragments.sizes[i] == transfer || last);
            assert_int_equal(add(&assembly, &fragments, i, &message), last);
            assert_int_equal(mt_mbim_assembly_waits(&assembly), !last);
        }
        assert_same(&message, &answer);
    }
}

static void splits_only_what_it_must(void **state)
{
    struct mt_mbim_message message;
    struct mt_mbim_split splitter;
    uint8_t bytes[64];
    size_t size;

    (void)state;
    for (size_t i = 0; i < SAMPLES; i++) {
        split(&fragments, &samples[i], 64);
        assert_int_equal(fragments.count, 1);
        assert_int_equal(add(&assembly, &fragments, 0, &message), MT_MBIM_MESSAGE);
        assert_same(&message, &samples[i]);
    }
    size = build(bytes, sizeof(bytes), &samples[2]);
    assert_int_equal(mt_mbim_split_start(&splitter, bytes, size, 63), -EINVAL);
    assert_int_equal(mt_mbim_split_start(&splitter, bytes, size - 1, 64), -EINVAL);
    assert_int_equal(mt_mbim_split_start(&splitter, bytes, 3, 64), -EINVAL);
}

static void lets_indications_come_between(void **state)
{
    struct mt_mbim_message message;
    uint8_t bytes[64];
    size_t size = build(bytes, sizeof(bytes), &samples[9]);

    (void)state;
    split(&fragments, &answer, 64);
    split(&others, &indication, 64);
    for (int i = 0; i + 1 < fragments.count; i++) {
        assert_int_equal(add(&assembly, &fragments, i, &message), MT_MBIM_MORE);
        if (i < others.count)
            assert_int_equal(add(&assembly, &others, i, &message), i == others.count - 1);
        if (i == others.count - 1)
            assert_same(&message, &indication);
        assert_int_equal(mt_mbim_assembly_add(&assembly, bytes, size, &message), MT_MBIM_MESSAGE);
        assert_same(&message, &samples[9]);
    }
    assert_int_equal(add(&assembly, &fragments, fragments.count - 1, &message), MT_MBIM_MESSAGE);
    assert_same(&message, &answer);
}

static void notices_a_missing_fragment(void **state)
{
    struct mt_mbim_message message;

    (void)state;
    split(&fragments, &answer, 64);
    for (int missing = 0; missing + 1 < fragments.count; missing++) {
        for (int i = 0; i < missing; i++)
            assert_int_equal(add(&assembly, &fragments, i, &message), MT_MBIM_MORE);
        for (int i = missing + 1; i < fragments.count; i++) {
            assert_int_equal(add(&assembly, &fragments, i, &message), MT_MBIM_OUT_OF_ORDER);
            assert_int_equal(message.transaction, 7);
        }
        assert_false(mt_mbim_assembly_waits(&assembly));
        assert_recovers();
    }
}

static void notices_a_duplicate(void **state)
{
    struct mt_mbim_message message;

    (void)state;
    split(&fragments, &answer, 64);
    for (int twice = 1; twice + 1 < fragments.count; twice++) {
        for (int i = 0; i <= twice; i++)
            assert_int_equal(add(&assembly, &fragments, i, &message), MT_MBIM_MORE);
        assert_int_equal(add(&assembly, &fragments, twice, &message), MT_MBIM_DUPLICATE);
        assert_int_equal(message.transaction, 7);
        assert_false(mt_mbim_assembly_waits(&assembly));
        assert_recovers();
    }
    /* A first fragment that comes again begins the message again. */
    assert_int_equal(add(&assembly, &fragments, 0, &message), MT_MBIM_MORE);
    assert_int_equal(add(&assembly, &fragments, 0, &message), MT_MBIM_DUPLICATE);
    for (int i = 1; i + 1 < fragments.count; i++)
        assert_int_equal(add(&assembly, &fragments, i, &message), MT_MBIM_MORE);
    assert_int_equal(add(&assembly, &fragments, fragments.count - 1, &message), MT_MBIM_MESSAGE);
    assert_same(&message, &answer);
}

static void notices_another_message(void **state)
{
    struct mt_mbim_message message;

    (void)state;
    split(&fragments, &answer, 64);
    split(&others, &other, 64);
    assert_int_equal(add(&assembly, &fragments, 0, &message), MT_MBIM_MORE);
    assert_int_equal(add(&assembly, &others, 1, &message), MT_MBIM_INTERLEAVED);
    assert_int_equal(message.transaction, 7); /* which one was lost */
    assert_int_equal(add(&assembly, &fragments, 1, &message), MT_MBIM_OUT_OF_ORDER);
    assert_recovers();
    /* A modem that gave up on one answer and begins another: the second one counts. */
    assert_int_equal(add(&assembly, &fragments, 0, &message), MT_MBIM_MORE);
    assert_int_equal(add(&assembly, &others, 0, &message), MT_MBIM_INTERLEAVED);
    assert_int_equal(message.transaction, 7);
    for (int i = 1; i + 1 < others.count; i++)
        assert_int_equal(add(&assembly, &others, i, &message), MT_MBIM_MORE);
    assert_int_equal(add(&assembly, &others, others.count - 1, &message), MT_MBIM_MESSAGE);
    assert_same(&message, &other);
}

static void notices_contradictions(void **state)
{
    struct mt_mbim_message message;

    (void)state;
    split(&fragments, &answer, 64);
    assert_int_equal(add(&assembly, &fragments, 0, &message), MT_MBIM_MORE);
    mt_store_uint(fragments.bytes[1] + 12, 4, false, 1000); /* another total */
    assert_int_equal(add(&assembly, &fragments, 1, &message), MT_MBIM_BAD_FRAGMENT);
    assert_recovers();

    for (int i = 0; i < 2; i++) {
        split(&fragments, &answer, 64);
        if (i > 0)
            assert_int_equal(add(&assembly, &fragments, 0, &message), MT_MBIM_MORE);
        mt_store_uint(fragments.bytes[i] + 12, 4, false, 0); /* of none */
        assert_int_equal(add(&assembly, &fragments, i, &message), MT_MBIM_BAD_FRAGMENT);
        assert_int_equal(message.transaction, answer.transaction);
        assert_recovers();
    }

    split(&fragments, &answer, 64);
    assert_int_equal(add(&assembly, &fragments, 0, &message), MT_MBIM_MORE);
    mt_store_uint(fragments.bytes[1] + 16, 4, false, 0xFFFFFFFF); /* beyond the total */
    assert_int_equal(add(&assembly, &fragments, 1, &message), MT_MBIM_BAD_FRAGMENT);
    assert_recovers();

    split(&fragments, &answer, 64);
    assert_int_equal(add(&assembly, &fragments, 0, &message), MT_MBIM_MORE);
    mt_store_uint(fragments.bytes[1] + 4, 4, false, 20); /* nothing in it */
    assert_int_equal(add(&assembly, &fragments, 1, &message), MT_MBIM_BAD_FRAGMENT);
    assert_recovers();

    split(&fragments, &answer, 64);
    assert_int_equal(add(&assembly, &fragments, 0, &message), MT_MBIM_MORE);
    fragments.sizes[1] = 40; /* cut short on the way */
    assert_int_equal(add(&assembly, &fragments, 1, &message), MT_MBIM_TRUNCATED);
    assert_recovers();
}

static void has_an_end(void **state)
{
    struct mt_mbim_message message;
    static uint8_t huge[MT_MBIM_MESSAGE_MAX + 64];
    enum mt_mbim_result result = MT_MBIM_MORE;
    uint32_t current = 0;

    (void)state;
    split(&fragments, &answer, 64);
    while (result == MT_MBIM_MORE) {
        mt_store_uint(fragments.bytes[0] + 12, 4, false, 0xFFFFFFFF);
        mt_store_uint(fragments.bytes[0] + 16, 4, false, current++);
        result = add(&assembly, &fragments, 0, &message);
    }
    assert_int_equal(result, MT_MBIM_TOO_LONG);
    assert_int_equal(current, (MT_MBIM_MESSAGE_MAX - 20) / 44 + 1);
    assert_recovers();

    memcpy(huge, fragments.bytes[0], 20);
    mt_store_uint(huge + 4, 4, false, sizeof(huge));
    mt_store_uint(huge + 16, 4, false, 0);
    result = mt_mbim_assembly_add(&assembly, huge, sizeof(huge), &message);
    assert_int_equal(result, MT_MBIM_TOO_LONG);
    assert_recovers();
}

static void forgets_when_reset(void **state)
{
    struct mt_mbim_message message;

    (void)state;
    split(&fragments, &answer, 64);
    assert_int_equal(add(&assembly, &fragments, 0, &message), MT_MBIM_MORE);
    mt_mbim_assembly_reset(&assembly);
    assert_int_equal(add(&assembly, &fragments, 1, &message), MT_MBIM_OUT_OF_ORDER);
    assert_recovers();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(builds_the_bytes_of_the_standard),
        cmocka_unit_test(parses_what_it_builds),
        cmocka_unit_test(refuses_every_truncation),
        cmocka_unit_test(names_what_it_refuses),
        cmocka_unit_test(has_a_name_for_everything),
        cmocka_unit_test_setup(puts_fragments_together, set_up),
        cmocka_unit_test_setup(splits_only_what_it_must, set_up),
        cmocka_unit_test_setup(lets_indications_come_between, set_up),
        cmocka_unit_test_setup(notices_a_missing_fragment, set_up),
        cmocka_unit_test_setup(notices_a_duplicate, set_up),
        cmocka_unit_test_setup(notices_another_message, set_up),
        cmocka_unit_test_setup(notices_contradictions, set_up),
        cmocka_unit_test_setup(has_an_end, set_up),
        cmocka_unit_test_setup(forgets_when_reset, set_up),
    };

    return cmocka_run_group_tests_name("wire/mbim", tests, NULL, NULL);
}
