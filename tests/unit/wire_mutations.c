/* SPDX-License-Identifier: MIT */
/* A million mutated MBIM messages through framing and codecs: none may crash, raise or confuse. */

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "wire/mbim.h"
#include "wire_codecs.h"

#define ROUNDS 1000000
#define SEED UINT64_C(0x6D6F6F6E746F7772)
#define FULLER 8

static uint64_t random_state;

/* xorshift64*: the same numbers everywhere, from the printed seed. */
static uint32_t draw(uint32_t below)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return (uint32_t)((random_state * UINT64_C(0x2545F4914F6CDD1D)) >> 32) % below;
}

/* The numbers at which length checks go wrong. */
static uint32_t draw_tricky(size_t size)
{
    static const uint32_t tricky[] = {
        0, 1, 2, 3, 4, 7, 8, 12, 16, 20, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x10000,
        0x3FFFFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFF0, 0xFFFFFFFC, 0xFFFFFFFE, 0xFFFFFFFF,
    };

    switch (draw(3)) {
    case 0: return tricky[draw(sizeof(tricky) / sizeof(tricky[0]))];
    case 1: return (uint32_t)size - 4 + draw(9);
    default: return draw((uint32_t)size + 1) & ~3u;
    }
}

/* Changes some bytes, some words, or the length. */
static size_t mutate(uint8_t *bytes, size_t size)
{
    for (uint32_t changes = 1 + draw(4); changes > 0 && size > 0; changes--) {
        switch (draw(4)) {
        case 0:
            bytes[draw((uint32_t)size)] ^= (uint8_t)(1u << draw(8));
            break;
        case 1:
            bytes[draw((uint32_t)size)] = (uint8_t)draw(256);
            break;
        case 2:
            if (size >= 4)
                mt_store_uint(bytes + draw((uint32_t)size / 4) * 4, 4, false, draw_tricky(size));
            break;
        case 3:
            if (draw(8) == 0)
                size = draw((uint32_t)size + 1);
            break;
        }
    }
    return size;
}

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
        .type = MT_MBIM_COMMAND_DONE, .transaction = 5, .cid = 1, .info = info,
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
    lua_getglobal(L, "check");
    lua_getglobal(L, "codecs");
    lua_rawgeti(L, -1, sample + 1);
    lua_getfield(L, -1, "codec");
    lua_replace(L, -3);
    lua_pop(L, 1);
    lua_pushlstring(L, (const char *)message->info, message->info_size);
    if (lua_pcall(L, 2, 1, 0) != LUA_OK)
        fail_msg("%s", lua_tostring(L, -1));
    decoded += (uint32_t)lua_toboolean(L, -1);
    lua_pop(L, 1);
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
    const char *seed = getenv("MT_SEED"), *rounds = getenv("MT_ROUNDS");
    uint32_t count = rounds ? (uint32_t)strtoul(rounds, NULL, 0) : ROUNDS;

    (void)state;
    assert_non_null(assembly);
    mt_mbim_assembly_reset(assembly);
    random_state = seed ? strtoull(seed, NULL, 0) : SEED;
    print_message("seed 0x%" PRIx64 " (MT_SEED), %" PRIu32 " rounds (MT_ROUNDS), %" PRIu32
                  " samples\n", random_state, count, sample_count);
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
