/* SPDX-License-Identifier: MIT */
/* Every truncation and a million mutations of QMI messages: none may crash, raise or confuse. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "mutations.h"
#include "wire/qmi.h"
#include "wire/stream.h"
#include "wire_qmi_codecs.h"

#define TLVS_MAX 64  /* of a sample */
#define FRAMES_MAX 4 /* in a stream at once */
#define SCRATCH (8 * 4096)

struct sample {
    struct mt_qmi_message message; /* a view of the bytes */
    uint8_t *bytes;                /* a QMUX frame */
    size_t size;
};

static lua_State *L;
static struct sample *samples;
static uint32_t sample_count, usual; /* the usual ones are the last */
static uint32_t messages, decoded;
static uint8_t scratch[SCRATCH];

static uint32_t get_number(const char *name)
{
    uint32_t number;

    lua_getfield(L, -1, name);
    number = (uint32_t)lua_tointeger(L, -1);
    lua_pop(L, 1);
    return number;
}

static size_t build(const struct mt_qmi_message *message)
{
    struct mt_writer writer = mt_writer(scratch, sizeof(scratch));

    assert_int_equal(mt_qmi_build(&writer, message), 0);
    return writer.used;
}

/* In memory of its own size, so that the sanitizer sees any read beyond. */
static uint8_t *copy_of(const uint8_t *bytes, size_t size)
{
    uint8_t *copy = malloc(size ? size : 1);

    assert_non_null(copy);
    if (size != 0)
        memcpy(copy, bytes, size);
    return copy;
}

/* The entry of `codecs` at the top of the stack. */
static void build_sample(struct sample *sample)
{
    struct mt_qmi_message message = {
        .service = (uint8_t)get_number("service"),
        .client = 1,
        .type = (enum mt_qmi_type)get_number("type"),
        .transaction = 5,
        .id = (uint16_t)get_number("id"),
    };

    message.from_modem = message.type != MT_QMI_REQUEST;
    lua_getfield(L, -1, "bytes");
    message.tlvs = (const uint8_t *)lua_tolstring(L, -1, &message.tlvs_size);
    sample->size = build(&message);
    sample->bytes = copy_of(scratch, sample->size);
    assert_int_equal(mt_qmi_parse(sample->bytes, sample->size, &sample->message), MT_QMI_MESSAGE);
    lua_pop(L, 1);
}

static int set_up(void **state)
{
    (void)state;
    L = wire_lua_open();
    wire_qmi_codecs_open(L);
    lua_getglobal(L, "usual");
    usual = (uint32_t)lua_tointeger(L, -1);
    lua_getglobal(L, "codecs");
    sample_count = (uint32_t)lua_rawlen(L, -1);
    samples = calloc(sample_count, sizeof(*samples));
    assert_non_null(samples);
    for (uint32_t i = 0; i < sample_count; i++) {
        lua_rawgeti(L, -1, i + 1);
        build_sample(&samples[i]);
        lua_pop(L, 1);
    }
    lua_pop(L, 2);
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

/* Through framing, and what comes out of it through the codec of a sample: does it decode? */
static bool check_frame(const uint8_t *bytes, size_t size, uint32_t which)
{
    uint8_t *copy = copy_of(bytes, size);
    struct mt_qmi_message message;
    enum mt_qmi_result result = mt_qmi_parse(copy, size, &message);
    bool decodes = false;

    assert_non_null(mt_qmi_result_name(result));
    if (result == MT_QMI_MESSAGE) {
        assert_true(message.tlvs >= copy && message.tlvs <= copy + size);
        assert_true(message.tlvs_size <= (size_t)(copy + size - message.tlvs));
        decodes = check_bytes(L, which, message.tlvs, message.tlvs_size);
        messages++;
        decoded += decodes;
    }
    free(copy);
    return decodes;
}

/* Where the TLVs of a sample begin, and behind the last one where that ends. */
static size_t find_tlvs(const struct mt_qmi_message *message, size_t places[TLVS_MAX + 1])
{
    struct mt_reader at = mt_reader(message->tlvs, message->tlvs_size);
    size_t count = 0;
    uint16_t size;

    places[0] = 0;
    while (at.left != 0) {
        assert_true(count < TLVS_MAX);
        assert_true(mt_skip(&at, 1) && mt_take_le16(&at, &size) && mt_skip(&at, size));
        places[++count] = message->tlvs_size - at.left;
    }
    return count;
}

static void cut_frame(const struct sample *sample, size_t cut)
{
    struct mt_qmi_message message;
    uint8_t *copy = copy_of(sample->bytes, cut);

    assert_int_equal(mt_qmi_parse(copy, cut, &message), MT_QMI_TRUNCATED);
    if (cut >= 3) { /* and where the header agrees with what is there */
        mt_store_uint(copy + 1, 2, false, cut - 1);
        assert_true(mt_qmi_parse(copy, cut, &message) < 0);
    }
    free(copy);
}

static void every_truncation(void **state)
{
    size_t places[TLVS_MAX + 1], cuts = 0;

    (void)state;
    for (uint32_t i = 0; i < sample_count; i++) {
        struct mt_qmi_message message = samples[i].message;
        size_t next = 0;

        find_tlvs(&message, places);
        for (size_t cut = 0; cut < samples[i].size; cut++)
            cut_frame(&samples[i], cut);
        for (size_t cut = 0; cut <= samples[i].message.tlvs_size; cut++, cuts++) {
            bool between = cut == places[next], decodes;

            message.tlvs_size = cut;
            decodes = check_frame(scratch, build(&message), i);
            assert_true(between || !decodes); /* a TLV that was cut is never overlooked */
            assert_true(cut < samples[i].message.tlvs_size || decodes); /* nothing is cut */
            next += between;
        }
    }
    print_message("%zu truncations of %" PRIu32 " samples\n", cuts, sample_count);
}

/* Swaps, repeats and drops TLVs. */
static void mutate_order(size_t order[TLVS_MAX + 2], size_t *count)
{
    for (uint32_t changes = draw(3); changes > 0 && *count > 0; changes--) {
        size_t *one = &order[draw((uint32_t)*count)], *other = &order[draw((uint32_t)*count)];
        size_t kept = *one;

        switch (draw(3)) {
        case 0:
            *one = *other;
            *other = kept;
            break;
        case 1:
            order[(*count)++] = kept;
            break;
        case 2:
            *one = order[--*count];
            break;
        }
    }
}

/* Writes the TLVs of a sample in another order, and with lengths and bytes that are wrong. */
static size_t mutate_tlvs(uint8_t *to, const struct mt_qmi_message *message)
{
    size_t places[TLVS_MAX + 1], order[TLVS_MAX + 2], lengths[TLVS_MAX + 2];
    size_t count = find_tlvs(message, places), size = 0;

    for (size_t i = 0; i < count; i++)
        order[i] = i;
    mutate_order(order, &count);
    for (size_t i = 0; i < count; i++) {
        size_t length = places[order[i] + 1] - places[order[i]];

        memcpy(to + size, message->tlvs + places[order[i]], length);
        lengths[i] = size + 1;
        size += length;
    }
    if (count != 0 && draw(4) == 0) {
        size_t place = lengths[draw((uint32_t)count)];

        mt_store_uint(to + place, 2, false, draw_tricky(size - place - 2));
    }
    return draw(4) ? mutate(to, size) : size;
}

/* The lengths of the frame are right, and the TLVs are wrong. */
static void mutate_message(uint32_t which)
{
    static uint8_t tlvs[SCRATCH / 2];
    struct mt_qmi_message message = samples[which].message;

    message.tlvs_size = mutate_tlvs(tlvs, &message);
    message.tlvs = tlvs;
    check_frame(scratch, build(&message), which);
}

static void mutate_frame(uint32_t which)
{
    size_t size = samples[which].size;

    memcpy(scratch, samples[which].bytes, size);
    if (draw(2))
        mt_store_uint(scratch + (draw(2) ? 1 : size - samples[which].message.tlvs_size - 2), 2,
                      false, draw_tricky(size));
    else
        size = mutate(scratch, size);
    check_frame(scratch, size, which);
}

static uint32_t draw_sample(void)
{
    return draw(4) ? draw(sample_count) : sample_count - 1 - draw(usual);
}

/* Up to the end of the stream in parts; every frame that is intact must come out as it went in. */
static void take_apart(struct mt_stream *stream, size_t size, uint32_t which,
                       const uint32_t *intact)
{
    struct mt_reader rest = mt_reader(scratch, size), input, taken;

    while (rest.left != 0) {
        size_t part = 1 + draw(draw(4) ? (uint32_t)rest.left : 4);
        uint8_t *copy;

        if (part > rest.left)
            part = rest.left;
        copy = copy_of(rest.at, part);
        input = mt_reader(copy, part);
        while (mt_stream_next(stream, &input, &taken)) {
            assert_true(taken.left != 0);
            if (intact) {
                which = *intact++;
                assert_true(which < sample_count && taken.left == samples[which].size);
                assert_memory_equal(taken.at, samples[which].bytes, taken.left);
            }
            assert_true(check_frame(taken.at, taken.left, which) || !intact);
        }
        assert_int_equal(input.left, 0);
        free(copy);
        mt_skip(&rest, part);
    }
    assert_true(!intact || *intact == UINT32_MAX);
}

/* Frames one after another, cut anywhere. Of those that are not intact, a rest may stay behind. */
static void mutate_stream(struct mt_stream *stream, uint32_t which)
{
    uint32_t chosen[FRAMES_MAX + 1], count = 1 + draw(FRAMES_MAX), intact = draw(2);
    size_t size = 0;

    for (uint32_t i = 0; i < count; i++) {
        const struct sample *sample = &samples[chosen[i] = i ? draw_sample() : which];

        memcpy(scratch + size, sample->bytes, sample->size);
        size += intact || draw(2) ? sample->size : mutate(scratch + size, sample->size);
    }
    chosen[count] = UINT32_MAX;
    if (intact)
        stream->used = 0;
    take_apart(stream, size, which, intact ? chosen : NULL);
}

static void a_million_mutations(void **state)
{
    struct mt_stream *stream = calloc(1, sizeof(*stream));
    uint32_t count = start_rounds(sample_count);

    (void)state;
    assert_non_null(stream);
    stream->frame = mt_qmi_frame_length;
    messages = decoded = 0;
    for (uint32_t round = 0; round < count; round++) {
        uint32_t which = draw_sample();

        switch (draw(16)) {
        case 0:
            mutate_stream(stream, which);
            break;
        case 1:
        case 2:
        case 3:
            mutate_frame(which);
            break;
        default:
            mutate_message(which);
            break;
        }
    }
    print_message("%" PRIu32 " messages, %" PRIu32 " decoded\n", messages, decoded);
    free(stream);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_truncation),
        cmocka_unit_test(a_million_mutations),
    };

    return cmocka_run_group_tests_name("wire/qmi_mutations", tests, set_up, tear_down);
}
