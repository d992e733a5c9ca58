/* SPDX-License-Identifier: MIT */
/* Tests core/wire/stream.c with QMUX frames: a stream cut anywhere, garbage, frames without end. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "wire/qmi.h"
#include "wire/stream.h"

/* Three frames, of 12, 13 and 300 bytes. */
static uint8_t frames[325], tlvs[300 - 13];
static const size_t ends[] = { 12, 25, 325 };
static struct mt_stream stream;

static int set_up(void **state)
{
    const struct mt_qmi_message messages[] = {
        { .type = MT_QMI_INDICATION, .id = 0x0027 },
        { .service = 1, .client = 2, .transaction = 3, .id = 4 },
        { .service = 3,
          .client = 9,
          .transaction = 5,
          .id = 6,
          .tlvs = tlvs,
          .tlvs_size = sizeof(tlvs) },
    };
    struct mt_writer writer = mt_writer(frames, sizeof(frames));

    (void)state;
    for (size_t i = 0; i < sizeof(tlvs); i++)
        tlvs[i] = (uint8_t)(i * 7);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(mt_qmi_build(&writer, &messages[i]), 0);
        assert_int_equal(writer.used, ends[i]);
    }
    stream.frame = mt_qmi_frame_length;
    stream.used = 0;
    return 0;
}

/*
 * Sends some bytes, in a block of their own size, and expects that the frames come out of it that
 * end in it; *number is that of the next one.
 */
static void send_part(size_t from, size_t to, size_t *number)
{
    uint8_t *part = malloc(to - from ? to - from : 1);
    struct mt_reader input, taken;

    assert_non_null(part);
    memcpy(part, frames + from, to - from);
    input = mt_reader(part, to - from);
    while (mt_stream_next(&stream, &input, &taken)) {
        size_t begin = *number ? ends[*number - 1] : 0;

        assert_true(*number < 3 && ends[*number] <= to);
        assert_int_equal(taken.left, ends[*number] - begin);
        assert_memory_equal(taken.at, frames + begin, taken.left);
        (*number)++;
    }
    assert_int_equal(input.left, 0);
    assert_true(*number == 3 || ends[*number] > to);
    assert_int_equal(stream.used, to - (*number ? ends[*number - 1] : 0));
    free(part);
}

static void takes_frames_in_one_piece(void **state)
{
    size_t number = 0;

    (void)state;
    send_part(0, sizeof(frames), &number);
    assert_int_equal(number, 3);
}

static void cut_at_every_byte(void **state)
{
    (void)state;
    for (size_t cut = 0; cut <= sizeof(frames); cut++) {
        size_t number = 0;

        send_part(0, cut, &number);
        send_part(cut, sizeof(frames), &number);
        assert_int_equal(number, 3);
    }
}

static void cut_at_every_two_bytes(void **state)
{
    (void)state;
    for (size_t first = 0; first <= sizeof(frames); first++) {
        for (size_t second = first; second <= sizeof(frames); second++) {
            size_t number = 0;

            send_part(0, first, &number);
            send_part(first, second, &number);
            send_part(second, sizeof(frames), &number);
            assert_int_equal(number, 3);
        }
    }
}

static void in_parts_of_every_size(void **state)
{
    (void)state;
    for (size_t size = 1; size < sizeof(frames); size++) {
        size_t number = 0;

        for (size_t from = 0; from < sizeof(frames); from += size) {
            size_t left = sizeof(frames) - from;

            send_part(from, from + (left < size ? left : size), &number);
        }
        assert_int_equal(number, 3);
    }
}

static void garbage_is_taken_as_one(void **state)
{
    uint8_t bytes[64] = "no QMI";
    struct mt_reader input = mt_reader(bytes, sizeof(bytes)), taken;
    size_t number = 0;

    (void)state;
    memcpy(bytes + 6, frames, ends[0]); /* nobody can know that a frame begins here */
    assert_true(mt_stream_next(&stream, &input, &taken));
    assert_ptr_equal(taken.at, bytes);
    assert_int_equal(taken.left, sizeof(bytes));
    assert_false(mt_stream_next(&stream, &input, &taken));
    send_part(0, sizeof(frames), &number);

    memcpy(bytes, frames, ends[0]); /* behind a frame */
    bytes[ends[0]] = 'n';
    input = mt_reader(bytes, sizeof(bytes));
    assert_true(mt_stream_next(&stream, &input, &taken));
    assert_int_equal(taken.left, ends[0]);
    assert_true(mt_stream_next(&stream, &input, &taken));
    assert_int_equal(taken.left, sizeof(bytes) - ends[0]);
    assert_false(mt_stream_next(&stream, &input, &taken));
    number = 0;
    send_part(0, sizeof(frames), &number);
}

/* Its first byte looked like a frame's; what comes after it is looked at anew. */
static void garbage_that_was_kept(void **state)
{
    uint8_t bytes[64] = { 0x01, 3 };
    struct mt_reader input = mt_reader(bytes, 2), taken;

    (void)state;
    assert_false(mt_stream_next(&stream, &input, &taken));
    bytes[2] = 0;
    memcpy(bytes + 3, frames, ends[0]);
    input = mt_reader(bytes + 2, 1 + ends[0]);
    assert_true(mt_stream_next(&stream, &input, &taken));
    assert_int_equal(taken.left, 3);
    assert_memory_equal(taken.at, bytes, 3);
    assert_true(mt_stream_next(&stream, &input, &taken));
    assert_int_equal(taken.left, ends[0]);
    assert_false(mt_stream_next(&stream, &input, &taken));
    assert_int_equal(stream.used, 0);
}

static void forgets_when_told(void **state)
{
    size_t number = 0;

    (void)state;
    send_part(0, 5, &number);
    stream.used = 0;
    send_part(0, sizeof(frames), &number);
    assert_int_equal(number, 3);
}

static int promised;

static int promise(const uint8_t *bytes, size_t size)
{
    (void)bytes;
    (void)size;
    return promised;
}

/* The longest frame there is comes through; longer ones, and those that never tell, do not. */
static void has_an_end(void **state)
{
    static uint8_t bytes[2 * MT_STREAM_FRAME_MAX];
    struct mt_reader input, taken;

    (void)state;
    stream.frame = promise;
    for (size_t first = 0; first <= MT_STREAM_FRAME_MAX; first += MT_STREAM_FRAME_MAX / 2) {
        promised = MT_STREAM_FRAME_MAX;
        input = mt_reader(bytes, first);
        assert_int_equal(mt_stream_next(&stream, &input, &taken), first == MT_STREAM_FRAME_MAX);
        if (stream.used == 0 && first != 0)
            continue;
        input = mt_reader(bytes, sizeof(bytes));
        assert_true(mt_stream_next(&stream, &input, &taken));
        assert_int_equal(taken.left, MT_STREAM_FRAME_MAX);
        assert_int_equal(input.left, sizeof(bytes) - MT_STREAM_FRAME_MAX + first);
    }
    promised = MT_STREAM_FRAME_MAX + 1;
    input = mt_reader(bytes, 7);
    assert_true(mt_stream_next(&stream, &input, &taken));
    assert_int_equal(taken.left, 7);

    promised = 0;
    input = mt_reader(bytes, 7);
    assert_false(mt_stream_next(&stream, &input, &taken));
    input = mt_reader(bytes, MT_STREAM_FRAME_MAX);
    assert_true(mt_stream_next(&stream, &input, &taken));
    assert_int_equal(taken.left, MT_STREAM_FRAME_MAX);
    assert_false(mt_stream_next(&stream, &input, &taken));
    assert_int_equal(stream.used, 7);
    promised = 3; /* less than it has swallowed already */
    input = mt_reader(bytes, 1);
    assert_true(mt_stream_next(&stream, &input, &taken));
    assert_int_equal(stream.used, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(takes_frames_in_one_piece, set_up),
        cmocka_unit_test_setup(cut_at_every_byte, set_up),
        cmocka_unit_test_setup(cut_at_every_two_bytes, set_up),
        cmocka_unit_test_setup(in_parts_of_every_size, set_up),
        cmocka_unit_test_setup(garbage_is_taken_as_one, set_up),
        cmocka_unit_test_setup(garbage_that_was_kept, set_up),
        cmocka_unit_test_setup(forgets_when_told, set_up),
        cmocka_unit_test_setup(has_an_end, set_up),
    };

    return cmocka_run_group_tests_name("wire/stream", tests, NULL, NULL);
}
