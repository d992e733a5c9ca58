/* SPDX-License-Identifier: MIT */
/* A million mutated MBIM messages through framing and codecs: none may crash, raise or confuse. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "mutations.h"
#include "wire/mbim.h"
#include "wire_codecs.h"

#define FULLER 8

struct sample {
    uint8_t *bytes; /* a COMMAND_DONE */
    size_t size;
};

static lua_State *L;
static struct sample *samples;
static uint32_t sample_count;
static uint32_t messages, decoded;

static void build_sample(struct sample *sample, const uint8_t *info, size_t info_size)
{
    struct mt_mbim_message message = {
        .type = MT_MBIM_COMMAND_DONE,
        .transaction = 5,
        .cid = 1,
        .info = info,
        .info_size = info_size,
    };
    struct mt_writer writer;

    sample->size = MT_MBIM_COMMAND_SIZE + info_size;
    sample->bytes = malloc(sample->size);
    assert_non_null(sample->bytes);
    writer = mt_writer(sample->bytes, sample->size);
    assert_int_equal(mt_mbim_build(&writer, &message), 0);
}

static int set_up(void **state)
{
    (void)state;
    L = wire_lua_open();
    wire_codecs_open(L);
    lua_getglobal(L, "codecs");
    sample_count = (uint32_t)lua_rawlen(L, -1);
    samples = calloc(sample_count, sizeof(*samples));
    assert_non_null(samples);
    for (uint32_t i = 0; i < sample_count; i++) {
        size_t size;
        const char *info;

        lua_rawgeti(L, -1, i + 1);
        lua_getfield(L, -1, "bytes");
        info = lua_tolstring(L, -1, &size);
        build_sample(&samples[i], (const uint8_t *)info, size);
        lua_pop(L, 2);
    }
    lua_pop(L, 1);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < sample_count; i++)
        free(samples[i].bytes);
    free(samples);
    lua_close(L);
    return 0;
}

/* What came out of framing goes through the codec, in memory of its own size. */
static void check_message(const struct mt_mbim_message *message, uint32_t sample)
{
    messages++;
    decoded += check_bytes(L, sample, message->info, message->info_size);
}

static void check_view(const struct mt_mbim_message *message, const uint8_t *bytes, size_t size)
{
    if (message->info_size == 0)
        return;
    assert_true(message->info >= bytes && message->info <= bytes + size);
    assert_true(message->info_size <= (size_t)(bytes + size - message->info));
}

static void mutate_message(uint32_t which)
{
    size_t size = samples[which].size;
    struct mt_mbim_message message;
    enum mt_mbim_result result;
    uint8_t *bytes = malloc(size);

    assert_non_null(bytes);
    memcpy(bytes, samples[which].bytes, size);
    if (draw(8) == 0)
        size = mutate(bytes, size);
    else /* most changes belong where there is most to go wrong */
        mutate(bytes + MT_MBIM_COMMAND_SIZE, size - MT_MBIM_COMMAND_SIZE);
    result = mt_mbim_parse(bytes, size, &message);
    assert_non_null(mt_mbim_result_name(result));
    assert_true(result != MT_MBIM_MORE);
    if (result == MT_MBIM_MESSAGE) {
        check_view(&message, bytes, size);
        check_message(&message, which);
    }
    free(bytes);
}

/* Loses, repeats, swaps and mutates fragments; then an intact message must come through intact. */
static void mutate_fragments(struct mt_mbim_assembly *assembly, uint32_t which)
{
    const struct sample *sample = &samples[which];
    struct mt_mbim_message message;
    struct mt_mbim_split split;
    uint8_t fragment[512];
    size_t transfer = MT_MBIM_TRANSFER_MIN + draw(449), size;
    enum mt_mbim_result result = MT_MBIM_MORE;
    uint32_t intact = draw(2);

    if (intact)
        mt_mbim_assembly_reset(assembly);
    assert_int_equal(mt_mbim_split_start(&split, sample->bytes, sample->size, transfer), 0);
    for (;;) {
        struct mt_writer writer = mt_writer(fragment, transfer);

        if (!mt_mbim_split_next(&split, &writer))
            break;
        size = writer.used;
        for (uint32_t times = intact ? 1 : draw(8) ? 1 : draw(3); times > 0; times--) {
            if (!intact && draw(4) == 0)
                size = mutate(fragment, size);
            result = mt_mbim_assembly_add(assembly, fragment, size, &message);
            assert_non_null(mt_mbim_result_name(result));
            if (result == MT_MBIM_MESSAGE)
                check_message(&message, which);
        }
    }
    if (!intact)
        return;
    assert_int_equal(result, MT_MBIM_MESSAGE);
    assert_int_equal(message.info_size, sample->size - MT_MBIM_COMMAND_SIZE);
    if (message.info_size != 0)
        assert_memory_equal(message.info, sample->bytes + MT_MBIM_COMMAND_SIZE, message.info_size);
}

static void a_million_mutations(void **state)
{
    struct mt_mbim_assembly *assembly = malloc(sizeof(*assembly));
    uint32_t count = start_rounds(sample_count);

    (void)state;
    assert_non_null(assembly);
    mt_mbim_assembly_reset(assembly);
    for (uint32_t round = 0; round < count; round++) {
        uint32_t which = draw(sample_count);

        if (draw(2)) /* the fuller samples are the last ones */
            which = sample_count - 1 - draw(FULLER);
        if (draw(8) == 0)
            mutate_fragments(assembly, which);
        else
            mutate_message(which);
    }
    print_message("%" PRIu32 " messages, %" PRIu32 " decoded\n", messages, decoded);
    free(assembly);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_million_mutations, set_up, tear_down),
    };

    return cmocka_run_group_tests_name("wire/mutations", tests, NULL, NULL);
}
